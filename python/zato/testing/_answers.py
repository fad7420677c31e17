"""What calls of connections get."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

__all__ = ["Answers", "plain"]


class _Answer:
    def __init__(self, fits: Callable[[Any], bool], values: list[Any], is_endless: bool) -> None:
        self.fits = fits
        self._values = values
        self._is_endless = is_endless
        self.given = 0

    def next(self, path: str) -> Any:
        """Gives the next value."""
        if not self._is_endless and self.given >= len(self._values):
            raise LookupError(f"{path} was called more than the {len(self._values)} times there are responses for")
        value = self._values[0 if self._is_endless else self.given]
        self.given += 1
        return value


class Answers:
    """Values to be given, each to the calls it fits; of several that fit, the one added last.

    Args:
        path: What is called, the way services write it.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._answers: list[_Answer] = []

    def add(self, fits: Callable[[Any], bool], values: list[Any], *, is_endless: bool) -> None:
        """Adds an answer.

        Args:
            fits: Says of a call whether the answer is for it.
            values: What is given, one after the other.
            is_endless: Whether there is only one value, which is given again and again.
        """
        self._answers.append(_Answer(fits, values, is_endless))

    def next_for(self, call: Any) -> Any:
        """Gives what a call gets.

        Raises:
            LookupError: If nothing fits, or everything that does was given.
        """
        for answer in reversed(self._answers):
            if answer.fits(call):
                return answer.next(self._path)
        known = ", ".join(dict.fromkeys(str(answer.fits.__doc__) for answer in self._answers))
        hint = f"; there are responses for: {known}" if known else "; use set_response(..) in the test"
        raise LookupError(f"no response is set for {self._path} and {call}{hint}")


def plain(value: Any) -> Any:
    """Gives what JSON can be made of: models and dataclasses become dictionaries."""
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value
