"""One server speaks as each version of Zato: what the profile decides, and services that decide for themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from environment import Answer, Environment, environment, wait_for

PROFILES = ("2.0", "3.0", "3.1", "3.2", "4.1")
PROFILED = (
    "inference", "required", "outputs", "empty-output", "wrapped", "undeclared", "undeclared-output", "none-assigned",
    "assigned", "reads-unset", "fails", "bad", "clock", "nested",
)  # fmt: skip
COMPAT = (
    "old-inference", "old-required", "old-outputs", "old-fails", "old-bad", "old-undeclared", "new-required",
    "new-nested", "new-undeclared", "inherits", "same-wrapped", "calls-old",
)  # fmt: skip


@dataclass
class Served:
    """An environment of one profile."""

    zato: Environment
    profile: str

    @property
    def is_old(self) -> bool:
        """Whether it is one of those before 3.2."""
        return self.profile < "3.2"

    def error(self, answer: Answer) -> dict:
        """Looks at the form of an error and gives what is in it."""
        assert answer.headers["Content-Type"] == "application/json"
        body = answer.json()
        if not self.is_old:
            assert body["result"] == "Error"
            assert ("\n    " in answer.text) == (self.profile == "4.1")
            return body
        assert set(body) == {"zato_env"}
        assert body["zato_env"]["result"] == "ZATO_ERROR"
        assert body["zato_env"]["cid"] == answer.headers["X-Zato-CID"]
        return body["zato_env"]


@pytest.fixture(scope="module", params=PROFILES)
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An environment for each profile."""
    root = tmp_path_factory.mktemp("env") / "qs"
    settings = {"compat": {"profile": request.param}}
    with environment(root, settings=settings, fixtures=("services/profiled.py", "services/compat.py")) as made:
        security = {"name": "t.basic", "type": "basic_auth", "username": "crm", "password": "s3cret", "realm": "CRM"}
        channels = [
            {"name": f"t.{name}", "url_path": f"/{name}", "service": f"{module}.{name}", "data_format": "json"}
            for module, names in (("profiled", PROFILED), ("compat", COMPAT))
            for name in names
        ]
        get = {
            "name": "t.get",
            "url_path": "/get",
            "service": "profiled.nested",
            "data_format": "json",
            "method": "GET",
        }
        secured = {"name": "t.secured", "url_path": "/secured", "service": "profiled.nested", "data_format": "json"}
        made.enmasse({"security": [security], "channel_rest": [*channels, get, secured | {"security": "t.basic"}]})
        yield Served(made, request.param)


# Input


@pytest.mark.compat("5.3-bool", "5.3-int")
def test_types_inferred_from_names(served: Served) -> None:
    names = ("id", "user_id", "page_size", "row_count", "call_timeout", "is_x", "has_x", "name")
    seen = served.zato.post("/inference", dict.fromkeys(names, "1")).json()["seen"]
    kinds = {name: kind for name, (kind, _) in seen.items()}
    is_new = served.profile == "4.1"
    expected = dict.fromkeys(("id", "user_id", "page_size"), "str" if is_new else "int")
    expected |= dict.fromkeys(("row_count", "call_timeout"), "int")
    expected |= {"is_x": "bool", "has_x": "str" if served.profile == "2.0" else "bool", "name": "str"}
    assert kinds == expected


@pytest.mark.compat("5.5-optional")
def test_missing_optional_input(served: Served) -> None:
    seen = served.zato.post("/inference", {}).json()["seen"]
    if served.profile == "4.1":
        assert all(value is None for _, value in seen.values())
    else:
        assert seen["name"] == seen["user_id"] == ["str", ""]
        assert seen["is_x"] == (["bool", False] if served.profile == "3.2" else ["str", ""])


@pytest.mark.compat("5.5-missing", "6.3-element-missing")
def test_missing_required_input(served: Served) -> None:
    answer = served.zato.post("/required", {"other": 1})
    assert answer.status == (400 if served.profile == "3.2" else 500)
    details = served.error(answer)["details"]
    if served.profile == "3.2":
        assert details == "Element missing: needed"
    else:
        assert "needed" in str(details)
    assert served.zato.post("/required", {"needed": 1}).text == "ok"


