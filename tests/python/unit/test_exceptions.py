from __future__ import annotations

import pytest

from zato import common
from zato.common import exception as e
from zato.server.connection import http_soap


@pytest.mark.compat("1.4-ZatoException")
def test_the_message_is_bare_and_the_text_is_the_representation() -> None:
    error = e.ZatoException("abc", "it broke")
    assert (error.cid, error.msg, error.args) == ("abc", "it broke", ("it broke",))
    assert str(error) == repr(error)
    assert str(error).startswith("<ZatoException at 0x") and "cid:`abc`, msg:`it broke`" in str(error)
    assert "status:`400`" in str(e.BadRequest("abc", "no"))


@pytest.mark.compat(
    "1.4-BackendInvocationError", "1.4-BadRequest", "1.4-Conflict", "1.4-Forbidden", "1.4-InternalServerError",
    "1.4-MethodNotAllowed", "1.4-NotFound", "1.4-ServiceUnavailable", "1.4-TooManyRequests", "1.4-Unauthorized",
)  # fmt: skip
@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (e.BadRequest("c"), 400, "Bad request"),
        (e.Conflict("c", "m"), 409, "m"),
        (e.Forbidden("c"), 403, "You are not authorized to access this resource"),
        (e.Forbidden("c", "m", 1, x=2), 403, "m"),
        (e.MethodNotAllowed("c", "m"), 405, "m"),
        (e.NotFound("c", "m"), 404, "m"),
        (e.Unauthorized("c", "m", "Basic"), 401, "m"),
        (e.TooManyRequests("c", "m"), 429, "m"),
        (e.InternalServerError("c"), 500, "Internal server error"),
        (e.ServiceUnavailable("c", "m"), 503, "m"),
        (e.BackendInvocationError("c"), 400, "Backend could not be invoked"),
        (e.PubSubSubscriptionExists("c", "m"), 400, "m"),
        (e.Reportable("c", "m", 418), 418, "m"),
    ],
)
def test_reportable_exceptions_know_their_status(error: e.Reportable, status: int, message: str) -> None:
    assert isinstance(error, e.ClientHTTPError)
    assert (error.cid, error.status, error.msg, error.needs_msg) == ("c", status, message, False)


@pytest.mark.compat("1.4-ConnectorClosedException", "1.4-Inactive", "1.4-PubSubSubscriptionExists", "1.4-others")
def test_details_of_single_classes() -> None:
    assert e.BadRequest("c", "m", True).needs_msg is True
    assert e.Unauthorized("c", "m", "Basic realm=x").challenge == "Basic realm=x"
    assert e.StatusAwareException("c", "m", 404).reason == "Not Found"
    assert str(e.Inactive("crm.get")) == "`crm.get` is inactive"
    assert issubclass(e.TimeoutException, e.ConnectionException)
    missing = e.ElementMissing("/user/name")
    assert (missing.msg, missing.elem_path, missing.status, missing.needs_msg) == (
        "Element missing: /user/name",
        "/user/name",
        400,
        True,
    )


@pytest.mark.compat("1.3-old-exceptions", "1.3-zato.common.exception")
def test_all_three_homes_have_the_same_classes() -> None:
    for name in http_soap.__all__:
        assert getattr(http_soap, name) is getattr(e, name)
    for name in e.__all__:
        assert getattr(common, name) is getattr(e, name)
    assert common.CHANNEL.HTTP_SOAP == "http-soap" and common.ZATO_OK == "ZATO_OK"
    assert common.HTTP_RESPONSES[404] == "Not Found"
