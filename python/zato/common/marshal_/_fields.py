"""Fields of models, with their types resolved (reference service-api 5.8)."""

from __future__ import annotations

import dataclasses
import types
import typing
from dataclasses import MISSING
from typing import Any

__all__ = ["ModelField", "fields_of"]

# Where a class keeps its fields: they must not outlive the class, which a deployment may replace.
_FIELDS = "_zato_fields"


@dataclasses.dataclass(frozen=True, slots=True)
class ModelField:
    """One field of a model."""

    name: str
    #: The type, without `None` if that was one of the choices.
    type: Any
    is_optional: bool
    #: The class of list items, if the type is a list of something; none otherwise.
    item_type: Any
    default: Any
    default_factory: Any

    @property
    def has_default(self) -> bool:
        """Whether there is something to use for a value that does not come."""
        return self.default is not MISSING or self.default_factory is not MISSING

    @property
    def has_factory(self) -> bool:
        """Whether the default is made anew for each instance."""
        return self.default_factory is not MISSING

    def make_default(self) -> Any:
        """Gives what is used for a value that does not come."""
        return self.default if self.default_factory is MISSING else self.default_factory()


def fields_of(class_: type) -> tuple[ModelField, ...]:
    """Gives the fields of a dataclass in alphabetical order.

    A subclass of `Model` without the decorator is made a dataclass first, so that its annotations are fields.

    Raises:
        NameError: If an annotation is text that names nothing.
    """
    known = class_.__dict__.get(_FIELDS)
    if known is None:
        known = _read(class_)
        setattr(class_, _FIELDS, known)
    return known


def _read(class_: type) -> tuple[ModelField, ...]:
    if "__dataclass_fields__" not in vars(class_):
        dataclasses.dataclass(init=False)(class_)
    hints = typing.get_type_hints(class_)
    found = [_field(field, hints.get(field.name, Any)) for field in dataclasses.fields(class_)]
    return tuple(sorted(found, key=lambda field: field.name))


def _field(field: dataclasses.Field[Any], hint: Any) -> ModelField:
    is_optional = False
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        members = [member for member in typing.get_args(hint) if member is not type(None)]
        is_optional = len(members) < len(typing.get_args(hint))
        hint = members[0] if len(members) == 1 else Any
    item_type = None
    if typing.get_origin(hint) is list:
        item_type = typing.get_args(hint)[0] if typing.get_args(hint) else None
    return ModelField(
        name=field.name,
        type=hint,
        is_optional=is_optional,
        item_type=item_type,
        default=field.default,
        default_factory=field.default_factory,
    )
