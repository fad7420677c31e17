"""The base class of models (reference service-api 5.8)."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from zato.common.marshal_._build import build
from zato.common.marshal_._fields import fields_of

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Model", "ModelCtx"]


class ModelCtx:
    """What `after_created` of a model is given (3.2)."""

    #: The service the model was made for; none outside of requests.
    service: Any = None
    #: What the model was made of.
    data: Any = None
    #: The model's class.
    DataClass: Any = None


class Model:
    """Base of requests and responses that are dataclasses (3.2); decorate subclasses with `@dataclass(init=False)`."""

    def after_created(self, ctx: ModelCtx) -> None:
        """Runs once an instance was made of a request; does nothing unless a model implements it."""

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name, None)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and hasattr(self, name)

    def get(self, name: str, default: Any = None) -> Any:
        """Gives a field by name; the default if there is none."""
        return getattr(self, name, default)

    def to_dict(self) -> dict[str, Any]:
        """Gives fields by name, nested models as dictionaries too; fields that were never set are left out."""
        return {field.name: _plain(getattr(self, field.name)) for field in _declared(self) if hasattr(self, field.name)}

    def to_json(self, default: Any = None, impl_extra: int = 0) -> bytes:
        """Gives the JSON form, as bytes.

        Args:
            default: Called for objects that JSON has not.
            impl_extra: More options of `orjson`, for instance `orjson.OPT_INDENT_2`.
        """
        import orjson

        from zato.server.service._json import dump_fallback

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


def _declared(model: Model) -> tuple[dataclasses.Field[Any], ...]:
    """Gives fields in the order of their declaration."""
    fields_of(type(model))
    return dataclasses.fields(model)  # type: ignore[arg-type]


def _plain(value: Any) -> Any:
    if isinstance(value, Model):
        return value.to_dict()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
