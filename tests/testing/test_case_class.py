"""`ServiceTestCase`, with the calls that tests for the `zato-testing` package make."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import sample_services as sample
from zato_testing import Model, ServiceTestCase

from zato.common.exception import NotFound
from zato.server.service import Service


class GetBalance(Service):
    name = "sample.get-balance"

    def handle(self):
        user = self.request.input.get("user_id")
        found = self.out.rest["billing"].conn.get(self.cid, params={"user_id": user})
        self.response.payload = found.data


class FindPeople(Service):
    name = "sample.find-people"

    def handle(self):
        with self.out.ldap["people"].conn.get() as connection:
            found = connection.search("dc=example", "(cn=*)")
            self.response.payload = connection.entries if found else []


class GetItems(Service):
    name = "sample.get-items"

    def handle(self):
        site = self.microsoft.cloud["O365.Sharepoint"].sharepoint().get_site("sites/a")
        self.response.payload = [site["id"], site.get_list_by_name("Suppliers").get_items()]


class GetRows(Service):
    name = "sample.get-rows"

    def handle(self):
        session = self.outgoing.sql.get("crm").session()
        rows = session.execute("SELECT 1")
        session.close()
        with self.cloud.jira["help"].conn.client() as client:
            issues = client.jql(jql="project=A", fields=["key"])
        self.response.payload = [rows, issues]


class UsesConfig(Service):
    name = "sample.uses-config"

    def handle(self):
        self.response.payload = self.config.crm.api.url


class TestServices(ServiceTestCase):
    def test_payload_and_status_are_checked(self) -> None:
        service = self.invoke(sample.Greet, {"name": "Ann"})
        self.assertResponsePayload(service, {"greeting": "Hello Ann"})
        self.assertResponseStatusCode(service, 201)
        with self.assertRaises(AssertionError):
            self.assertResponsePayload(service, {"greeting": "Hello Bob"})
        with self.assertRaises(AssertionError):
            self.assertResponseStatusCode(service, 200)

    def test_services_run_by_name_and_with_models(self) -> None:
        client = sample.Client()
        client.name, client.size = "Ann", 1
        assert issubclass(sample.Client, Model)
        assert self.invoke("sample.add-client", client).response.payload.size == 2
        assert self.invoke(sample.AddClient, {"name": "Ann"}).response.payload.size == 1

    def test_http_keywords_make_it_a_request(self) -> None:
        service = self.invoke(sample.Echo, {"x": 1}, method="PATCH", params={"a": "b"})
        assert service.request.http.method == "PATCH"
        assert service.response.payload["query"] == {"a": "b"}

    def test_raw_requests_and_exceptions(self) -> None:
        assert self.invoke(sample.Echo, raw_request=b"raw").request.raw_request == b"raw"
        with self.assertRaises(NotFound):
            self.invoke(sample.Missing)
        with self.assertRaises(LookupError):
            self.invoke("nope")

    def test_responses_depend_on_requests(self) -> None:
        self.set_response("billing", {"balance": 100}, request={"user_id": 1})
        self.set_response("billing", {"balance": 50}, request=[{"user_id": 2}, {"user_id": 3}])
        balances = [self.invoke(GetBalance, {"user_id": user}).response.payload for user in (1, 2, 3)]
        assert balances == [{"balance": 100}, {"balance": 50}, {"balance": 50}]
        with self.assertRaises(KeyError):
            self.set_response("other", {})
            del self.zato.rest._made["billing"]
            self.invoke(GetBalance, {})

    def test_responses_come_in_sequence(self) -> None:
        self.set_response("rest:billing", {1: {"balance": 2}, 2: {"balance": 1}})
        assert [self.invoke(GetBalance, {}).response.payload["balance"] for _ in range(2)] == [2, 1]
        self.set_response("billing", [{"id": 1}, {"id": 2}])
        assert self.invoke(GetBalance, {}).response.payload == [{"id": 1}, {"id": 2}]

    def test_other_kinds_have_prefixes(self) -> None:
        self.set_response("ldap:people", [{"mail": ["a@example.com"]}])
        assert self.invoke(FindPeople).response.payload == [{"mail": ["a@example.com"]}]
        self.set_response("sql:crm", [{"id": 1}])
        self.set_response("jira:help", {"issues": []})
        assert self.invoke(GetRows).response.payload == [[{"id": 1}], {"issues": []}]

    def test_microsoft_responses_are_set_by_path(self) -> None:
        self.set_response("O365.Sharepoint.sharepoint.get_site", {"id": "site"})
        self.set_response("O365.Sharepoint.sharepoint.get_site.get_list_by_name", {"id": "list"})
        self.set_response("O365.Sharepoint.sharepoint.get_site.get_list_by_name.get_items", [{"Title": "A"}])
        assert self.invoke(GetItems).response.payload == ["site", [{"Title": "A"}]]

    def test_asynchronous_calls_run_at_once(self) -> None:
        assert len(self.invoke(sample.Background).response.payload["cid"]) == 24
        assert [call.service for call in self.zato.async_invocations] == ["sample.greet", "sample.greeted"]

    def test_configuration_is_set_by_path(self) -> None:
        self.set_config("crm.api.url", "https://crm.test")
        assert self.invoke(UsesConfig).response.payload == "https://crm.test"


def test_it_works_with_unittest_and_a_file_of_configuration(tmp_path: Path) -> None:
    (tmp_path / "crm.ini").write_text("[crm.api]\nurl = https://file.test\n")
    (tmp_path / "test_crm.py").write_text(
        """
import os
from zato.server.service import Service
from zato.testing import ServiceTestCase

class UsesConfig(Service):
    def handle(self):
        self.response.payload = self.config.crm.api.url

class TestConfig(ServiceTestCase):
    config = os.path.join(os.path.dirname(__file__), "crm.ini")

    def setUp(self):
        self.expected = "https://file.test"

    def test_config(self):
        self.assertResponsePayload(self.invoke(UsesConfig), self.expected)
"""
    )
    done = subprocess.run(
        [sys.executable, "-m", "unittest", "-v"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0 and "Ran 1 test" in done.stderr, done.stderr


@pytest.mark.parametrize("profile", ["3.0", "4.1"])
def test_the_plugin_reads_the_profile(profile: str, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text(f"[pytest]\nzato_profile = {profile}\n")
    (tmp_path / "test_profile.py").write_text(
        """
from zato.server.service import Service

class Tell(Service):
    def handle(self):
        self.response.payload = self.server.profile

def test_profile(zato):
    assert zato.invoke(Tell).text == "PROFILE"
""".replace("PROFILE", profile)
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
