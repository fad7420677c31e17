"""The services that a new environment has work, all of them."""

from __future__ import annotations

from environment import Environment


def test_the_demo_services_answer(zato: Environment) -> None:
    assert zato.invoke("demo.ping").json() == {"pong": "demo"}
    assert zato.invoke("demo.echo", {"a": 1}).json()["data"] == {"a": 1}
    assert zato.get("/demo/greet/Maria?greeting=Ahoy").json() == {"message": "Ahoy, Maria!"}
    assert zato.invoke("demo.get-book", {"book_id": 2}).json()["title"] == "Kindred"
    assert zato.invoke("demo.get-book", {"book_id": 9}).status == 404
    assert zato.invoke("demo.get-book", {}).status == 400
    assert zato.invoke("demo.slow").json() == {"waited": 0.1}
    zato.channel("/shelf", "demo.shelf", data_format="json")
    made = zato.post("/shelf", {"title": "Solaris", "author": "Stanisław Lem", "year": 1961})
    assert (made.status, made.headers["Location"]) == (201, "/books/3")
    assert [book["title"] for book in zato.get("/shelf").json()][2] == "Solaris"
    assert zato.request("DELETE", "/shelf").status == 405
