"""Modules that deployed modules import by names that are gone."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployment import SIMPLE_IO, Deployments, module, problem, service
from zato.server._loader import Loader
from zato.server._loader._old_names import OLD_NAMES

ABSENT = sorted(name for name in OLD_NAMES if "." not in name and importlib.util.find_spec(name) is None)


@pytest.fixture
def strict() -> Iterator[Deployments]:
    """A loader that knows no old names."""
    loader = Loader(profile="3.2", simple_io=SIMPLE_IO, has_old_module_names=False)
    yield Deployments(loader)
    loader.close()


@pytest.mark.compat("1.3-old-names", "1.3-zato.distlock")
@pytest.mark.parametrize("name", ABSENT)
def test_deployed_modules_import_it_and_nobody_else_does(it: Deployments, name: str) -> None:
    text = f"import {name}\n" + service("Get", f"import {name} as again; return {name}, again")
    assert it.deploy(module("old.py", text))["old.py"]["problems"] == []
    first, second = it.run("old.get")
    assert first is second and first.__doc__
    assert name not in sys.modules
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module(name)


def test_most_old_names_are_tested() -> None:
    assert {"anyjson", "bunch", "httplib", "urlparse", "urllib2", "StringIO", "ConfigParser", "Queue"} <= set(ABSENT)


@pytest.mark.compat("1.3-libraries", "1.3-old-names", "1.3-zato.bunch")
@pytest.mark.parametrize(
    "line",
    [
        "from anyjson import deserialize, dumps, loads, serialize; assert loads(dumps({'a': 1})) == {'a': 1}",
        "import anyjson; anyjson.force_implementation('cjson'); assert anyjson.implementation.loads('1') == 1",
        "from bunch import Bunch, bunchify; assert bunchify({'a': {'b': 1}}).a.b == 1",
        "from httplib import OK, HTTPConnection; assert OK == 200",
        "from urlparse import parse_qs, urlparse; assert parse_qs('a=1') == {'a': ['1']}",
        "from urllib2 import HTTPError, Request, URLError, build_opener, quote, urlopen; Request('http://x')",
        "import urllib2; urllib2.HTTPBasicAuthHandler; urllib2.ProxyHandler",
        "from StringIO import StringIO; assert StringIO('a').read() == 'a' and StringIO(b'a').read() == b'a'",
        "import cStringIO; f = cStringIO.StringIO(); f.write('a'); assert f.getvalue() == 'a'",
        "from Queue import Empty, Queue",
        "import cPickle as pickle; assert pickle.loads(pickle.dumps(1)) == 1",
        "from HTMLParser import HTMLParser; from htmlentitydefs import name2codepoint",
        "import Cookie, cookielib; Cookie.SimpleCookie(); cookielib.CookieJar()",
        "import xmlrpclib; xmlrpclib.ServerProxy",
        "import commands; assert commands.getoutput('echo a') == 'a'",
        "import sets; assert sets.Set([1]) == {1} and isinstance(sets.ImmutableSet(), sets.BaseSet)",
        "import md5, sha; assert len(md5.new(b'a').hexdigest()) == 32 and len(sha.new(b'a').hexdigest()) == 40",
        "from UserDict import UserDict; UserDict()",
        "import __builtin__; assert __builtin__.len is len",
        "import retools.lock; retools.lock.LockTimeout",
        "from retools.lock import LockTimeout; import zato.distlock as d; assert LockTimeout is d.LockTimeout",
        "from retools import lock; import retools.lock as same; assert lock is same",
        "import simplejson; assert simplejson.loads('[1]') == [1]",
        "from zato_testing import ServiceTestCase",
        "from urllib import quote, urlencode, urlopen; assert urlencode({'a': 1}) == 'a=1'",
        "from urllib import parse, unquote; assert parse.quote('/', '') == '%2F'",
        "from collections import Mapping, OrderedDict; assert isinstance(OrderedDict(), Mapping)",
    ],
)
def test_what_services_do_with_it_works(it: Deployments, line: str) -> None:
    assert it.deploy(module("old.py", line + "\n" + service("Get")))["old.py"]["problems"] == []


def test_configuration_is_read_the_old_way(it: Deployments) -> None:
    text = """
        import io
        from ConfigParser import ConfigParser, NoOptionError, RawConfigParser, SafeConfigParser
        for cls in ConfigParser, RawConfigParser, SafeConfigParser:
            parser = cls()
            parser.readfp(io.StringIO(u"[a]\\nb=1\\nb=2\\n"))
            assert parser.get("a", "b") == "2"
    """
    assert it.deploy(module("old.py", text))["old.py"]["problems"] == []


def test_what_is_installed_or_deployed_is_not_replaced(
    it: Deployments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    it.deploy(
        module("urlparse.py", "MINE = 1\n"),
        module("user.py", "import urlparse\n" + service("A", "return urlparse.MINE")),
    )
    assert it.run("user.a") == 1
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "httplib.py").write_text("INSTALLED = 1\n")
    importlib.invalidate_caches()
    it.deploy(module("crm.py", "import httplib\n" + service("B", "return httplib.INSTALLED")))
    try:
        assert it.run("crm.b") == 1
    finally:
        sys.modules.pop("httplib", None)


def test_errors_inside_of_installed_modules_stay(
    it: Deployments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "httplib.py").write_text("import zato_is_not_there\n")
    importlib.invalidate_caches()
    found = problem(it.prepare(module("crm.py", "import httplib\n"))["crm.py"])
    assert "zato_is_not_there" in found["message"]


def test_libraries_do_not_see_old_names(it: Deployments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "zato_test_library.py").write_text("import httplib\n")
    importlib.invalidate_caches()
    found = problem(it.prepare(module("crm.py", "import zato_test_library\n"))["crm.py"])
    assert "No module named 'httplib'" in found["message"]


def test_names_that_are_nowhere_are_refused(it: Deployments) -> None:
    found = problem(it.prepare(module("crm.py", "from urllib import quote, nowhere_to_be_found\n"))["crm.py"])
    assert "nowhere_to_be_found" in found["message"] or "quote" in found["message"]


@pytest.mark.compat("1.3-old-names-off")
@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("import httplib", "import `http.client`"),
        ("from bunch import Bunch", "import `zato.bunch`"),
        ("import urllib2", "import what has replaced it"),
    ],
)
def test_old_names_can_be_switched_off(strict: Deployments, line: str, instead: str) -> None:
    found = problem(strict.prepare(module("crm.py", line + "\n"))["crm.py"])
    assert "No module named" in found["message"]
    assert instead in (found["hint"] or "") and "old_module_names" in (found["hint"] or "")
    found = problem(strict.prepare(module("crm.py", "from urllib import urlencode\n"))["crm.py"])
    assert "urlencode" in found["message"]
