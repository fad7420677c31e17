"""`self.request.input` (reference service-api 3.2, 5.6)."""

from __future__ import annotations

import copy
from functools import lru_cache
from typing import Any, NoReturn

from zato._core import InputElement
from zato.bunch import Bunch


class ServiceInput(Bunch):
    """Declared input, by name as attribute or item. A dictionary, as in 2.0-3.2."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            self._refuse(name)

    def _refuse(self, name: str) -> NoReturn:
        known = ", ".join(f"`{key}`" for key in sorted(map(str, self))) or "none"
        raise AttributeError(f"No such key `{name}` in self.request.input, known ones: {known}") from None

    def deepcopy(self) -> ServiceInput:
        """Gives a copy that shares nothing with this object."""
        return copy.deepcopy(self)

    def require_any(self, *names: str) -> None:
        """Checks that at least one of the elements has a value.

        Raises:
            ValueError: If all of them are missing or empty.
        """
        if not any(self.get(name) for name in names):
            shown = ", ".join(f"`{name}`" for name in names)
            raise ValueError(f"At least one of these elements is required: {shown}")


@lru_cache(maxsize=4096)
def input_class_for(names: tuple[str, ...]) -> type[ServiceInput]:
    """Gives a `ServiceInput` class that finds the declared names faster than by `__getattr__`.

    Names that dictionaries have already, such as `items`, stay what they are.
    """
    taken = dir(ServiceInput)
    elements = {name: InputElement(name) for name in names if name not in taken}
    return type("ServiceInput", (ServiceInput,), {"__slots__": (), "__module__": __name__, **elements})
