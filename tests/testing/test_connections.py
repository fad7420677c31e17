"""Connections of tests."""

from __future__ import annotations

import pytest
import sample_services as sample

from zato.common.exception import Inactive
from zato.connections.http import HTTPError, Response
from zato.server.service import RESTAdapter, Service
from zato.testing import RestCall, RestResponse, Runner


class Crm(Service):
    """Calls with whatever the test hands over."""

    name = "sample.crm"

    def handle(self):
        self.environ["result"] = self.environ["act"](self)


def run(zato: Runner, act):
    environ = {"act": act}
    zato.call(Crm, environ=environ)
    return environ["result"]


def test_a_rest_call_gets_what_the_test_set_and_is_recorded(zato: Runner) -> None:
    crm = zato.outgoing.rest["CRM"]
    crm.set_response({"id": 1}, headers={"X-Page": 2})
    crm.set_response("made", method="POST", status_code=201)
    got = run(zato, lambda it: it.out.rest["CRM"].conn.get(it.cid, {"id": 1}, headers={"A": "b"}))
    assert (got.data, got.json(), got.text, got.ok) == ({"id": 1}, {"id": 1}, '{"id":1}', True)
    assert (got.headers["x-page"], got.status_code) == ("2", 200)
    posted = run(zato, lambda it: it.outgoing.plain_http.get("CRM").conn.post(it.cid, {"name": "Ann"}, timeout=3))
    assert (posted.data, posted.status_code) == ("made", 201)
    first, second = crm.calls
    assert (first.method, first.params, first.headers, len(first.cid)) == ("GET", {"id": 1}, {"A": "b"}, 24)
    assert crm.last_call is second
    assert (second.data, second.options) == ({"name": "Ann"}, {"timeout": 3})


