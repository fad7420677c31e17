"""Channels whose data format is CSV (reference service-api 5.9)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from environment import Environment, environment


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """An environment with a CSV channel for each service."""
    root = tmp_path_factory.mktemp("env") / "qs"
    with environment(root, fixtures=("services/tabular.py",)) as made:
        names = ("rows", "single", "lines", "assigns-list", "assigns-text")
        channels = [
            {"name": name, "url_path": f"/{name}", "service": f"tabular.{name}", "data_format": "csv"} for name in names
        ]
        channels.append({"name": "calls", "url_path": "/calls", "service": "tabular.calls", "data_format": "json"})
        made.enmasse({"channel_rest": channels})
        yield made


@pytest.mark.compat("5.5-order", "5.9-input", "5.9-output", "7-csv")
def test_rows_come_in_and_go_out(served: Environment) -> None:
    answer = served.request("POST", "/rows", "33,Ann,Oslo\r\n\r\n5,Bob\r\n")
    assert answer.text == "born,name,where\r\n1997-01-31,Ann,Oslo\r\n2025-01-31,Bob,\r\n"
    assert answer.headers["Content-Type"] == "text/plain"
    assert served.request("POST", "/rows").text == "born,name,where\r\n"


@pytest.mark.compat("5.2-csv")
def test_a_single_row_by_the_options_of_the_declaration(served: Environment) -> None:
    assert served.request("POST", "/single").text == '"1;2";0\r\n'


def test_models_are_rows_too(served: Environment) -> None:
    assert served.request("POST", "/lines", "0,a\n5,b,c\n").text == "quantity,sku,note\r\n5,b,c\r\n"


def test_lists_and_text_that_services_assign(served: Environment) -> None:
    assert served.request("GET", "/assigns-list").text == "a,b\r\n1,2\r\n4,\r\n"
    assert served.request("GET", "/assigns-text").text == "as,it,is"


@pytest.mark.compat("5.9-short")
def test_rows_that_are_wrong_are_400(served: Environment) -> None:
    answer = served.request("POST", "/rows", "33,Ann\n5\n")
    assert (answer.status, answer.text) == (400, "Element missing: [1]/name")
    answer = served.request("POST", "/rows", b"33,\xff")
    assert answer.status == 400 and "not UTF-8" in answer.text
    answer = served.request("POST", "/lines", "5\n")
    assert (answer.status, answer.text) == (400, "Element missing: [0]/sku")


@pytest.mark.compat("7-csv")
def test_services_pass_rows_as_text(served: Environment) -> None:
    assert served.get("/calls").json() == {"response": [{"born": "1997-01-31", "name": "Ann", "where": ""}]}
