"""Calls between services in their less common forms (reference service-api 4.1-4.4)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from environment import Environment, environment, wait_for


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """An environment with services that call each other on one thread."""
    root = tmp_path_factory.mktemp("env") / "qs"
    settings = {"main": {"max_threads": "1"}}
    with environment(root, fixtures=("services/invocations.py",), settings=settings) as made:
        yield made


@pytest.fixture(scope="module")
def forms(served: Environment) -> dict[str, Any]:
    answer = served.invoke("invocations.forms", {})
    assert answer.status == 200, answer.text
    return answer.json()


@pytest.mark.compat("4.3-by-id", "4.3-by-impl-name")
def test_a_service_may_be_named_by_identifier(forms: dict[str, Any], served: Environment) -> None:
    assert forms["by_id"] == {"a": 1}
    assert forms["by_text_id"] == {"a": 2}
    assert forms["id_round_trip"] == "invocations.Target"
    assert forms["unknown_id"] == ["KeyError", "1"]
    assert forms["unknown_impl"][0] == "KeyError"
    assert forms["target"] == {"a": 1}


@pytest.mark.compat("3.1-job-type", "4.1-keywords", "4.1-signature")
def test_the_target_sees_what_the_caller_says_about_the_call(forms: dict[str, Any]) -> None:
    assert forms["own_channel"] == "my-own-type"
    told = forms["channel_info"]
    assert (told["channel"], told["channel_name"], told["channel_impl"]) == ("amqp", "mine", "impl")
    assert told["username"] == "ann"
    assert forms["channel_is_equal"] is True
    assert (forms["job_type"], forms["no_job_type"], forms["no_job_type_old"]) == ("one_time", "", None)
    assert forms["transport"] == ["plain_http", "plain_http"]
    assert forms["wsgi_environ"] == {"A": 1}
    assert forms["in_reply_to"] is None, "it says so itself where it is true"
    assert forms["zato_ctx"]["in_reply_to"] == "y"
    assert forms["zato_ctx"]["environ"] == {"zato.request_ctx.in_reply_to": "y", "zato.request_ctx.own": 1}


@pytest.mark.compat("4.1-keywords-as-payload")
def test_keywords_are_the_payload_unless_there_is_one(forms: dict[str, Any]) -> None:
    assert forms["fields"] == {"expiration": 1, "callback": "c", "name": "n"}
    assert forms["payload_wins"] == {"a": 1}
    assert forms["twice"][0] == "TypeError"


@pytest.mark.compat("4.2-declared", "4.2-serialize", "4.2-as-bunch")
def test_declared_output_has_several_forms(forms: dict[str, Any]) -> None:
    assert forms["declared"] == {"response": {"name": "7", "row_count": 12}}
    assert forms["declared_json"] == {"name": 7, "row_count": "12", "more": "undeclared"}
    assert json.loads(forms["serialized"]) == forms["declared"]
    assert forms["repeated"] == [{"name": "1"}, {"name": "2"}]
    assert forms["repeated_json"] == [{"name": 1, "x": 2}, {"name": 2}]
    assert forms["repeated_bunch"] is True


@pytest.mark.compat("4.2-objects", "4.2-nothing")
def test_other_output_is_passed_on_as_it_is(forms: dict[str, Any]) -> None:
    assert forms["free_bunch"] is False
    assert forms["free_serialized"] == {"a": 1}
    assert forms["model_nothing"] == ""
    assert forms["model_same"] is True
    assert forms["to_dict"] == {"from": "to_dict"}
    assert forms["to_json"] == '{"from": "to_json"}'


@pytest.mark.compat("4.2-skip-response-elem")
def test_response_elements_are_left_out_if_asked(forms: dict[str, Any]) -> None:
    assert forms["meta"] == 1
    assert forms["zato"] == [2]
    assert forms["two"] == {"response": 1, "b": {}}


@pytest.mark.compat("4.1-keywords")
def test_the_caller_may_make_the_answer(forms: dict[str, Any]) -> None:
    assert forms["set_response_func"] == "made by the caller"
    assert forms["called"][0] == ["invocations.target", "dict", "yes"]
    assert forms["failing_with_function"] == ["ValueError", "of the target"]
    assert forms["called"][1][0] == "invocations.raises", "it is called in any case"


def test_new_instances_are_of_services_by_name_or_class(forms: dict[str, Any]) -> None:
    assert forms["new_instance"] == ["Target", "new-instance"]


@pytest.mark.compat("3.6-server")
def test_the_server_invokes_services_too(forms: dict[str, Any]) -> None:
    assert forms["server_invoke"] == {"a": 1}
    assert forms["server_same_cid"] is True
    assert len(forms["server_invoke_async"]) == 24
    assert forms["server_unknown"] == ["KeyError", "'no.such'"]


@pytest.mark.compat("1.2-service-invoke")
def test_services_of_the_server_say_what_they_cannot_do(forms: dict[str, Any]) -> None:
    assert forms["service_invoke_False"] == {"a": 1}, "services may be named by identifier there, too"
    assert forms["service_invoke_True"] == "No such service with id `1`"
    assert forms["pubsub"][0] == "MissingFeature"
    assert "publish/subscribe" in forms["pubsub"][1]


@pytest.mark.compat("4.1-timeout")
def test_a_call_whose_time_is_over_is_interrupted(forms: dict[str, Any], served: Environment) -> None:
    assert forms["timed"] == {"a": 1}
    assert forms["headers"] == {"X-Target": "yes"}
    assert forms["timeout"] == ["TimeoutException", 0.05]
    wait_for(lambda: [seen for seen in served.invoke("invocations.interrupted").json() if isinstance(seen, str)])


def test_a_call_for_later_is_lost_after_its_expiration(served: Environment) -> None:
    lost = served.invoke("invocations.holds", {"seconds": 0.3, "expiration": 0.1}).json()["cid"]
    kept = served.invoke("invocations.holds", {"seconds": 0.3}).json()["cid"]

    def notes() -> Any:
        return served.invoke("invocations.interrupted").json()

    seen = wait_for(lambda: ["later", kept] in (found := notes()) and found)
    assert ["later", lost] not in seen
    assert any(lost in line and "expiration of 0.1 s" in line for line in served.log().splitlines())


@pytest.mark.compat("4.4-callback", "3.2-wsgi-context")
def test_a_callback_may_be_known_by_its_name(served: Environment) -> None:
    cid = served.invoke("invocations.convention").json()["cid"]
    expected = ["convention", cid, cid, {"a": 1}]
    wait_for(lambda: expected in served.invoke("invocations.interrupted").json())


def test_identifiers_are_the_same_on_all_workers(tmp_path_factory: pytest.TempPathFactory, served: Environment) -> None:
    store = "from zato.server.service import Service\nclass Ids(Service):\n    name = 'ids'\n    def handle(self):\n"
    store += "        ids = self.server.service_store.impl_name_to_id\n"
    store += "        self.response.payload = {'ids': ids, 'pid': self.server.pid}\n"
    with environment(tmp_path_factory.mktemp("env") / "qs", workers=2) as other:
        other.deploy("ids.py", store)
        other.wait_for_service("ids")
        answers: dict[int, dict[str, int]] = {}

        def both() -> bool:
            answer = other.invoke("ids").json()
            answers[answer["pid"]] = answer["ids"]
            return len(answers) == 2

        wait_for(both)
        first, second = answers.values()
        assert first == second
        assert len(set(first.values())) == len(first)
