"""Channels and security definitions from the CLI and from enmasse are live on every worker without a restart."""

from __future__ import annotations

import json
import time

import pytest
from environment import Environment

ENMASSE_32 = """\
security:
  - {name: crm.basic, type: basic_auth, username: crm, password: Zato_Enmasse_Env.CRM_Password, realm: CRM}
  - {name: mobile.key, type: apikey, password: Zato_Enmasse_Env.Mobile_Key}
channel_rest:
  - {name: crm.get, url_path: '/crm/{client_id}', service: demo.echo, security_name: crm.basic, method: GET,
     data_format: json, is_active: true, merge_url_params_req: true, url_params_pri: qs-over-path,
     params_pri: channel-params-over-msg, match_slash: true, cache_expiry: 0}
  - {name: mobile.get, url_path: /mobile, service: demo.ping, security_name: mobile.key}
"""

ENMASSE_20 = """{
  "def_sec": [{"name": "old.basic", "type": "basic_auth", "username": "old", "password": "s3cret", "realm": "Old"}],
  "channel_plain_http": [
    {"name": "old.channel", "url_path": "/old", "service": "demo.ping", "sec_def": "old.basic",
     "connection": "channel", "transport": "plain_http", "is_internal": false}
  ]
}
"""

ENMASSE_41 = """\
security:
  - name: new.basic
    type: basic_auth
    username: new
    password: Zato_Enmasse_Env.New_Password
channel_rest:
  - name: new.channel
    service: demo.ping
    url_path: /new
    security: new.basic
    data_format: json
"""

SECRETS = {"CRM_Password": "crm-pw", "Mobile_Key": "key-1", "New_Password": "new-pw"}


def import_text(zato: Environment, text: str, *options: str, expect: int | None = 0):
    file = zato.root.parent / f"given-{time.monotonic_ns()}.yaml"
    file.write_text(text)
    return zato.zato("enmasse", zato.server, "--import", "--input", file, *options, expect=expect, env=SECRETS)


def on_every_worker(zato: Environment, path: str, expect: int, times: int = 40, **options) -> None:
    """Each request has a connection of its own, which the kernel gives to any worker."""
    for _ in range(times):
        assert zato.get(path, **options).status == expect


def test_the_3_2_form_is_live_on_every_worker_when_the_command_returns(zato_two_workers: Environment) -> None:
    zato = zato_two_workers
    assert zato.get("/mobile").status == 404
    import_text(zato, ENMASSE_32)
    on_every_worker(zato, "/crm/7", 401)
    on_every_worker(zato, "/crm/7", 200, auth=("crm", "crm-pw"))
    on_every_worker(zato, "/mobile", 200, headers={"X-API-Key": "key-1"})
    on_every_worker(zato, "/mobile", 401, headers={"X-API-Key": "key-2"})


def test_the_2_0_json_form(zato_two_workers: Environment) -> None:
    import_text(zato_two_workers, ENMASSE_20)
    on_every_worker(zato_two_workers, "/old", 200, auth=("old", "s3cret"))


def test_the_4_1_form(zato_two_workers: Environment) -> None:
    import_text(zato_two_workers, ENMASSE_41)
    on_every_worker(zato_two_workers, "/new", 200, auth=("new", "new-pw"))
    on_every_worker(zato_two_workers, "/new", 401, auth=("new", "wrong"))


def test_a_second_import_changes_nothing(zato_two_workers: Environment) -> None:
    import_text(zato_two_workers, ENMASSE_32)
    assert "no change" in import_text(zato_two_workers, ENMASSE_32).stdout.lower()


def test_an_export_imports_to_no_change(zato_two_workers: Environment) -> None:
    zato = zato_two_workers
    import_text(zato, ENMASSE_32)
    file = zato.root.parent / "export.yaml"
    zato.zato("enmasse", zato.server, "--export", "--output", file)
    text = file.read_text()
    assert "crm-pw" not in text
    assert "crm.get" in text
    assert "no change" in import_text(zato, text).stdout.lower()


