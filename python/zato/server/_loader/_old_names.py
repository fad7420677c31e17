"""Modules that services import by names that are gone (reference service-api 1.3, execution-model 7).

They are for deployed modules only, and only where nothing of that name is installed.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from types import ModuleType

__all__ = ["OLD_NAMES", "OldNames"]

#: What stands for a module that is not there, by its name.
OLD_NAMES = {
    # Libraries that earlier versions shipped.
    "anyjson": "zato.server._old.anyjson",
    "bunch": "zato.bunch",
    "gevent": "zato.server._old.gevent",
    "gevent.event": "zato.server._old.gevent.event",
    "gevent.greenlet": "zato.server._old.gevent.greenlet",
    "gevent.local": "zato.server._old.gevent.local",
    "gevent.lock": "zato.server._old.gevent.lock",
    "gevent.monkey": "zato.server._old.gevent.monkey",
    "gevent.pool": "zato.server._old.gevent.pool",
    "gevent.queue": "zato.server._old.gevent.queue",
    "gevent.select": "select",
    "gevent.socket": "socket",
    "gevent.ssl": "ssl",
    "gevent.subprocess": "subprocess",
    "gevent.time": "time",
    "gevent.timeout": "zato.server._old.gevent.timeout",
    "retools": "zato.server._old.retools",
    "retools.lock": "zato.server._old.retools.lock",
    "simplejson": "json",
    "zato_testing": "zato.testing",
    # Modules of Python 2.
    "BaseHTTPServer": "http.server",
    "CGIHTTPServer": "http.server",
    "ConfigParser": "zato.server._old.config_parser",
    "Cookie": "http.cookies",
    "HTMLParser": "html.parser",
    "Queue": "queue",
    "SimpleHTTPServer": "http.server",
    "SimpleXMLRPCServer": "xmlrpc.server",
    "SocketServer": "socketserver",
    "StringIO": "zato.server._old.string_io",
    "UserDict": "collections",
    "UserList": "collections",
    "UserString": "collections",
    "__builtin__": "builtins",
    "cPickle": "pickle",
    "cStringIO": "zato.server._old.string_io",
    "commands": "subprocess",
    "cookielib": "http.cookiejar",
    "copy_reg": "copyreg",
    "dummy_thread": "_thread",
    "htmlentitydefs": "html.entities",
    "httplib": "http.client",
    "md5": "zato.server._old.md5",
    "robotparser": "urllib.robotparser",
    "sets": "zato.server._old.sets",
    "sha": "zato.server._old.sha",
    "thread": "_thread",
    "urllib2": "zato.server._old.urllib2",
    "urlparse": "urllib.parse",
    "xmlrpclib": "xmlrpc.client",
}

#: Where names went that `from module import name` does not find any more, by module.
_MOVED = {
    "collections": ("collections.abc",),
    "urllib": ("urllib.parse", "urllib.request", "urllib.error"),
}


class OldNames:
    """Finds modules by their old names.

    Args:
        is_enabled: Whether it does, `[compat] old_module_names` of server.conf.
    """

    def __init__(self, is_enabled: bool) -> None:
        self._is_enabled = is_enabled
        #: Names that were looked for in vain, so that the next import of one need not search all directories.
        self._absent: set[str] = set()

    def is_known_absent(self, name: str) -> bool:
        """Whether a module was found by its old name before, and nothing of that name has been imported since."""
        return name in self._absent and name not in sys.modules

    def find(self, name: str, error: ModuleNotFoundError | None, fromlist: Sequence[str] | None) -> ModuleType | None:
        """Gives what stands for a module that is not there.

        Args:
            name: Its name.
            error: What importing it raised; none if that was not tried again.
            fromlist: What is imported from it; without it the outermost package is given, as `__import__` does.

        Returns:
            The module; none if the error is about another module, or nothing stands for it.
        """
        if not self._is_enabled or name not in OLD_NAMES:
            return None
        if error is not None and error.name != name and not name.startswith(f"{error.name}."):
            return None
        self._absent.add(name)
        module = importlib.import_module(OLD_NAMES[name])
        return module if fromlist else importlib.import_module(OLD_NAMES[name.partition(".")[0]])

    def with_moved(self, name: str, module: ModuleType, fromlist: Sequence[str] | None) -> ModuleType:
        """Gives a module that has what is imported from it, even what has moved to another one.

        Args:
            name: The module's name.
            module: The module.
            fromlist: What is imported from it.

        Returns:
            The module itself if it has everything, or if what is missing is nowhere else either; otherwise a stand-in
            for this one statement.
        """
        if not fromlist or not self._is_enabled or name not in _MOVED:
            return module
        missing = [item for item in fromlist if item != "*" and not hasattr(module, item)]
        if not missing:
            return module
        stand_in = ModuleType(name, module.__doc__)
        vars(stand_in).update(vars(module))
        for item in missing:
            homes = [importlib.import_module(home) for home in _MOVED[name]]
            home = next((home for home in homes if hasattr(home, item)), None)
            if home is None:
                return module
            setattr(stand_in, item, getattr(home, item))
        return stand_in
