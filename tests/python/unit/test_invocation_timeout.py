"""What is raised when the time of a call is over."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from zato.common.exception import TimeoutException
from zato.server.service._timeout import invocation_timeout


class GreenletTimeout(BaseException):
    """Stands for the class of gevent, which is no `Exception`."""

    def __init__(self, seconds: float) -> None:
        raise AssertionError("its constructor starts a timer")


@pytest.mark.compat("4.1-timeout")
def test_is_a_timeout_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "gevent", raising=False)
    error = invocation_timeout("a" * 24, "it took too long", 1.5)
    assert type(error) is TimeoutException
    assert (error.cid, error.msg, error.seconds) == ("a" * 24, "it took too long", 1.5)  # type: ignore[attr-defined]


@pytest.mark.compat("4.1-timeout")
def test_is_what_services_catch_that_use_gevent(monkeypatch: pytest.MonkeyPatch) -> None:
    gevent = ModuleType("gevent")
    gevent.Timeout = GreenletTimeout  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "gevent", gevent)
    error = invocation_timeout("a" * 24, "it took too long", 1.5)
    assert isinstance(error, GreenletTimeout)
    assert isinstance(error, TimeoutException)
    assert (error.msg, type(error).__name__) == ("it took too long", "TimeoutException")
    assert "it took too long" in str(error)
    assert type(error) is type(invocation_timeout("b" * 24, "again", 1))
