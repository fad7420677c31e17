""" Services to try the server with. Edit this file, save it, and the next request runs the new code.
"""

# Zato
from zato.server.service import Service


class Ping(Service):
    """ Answers that it is there.

    curl -u pubapi:PASSWORD http://localhost:17010/zato/api/invoke/demo.ping
    """
    name = 'demo.ping'

    def handle(self):
        self.response.payload = {'pong': 'demo'}


class Echo(Service):
    """ Answers what it was given.

    curl -u pubapi:PASSWORD http://localhost:17010/zato/api/invoke/demo.echo -d '{"hello":"world"}'
    """
    name = 'demo.echo'

    def handle(self):
        self.response.payload = {'data': self.request.payload, 'params': dict(self.request.http.params)}


class Greet(Service):
    """ Greets whoever the path of the REST channel names.

    curl http://localhost:17010/demo/greet/Maria
    curl http://localhost:17010/demo/greet/Maria?greeting=Ahoy
    curl http://localhost:17010/demo/greet/Maria -d '{"greeting":"Ahoy"}'
    """
    name = 'demo.greet'
    input = 'name', '-greeting'
    output = 'message'

    def handle(self):
        greeting = self.request.input.greeting or 'Hello'
        self.response.payload.message = f'{greeting}, {self.request.input.name}!'
