"""Declared input and output as CSV (reference service-api 5.2, 5.9).

3.2 documents the format, but drops what it reads; this is what it was meant to do: each row is one input, and the
columns are the declared names in their order.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from zato.common.exception import BadRequest, ElementMissing
from zato.common.marshal_._model import plain

__all__ = ["CSVFormat", "options_of"]

# Options of `class CSV`, which are attributes `csv_*` of `class SimpleIO` as well, and what Python calls them.
_OPTIONS = {
    "dialect": "dialect",
    "delimiter": "delimiter",
    "needs_double_quote": "doublequote",
    "escape_char": "escapechar",
    "line_terminator": "lineterminator",
    "quote_char": "quotechar",
    "quoting": "quoting",
    "should_skip_initial_space": "skipinitialspace",
    "is_strict": "strict",
}
_OWN_OPTIONS = ("on_missing", "on_extra", "should_write_header")


def options_of(holder: Any) -> dict[str, Any]:
    """Gives the options that a declaration names, by their names in `class CSV`."""
    nested = getattr(holder, "CSV", None)
    found = {}
    for name in (*_OPTIONS, *_OWN_OPTIONS):
        value = getattr(nested, name, getattr(holder, f"csv_{name}", None))
        if value is not None:
            found[name] = value
    return found


class CSVFormat:
    """Reads and writes rows of one service.

    Args:
        required: Names of input that must come, in the order of their columns.
        optional: Names of the columns after them.
        output: Names of output columns.
        options: What `options_of` found.

    Raises:
        ValueError: If an option has a value that no CSV can be read or written with.
    """

    __slots__ = ("_columns", "_form", "_has_header", "_on_extra", "_on_missing", "_output", "_required")

    def __init__(self, required: list[str], optional: list[str], output: list[str], options: Mapping[str, Any]) -> None:
        self._required = required
        self._columns = [*required, *optional]
        self._output = output
        self._form: dict[str, Any] = {_OPTIONS[name]: value for name, value in options.items() if name in _OPTIONS}
        self._on_missing = options.get("on_missing", "")
        self._on_extra = options.get("on_extra", "ignore")
        self._has_header = bool(options.get("should_write_header", True))
        try:
            csv.reader([], **self._form)
            self._writer(io.StringIO())
        except (TypeError, ValueError, csv.Error) as error:
            raise ValueError(f"the options of CSV do not work: {error}") from None

    def read(self, text: str | bytes) -> list[dict[str, str]]:
        """Gives rows by name of their columns; empty lines are none, and columns without a name are dropped.

        Raises:
            BadRequest: If the text is no CSV.
            ElementMissing: If a row has too few columns for what is required.
        """
        if isinstance(text, bytes):
            try:
                text = text.decode("utf-8-sig")
            except UnicodeDecodeError as error:
                raise BadRequest(None, f"the body is not UTF-8: {error}", needs_msg=True) from None
        reader = csv.reader(io.StringIO(text, newline=""), **self._form)
        rows: list[dict[str, str]] = []
        try:
            for row in reader:
                if not row:
                    continue
                if len(row) < len(self._required):
                    raise ElementMissing(f"[{len(rows)}]/{self._required[len(row)]}")
                rows.append(dict(zip(self._columns, row, strict=False)))
        except csv.Error as error:
            message = f"the body is not valid CSV: line {reader.line_num}: {error}"
            raise BadRequest(None, message, needs_msg=True) from None
        return rows

    def write(self, value: Any) -> str:
        """Gives the text of rows: dictionaries, models or dataclasses, one or a list of them.

        Raises:
            ValueError: If a row has a column that was not declared, and the declaration says to refuse it.
        """
        rows: Iterable[Any] = value if isinstance(value, (list, tuple)) else [value]
        target = io.StringIO(newline="")
        writer = self._writer(target)
        if self._has_header:
            writer.writeheader()
        writer.writerows(plain(row) for row in rows)
        return target.getvalue()

    def _writer(self, target: io.StringIO) -> csv.DictWriter[str]:
        return csv.DictWriter(
            target, self._output, restval=self._on_missing, extrasaction=self._on_extra, **self._form
        )
