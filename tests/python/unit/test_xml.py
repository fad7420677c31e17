"""XML documents, and declared input and output as XML (reference service-api 5.4, 5.7, 7)."""

from __future__ import annotations

import datetime as dt
import http.server
import sys
import threading
import time
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zato.common.exception import BadRequest
from zato.server.service import Bool, Dict, DictList, Int, List, Nested, Service, Text
from zato.server.service._declaration import describe_io
from zato.server.service._xml import dump, parse
from zato.server.service._xml_io import XMLFormat

CID = "0123456789abcdef01234567"


def xml_format(
    inputs: tuple[Any, ...] = (),
    outputs: tuple[Any, ...] = (),
    request_elem: str | None = "request",
    response_elem: str | None = "response",
    use_text: bool = True,
    **options: Any,
) -> XMLFormat:
    return XMLFormat(inputs, outputs, request_elem, response_elem, use_text, options)


def refusal(body: str | bytes) -> str:
    with pytest.raises(BadRequest) as refused:
        parse(body)
    assert refused.value.needs_msg
    return str(refused.value.msg)


def test_a_document_is_an_objectified_root() -> None:
    root = parse(b"<order id='7'><line>1</line><line>2</line><!-- c --></order>")
    assert (root.get("id"), root.line, [int(line) for line in root.line]) == ("7", 1, [1, 2])
    assert parse(b"").tag == "empty" and parse("").tag == "empty"


def test_text_is_read_whatever_encoding_its_declaration_names() -> None:
    assert parse('<?xml version="1.0" encoding="iso-8859-1"?><a>ż</a>').text == "ż"
    assert parse('<?xml version="1.0" encoding="iso-8859-2"?><a>ż</a>'.encode("iso-8859-2")).text == "ż"
    assert parse("<a>ż</a>".encode("utf-16")).text == "ż"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"<a>\n  <b></a>", "line 2, column 10: Opening and ending tag mismatch: b line 2 and a"),
        (b"   ", "line 1, column 4: Start tag expected"),
        (b"hello", "line 1, column 1: Start tag expected"),
        (b"<a>&name;</a>", "line 1, column 10: Entity 'name' not defined"),
        (b"<a>\xff</a>", "line 1, column 4: Invalid bytes in character encoding"),
        (b"<a/><b/>", "line 1, column 5: Extra content at the end of the document"),
    ],
)
def test_broken_documents_are_refused_with_their_place(body: bytes, message: str) -> None:
    found = refusal(body)
    assert found.startswith("the body is not valid XML: line ")
    # Columns and words are those of libxml2, which differ a little between its versions.
    assert message.partition(", column")[0] in found
    assert message.partition(": ")[2][:12] in found


def test_messages_do_not_repeat_long_bodies() -> None:
    assert len(refusal(b"<" + b"a" * 40_000 + b"></b>")) < 300


def test_documents_within_the_limits_of_depth_only() -> None:
    assert parse(b"<a>" * 200 + b"</a>" * 200).tag == "a"
    begun = time.monotonic()
    assert "depth" in refusal(b"<a>" * 100_000 + b"</a>" * 100_000)
    assert time.monotonic() - begun < 5


def test_a_million_siblings_are_read_in_bounded_time() -> None:
    body = b"<request>" + b"<a>1</a>" * 1_000_000 + b"<b>2</b></request>"
    begun = time.monotonic()
    assert xml_format((Text("a"), Text("b"))).read(body) == {"a": "1", "b": "2"}
    assert time.monotonic() - begun < 20


def laughs(where: str) -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<?xml version="1.0"?><!-- x --><!DOCTYPE a [<!ENTITY l0 "lol">{entities}]>{where}'.encode()


