"""What services see of themselves, of requests and of responses, under the profile of each version."""

from __future__ import annotations

import json

import pytest
from environment import wait_for
from profiles import Profiled

compat = pytest.mark.compat

FORM = {"Content-Type": "application/x-www-form-urlencoded"}

# The class and its instances (reference service-api 2.1, 2.3, 2.4)


@compat("2.3-others")
def test_models_and_tables_of_a_module_are_no_services(profiled: Profiled) -> None:
    listed = json.loads(profiled.zato.zato("service", "list", profiled.zato.server, "--format", "json").stdout)
    names = {service["name"] for service in listed["services"]}
    assert "audit.gives" in names
    assert names.isdisjoint({"audit.user", "audit.users", "audit.customer", "audit.base", "audit.has-to-dict"})


@compat("2.1-invokes", "2.1-filter-by", "2.1-process-name", "2.1-handles-auth-rejection", "2.1-component-enabled")
def test_attributes_that_are_not_read_do_no_harm(profiled: Profiled) -> None:
    assert profiled.zato.get("/json/audit.unused").text == "audit.logger"


@compat("2.4-in-init", "2.4-bound-later", "2.4-config-in-init")
def test_the_constructor_sees_the_server_and_not_the_request(profiled: Profiled) -> None:
    assert profiled.json("audit.instance") == {
        "server": "server1",
        "time": 4,
        "logger": "audit.instance",
        "config": True,
        "cid": "later",
        "request": "later",
        "channel": "later",
    }


@compat("2.4-instance", "2.4-new-instance")
def test_instances_and_instances_of_other_services(profiled: Profiled) -> None:
    numbers = [profiled.json("lifetime.constructed")["number"] for _ in range(3)]
    assert numbers == sorted(set(numbers))
    other = profiled.json("lifetime.original", '{"a": 1}', "POST")
    assert (other["channel"], other["same_cid"], other["raw"]) == ("new-instance", True, True)
    assert other["payload"] == {"a": 1}


# Hooks (reference service-api 2.5)

STEPS = ["accept", "before_handle", "validate_input", "handle", "validate_output", "after_handle", "finalize_handle"]


@compat("2.5-order", "2.5-call-in-4.1", "2.5-finalize")
def test_hooks_run_in_one_order(profiled: Profiled) -> None:
    assert profiled.json("hooks.order") == {"order": STEPS}


@compat("2.5-nulled")
def test_hooks_that_are_not_implemented_can_be_called(profiled: Profiled) -> None:
    assert profiled.json("hooks.supers")["order"] == [step for step in STEPS if step != "after_handle"]


@pytest.mark.parametrize(
    ("fail", "is_fatal"),
    [
        pytest.param("accept", True, marks=compat("2.5-accept-error")),
        pytest.param("before_handle", False, marks=compat("2.5-before-handle")),
        pytest.param("validate_input", True, marks=compat("2.5-validate-input")),
        pytest.param("handle", True, marks=compat("2.5-handle")),
        pytest.param("validate_output", True, marks=compat("2.5-validate-output")),
        pytest.param("after_handle", False, marks=compat("2.5-after-handle")),
        pytest.param("finalize_handle", False, marks=compat("2.5-finalize")),
    ],
)
def test_a_hook_that_fails_ends_the_invocation_or_not(profiled: Profiled, fail: str, is_fatal: bool) -> None:
    body = json.dumps({"fail": fail})
    if is_fatal:
        assert f"{fail} failed on purpose" in profiled.details("hooks.recorded", 500, body)
    else:
        assert profiled.json("hooks.recorded", body, "POST") == {"handled": True}
    ran = profiled.json("hooks.calls")
    assert ran == (STEPS[: STEPS.index(fail) + 1] if is_fatal else STEPS)


@compat("2.5-serialized")
def test_of_two_failures_the_one_of_the_handler_is_told(profiled: Profiled) -> None:
    assert "the first failure" in profiled.details("audit.fails-twice", 500)


@compat("2.5-accept", "6.3-accept")
def test_what_is_not_accepted_is_400_without_a_body(profiled: Profiled) -> None:
    answer = profiled.zato.post("/json/hooks.recorded", {"is_refused": True})
    assert (answer.status, answer.body) == (400, b"")
    assert profiled.json("hooks.calls") == ["accept"]


@compat("2.5-input-first")
def test_input_that_is_missing_reaches_no_hook(profiled: Profiled) -> None:
    profiled.zato.get("/json/hooks.forget")
    assert "needed" in profiled.details("hooks.with-input", profiled.by_profile(500, 400, 500), '{"other": 1}')
    assert profiled.zato.get("/json/hooks.calls").text in ("", "[]")


@compat("2.5-pre-handle")
def test_pre_handle_of_2_0_is_not_called(profiled: Profiled) -> None:
    assert profiled.json("audit.old-hooks") == {"pre": False}


# Verbs (reference service-api 2.6)


@compat("2.6-verb", "2.6-none", "2.6-405", "6.3-verb", "2.6-case")
def test_verbs_are_handled_by_their_methods(profiled: Profiled) -> None:
    zato = profiled.zato
    assert zato.get("/json/verbs.verbs").text == "get"
    assert zato.post("/json/verbs.verbs", 7).json() == {"posted": 7}
    assert zato.request("DELETE", "/json/verbs.more").text == "deleted"
    for prefix in ("json", "plain"):
        refused = zato.request("DELETE", f"/{prefix}/verbs.verbs")
        assert (refused.status, refused.body) == (405, b"")
    assert 405 in profiled.json("verbs.after"), "hooks after it run"
    assert zato.get("/json/verbs.by-accident").status == 405, "`handle_details` is the handler of the verb `details`"
    assert zato.get("/json/audit.logger").text == "audit.logger", "without any of them `handle` runs"