@pytest.mark.compat("3.2-input", "7-params", "7-params-4.1")
def test_input_that_was_not_declared(served: Served) -> None:
    answer = served.zato.post("/undeclared?b=2", {"a": 1}).json()
    if served.profile == "2.0":
        assert answer == {"class": "Bunch", "input": {}}
    elif served.is_old:
        assert answer == {"class": "dict", "input": {}}
    elif served.profile == "3.2":
        assert answer == {"class": "NoneType", "input": None}
    else:
        assert answer["input"] == {"a": 1, "b": "2"}


# Output


@pytest.mark.compat("5.7-optional")
def test_missing_optional_output(served: Served) -> None:
    answer = served.zato.get("/outputs").json()
    assert answer == ({"a": "", "b": "1", "c": ""} if served.is_old else {"b": "1", "c": ""})


@pytest.mark.compat("5.7-required")
def test_empty_required_output(served: Served) -> None:
    answer = served.zato.get("/empty-output")
    if served.is_old:
        assert answer.status == 500
        assert "b" in str(served.error(answer)["details"])
    else:
        assert answer.json() == {"b": ""}


@pytest.mark.compat("2.1-simple-io")
def test_the_element_around_responses(served: Served) -> None:
    answer = served.zato.post("/wrapped", {"a": "x"}).json()
    if served.profile == "4.1":
        assert answer in ({"response": {"a": "x"}}, {"a": "x"})
    else:
        assert answer == {"response": {"a": "x"}}


@pytest.mark.compat("5.7-freely")
def test_output_that_was_not_declared(served: Served) -> None:
    answer = served.zato.get("/undeclared-output")
    if served.profile == "4.1":
        assert answer.json() == {"customer": {"name": "Ann"}}
    else:
        assert answer.status == 500


@pytest.mark.compat("6.1-none")
def test_nothing_assigned_on_purpose(served: Served) -> None:
    answer = served.zato.get("/none-assigned")
    if served.is_old:
        assert answer.status == 500
    else:
        assert answer.text == "before"


@pytest.mark.compat("5.7-dict")
def test_a_second_assignment(served: Served) -> None:
    answer = served.zato.get("/assigned").json()
    if served.profile == "4.1":
        assert answer == {"b": "2"}
    else:
        assert answer == {"a": "1", "b": "2"}


@pytest.mark.compat("5.7-read-unset")
def test_reading_output_that_was_not_set(served: Served) -> None:
    answer = served.zato.get("/reads-unset").json()
    if served.profile in ("2.0", "3.0"):
        assert answer["b"] == ""
    elif served.profile == "3.2":
        assert answer == {"b": "KeyError"}


@pytest.mark.compat("6.1-json-indent")
def test_json_is_indented_by_4_1_only(served: Served) -> None:
    text = served.zato.get("/nested").text
    assert json.loads(text) == {"a": {"b": [1]}}
    assert ("\n    " in text) == (served.profile == "4.1")


@pytest.mark.compat("5.7-order")
def test_keys_are_in_the_order_of_the_version(served: Served) -> None:
    keys = list(served.zato.get("/outputs").json())
    assert keys == (["b", "a", "c"] if served.is_old else ["b", "c"])


# Errors


@pytest.mark.compat("6.3-details")
def test_what_an_exception_tells(served: Served) -> None:
    answer = served.zato.get("/fails")
    assert answer.status == 500
    details = served.error(answer)["details"]
    if served.is_old:
        assert "Traceback (most recent call last)" in details
        assert "ValueError: ('one', 2)" in details
    else:
        assert details == ["one", 2]


@pytest.mark.compat("1.4-BadRequest", "6.3-bad-request")
def test_the_reason_of_a_bad_request(served: Served) -> None:
    answer = served.zato.get("/bad")
    assert answer.status == 400
    assert served.error(answer)["details"] == ("the reason" if served.is_old else "Bad request")


@pytest.mark.compat("6.3-no-url")
def test_a_url_that_is_not_known(served: Served) -> None:
    answer = served.zato.get("/no/such")
    assert answer.status == 404
    if served.is_old:
        assert re.fullmatch(r"CID:`[0-9a-f]{24}` Unknown URL:`/no/such` or SOAP action:``", answer.text)
    else:
        assert re.fullmatch(r"URL not found \(CID:[0-9a-f]{24}\)", answer.text)


