"""The base class of models (reference service-api 5.8)."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from zato.common.marshal_._build import build
from zato.common.marshal_._fields import fields_of

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Model", "ModelCtx", "context_of", "empty", "is_unfilled", "plain"]

# Marks instances whose fields come into being when they are read; not a field, so no form of the model shows it.
_FILLS = "_zato_fills"

# Where a class keeps the names of its fields, in the order of their declaration.
_NAMES = "_zato_names"

_SCALARS = frozenset((str, int, float, bool, type(None)))


class ModelCtx:
    """What `after_created` of a model is given (3.2)."""

    #: The service the model was made for; none outside of requests.
    service: Any = None
    #: What the model was made of.
    data: Any = None
    #: The model's class.
    DataClass: Any = None


def context_of(service: Any) -> Callable[[Any, type], ModelCtx]:
    """Gives what makes the argument of `after_created` for each model of one request."""

    def make(data: Any, class_: type) -> ModelCtx:
        ctx = ModelCtx()
        ctx.service, ctx.data, ctx.DataClass = service, data, class_
        return ctx

    return make


class Model:
    """Base of requests and responses that are dataclasses (3.2); decorate subclasses with `@dataclass(init=False)`."""

    def after_created(self, ctx: ModelCtx) -> None:
        """Runs once an instance was made of a request, after those inside of it; does nothing unless a model has it."""

    after_created.zato_is_default = True  # type: ignore[attr-defined]

    def __getattr__(self, name: str) -> Any:
        if _FILLS in self.__dict__ and not name.startswith("__"):
            for field in fields_of(type(self)):
                if field.name == name and isinstance(field.type, type) and issubclass(field.type, Model):
                    nested = empty(field.type, fills=True)
                    setattr(self, name, nested)
                    return nested
        raise AttributeError(f"`{type(self).__name__}` object has no attribute `{name}`")

    def __getitem__(self, name: str) -> Any:
        return self.get(name)

    def __setitem__(self, name: str, value: Any) -> None:
        setattr(self, name, value)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and _is_set(self, name)

    def get(self, name: str, default: Any = None) -> Any:
        """Gives a field by name; the default if there is none."""
        return getattr(self, name) if _is_set(self, name) else default

    def to_dict(self) -> dict[str, Any]:
        """Gives fields by name, nested models as dictionaries too; fields that were never set are left out."""
        class_, values = type(self), self.__dict__
        found: dict[str, Any] = {}
        for name in class_.__dict__.get(_NAMES) or _note_names(class_):
            if name in values:
                value = values[name]
            elif hasattr(class_, name):
                value = getattr(self, name)
            else:
                continue
            found[name] = value if type(value) in _SCALARS else plain(value)
        return found

    def to_json(self, default: Any = None, impl_extra: int = 0) -> bytes:
        """Gives the JSON form, as bytes.

        Args:
            default: Called for objects that JSON has not.
            impl_extra: More options of `orjson`, for instance `orjson.OPT_INDENT_2`.
        """
        import orjson

        from zato.common._json_fallback import dump_fallback

        return orjson.dumps(self.to_dict(), default or dump_fallback, orjson.OPT_NON_STR_KEYS | impl_extra)

    def clone(self) -> Self:
        """Gives a copy that shares nothing with this one."""
        return copy.deepcopy(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Makes an instance from a dictionary; `after_created` is not called.

        Raises:
            ElementMissing: If a required field is missing.
            ElementIsNotAList: If something else is where a list is required.
            ValueError: If a date or a number cannot be read.
        """
        return build(cls, data)

    @classmethod
    def zato_get_fields(cls) -> dict[str, dataclasses.Field[Any]]:
        """Gives the fields of the dataclass by name, in alphabetical order."""
        fields_of(cls)
        return {field.name: field for field in sorted(dataclasses.fields(cls), key=lambda field: field.name)}  # type: ignore[arg-type]


def _note_names(class_: type[Any]) -> tuple[str, ...]:
    fields_of(class_)
    names = tuple(field.name for field in dataclasses.fields(class_))
    setattr(class_, _NAMES, names)
    return names


def plain(value: Any) -> Any:
    """Gives models and dataclasses as dictionaries, wherever they are in a value; `None` for none stays."""
    if type(value) in _SCALARS:
        return value
    if isinstance(value, Model):
        return value.to_dict()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def empty(class_: type[Any], *, fills: bool) -> Any:
    """Makes an instance of a model with nothing set.

    Args:
        class_: The model's class.
        fills: Whether fields that are models come into being when they are read (4.1).
    """
    instance = object.__new__(class_)
    if fills:
        instance.__dict__[_FILLS] = True
    return instance


def is_unfilled(model: Any) -> bool:
    """Whether nothing was set on a model that `empty` made."""
    return not (model.__dict__.keys() - {_FILLS})


def _is_set(model: Model, name: str) -> bool:
    return name in model.__dict__ or hasattr(type(model), name)