@compat("2.6-invoke", "2.6-other-channels")
def test_verbs_count_for_invoke_and_for_no_other_channel(profiled: Profiled) -> None:
    assert profiled.json("verbs.calls") == {"silent": "", "given": "get"}
    profiled.zato.get("/json/verbs.calls-later")
    wait_for(lambda: profiled.json("verbs.later") == [{"note": "x"}])


# Identity (reference service-api 3.1, 3.4)


@compat("3.1-names", "3.1-slow-threshold", "3.1-has-validate", "3.1-in-reply-to", "3.1-cid", "3.1-channel-4.1")
@compat("3.4-extract-target")
def test_what_a_service_is_called(profiled: Profiled) -> None:
    seen = profiled.json("audit.names")
    assert seen["target"] == ["a.b", "c"]
    assert (seen["name"], seen["impl_name"]) == ("audit.names", "audit.Names")
    assert (seen["validates"], seen["slow_threshold"], seen["in_reply_to"]) == ([False, False], 99999, None)
    assert len(seen["cid"]) == 24
    assert (seen["channel"]["type"], seen["gateway"]) == ("http-soap", "none")


@compat("3.1-logger", "3.1-logger-keywords")
def test_the_logger_is_named_after_the_service_and_takes_any_keyword(profiled: Profiled) -> None:
    assert profiled.zato.get("/plain/audit.logger").text == "audit.logger"
    wait_for(lambda: "with a keyword" in profiled.zato.log())


@compat("3.4-log-input", "3.4-log-output", "3.4-suppressed", "3.4-log-missing")
def test_input_and_output_are_logged_and_returned(profiled: Profiled) -> None:
    seen = profiled.json("audit.logs", '{"a": 1}', "POST")
    assert seen["given"] == [
        "channel", "cid", "data_format", "environ", "impl_name", "invocation_time", "job_type", "name",
        "request.payload", "slow_threshold", "usage", "wsgi_environ",
    ]  # fmt: skip
    assert seen["made"] == [
        "handle_return_time", "processing_time", "processing_time_raw", "zato.http.response.headers",
    ]  # fmt: skip
    assert seen["suppressed"] == ["(suppressed)"] * 2
    assert seen["missing"] == "(None)"
    assert seen["payload"] == {"a": 1}
    wait_for(lambda: "what came" in profiled.zato.log() and "what went" in profiled.zato.log())


# Request and response (reference service-api 3.2, 3.3)


@compat("3.2-logger", "3.2-message-headers", "3.2-params-priority", "3.2-internals", "3.2-service", "3.2-method")
@compat("3.2-user-agent", "3.2-http-headers", "3.2-http-to-dict", "3.2-form-data")
def test_what_requests_have_and_what_they_have_not(profiled: Profiled) -> None:
    headers = FORM | {"User-Agent": "test/1.0", "X-My": "mine"}
    assert profiled.zato.request("POST", "/plain/audit.request", "a=1&b=2&b=3", headers).json() == {
        "simple_io_config": False,
        "encrypt_func": False,
        "service": False,
        "logger": True,
        "headers": {},
        "priority": "channel-params-over-msg",
        "is_xml": False,
        "method": "POST",
        "agent": "test/1.0",
        "form": {"a": "1", "b": ["2", "3"]},
        "seen": "mine",
    }


@compat("3.2-amqp", "3.2-ibm-mq", "3.2-hl7", "3.2-soap")
def test_what_is_missing_of_requests_names_the_channels_it_needs(profiled: Profiled) -> None:
    needs = {"amqp": "AMQP", "ibm_mq": "IBM MQ", "wmq": "IBM MQ", "hl7": "HL7", "soap": "SOAP"}
    assert profiled.json("audit.waits") == {
        name: f"`self.request.{name}.msg` needs {kind} channels, which this version does not have"
        for name, kind in needs.items()
    }


@compat("3.2-wsgi-response-headers", "3.2-wsgi-channel-item", "3.2-wsgi-post-data")
def test_the_environment_of_wsgi_speaks_for_the_response(profiled: Profiled) -> None:
    answer = profiled.zato.get("/json/audit.environ")
    assert answer.json() == {"same": True, "oauth": {}, "again": True, "remote": "127.0.0.1"}
    assert answer.headers["X-From-Environ"] == "yes"


@compat("3.3-defaults", "3.3-content-type-changed", "3.3-content-encoding", "3.3-result", "3.3-status-message")
@compat("3.3-cid", "3.3-io", "3.3-len", "3.3-headers-replaced", "3.3-numeric", "3.3-server-headers", "6.2-cid")
def test_what_a_response_is_before_it_is_touched_and_after(profiled: Profiled) -> None:
    answer = profiled.zato.get("/json/audit.response")
    is_new = profiled.profile == "4.1"
    assert answer.json() == {
        "payload": "Message()" if is_new else "",
        "status_code": 200,
        "headers": {},
        "content_type": "text/plain",
        "changed": False,
        "changed_now": True,
        "result": None,
        "details": None,
        "message": None,
        "cid": True,
        "data_format": "json",
        "length": 0,
        "io": [False, False],
    }
    assert (answer.headers["Content-Type"], answer.headers["X-Number"]) == ("application/x-own", "7")
    assert answer.headers["Content-Encoding"] is None
    assert (answer.headers["X-Zato-CID"] == "mine") is not profiled.is_old, "where the server sends one, it wins"
