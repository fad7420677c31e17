"""Services to start from: copy this file to the pickup directory, change it, save it, and the server runs the new code.

Invoke any of them with `zato service invoke DIR/server1 tour.ping`, or give them a REST channel of their own.
"""

from zato.common.exception import NotFound
from zato.server.service import Int, Service

BOOKS = {
    1: {"title": "The Left Hand of Darkness", "author": "Ursula K. Le Guin", "year": 1969},
    2: {"title": "Kindred", "author": "Octavia E. Butler", "year": 1979},
}


class Ping(Service):
    """The smallest service: it is called `tour.ping`, after this file and this class."""

    def handle(self):
        """Assign a string, bytes, a dictionary or a list to the payload."""
        self.response.payload = "pong"


class Echo(Service):
    """Shows where things of a request are: `tour.echo`."""

    def handle(self):
        """Path and query parameters, the parsed body and headers are read only if they are asked for."""
        http = self.request.http
        self.logger.info("Called with %s", http.method)
        self.response.payload = {
            "cid": self.cid,
            "method": http.method,
            "path": http.path,
            "query": http.GET,
            "body": self.request.payload if self.data_format else self.request.raw_request.decode("utf-8", "replace"),
            "user_agent": http.user_agent,
        }


class GetBook(Service):
    """Declares what it takes and gives: `tour.get-book`. Names ending in `_id` are integers."""

    input = "book_id", "-lang"
    output = "title", "author", Int("year"), "-lang"

    def handle(self):
        """Answers 400 on its own if `book_id` is missing, and 404 if there is no such book."""
        book = BOOKS.get(self.request.input.book_id)
        if book is None:
            raise NotFound(self.cid, f"There is no book {self.request.input.book_id}")
        self.response.payload = book
        if self.request.input.lang:
            self.response.payload.lang = self.request.input.lang


class Shelf(Service):
    """Has a method for each HTTP verb: `tour.shelf`. Other verbs are answered with 405."""

    def handle_GET(self):
        """Calls another service for each book; calls between services cost next to nothing."""
        self.response.payload = [self.invoke(GetBook, {"book_id": book_id}) for book_id in BOOKS]

    def handle_POST(self):
        """Answers with a status and a header of its own."""
        book_id = max(BOOKS) + 1
        BOOKS[book_id] = self.request.payload
        self.response.status_code = 201
        self.response.headers["Location"] = f"/books/{book_id}"
        self.response.payload = {"book_id": book_id}


class Slow(Service):
    """May be a coroutine: `tour.slow` waits without keeping a thread."""

    async def handle(self):
        """Waits a moment."""
        import asyncio

        await asyncio.sleep(0.1)
        self.response.payload = {"waited": 0.1, "now": self.time.utcnow()}
