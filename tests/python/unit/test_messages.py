"""`self.msg` (reference service-api 3.6)."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree, objectify  # type: ignore[attr-defined]

from zato.server.service._json_pointer import JSONPointer
from zato.server.service._mapper import Mapper
from zato.server.service._xpath import XPath

NAMESPACES = {"crm": "urn:crm"}


def pointer(doc: Any) -> JSONPointer:
    return JSONPointer(doc, {"Customer": "/customer/id"})


def xpath(doc: Any) -> XPath:
    return XPath(doc, {"Customer": "/order/crm:customer/@id", "Line": "/order/line"}, NAMESPACES)


def text(element: Any) -> str:
    return etree.tostring(element, encoding="unicode")


@pytest.mark.compat("3.6-json-pointer")
def test_values_by_name_and_by_pointer() -> None:
    found = pointer({"customer": {"id": 7}, "a/b": {"~": [1, {"c": 2}]}, "": 3})
    assert [found.get(name) for name in ("Customer", "/customer/id", "/a~1b/~0/1/c", "/")] == [7, 7, 2, 3]
    assert [found.get(name, "no") for name in ("/x", "/customer/id/x", "/a~1b/~0/2", "/a~1b/~0/01")] == ["no"] * 4
    assert pointer(b'{"customer": {"id": 8}}').get("Customer") == 8


def test_unknown_names_say_what_to_do() -> None:
    with pytest.raises(LookupError, match="no JSON Pointer called `Nobody`; import one under `def_json_pointer`"):
        pointer({}).get("Nobody")
    with pytest.raises(LookupError, match="no XPath expression called `Nobody`"):
        xpath("<order/>").get("Nobody")


def test_setting_makes_what_is_missing() -> None:
    doc: dict[str, Any] = {}
    found = pointer(doc)
    assert found.set("Customer", 7) is doc
    found.set("/lines/-", "a")
    found.set("/lines/1", "b")
    found.set("/lines/0", "c")
    assert doc == {"customer": {"id": 7}, "lines": ["c", "b"]}
    with pytest.raises(ValueError, match="leads to item `5` of a list that has 2"):
        found.set("/lines/5", "x")
    with pytest.raises(ValueError, match="leads to `x` in a value of type int"):
        found.set("/customer/id/x", 1)


def test_setting_may_leave_a_document_alone() -> None:
    doc = {"a": 1}
    found = pointer(doc)
    assert found.set("Customer", 7, return_on_missing=True) == {"a": 1}
    assert found.set("/a/b", 7, return_on_missing=True) == {"a": 1}
    assert found.set("/a", 2, return_on_missing=True, in_place=False) == {"a": 2}
    assert doc == {"a": 1}


@pytest.mark.compat("3.6-xpath")
def test_nodes_by_name_and_by_expression() -> None:
    body = '<order xmlns:c="urn:crm"><c:customer id="7">C</c:customer><line>1</line><line/></order>'
    for doc in (body, body.encode(), etree.fromstring(body), etree.ElementTree(etree.fromstring(body))):
        found = xpath(doc)
        names = ("Customer", "Line", "//crm:customer", "/order/line/text()", "/order/none")
        assert [found.get(name) for name in names] == ["7", ["1", ""], "C", "1", None]
    assert xpath(body).get("/order/none", "no") == "no"
    assert XPath(body, {"Count": "count(//line)"}, {}).get("Count") == 2


def test_expressions_that_do_not_work_are_named() -> None:
    for expression in ("/a[", "/none:a"):
        with pytest.raises(ValueError, match="cannot be evaluated"):
            xpath("<a/>").get(expression)
    with pytest.raises(TypeError, match="needs an XML document, not a value of type dict"):
        xpath({})


@pytest.mark.parametrize("parse", [etree.fromstring, objectify.fromstring])
def test_setting_nodes(parse: Any) -> None:
    doc = parse('<order><a>1</a><a b="2">3</a><e/></order>')
    found = xpath(doc)
    assert found.set("/order/a", 5) is doc
    found.set("/order/a/@b", "6")
    found.set("/order/e", "7")
    found.set("Customer", 8)
    found.set("Line", 9)
    found.set("//x/y", None)
    assert text(doc) == (
        '<order><a>5</a><a b="6">5</a><e>7</e><crm:customer xmlns:crm="urn:crm" id="8"/>'
        '<line xmlns:crm="urn:crm">9</line><x xmlns:crm="urn:crm"><y/></x></order>'
    ).replace("<y/>", "<y></y>")


def test_setting_nodes_may_leave_a_document_alone() -> None:
    doc = etree.fromstring("<order/>")
    found = xpath(doc)
    assert text(found.set("Line", 9, return_on_missing=True)) == "<order/>"
    assert "<line" in text(found.set("Line", 9, in_place=False))
    assert text(doc) == "<order/>"
    for expression in ("/other/a", "/order/a[1]", "/order/nobody:a"):
        with pytest.raises(ValueError, match="XPath `"):
            found.set(expression, 1)


@pytest.mark.compat("3.6-mapper")
def test_a_mapper_copies_between_formats() -> None:
    source = etree.fromstring('<order at="2030-01-31 12:00:00"><line>1</line><line>2</line><note>n</note></order>')
    mapper = Mapper(xpath(source), pointer({"kept": True}))
    mapper.map("Line", "/lines")
    mapper.map("/order/none", "/none")
    mapper.map_many({"/order/note": "/texts/note"})
    mapper.map_many([("/order/@at", "Customer")])
    mapper.set_time("/at", "/order/@at", "YYYY-MM-DD HH:mm:ss", "YYYY-MM-DD")
    mapper.set_time("/now", to_format="YYYY")
    mapper.set_func("/sum", sum, [1, 2])
    now = mapper.target.pop("now")
    assert len(now) == 4 and now.isdigit()
    assert mapper.target == {
        "kept": True, "lines": ["1", "2"], "texts": {"note": "n"}, "customer": {"id": "2030-01-31 12:00:00"},
        "at": "2030-01-31", "sum": 3,
    }  # fmt: skip
    assert mapper.source is source