@pytest.mark.parametrize("where", ["<a>&l9;</a>", "<a b='&l9;'/>"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-7", "cp037"])
def test_entities_are_never_expanded(where: str, encoding: str) -> None:
    text = laughs(where).decode()
    body = text.replace("?>", f' encoding="{encoding}"?>', 1).encode(encoding) if "-sig" not in encoding else (
        text.encode(encoding)
    )
    begun = time.monotonic()
    refusal(body)
    assert time.monotonic() - begun < 5


def test_a_document_type_is_refused_by_name_and_may_be_mentioned() -> None:
    for body in (b"<!DOCTYPE a><a/>", b"\n<?xml version='1.0'?>\n<!--a--><!DOCTYPE a SYSTEM 'x'><a/>"):
        assert "DOCTYPE" in refusal(body) or "not valid XML" in refusal(body)
    assert refusal(b"<!DOCTYPE a><a/>") == "the body has a document type (DOCTYPE), which is not taken"
    assert parse(b"<!-- <!DOCTYPE a> --><a>&lt;!DOCTYPE a&gt;<![CDATA[<!DOCTYPE a>]]></a>").text.count("DOCTYPE") == 2
    # Hidden from the check before parsing by its encoding.
    assert "DOCTYPE" in refusal("<!DOCTYPE a><a/>".encode("utf-16"))


def test_nothing_outside_of_a_document_is_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("hunter2")
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.server_port}"
        for encoding in ("utf-8", "utf-16"):
            for outside in (secret.as_uri(), f"{address}/entity"):
                refusal(f'<!DOCTYPE a [<!ENTITY x SYSTEM "{outside}">]><a>&x;</a>'.encode(encoding))
                refusal(f'<!DOCTYPE a [<!ENTITY % x SYSTEM "{outside}"> %x;]><a/>'.encode(encoding))
                refusal(f'<!DOCTYPE a SYSTEM "{outside}"><a/>'.encode(encoding))
        parse(f'<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="{address}/include"/></a>')
        parse(f'<?xml-stylesheet href="{address}/style"?><a xmlns:i="http://www.w3.org/2001/XMLSchema-instance" '
              f'i:noNamespaceSchemaLocation="{address}/schema"/>')  # fmt: skip
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert asked == []


@pytest.mark.compat("5.5-xml")
def test_input_is_found_by_local_name() -> None:
    read = xml_format((Text("a"), Int("b"), Text("c"))).read
    expected = {"a": "x & y", "b": "7"}
    assert read(b"<request><a>x &amp; y</a><b>7</b><z>no</z></request>") == expected
    assert read(b"<q:request xmlns:q='urn:q'><q:a>x &amp; <!-- c -->y</q:a><b>7</b></q:request>") == expected
    assert read("<outer><request><a>x <![CDATA[&]]> y</a><b>7</b></request></outer>") == expected
    assert read(parse(b"<request><a>x &amp; y</a><b>7</b></request>")) == expected
    assert read(b"") == b"" and read("") == "" and read({"a": 1}) == {"a": 1}


def test_a_body_without_the_request_element_is_refused_if_something_is_required() -> None:
    with pytest.raises(BadRequest, match="no element `request`, which holds the input; its root is `order`"):
        xml_format((Text("a"),)).read(b"<order><a>1</a></order>")
    assert xml_format((Text("-a"),)).read(b"<order><a>1</a></order>") == {}
    assert xml_format((Text("a"),), request_elem=None).read(b"<order><a>1</a></order>") == {"a": "1"}


def test_lists_and_dictionaries_in_input() -> None:
    read = xml_format((List("list"), Dict("dict"), DictList("dicts"), List("repeated"))).read
    body = """<request>
      <list><item>1</item><item><item>2</item><item>3</item></item></list>
      <dict><item><key>k</key><value>v</value></item>
            <item><key>inner</key><value><item><key>x</key><value>y</value></item></value></item>
            <item><key>none</key></item><named>n</named></dict>
      <dicts><item_dict><item><key>a</key><value>1</value></item></item_dict>
             <item_dict><item><key>a</key><value>2</value></item></item_dict></dicts>
      <repeated>1</repeated><repeated>2</repeated>
    </request>"""
    assert read(body) == {
        "list": ["1", ["2", "3"]],
        "dict": {"k": "v", "inner": {"x": "y"}, "none": "", "named": "n"},
        "dicts": [{"a": "1"}, {"a": "2"}],
        "repeated": ["1", "2"],
    }
    assert read("<request><list/><dict/><dicts/></request>") == {"list": [], "dict": {}, "dicts": []}
    with pytest.raises(BadRequest, match="line 2: `item` in `dict` has no `key`"):
        read("<request>\n<dict><item><value>v</value></item></dict></request>")


def test_elements_where_the_declaration_wants_them() -> None:
    read = xml_format((Text("a"), Int("b"), Nested("c")), use_text=False).read
    found = read(b"<request><a><x>1</x></a><b>7</b><c>t</c></request>")
    assert (found["a"].x, found["b"], found["c"].text) == (1, "7", "t")
    found = xml_format((Nested("a"), Nested("b"))).read(b"<request><a><x>1</x></a><b>7</b></request>")
    assert (found["a"].x, found["b"]) == (1, "7")


@pytest.mark.compat("5.7-xml")
def test_a_response_has_an_envelope() -> None:
    written = xml_format(outputs=(Text("a"), Bool("b"))).write({"a": "<&>", "b": True, "c": None}, CID)
    assert written.decode() == (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        f"<response><zato_env><cid>{CID}</cid><result>ZATO_OK</result></zato_env>"
        "<item><a>&lt;&amp;&gt;</a><b>true</b><c/></item></response>"
    )


@pytest.mark.compat("5.2-request-elem", "5.7-xml")
def test_a_list_of_items_in_a_namespace() -> None:
    made = xml_format(response_elem="orders", namespace="urn:o")
    assert made.write_text([{"a": 1}, {"a": 2}], CID) == (
        f'<orders xmlns="urn:o"><zato_env><cid>{CID}</cid><result>ZATO_OK</result></zato_env>'
        "<item_list><item><a>1</a></item><item><a>2</a></item></item_list></orders>"
    )


def test_a_declaration_without_an_envelope() -> None:
    made = xml_format(response_elem=None, declaration=False)
    assert made.write({"a": 1}, CID) == b"<item><a>1</a></item>"
    assert made.write([], CID) == b"<item_list/>"


def test_values_of_all_kinds_are_written() -> None:
    made = xml_format(outputs=(DictList("dicts"),), response_elem=None)
    value = {
        "list": [1, [2.5, "x"]],
        "dict": {"k": {"i": None}},
        "dicts": [{"a": 1}],
        "element": parse("<x>1</x>"),
        "moment": dt.datetime(2030, 1, 31, 12),
        "decimal": Decimal("1.50"),
        "uuid": UUID(int=1),
        "bytes": b"\xc5\xbc",
    }
    assert made.write_text(value, CID) == (
        "<item><list><item>1</item><item><item>2.5</item><item>x</item></item></list>"
        "<dict><item><key>k</key><value><item><key>i</key><value/></item></value></item></dict>"
        "<dicts><item_dict><item><key>a</key><value>1</value></item></item_dict></dicts>"
        "<element><x>1</x></element><moment>2030-01-31T12:00:00</moment><decimal>1.50</decimal>"
        "<uuid>00000000-0000-0000-0000-000000000001</uuid><bytes>ż</bytes></item>"
    )


@pytest.mark.parametrize("item", [{"a b": 1}, {"a": "\x00"}, {"a": ["\ud800"]}, {"a": object()}])
def test_what_xml_has_no_form_for_is_refused_by_name(item: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError), match=r"^element `a"):
        xml_format().write(item, CID)