@pytest.mark.compat("6.3-wrong-method")
def test_a_method_that_the_channel_does_not_take(served: Served) -> None:
    answer = served.zato.request("POST", "/get", "{}")
    if served.profile == "3.2":
        assert answer.status == 404
    else:
        assert answer.status == 405
        assert "POST" in str(served.error(answer)["details"])
    if served.profile == "4.1":
        assert "GET" in answer.headers["Allow"]


@pytest.mark.compat("6.3-credentials")
def test_credentials_that_are_wrong(served: Served) -> None:
    answer = served.zato.get("/secured", auth=("crm", "wrong"))
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="CRM"'
    details = served.error(answer)["details"]
    if served.profile == "2.0":
        assert details.startswith("UNAUTHORIZED")
    elif served.profile == "3.2":
        assert details.startswith("Unauthorized")
    assert "wrong" not in details
    assert served.zato.get("/secured", auth=("crm", "s3cret")).status == 200


# Everything else


@pytest.mark.compat("6.2-cid")
def test_the_header_with_the_cid(served: Served) -> None:
    for path in ("/nested", "/fails", "/no/such"):
        cid = served.zato.get(path).headers["X-Zato-CID"]
        assert bool(cid) == served.is_old, path


@pytest.mark.compat("3.1-channel-text", "3.8-defaults")
def test_the_form_of_times(served: Served) -> None:
    answer = served.zato.get("/clock").json()
    assert answer["utcnow"][10] == (" " if served.is_old else "T")
    assert answer["channel"] is True, "a channel equals its type in every profile"


@pytest.mark.compat("1.2-ping", "6.4-admin")
def test_the_ping_of_the_version(served: Served) -> None:
    answer = served.zato.get("/zato/ping").json()
    assert answer["zato_env"]["result"] == "ZATO_OK"
    if served.profile >= "3.2":
        assert answer["pong"] == "zato"
    else:
        assert answer["zato_ping_response"] == {"pong": "zato"}


# Services that name a profile of their own


def test_services_decide_for_themselves(served: Served) -> None:
    zato = served.zato
    seen = zato.post("/old-inference", {"user_id": "1", "has_x": "1"}).json()["seen"]
    assert seen["user_id"] == ["int", 1]
    assert seen["has_x"] == ["str", "1"]
    assert seen["is_x"] == ["str", ""]
    assert zato.post("/old-required", {}).status == 500
    assert zato.post("/new-required", {}).status == 500
    assert zato.get("/old-outputs").json() == {"a": "", "b": "1", "c": ""}
    assert zato.get("/inherits").json() == {"a": "", "b": "1", "c": ""}
    assert zato.post("/old-undeclared", {"a": 1}).json() == {"class": "Bunch", "input": {}}
    assert zato.post("/new-undeclared?b=2", {"a": 1}).json()["input"] == {"a": 1, "b": "2"}
    assert "\n    " in zato.get("/new-nested").text
    assert zato.post("/same-wrapped", {"a": "x"}).json() == {"response": {"a": "x"}}


@pytest.mark.compat("6.4-own-profile")
def test_errors_have_the_form_of_the_service(served: Served) -> None:
    failed = served.zato.get("/old-fails")
    assert failed.status == 500
    assert failed.json()["zato_env"]["result"] == "ZATO_ERROR"
    assert "Traceback" in failed.json()["zato_env"]["details"]
    bad = served.zato.get("/old-bad")
    assert bad.json()["zato_env"]["details"] == "the reason"


def test_services_of_different_profiles_call_each_other(served: Served) -> None:
    old, own = served.zato.get("/calls-old").json()
    assert old == {"a": "", "b": "1", "c": ""}
    assert own == ({"a": "", "b": "1", "c": ""} if served.is_old else {"b": "1", "c": ""})


def test_a_profile_that_does_not_exist_is_refused(served: Served) -> None:
    path = served.zato.deploy(
        "wrong_profile.py",
        "from zato.server.service import Service\n\nclass Wrong(Service):\n    zato_compat = '5.0'\n",
    )
    listed = wait_for(
        lambda: "wrong_profile.py" in (text := served.zato.zato("service", "list", served.zato.server).stdout) and text
    )
    assert "wrong_profile.py:3" in listed
    assert "5.0" in listed
    assert "4.1" in listed, "the profiles there are"
    path.unlink()
