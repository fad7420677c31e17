"""`self.config` and `self.user_config`: configuration files of users (reference service-api 3.7).

The server reads the files and hands them over as a whole when one changes; reading a value is attribute access.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from zato.bunch import Bunch, bunchify

__all__ = ["LabeledFile", "UserConfig", "config", "replace"]


class UserConfig(Bunch):
    """All files by their keys; it stays the same object when files change.

    Going through it sees the files that were there when it began.
    """

    __slots__ = ()

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(dict.keys(self)))

    def _zato_now(self) -> dict[str, Any]:
        return dict(tuple(dict.items(self)))

    def keys(self) -> Any:
        """Gives the keys of the files there are now."""
        return self._zato_now().keys()

    def values(self) -> Any:
        """Gives the files there are now."""
        return self._zato_now().values()

    def items(self) -> Any:
        """Gives keys and files there are now."""
        return self._zato_now().items()


class LabeledFile(Bunch):
    """A file that `[user_config]` of server.conf gives a label: below it, the file's own name leads to it as well.

    Up to 3.1 `self.user_config.LABEL.NAME.SECTION.KEY` is documented.
    """

    __slots__ = ("_zato_name",)

    def __init__(self, content: dict[str, Any], name: str) -> None:
        super().__init__(content)
        object.__setattr__(self, "_zato_name", name)

    def __missing__(self, key: str) -> Any:
        if key == self._zato_name:
            return self
        raise KeyError(key)

    def get(self, key: str, default: Any = None) -> Any:
        """Gives a section or value, and the file itself by its own name."""
        try:
            return self[key]
        except KeyError:
            return default

    def __reduce__(self) -> Any:
        return type(self), (dict(self), self._zato_name)


#: What every service of this process sees as `self.config`.
config = UserConfig()

#: Variables that files have set, with what they were before.
_replaced: dict[str, str | None] = {}


def replace(content: str | bytes) -> None:
    """Puts files in force: all of them, as JSON; see `UserConfiguration` in the native part.

    Files that did not change keep their objects. Called by the native part, once at a time.
    """
    import orjson

    found = orjson.loads(content) if content else {}
    _set_variables(found.get("environment", {}))
    files, aliases = found.get("files", {}), found.get("aliases", {})
    for key, tree in files.items():
        made = bunchify(tree)
        if key in aliases:
            made = LabeledFile(made, aliases[key])
        known = dict.get(config, key)
        # True equals 1, so that representations are compared.
        if type(known) is not type(made) or repr(known) != repr(made):
            config[key] = made
    for key in config.keys() - files.keys():
        config.pop(key, None)


def _set_variables(variables: dict[str, str]) -> None:
    for name in _replaced.keys() - variables.keys():
        before = _replaced.pop(name)
        if before is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = before
    for name, value in variables.items():
        if name not in _replaced:
            _replaced[name] = os.environ.get(name)
        if os.environ.get(name) != value:
            os.environ[name] = value
