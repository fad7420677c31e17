"""Models as `input` and `output` of services (reference service-api 5.1, 5.8).

Declarations are looked at when a service is deployed; the native part keeps what is made here and calls it for services
that declare models, and for no others.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from zato.common.exception import BadRequest, ElementIsNotAList, ElementMissing, ModelValidationError
from zato.common.marshal_._build import Path, is_nested, path_text, reader_of
from zato.common.marshal_._fields import fields_of
from zato.common.marshal_._model import Model, context_of, empty, is_unfilled
from zato.server.service._io import Bool, Elem, Int, Secret, Text

__all__ = ["ModelInput", "ModelOutput", "ModelType", "as_model", "fields_by_need", "flat_model"]


class ModelType(NamedTuple):
    """What a declaration names."""

    class_: type
    #: Whether it is a list of them.
    is_list: bool


def as_model(given: Any) -> ModelType | None:
    """Gives the model that a declaration names: `MyModel`, `list_[MyModel]`, `optional[MyModel]`; none for others.

    Models are subclasses of `Model`, dataclasses, and models of pydantic 2.
    """
    if typing.get_origin(given) in (typing.Union, types.UnionType):
        members = [member for member in typing.get_args(given) if member is not type(None)]
        return as_model(members[0]) if len(members) == 1 else None
    if typing.get_origin(given) is list:
        found = as_model(typing.get_args(given)[0]) if typing.get_args(given) else None
        return None if found is None or found.is_list else ModelType(found.class_, True)
    if isinstance(given, type) and (is_nested(given) or _is_pydantic(given)):
        return ModelType(given, False)
    return None


def _is_pydantic(class_: type) -> bool:
    return hasattr(class_, "model_validate") and hasattr(class_, "model_fields")


class ModelInput:
    """Makes `self.request.input` for a service whose input is a model.

    Args:
        model: The model, or a list of it.

    Raises:
        ValueError: If the model cannot be read, for instance because an annotation names nothing.
    """

    __slots__ = ("_class", "_is_list", "_read")

    def __init__(self, model: ModelType) -> None:
        self._class, self._is_list = model
        if _is_pydantic(self._class):
            self._read: Callable[..., Any] = _pydantic_reader(self._class)
        else:
            self._read = _reader(self._class)

    def read(self, payload: Any, channel_params: Mapping[str, Any], service: Any) -> Any:
        """Makes the input.

        A model that another service passed is handed over as it is. Parameters of the channel win over the body.

        Args:
            payload: The parsed body, or what another service passed.
            channel_params: Query string and path parameters.
            service: The service it is for.

        Raises:
            ModelValidationError: If something is missing or of a wrong form.
            BadRequest: If the body is not of a form that the model could be made of.
            ValueError: If a date or a number cannot be read.
        """
        context = context_of(service)
        if self._is_list:
            if not isinstance(payload, (list, tuple)):
                raise ElementIsNotAList("/")
            return [self._item(item, (None, index), context) for index, item in enumerate(payload)]
        if isinstance(payload, (Mapping, Model, self._class)):
            return self._read(payload, channel_params, None, context) if isinstance(payload, Mapping) else payload
        if payload is None or (isinstance(payload, (str, bytes)) and not payload):
            return self._read({}, channel_params, None, context)
        message = f"the body is of type `{type(payload).__name__}`, and model `{self._class.__name__}` takes an object"
        raise BadRequest(None, message, needs_msg=True)

    def read_rows(self, rows: list[dict[str, str]], service: Any) -> list[Any]:
        """Makes the input of rows of CSV, one instance for each; see `read`."""
        context = context_of(service)
        return [self._item(row, (None, index), context) for index, row in enumerate(rows)]

    def _item(self, item: Any, path: Path, context: Any) -> Any:
        if isinstance(item, Mapping):
            return self._read(item, None, path, context)
        if isinstance(item, (Model, self._class)):
            return item
        raise ElementMissing(path_text(path))


def _reader(class_: type) -> Callable[..., Any]:
    try:
        return reader_of(class_).read
    except NameError as error:
        raise ValueError(f"model {class_.__name__} has an annotation that names nothing: {error}") from None
    except TypeError as error:
        raise ValueError(f"model {class_.__name__} is not readable: {error}") from None


def _pydantic_reader(class_: Any) -> Callable[..., Any]:
    from pydantic import ValidationError  # type: ignore[import-not-found]  # there if the class is

    names = set(class_.model_fields)
    names.update(field.alias for field in class_.model_fields.values() if field.alias)

    def read(data: Mapping[str, Any], extra: Mapping[str, Any] | None, path: Path | None, _context: Any) -> Any:
        known = {name: value for name, value in (extra or {}).items() if name in names}
        try:
            return class_.model_validate({**data, **known})
        except ValidationError as error:
            raise _first_of(error.errors(include_url=False), path) from None

    return read


def _first_of(errors: Sequence[Any], path: Path | None) -> ModelValidationError:
    """Gives an error of pydantic in our form: the first missing element, or else the first error."""
    chosen = next((error for error in errors if error["type"] == "missing"), errors[0])
    for part in chosen["loc"]:
        path = (path, part)
    if chosen["type"] == "missing":
        return ElementMissing(path_text(path))
    return _InvalidError(f"{path_text(path)}: {chosen['msg']}")


class _InvalidError(ModelValidationError):
    """400: a model of pydantic does not take a value."""

    reason_text = "Element invalid"


class ModelOutput:
    """Offers `self.response.payload` to a service whose output is a model.

    Args:
        model: The model, or a list of it.
        profile: Compat profile of the service.

    Raises:
        ValueError: If the model cannot be read.
    """

    __slots__ = ("_class", "_fills", "_is_list")

    def __init__(self, model: ModelType, profile: str) -> None:
        self._class, self._is_list = model
        self._fills = profile == "4.1"
        if not _is_pydantic(self._class):
            _reader(self._class)

    def new(self) -> Any:
        """Gives what a service finds before it sets anything: an instance with nothing in it, or an empty list."""
        if self._is_list:
            return []
        if issubclass(self._class, Model):
            return empty(self._class, fills=self._fills)
        if _is_pydantic(self._class):
            return self._class.model_construct()  # type: ignore[attr-defined]
        return object.__new__(self._class)

    def is_unfilled(self, payload: Any) -> bool:
        """Whether a service left what `new` gave as it was."""
        if self._is_list:
            return False
        fields = getattr(payload, "model_fields_set", None)
        if fields is not None:
            return not fields
        return isinstance(payload, self._class) and hasattr(payload, "__dict__") and is_unfilled(payload)


def fields_by_need(model: ModelType) -> tuple[list[str], list[str]]:
    """Gives the names of required and of optional fields, each in alphabetical order."""
    if _is_pydantic(model.class_):
        fields = model.class_.model_fields  # type: ignore[attr-defined]
        needs = {field.alias or name: field.is_required() for name, field in fields.items()}
    else:
        _reader(model.class_)
        needs = {field.name: not field.has_default and not field.is_optional for field in fields_of(model.class_)}
    names = sorted(needs)
    return [name for name in names if needs[name]], [name for name in names if not needs[name]]


# Types of fields that stand for elements without a model; all others take anything.
_TYPES: dict[type[Elem], Any] = {Bool: bool, Int: int, Text: str, Secret: str}


def flat_model(name: str, elements: list[Elem]) -> ModelType | None:
    """Gives a model for names next to a model on the other side, as 3.2 and 4.1 do; none if a name is no identifier.

    Args:
        name: Name of the class.
        elements: The declared elements.
    """
    fields: list[Any] = []
    for element in elements:
        if not element.name.isidentifier():
            return None
        type_ = _TYPES.get(type(element), Any)
        if element.is_required:
            fields.append((element.name, type_))
        elif element.has_default:
            fields.append((element.name, type_, dataclasses.field(default_factory=_giving(element.default))))
        else:
            fields.append((element.name, type_ | None))
    return ModelType(dataclasses.make_dataclass(name, fields, bases=(Model,), init=False), False)


def _giving(value: Any) -> Callable[[], Any]:
    """One request must not see what another one put into a default."""
    import copy

    return lambda: copy.deepcopy(value)
