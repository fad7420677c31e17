"""Services to try the server with, and to start from.

Edit this file, save it, and the next request runs the new code. A service is called after its file and its class: `Ping` is
`demo.ping`, `GetBook` is `demo.get-book`. Each can be invoked under its name:

    curl -u pubapi:PASSWORD http://localhost:17010/zato/api/invoke/demo.ping
    zato service invoke DIR/server1 demo.ping
"""

from zato.common.exception import NotFound
from zato.server.service import Int, Service

BOOKS = {
    1: {'title': 'The Left Hand of Darkness', 'author': 'Ursula K. Le Guin', 'year': 1969},
    2: {'title': 'Kindred', 'author': 'Octavia E. Butler', 'year': 1979},
}


class Ping(Service):
    """The smallest service: a string, bytes, a dictionary or a list is the response."""

    def handle(self):
        self.response.payload = {'pong': 'demo'}


class Echo(Service):
    """Answers what it was given: the body, and what is in the query string and the path.

    curl -u pubapi:PASSWORD http://localhost:17010/zato/api/invoke/demo.echo -d '{"hello":"world"}'
    """

    def handle(self):
        self.logger.info('Called with %s', self.request.http.method)
        self.response.payload = {'data': self.request.payload, 'params': dict(self.request.http.params)}


class Greet(Service):
    """Greets whoever the path of its REST channel names; `-greeting` may be left out.

    curl http://localhost:17010/demo/greet/Maria
    curl http://localhost:17010/demo/greet/Maria?greeting=Ahoy
    curl http://localhost:17010/demo/greet/Maria -d '{"greeting":"Ahoy"}'
    """

    input = 'name', '-greeting'
    output = 'message'

    def handle(self):
        greeting = self.request.input.greeting or 'Hello'
        self.response.payload.message = f'{greeting}, {self.request.input.name}!'


class GetBook(Service):
    """Names ending in `_id` are integers. Answers 400 on its own if `book_id` is missing.

    zato service invoke DIR/server1 demo.get-book --payload '{"book_id": 1}'
    """

    input = 'book_id'
    output = 'title', 'author', Int('year')

    def handle(self):
        book = BOOKS.get(self.request.input.book_id)
        if book is None:
            raise NotFound(self.cid, f'There is no book {self.request.input.book_id}')
        self.response.payload = book


class Shelf(Service):
    """Has a method for each HTTP verb; other verbs are answered with 405."""

    def handle_GET(self):
        """Calls another service for each book, which costs next to nothing."""
        self.response.payload = [self.invoke(GetBook, {'book_id': book_id}) for book_id in BOOKS]

    def handle_POST(self):
        """Answers with a status and a header of its own."""
        book_id = max(BOOKS) + 1
        BOOKS[book_id] = self.request.payload
        self.response.status_code = 201
        self.response.headers['Location'] = f'/books/{book_id}'
        self.response.payload = {'book_id': book_id}


class Slow(Service):
    """May be a coroutine, which waits without keeping a thread."""

    async def handle(self):
        # Imported when it is needed: nothing else here needs it.
        import asyncio

        await asyncio.sleep(0.1)
        self.response.payload = {'waited': 0.1}
