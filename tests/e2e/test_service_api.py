"""Services as classes: what they are called, which are deployed, how instances live, and in which order they run."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from environment import Environment, environment, wait_for


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """An environment with services that were there before it started."""
    root = tmp_path_factory.mktemp("env") / "qs"
    fixtures = ("names/*", "services/lifetime.py", "services/hooks.py", "services/verbs.py")
    with environment(root, fixtures=fixtures) as made:
        channels = [
            {"name": f"t.{path}", "url_path": f"/{path}", "service": service, "data_format": "json"}
            for path, service in (
                ("order", "hooks.order"),
                ("supers", "hooks.supers"),
                ("no-hooks", "hooks.no-hooks"),
                ("recorded", "hooks.recorded"),
                ("with-input", "hooks.with-input"),
                ("verbs", "verbs.verbs"),
                ("more", "verbs.more"),
                ("heads", "verbs.heads"),
                ("by-accident", "verbs.by-accident"),
                ("verbs-calls", "verbs.calls"),
                ("later", "verbs.calls-later"),
                ("noted", "verbs.later"),
                ("original", "lifetime.original"),
            )
        ]
        made.enmasse({"channel_rest": channels})
        yield made


def names(zato: Environment) -> set[str]:
    found = json.loads(zato.zato("service", "list", zato.server, "--format", "json").stdout)
    assert found["failures"] == []
    return {service["name"] for service in found["services"]}


# Names (reference service-api 2.2)


@pytest.mark.compat("2.1-name", "2.2-examples", "2.2-explicit", "2.2-impl-name")
@pytest.mark.parametrize(
    ("name", "impl_name"),
    [
        ("my-mod.my-service", "my_mod.MyService"),
        ("api.get-url-data", "api.GetURLData"),
        ("crm.http-client", "crm.HTTPClient"),
        ("mod.get-user-by-id", "mod.GetUserByID"),
        ("mod.get-user2", "mod.GetUser2"),
        ("mod.get-o-auth2-token", "mod.GetOAuth2Token"),
        ("mod.ap-iv2-get", "mod.APIv2Get"),
        ("mod.get_customer_id", "mod.Get_Customer_ID"),
        ("a-b.c-d.my_service", "a_b.c_d.My_Service"),
        ("api.crm.get-customer", "api.crm.GetCustomer"),
        ("billing.total", "billing.Total"),
        ("billing.parts.rates.rate", "billing.parts.rates.Rate"),
        ("my own.name", "named.Explicit"),
        ("named.empty", "named.Empty"),
        ("named.by-get-name", "named.OldGetName"),
    ],
)
def test_names_come_from_modules_and_classes(served: Environment, name: str, impl_name: str) -> None:
    answer = served.invoke(name.replace(" ", "%20"))
    assert answer.json() == {"name": name, "impl_name": impl_name}


@pytest.mark.compat("2.1-name-inherited")
def test_of_two_classes_with_one_name_the_later_is_served(served: Environment) -> None:
    assert served.invoke("named.inherited").json()["is_last"] is True


@pytest.mark.compat("2.2-callable")
def test_services_can_ask_for_names(served: Environment) -> None:
    assert served.invoke("named.asks").json() == {
        "get_name": "named.asks",
        "class_get_name": "my own.name",
        "get_name_static": "named.asks",
        "get_impl_name": "named.Asks",
        "convert_impl_name": "a-b.c-d.my_service",
    }


# Which classes are deployed (reference service-api 2.3)


@pytest.mark.compat("2.1-dont-import", "2.3-abstract", "2.3-imported", "2.3-own")
def test_only_service_classes_of_the_module_itself_are_deployed(served: Environment) -> None:
    found = {name for name in names(served) if name.startswith("which.")}
    assert found == {
        "which.real", "which.base", "which.abstract", "which.concrete", "which.inner", "which.accepted",
        "which.accepted-by-class",
    }  # fmt: skip
    assert served.invoke("which.real").json() == "real"
    assert served.invoke("which.concrete").json() == "concrete"
    assert served.invoke("my-mod.my-service").status == 200


@pytest.mark.compat("2.3-abstract")
def test_a_service_without_a_handler_says_so(served: Environment) -> None:
    assert served.invoke("which.base").status == 500
    wait_for(lambda: "which.base" in served.log() and "handle" in served.log())


@pytest.mark.compat("2.5-after-add", "2.5-before-add")
def test_hooks_of_deployment_decide_and_are_told(served: Environment) -> None:
    assert served.invoke("which.accepted").json() == "accepted"
    wait_for(lambda: "which.accepted is in force" in served.log())
    log = served.log()
    assert "accepting which.accepted" in log
    assert "which.forgot-to-return" in log, "a class that was left out is named"
    assert served.invoke("which.accepted-by-class").json() == ["before", "server1"]


# Instances (reference service-api 2.4)


@pytest.mark.compat("2.4-instance")
def test_each_invocation_has_an_instance_of_its_own(served: Environment) -> None:
    numbers = [served.invoke("lifetime.constructed").json()["number"] for _ in range(5)]
    assert numbers == sorted(set(numbers))
    assert all(100 < number < 200 for number in numbers), "attributes did not survive"


def test_what_belongs_to_the_server_is_there_in_the_constructor(served: Environment) -> None:
    answer = served.invoke("lifetime.constructed").json()
    assert answer["seen"]["server"] is True
    assert answer["seen"]["logger"] is True
    assert answer["seen"]["time"].isdigit()
    assert len(answer["cid"]) == 24


@pytest.mark.compat("2.4-constructor", "2.4-super")
def test_constructors_of_every_form(served: Environment) -> None:
    assert served.invoke("lifetime.without-arguments").json() == "mine"
    assert served.invoke("lifetime.without-super").json() == "mine"
    assert served.invoke("lifetime.broken-init").status == 500
    wait_for(lambda: "no instance today" in served.log())


@pytest.mark.compat("2.4-new-instance")
def test_another_service_can_be_made_without_running_it(served: Environment) -> None:
    assert served.post("/original", {"a": 1}).json() == {
        "class": "Instantiated",
        "channel": "new-instance",
        "same_cid": True,
        "payload": {"a": 1},
        "raw": True,
        "method": "POST",
        "answer": "not handled, but lifetime.instantiated",
    }


# Hooks (reference service-api 2.5)


STEPS = ["accept", "before_handle", "validate_input", "handle", "validate_output", "after_handle", "finalize_handle"]


@pytest.mark.compat("2.5-order")
def test_hooks_run_in_their_order(served: Environment) -> None:
    assert served.get("/order").json() == {"order": STEPS}
    assert served.invoke("hooks.order").json() == {"order": STEPS}


@pytest.mark.compat("2.5-nulled")
def test_hooks_of_the_base_can_be_called(served: Environment) -> None:
    assert served.get("/supers").json()["order"] == [step for step in STEPS if step != "after_handle"]


@pytest.mark.compat("2.1-call-hooks")
def test_hooks_around_the_handler_can_be_switched_off(served: Environment) -> None:
    expected = [step for step in STEPS if step not in ("before_handle", "after_handle")]
    assert served.get("/no-hooks").json()["order"] == expected


@pytest.mark.compat("2.5-before-handle", "2.5-validate-input")
@pytest.mark.parametrize(
    ("fail", "status", "last"),
    [
        ("accept", 500, "accept"),
        ("before_handle", 200, None),
        ("validate_input", 500, "validate_input"),
        ("handle", 500, "handle"),
        ("validate_output", 500, "validate_output"),
        ("after_handle", 200, None),
        ("finalize_handle", 200, None),
    ],
)
def test_a_failing_hook_ends_the_invocation_or_is_only_logged(
    served: Environment, fail: str, status: int, last: str | None
) -> None:
    answer = served.post("/recorded", {"fail": fail})
    assert answer.status == status
    ran = served.invoke("hooks.calls").json()
    assert ran == (STEPS[: STEPS.index(last) + 1] if last else STEPS)
    if status == 200:
        assert answer.json() == {"handled": True}
    else:
        assert answer.json()["details"] == [f"{fail} failed on purpose"]
    wait_for(lambda: f"{fail} failed on purpose" in served.log())


@pytest.mark.compat("2.5-accept")
def test_a_request_that_is_not_accepted_gets_400_and_nothing_else_runs(served: Environment) -> None:
    answer = served.post("/recorded", {"is_refused": True})
    assert answer.status == 400
    assert answer.body == b""
    assert served.invoke("hooks.calls").json() == ["accept"]


@pytest.mark.compat("2.5-input-first")
def test_input_is_looked_at_before_any_hook(served: Environment) -> None:
    served.invoke("hooks.forget")
    assert served.post("/with-input", {"other": 1}).status == 400
    assert served.invoke("hooks.calls").json() == []
    assert served.post("/with-input", {"needed": "x"}).status == 200


# Verbs (reference service-api 2.6)


@pytest.mark.compat("2.6-verb", "6.2-cors")
def test_a_method_for_a_verb_handles_requests_of_that_verb(served: Environment) -> None:
    assert served.get("/verbs").text == "get"
    assert served.post("/verbs", 7).json() == {"posted": 7}
    options = served.request("OPTIONS", "/verbs")
    assert options.status == 204
    assert options.body == b""
    assert options.headers["Access-Control-Allow-Origin"] == "*"
    assert options.headers["Access-Control-Max-Age"] == "600"
    assert served.request("DELETE", "/more").text == "deleted"
    assert served.get("/more").text == "get"


@pytest.mark.compat("2.6-head")
def test_a_head_request_gets_the_headers_of_a_get(served: Environment) -> None:
    answer = served.request("HEAD", "/verbs")
    assert (answer.status, answer.headers["Content-Length"], answer.body) == (200, "3", b"")
    own = served.request("HEAD", "/heads")
    assert (own.status, own.headers["X-Head"]) == (200, "HEAD"), "a method for HEAD wins"
    assert served.request("HEAD", "/by-accident").status == 405, "there is no method for GET"


@pytest.mark.compat("2.6-405")
def test_a_verb_without_a_method_gets_405_and_the_later_hooks_run(served: Environment) -> None:
    for path, method in (("/verbs", "DELETE"), ("/verbs", "PUT"), ("/by-accident", "GET")):
        refused = served.request(method, path)
        assert refused.status == 405
        assert refused.body == b""
    assert 405 in served.invoke("verbs.after").json()


@pytest.mark.compat("2.6-invoke")
def test_verbs_count_for_calls_between_services_as_well(served: Environment) -> None:
    assert served.get("/verbs-calls").json() == {"silent": "", "given": "get"}
    assert served.invoke("verbs.verbs", 7).json() == {"posted": 7}, "the invoke channel passes its own verb on"


@pytest.mark.compat("2.6-other-channels")
def test_a_call_for_later_runs_the_plain_handler(served: Environment) -> None:
    served.get("/later")
    wait_for(lambda: served.get("/noted").json() == [{"note": "x"}])
