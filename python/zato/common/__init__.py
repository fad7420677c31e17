"""Constants and exceptions under the import path of 2.0 and 3.0; 3.2 keeps them in `api` and `exception`."""

from http import HTTPStatus as _HTTPStatus

from zato.common.api import *  # noqa: F403 - the historical module has every constant
from zato.common.exception import *  # noqa: F403 - and every exception

HTTP_RESPONSES = {status.value: status.phrase for status in _HTTPStatus}
