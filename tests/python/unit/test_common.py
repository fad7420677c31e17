"""Small things of `zato.common` that services import."""

from __future__ import annotations

import threading
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from zato.bunch import Bunch
from zato.common import IMAPMessage, Message, SMTPMessage
from zato.common.json_ import dumps
from zato.common.nav import DictNav, ListNav
from zato.common.pubsub import PubSubMessage
from zato.common.util.api import get_config, wait_for_dict_key
from zato.common.util.config import parse_config
from zato.simpleio import Int, NotGiven


@pytest.mark.compat("1.3-zato.common.nav")
def test_paths_lead_into_dictionaries_and_lists() -> None:
    nav = DictNav({"a": {"b": [{"c": 1}]}, "n": None})
    assert nav.get(["a", "b", 0, "c"]) == 1 and nav.get("n", 5) is None
    assert nav.get(["a", "x"], 7) == nav.get(["n", "x"], 7) == 7
    assert nav.has_path(["a", "b"]) and not nav.has_path(["a", "c"])
    assert nav.has_key("c") and not nav.has_key("c", nested=False) and nav.has_key("a", nested=False)
    assert ListNav([[1, {"k": 2}]]).get([0, 1, "k"]) == 2 and ListNav([{"k": 1}]).has_key("k")


@pytest.mark.compat("1.3-zato.common.json_")
def test_json_has_dates_bytes_and_identifiers_at_any_depth() -> None:
    class ObjectId:
        def __str__(self) -> str:
            return "7f"

    data = {"a": [{"at": datetime(2030, 1, 31), "raw": b"x", "id": ObjectId(), "n": Decimal("1.5")}]}
    assert dumps(data, indent=None) == (
        '{"a": [{"at": "2030-01-31T00:00:00", "raw": "x", "id": "ObjectId(7f)", "n": "1.5"}]}'
    )
    assert data["a"][0]["raw"] == b"x" and dumps({"a": 1}) == '{\n    "a": 1\n}'


@pytest.mark.compat("1.3-config")
def test_configuration_files_have_sections_lists_and_quotes(tmp_path: Path) -> None:
    text = (
        "top = 1\n# comment\n[section]\nkey = value # why\nurl=http://x/#a\nlist = a, 'b, c', d,\none = x,\n"
        "quoted = \" a # b \"\nempty =\nopen = it's\n[[inner]]\nCase = Yes\n[other]\nlong = '''first\nsecond'''\n"
    )
    (tmp_path / "app.conf").write_text(text)
    found = get_config(str(tmp_path), "app.conf")
    assert found.top == "1" and found.section.inner.Case == "Yes"
    assert found.section.list == ["a", "b, c", "d"] and found.section.one == ["x"]
    assert (found.section.key, found.section.url, found.section.quoted) == ("value", "http://x/#a", " a # b ")
    assert (found.section.empty, found.section.open, found.other.long) == ("", "it's", "first\nsecond")
    assert not isinstance(get_config(str(tmp_path), "app.conf", bunchified=False)["section"], Bunch)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = 1\nwrong\n", "app.conf:2: `wrong` is neither"),
        ("[[deep]]\n", "app.conf:1: section .* brackets"),
        ("[a]]\n", "app.conf:1: section .* brackets"),
        ("a = '''never\n", "app.conf:1: the quotes .* never closed"),
    ],
)
def test_broken_configuration_names_file_and_line(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_config(text, "app.conf")


@pytest.mark.compat("1.3-wait")
def test_keys_that_others_set_are_waited_for() -> None:
    shared: dict[str, int] = {}
    thread = threading.Thread(target=lambda: shared.update(a=1))
    thread.start()
    assert wait_for_dict_key(shared, "a", timeout=30) == 1
    thread.join()
    with pytest.raises(KeyError):
        wait_for_dict_key(shared, "b", timeout=0)


@pytest.mark.compat("1.3-mail")
def test_mail_messages_hold_what_they_are_given() -> None:
    message = SMTPMessage("a@b", ["c@d"], "Subject", "Body")
    message.attach("x.txt", b"1")
    assert message.attachments == [{"name": "x.txt", "contents": b"1"}]
    assert (message.from_, message.headers, message.charset, message.is_rfc2231) == ("a@b", {}, "utf8", True)
    assert SMTPMessage().attachments == []

    class Mailbox:
        def __init__(self) -> None:
            self.done: list[Any] = []

        def delete(self, uid: str) -> None:
            self.done.append(("delete", uid))

        def mark_seen(self, uid: str) -> None:
            self.done.append(("seen", uid))

    mailbox = Mailbox()
    received = IMAPMessage("7", mailbox, {})
    received.mark_seen()
    received.delete()
    assert mailbox.done == [("seen", "7"), ("delete", "7")]


@pytest.mark.compat("1.3-messages", "1.3-zato.common.pubsub")
def test_messages_of_topics_and_free_form_messages() -> None:
    assert PubSubMessage("x", topic_name="t").to_dict()["topic_name"] == "t"
    message = Message()
    message.a.b.c = 1
    assert message == {"a": {"b": {"c": 1}}}


def test_not_given_is_false_and_no_default() -> None:
    assert not NotGiven and not Int("a", default=NotGiven).has_default
    assert repr(NotGiven) == "<NotGiven>" and Int("a", default=0).has_default
