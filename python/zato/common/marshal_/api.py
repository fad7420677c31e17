"""Models and what is raised about them, under their import path of 3.2 and 4.1 (reference service-api 1.3, 5.8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from zato.common.exception import ElementIsNotAList, ElementMissing, ModelValidationError
from zato.common.marshal_._build import build
from zato.common.marshal_._model import Model, ModelCtx, context_of

__all__ = ["ElementIsNotAList", "ElementMissing", "MarshalAPI", "Model", "ModelCtx", "ModelValidationError"]

_Made = TypeVar("_Made")


class MarshalAPI:
    """Makes models of dictionaries."""

    def from_dict(
        self,
        service: Any,
        data: Mapping[str, Any],
        DataClass: type[_Made],  # noqa: N803 - historical name
        extra: Mapping[str, Any] | None = None,
    ) -> _Made:
        """Makes an instance of a model and calls `after_created` of each model that has one, inner ones first.

        Args:
            service: The service it is for, which `after_created` sees; may be None.
            data: Values by field.
            DataClass: The model's class.
            extra: More values, for instance channel parameters; they win.

        Raises:
            ElementMissing: If a required field is missing.
            ElementIsNotAList: If something else is where a list is required.
            ValueError: If a date or a number cannot be read.
        """
        return build(DataClass, data, extra, context_of(service))