@pytest.mark.compat("5.2-xml")
def test_options_of_the_declaration() -> None:
    made = xml_format(response_elem=None, encoding="iso-8859-2", pretty_print=True)
    assert made.write({"a": "ż☃"}, CID) == (
        "<?xml version='1.0' encoding='iso-8859-2'?>\n<item>\n  <a>ż&#9731;</a>\n</item>\n".encode("iso-8859-2")
    )
    with pytest.raises(ValueError, match="the encoding of XML is 'nothing'"):
        xml_format(encoding="nothing")
    assert dump(parse("<a>ż<b/></a>")).decode() == "<?xml version='1.0' encoding='UTF-8'?>\n<a>ż<b/></a>"


def test_models_are_not_read_from_xml() -> None:
    made = XMLFormat((), (), None, None, True, {}, has_model=True)
    assert made.read(b"") == b"" and made.read({"a": 1}) == {"a": 1}
    with pytest.raises(TypeError, match="a model cannot be read from XML"):
        made.read(b"<a/>")


def test_without_the_library_the_way_out_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lxml", None)
    formatted = xml_format(pretty_print=True)
    for call in (lambda: parse(b"<a/>"), lambda: xml_format().read(b"<a/>"), lambda: formatted.write({}, CID)):
        with pytest.raises(NotImplementedError, match=r"install it with `python -m pip install 'zato\[xml\]'`"):
            call()