def test_self_rest_needs_no_cid_and_takes_one(zato: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    zato.rest["My CRM"].set_response([1])
    monkeypatch.setenv("CRM_NAME", "My CRM")
    assert run(zato, lambda it: it.rest["My CRM"].post({"a": 1}).data) == [1]
    assert run(zato, lambda it: it.rest.My_CRM.post(it.cid, {"a": 2}).data) == [1]
    assert run(zato, lambda it: it.rest["$CRM_NAME"].get(params={"a": 3}).data) == [1]
    calls = zato.rest["My CRM"].calls
    assert [call.data or call.params for call in calls] == [{"a": 1}, {"a": 2}, {"a": 3}]
    assert all(len(call.cid) == 24 for call in calls)


def test_answers_depend_on_request_method_and_path(zato: Runner) -> None:
    crm = zato.rest["CRM"]
    crm.url_path = "/clients/{id}"
    crm.set_response("any")
    crm.set_response("seven", path="/clients/7")
    crm.set_response("ann", method="post", request=[{"name": "Ann"}, {"name": "Anna"}])
    get = [run(zato, lambda it, n=n: it.rest["CRM"].get(params={"id": n, "q": 1}).data) for n in (1, 7)]
    assert get == ["any", "seven"]
    assert crm.last_call.path == "/clients/7"
    assert crm.last_call.query == {"q": 1}
    post = [run(zato, lambda it, n=n: it.rest["CRM"].post({"name": n}, {"id": 2}).data) for n in ("Anna", "Bob")]
    assert post == ["ann", "any"]
    with pytest.raises(ValueError, match="No parameters given for URL path"):
        run(zato, lambda it: it.rest["CRM"].get())
    with pytest.raises(ValueError, match="there is no `id`"):
        run(zato, lambda it: it.rest["CRM"].get(params={"q": 1}))


def test_answers_come_one_after_the_other(zato: Runner) -> None:
    crm = zato.rest["CRM"]
    crm.set_responses([{"n": 1}, ConnectionError("down"), RestResponse("late", 503)])
    assert run(zato, lambda it: it.rest["CRM"].get().data) == {"n": 1}
    with pytest.raises(ConnectionError, match="down"):
        run(zato, lambda it: it.rest["CRM"].get())
    late = run(zato, lambda it: it.rest["CRM"].get())
    assert (late.ok, late.status_code) == (False, 503)
    with pytest.raises(Exception, match="503"):
        late.raise_for_status()
    with pytest.raises(LookupError, match=r"self\.out\.rest\['CRM'\] was called more than the 3 times"):
        run(zato, lambda it: it.rest["CRM"].get())


def test_answers_are_made_by_functions_and_become_models(zato: Runner) -> None:
    def answer(call: RestCall) -> object:
        return {"name": call.params["name"], "size": 3}

    zato.rest["CRM"].set_response(answer)
    client = run(zato, lambda it: it.rest["CRM"].get(params={"name": "Ann"}, model=sample.Client).data)
    assert isinstance(client, sample.Client)
    assert (client.name, client.size) == ("Ann", 3)


def test_a_connection_without_an_answer_says_so(zato: Runner) -> None:
    zato.rest["CRM"].set_response("x", method="POST")
    with pytest.raises(LookupError, match=r"no response is set for self\.out\.rest\['CRM'\].*responses for: POST"):
        run(zato, lambda it: it.rest["CRM"].get())
    with pytest.raises(LookupError, match="no service called connection `Other`"):
        _ = zato.rest["Other"].last_call


def test_unknown_connections_are_refused_and_inactive_ones_raise(zato: Runner) -> None:
    zato.rest["CRM"].is_active = False
    with pytest.raises(KeyError, match=r"only `CRM`; zato\.outgoing\.rest\['ERP'\] makes one"):
        run(zato, lambda it: it.out.rest["ERP"])
    assert run(zato, lambda it: it.out.rest.get("ERP")) is None
    with pytest.raises(KeyError, match=r"self\.out\.sql\['ERP'\]"):
        run(zato, lambda it: it.out.sql.get("ERP"))
    with pytest.raises(Inactive):
        run(zato, lambda it: it.rest["CRM"].get())


def test_requests_are_made_and_responses_are_read_by_the_real_connection(zato: Runner) -> None:
    crm = zato.rest["CRM"]
    crm.host, crm.url_path, crm.data_format = "https://crm.example.com", "/clients/{name}", "json"
    crm.set_response({"name": "Ann", "size": 3}, status_code=404, headers={"Set-Cookie": "session=abc"})
    found = run(zato, lambda it: it.out.rest["CRM"].conn.post(it.cid, {"size": 3}, {"name": "A b", "page": [1, 2]}))
    assert isinstance(found, Response)
    assert (bool(found), found.reason, found.data, found.cookies) == (
        False,
        "Not Found",
        {"name": "Ann", "size": 3},
        {"session": "abc"},
    )
    sent = crm.last_call
    assert sent.url == found.url == "https://crm.example.com/clients/A%20b?page=1&page=2"
    assert (sent.path, sent.query, sent.body) == ("/clients/A b", {"page": [1, 2]}, b'{"size":3}')
    assert sent.sent_headers["content-type"] == "application/json"
    assert sent.sent_headers["x-zato-cid"] == sent.cid
    with pytest.raises(HTTPError, match="404"):
        found.raise_for_status()


def test_a_json_connection_refuses_what_is_not_json(zato: Runner) -> None:
    zato.rest["CRM"].data_format = "json"
    zato.rest["CRM"].set_response("<html>")
    with pytest.raises(ValueError, match="Could not parse JSON response of `CRM`"):
        run(zato, lambda it: it.rest["CRM"].get())
    with pytest.raises(TypeError, match="do not take `retries`"):
        run(zato, lambda it: it.rest["CRM"].get(retries=3))


def test_bodies_are_read_in_pieces_and_forms_are_sent(zato: Runner) -> None:
    crm = zato.rest["CRM"]
    crm.set_response(b"abcdef")
    pieces = run(zato, lambda it: list(it.rest["CRM"].post({"a": 1}, stream=True).iter_content(4)))
    assert pieces == [b"abcd", b"ef"]
    assert (crm.last_call.body, crm.last_call.options) == (b"a=1", {"stream": True})
    assert "Code: 200" in run(zato, lambda it: it.rest["CRM"].ping())


def test_adapters_use_them(zato: Runner) -> None:
    class GetClient(RESTAdapter):
        name = "sample.get-client"
        conn_name = "CRM"
        model = sample.Client
        output = sample.Client

        def get_query_string(self, params):
            return {"id": 3}

    zato.rest["CRM"].set_response({"name": "Ann", "size": 1})
    assert zato.invoke(GetClient).data == {"name": "Ann", "size": 1}
    assert zato.rest["CRM"].last_call.query == {"id": 3}


def test_other_kinds_are_recorded_along_the_way(zato: Runner) -> None:
    sql = zato.outgoing.sql["CRM"]
    sql.set_response("session.execute", [{"id": 1}])

    def query(it):
        session = it.out.sql.get("CRM").session()
        try:
            return session.execute("select 1", {"a": 1})
        finally:
            session.close()

    assert run(zato, query) == [{"id": 1}]
    (call,) = sql.calls_of("session.execute")
    assert (call.arguments, call.options) == (("select 1", {"a": 1}), {})
    assert [call.path for call in sql.calls] == ["session", "session.execute", "session.close"]
    with pytest.raises(LookupError, match=r"`session\.query` of self\.out\.sql\['CRM'\], only for: `session\.execute`"):
        run(zato, lambda it: it.out.sql["CRM"].session().query())


def test_clients_attributes_and_exceptions_are_part_of_it(zato: Runner) -> None:
    ldap = zato.outgoing.ldap["AD"]
    ldap.set_response("get.search", True, request="(cn=*)")
    ldap.set_response("get.modify", PermissionError("read only"))
    ldap.set_attribute("get.entries", ["Ann"])

    def find(it):
        with it.out.ldap["AD"].conn.client() as client, client.get() as connection:
            return connection.search("dc=example", "(cn=*)"), connection.entries

    assert run(zato, find) == (True, ["Ann"])
    with pytest.raises(PermissionError, match="read only"):
        run(zato, lambda it: it.out.ldap["AD"].conn.get().modify())


def test_mail_and_clouds_have_connections_too(zato: Runner) -> None:
    zato.email.smtp["Notifications"].set_response("send", True)
    zato.cloud.jira["Help"].set_response("jql", {"issues": []})
    assert run(zato, lambda it: it.email.smtp.get("Notifications").conn.send("message")) is True
    assert zato.email.smtp["Notifications"].calls_of("conn.send")[0].arguments == ("message",)
    with pytest.raises(KeyError, match=r"self\.cloud\.jira\['Other'\]"):
        run(zato, lambda it: it.cloud.jira["Other"])


def test_an_object_of_the_test_can_be_the_connection(zato: Runner) -> None:
    engine = object()
    zato.outgoing.sql["CRM"] = engine
    zato.rest["CRM"] = engine
    assert run(zato, lambda it: it.out.sql["CRM"] is engine and it.rest["CRM"] is engine) is True
