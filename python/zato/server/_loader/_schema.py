"""JSON Schema files that services name in their attribute `schema` (3.1, 3.2; reference service-api 2.1)."""

from __future__ import annotations

from pathlib import Path

from zato import _core

_PROFILES = ("3.1", "3.2")


def input_schema(cls: type, profile: str, warnings: list[str]) -> tuple[str, str] | None:
    """Gives path and text of the JSON Schema that the input of a service has to match; none if there is none.

    Args:
        cls: The service class. Its path is absolute, or below `config/repo/schema/json` of the server.
        profile: Compat profile; those that know no schemas ignore the attribute.
        warnings: Takes a sentence if the file cannot be read, which leaves input unchecked.
    """
    given = getattr(cls, "schema", None)
    if profile not in _PROFILES or not isinstance(given, (str, Path)) or not str(given):
        return None
    facts = _core.server_facts() or {}
    path = Path(facts.get("base_dir", ""), "config", "repo", "schema", "json", given).absolute()
    try:
        return str(path), path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        warnings.append(f"schema file `{path}` could not be read, so input is not checked: {reason}")
        return None
