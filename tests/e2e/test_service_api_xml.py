"""Channels whose data format is XML (reference service-api 4.2, 5.7, 6.1, 6.2, 6.4, 7)."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator

import pytest
from environment import Environment, environment

DECLARATION = "<?xml version='1.0' encoding='UTF-8'?>\n"
ORDER = """<?xml version="1.0" encoding="iso-8859-2"?>
<request>
  <customer>{customer}</customer><amount>21</amount><is_new>false</is_new>
  <tags><item>a</item><item>b</item></tags>
  <address><item><key>city</key><value>Łódź</value></item></address>
  <lines><item_dict><item><key>sku</key><value>1</value></item></item_dict></lines>
</request>"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """An environment with an XML channel for each service."""
    root = tmp_path_factory.mktemp("env") / "qs"
    with environment(root, fixtures=("services/documents.py",)) as made:
        names = ("payload", "untouched", "order", "old-order", "listed", "bare", "elements", "assigns",
                 "assigns-declared", "fails")  # fmt: skip
        channels = [
            {"name": name, "url_path": f"/{name}", "service": f"documents.{name}", "data_format": "xml"}
            for name in names
        ]
        channels += [
            {"name": "calls", "url_path": "/calls", "service": "documents.calls", "data_format": "json"},
            {"name": "raw", "url_path": "/raw", "service": "documents.assigns"},
            {
                "name": "small",
                "url_path": "/small",
                "service": "documents.payload",
                "data_format": "xml",
                "max_body_size": 1000,
            },
        ]
        made.enmasse({"channel_rest": channels})
        yield made


@pytest.mark.compat("7-xml", "6.2-xml")
def test_services_see_the_document(served: Environment) -> None:
    answer = served.request("POST", "/payload", "<order id='7'>\n <a>1</a> <b>ż</b>\n</order>".encode())
    assert (answer.status, answer.text) == (200, "order:7:a=1,b=ż")
    assert answer.headers["Content-Type"] == "application/xml"


@pytest.mark.compat("7-xml")
def test_an_empty_body_is_an_empty_element(served: Environment) -> None:
    assert served.request("POST", "/payload").text == "empty:None:"


def test_a_broken_document_is_400_with_its_place_when_it_is_looked_at(served: Environment) -> None:
    answer = served.request("POST", "/payload", "<a>\n<b></a>")
    assert answer.status == 400
    assert answer.text.startswith("the body is not valid XML: line 2, column ")
    assert answer.headers["Content-Type"] == "text/plain"
    assert served.request("POST", "/untouched", "<a>\n<b></a>").text == "11"
    assert served.request("POST", "/order", "<a>").text.startswith("the body is not valid XML: line 1")


@pytest.mark.compat("5.5-xml", "5.7-xml")
def test_declared_input_and_output(served: Environment) -> None:
    answer = served.request("POST", "/order", ORDER.format(customer="Zoë").encode("iso-8859-2"))
    assert answer.headers["Content-Type"] == "application/xml"
    cid = ElementTree.fromstring(answer.body).findtext(".//{urn:orders}cid")
    assert cid and len(cid) == 24
    assert answer.text == DECLARATION + (
        f'<response xmlns="urn:orders"><zato_env><cid>{cid}</cid><result>ZATO_OK</result></zato_env><item>'
        "<customer>Zoë</customer><total>42</total>"
        "<address><item><key>city</key><value>Łódź</value></item></address><due>2030-01-31</due>"
        "<is_new>false</is_new>"
        "<lines><item_dict><item><key>sku</key><value>1</value></item></item_dict></lines>"
        "<tags><item>a</item><item>b</item></tags></item></response>"
    )


@pytest.mark.compat("5.2-request-elem")
def test_the_request_element_has_its_name_up_to_3_1(served: Environment) -> None:
    order = "<customer>C</customer><amount>1</amount><is_new>1</is_new>"
    answer = served.request("POST", "/old-order", f"<x><order>{order}</order></x>")
    assert answer.status == 200
    root = ElementTree.fromstring(answer.body)
    assert (root.tag, root.findtext("item/total"), root.findtext("item/is_new")) == ("order_response", "2", "true")
    # Names are in the order of the declaration, and those without a value are empty.
    names = "customer total tags address lines due note is_new"
    assert [child.tag for child in root[1]] == names.split()
    answer = served.request("POST", "/old-order", f"<request>{order}</request>")
    assert (answer.status, answer.text) == (
        400, "the body has no element `order`, which holds the input; its root is `request`"
    )  # fmt: skip
    # From 3.2 on any root will do.
    assert served.request("POST", "/order", f"<any>{order}</any>").status == 200


def test_missing_input_is_answered_by_profile(served: Environment) -> None:
    body = "<request><order><customer>C</customer><is_new>1</is_new></order></request>"
    answer = served.request("POST", "/order", body.replace("order>", "request>").replace("<request>", "", 1))
    assert answer.status == 400
    answer = served.request("POST", "/order", "<request><customer>C</customer></request>")
    assert (answer.status, answer.text) == (400, "Element missing: amount")
    answer = served.request("POST", "/order")
    assert (answer.status, answer.text) == (400, "Element missing: amount")
    answer = served.request("POST", "/old-order", body)
    assert answer.status == 500 and "Missing input element: `amount`" in answer.text


def test_values_of_the_wrong_form_are_refused_as_in_json(served: Environment) -> None:
    answer = served.request(
        "POST", "/order", "<r><customer>C</customer><amount>many</amount><is_new>1</is_new></r>"
    )
    assert answer.status == 500 and "element `amount`" in answer.text


def test_parameters_of_the_url_win_over_the_document(served: Environment) -> None:
    body = "<r><customer>C</customer><amount>1</amount><is_new>1</is_new></r>"
    answer = served.request("POST", "/order?amount=5", body)
    assert "<total>10</total>" in answer.text


@pytest.mark.compat("5.2-xml")
def test_options_of_the_declaration(served: Environment) -> None:
    answer = served.request("POST", "/listed")
    assert answer.body.startswith(b"<?xml version='1.0' encoding='iso-8859-2'?>\n<response>\n  <zato_env>")
    root = ElementTree.fromstring(answer.body)
    assert [item.findtext("name") for item in root.findall("item_list/item")] == ["Zoë", "Łódź"]


def test_declarations_at_class_level_have_no_envelope(served: Environment) -> None:
    assert served.request("POST", "/bare", "<x><a>1</a></x>").text == DECLARATION + "<item><a>1</a></item>"


@pytest.mark.compat("5.2-request-elem")
def test_elements_where_text_is_not_wanted(served: Environment) -> None:
    answer = served.request("POST", "/elements", "<r><a><x>1</x></a><b>2</b><c><y>3</y></c></r>")
    assert "<found>1|3|3</found>" in answer.text


@pytest.mark.compat("6.1-element", "6.2-xml")
def test_elements_are_written_and_text_is_left_alone(served: Environment) -> None:
    def assigned(path: str) -> tuple[str, str | None]:
        answer = served.get(path)
        return answer.text, answer.headers["Content-Type"]

    assert assigned("/assigns?kind=element") == (DECLARATION + "<a>ż</a>", "application/xml")
    assert assigned("/assigns?kind=empty") == (DECLARATION + "<a/>", "application/xml")
    assert assigned("/assigns?kind=text") == ("<a>as it is</a>", "application/xml")
    assert assigned("/assigns?kind=bytes") == ("<b/>", "application/xml")
    assert assigned("/raw?kind=element") == (DECLARATION + "<a>ż</a>", "application/xml")
    assert assigned("/assigns-declared") == ("<own/>", "application/xml")


def test_what_has_no_xml_form_is_an_error_that_says_so(served: Environment) -> None:
    answer = served.get("/assigns?kind=dict")
    assert answer.status == 500
    assert "has no XML form; assign text or an element of lxml, or declare the output of service" in answer.text


def test_errors_are_bare_text(served: Environment) -> None:
    answer = served.get("/fails")
    assert (answer.status, answer.text) == (500, "it went wrong")
    assert answer.headers["Content-Type"] == "text/plain"


def test_calls_between_services_pass_documents(served: Environment) -> None:
    answer = served.get("/calls").json()
    assert answer["text"].startswith('<response xmlns="urn:orders"><zato_env><cid>')
    assert "<total>8</total>" in answer["text"]
    assert (answer["total"], answer["payload"], answer["element"]) == ("8", "p:1:q=2", "own")


@pytest.mark.parametrize(
    "body",
    [
        "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
        "<!DOCTYPE a [<!ENTITY l0 'lol'><!ENTITY l1 '&l0;&l0;&l0;&l0;&l0;&l0;&l0;&l0;'>]><a>&l1;</a>",
        "<!DOCTYPE a><a/>",
        "<a>" * 100_000 + "</a>" * 100_000,
    ],
)
def test_hostile_documents_are_400(served: Environment, body: str) -> None:
    begun = time.monotonic()
    for path in ("/payload", "/order"):
        answer = served.request("POST", path, body)
        assert answer.status == 400, answer.text[:200]
        assert "DOCTYPE" in answer.text or "depth" in answer.text
    assert time.monotonic() - begun < 10


def test_a_million_siblings_are_answered(served: Environment) -> None:
    order = "<customer>C</customer><amount>1</amount><is_new>1</is_new>"
    answer = served.request("POST", "/order", f"<r>{'<x/>' * 1_000_000}{order}</r>", timeout=60)
    assert answer.status == 200 and "<total>2</total>" in answer.text
    assert served.request("POST", "/small", f"<r>{'<x/>' * 1000}</r>").status == 413
