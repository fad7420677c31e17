"""Constants and exceptions under the import path of 2.0 and 3.0; 3.2 keeps them in `api` and `exception`.

Message builders are those of 4.1 (reference service-api 1.3).
"""

from http import HTTPStatus as _HTTPStatus

from zato.common._message import Message as Message
from zato.common._missing import Missing as _Missing
from zato.common.api import *  # noqa: F403 - the historical module has every constant
from zato.common.exception import *  # noqa: F403 - and every exception

HTTP_RESPONSES = {status.value: status.phrase for status in _HTTPStatus}


class SOAPMessage(_Missing, needs="SOAP messages"):
    """Not available: needs SOAP messages."""


class XMLMessage(_Missing, needs="XML messages"):
    """Not available: needs XML messages."""