def test_a_dry_run_prints_the_plan_and_changes_nothing(zato_two_workers: Environment) -> None:
    zato = zato_two_workers
    text = "channel_rest:\n  - {name: planned, url_path: /planned, service: demo.ping}\n"
    plan = import_text(zato, text, "--dry-run").stdout
    assert "planned" in plan
    assert "create" in plan.lower()
    assert zato.get("/planned").status == 404


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("channel_rest:\n  - {name: b1, url_path: /b1, service: demo.ping}\n  - {name: b2, url_pth: /b2, service: x}\n",
         ["3", "url_pth", "url_path"]),
        ("channel_rset:\n  - {name: b1}\n", ["1", "channel_rset", "channel_rest"]),
        ("channel_rest:\n  - {name: b1, url_path: /b1, service: demo.ping, security: nobody}\n", ["2", "nobody"]),
        ("security:\n  - {name: b1, type: basic_oth, username: b}\n", ["2", "basic_oth"]),
        ("channel_rest:\n  - {name: b1, url_path: b1, service: demo.ping}\n", ["2", "url_path", "/"]),
        ("channel_rest: [\n", ["1"]),
        ("security:\n  - {name: b1, type: basic_auth, username: b, password: Zato_Enmasse_Env.No_Such}\n",
         ["2", "password", "No_Such"]),
        ("channel_rest:\n  - {name: b1, url_path: /b1, service: demo.ping, timeout: soon}\n", ["2", "timeout"]),
    ],
)  # fmt: skip
def test_a_bad_file_changes_nothing_and_names_what_is_wrong(
    zato_two_workers: Environment, text: str, expected: list[str]
) -> None:
    zato = zato_two_workers
    done = import_text(zato, text, expect=None)
    assert done.returncode != 0
    for word in expected:
        assert word in done.stdout + done.stderr
    assert zato.get("/b1").status == 404
    assert "panicked" not in done.stderr


def test_every_problem_of_a_file_is_told_at_once(zato_two_workers: Environment) -> None:
    text = (
        "channel_rest:\n  - {name: c1, url_path: c1, service: demo.ping}\n  - {name: c2, service: demo.ping}\n"
        "  - {name: c3, url_path: /c3, service: demo.ping, security: none.such}\n"
    )
    done = import_text(zato_two_workers, text, expect=None)
    shown = done.stdout + done.stderr
    for word in ("c1", "c2", "c3", "none.such"):
        assert word in shown


def test_definitions_and_channels_from_the_cli(zato_two_workers: Environment) -> None:
    zato = zato_two_workers
    zato.zato("create", "basic-auth", "--path", zato.server, "--name", "cli.basic", "--username", "cli",
              "--password", "cli-pw", "--realm", "CLI")  # fmt: skip
    zato.zato("create", "api-key", "--path", zato.server, "--name", "cli.key", "--password", "cli-key")
    done = zato.zato("create-rest-channel", "--path", zato.server, "--name", "cli.open", "--url_path", "/cli/open",
                     "--service", "demo.ping")  # fmt: skip
    assert json.loads(done.stdout)["url_path"] == "/cli/open"
    on_every_worker(zato, "/cli/open", 200)
    made = zato.zato("create-rest-channel", "--path", zato.server, "--name", "cli.secured", "--url-path",
                     "/cli/secured", "--service", "demo.ping", "--basic-auth", "someone, some-pw")  # fmt: skip
    assert "/cli/secured" in made.stdout
    on_every_worker(zato, "/cli/secured", 401)
    on_every_worker(zato, "/cli/secured", 200, auth=("someone", "some-pw"))
    keyed = zato.zato("create-rest-channel", "--path", zato.server, "--name", "cli.keyed", "--url-path", "/cli/keyed",
                      "--service", "demo.ping", "--api-key", "X-Own-Key, 12345")  # fmt: skip
    assert "/cli/keyed" in keyed.stdout
    on_every_worker(zato, "/cli/keyed", 200, headers={"X-Own-Key": "12345"})
    zato.zato("change-password", "--path", zato.server, "--name", "cli.basic", "--password", "other-pw")
    zato.zato("delete-rest-channel", "--path", zato.server, "--name", "cli.open")
    on_every_worker(zato, "/cli/open", 404)


def test_a_change_is_live_within_200_ms_by_whomever_it_was_written(zato_two_workers: Environment) -> None:
    zato = zato_two_workers
    done = import_text(zato, "channel_rest:\n  - {name: timed, url_path: /timed, service: demo.ping}\n")
    on_every_worker(zato, "/timed", 200)
    assert "2 workers" in done.stdout or "2 of 2" in done.stdout


def test_secrets_are_encrypted_at_rest_and_absent_from_logs(zato_two_workers: Environment) -> None:
    zato = zato_two_workers
    import_text(zato, ENMASSE_32)
    zato.get("/crm/1", auth=("crm", "crm-pw"))
    for password in ("crm-pw", "key-1", zato.credentials()["pubapi"]):
        for file in zato.root.rglob("*"):
            if file.is_file() and file.name != "credentials" and "enmasse" not in file.name:
                assert password.encode() not in file.read_bytes(), f"{file} has a password in clear text"