def test_a_declaration_that_needs_the_library_warns_when_it_is_deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Declared(Service):
        class SimpleIO:
            input = "a"
            namespace = "urn:a"

    class Plain(Service):
        input = "a"

    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for cls, expected in ((Declared, 1), (Plain, 0)):
        warnings: list[str] = []
        assert describe_io(cls, {}, "3.2", warnings)
        assert len(warnings) == expected
        assert all("needs the library `lxml`; install it with" in text for text in warnings)


@pytest.mark.parametrize(("profile", "name"), [("2.0", "request"), ("3.1", "request"), ("3.2", "any"), ("4.1", "any")])
def test_profiles_decide_which_root_holds_input(profile: str, name: str) -> None:
    class Declared(Service):
        class SimpleIO:
            input_required = ("a",)

    described = describe_io(Declared, {}, profile)
    assert described and described["xml"].read(f"<{name}><a>1</a></{name}>") == {"a": "1"}


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"))
values = st.recursive(
    texts, lambda inner: st.lists(inner, min_size=1) | st.dictionaries(texts, inner, min_size=1), max_leaves=20
)


@given(st.dictionaries(st.sampled_from("abcdef"), st.lists(values, min_size=1)))
def test_what_is_written_is_read_again(content: dict[str, Any]) -> None:
    made = XMLFormat([List(name) for name in "abcdef"], (), "item", None, True, {"encoding": "utf-16"})
    assert made.read(made.write(content, CID)) == content


@given(st.binary(max_size=200) | st.text(max_size=200) | st.from_regex(rb"<a(/|>[<>!&?\w/\"';= -]*</a)>"))
def test_any_text_is_read_or_refused(text: bytes | str) -> None:
    try:
        xml_format((Nested("a"), Dict("b"), List("c")), request_elem=None).read(text)
        assert parse(text) is not None
    except BadRequest as refused:
        assert refused.msg


any_values = st.recursive(
    st.text() | st.none() | st.booleans() | st.integers() | st.floats(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=15,
)


@given(
    st.dictionaries(st.sampled_from("abcd"), any_values) | st.lists(st.dictionaries(st.sampled_from("ab"), any_values)),
    st.sampled_from([None, "response"]),
    st.sampled_from(["", "urn:x", "http://example.com/a#b"]),
    st.booleans(),
)
def test_text_and_tree_write_the_same(content: Any, root: str | None, namespace: str, has_declaration: bool) -> None:
    outputs = (Text("a"), List("b"), Dict("c"), DictList("d"))
    made = XMLFormat((), outputs, None, root, True, {"namespace": namespace, "declaration": has_declaration})
    assert made._text_writer is not None

    def result(write: Any) -> Any:
        try:
            return write(content, CID)
        except (TypeError, ValueError) as error:
            return type(error), str(error).partition(":")[0]

    by_text = result(made.write)
    made._text_writer = None
    assert by_text == result(made.write)


def test_what_only_a_tree_holds_is_written_by_lxml() -> None:
    made = xml_format(outputs=(Text("a"),))
    assert b"<a><b>1</b></a>" in made.write({"a": parse("<b>1</b>")}, CID)
