"""Base classes for services that call an API behind a connection (reference service-api 1.6)."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from zato.common._missing import refuse
from zato.server.service._outgoing import rest_connection
from zato.server.service._service import Service

__all__ = [
    "AdapterBase",
    "BusinessCentralAdapter",
    "ODataAdapter",
    "RESTAdapter",
    "RESTAdapterResponse",
    "SAPAdapter",
    "SOAPAdapter",
]


class RESTAdapterResponse:
    """What an adapter with `needs_raw_response` gives (4.1).

    Args:
        data: What the call gave.
        raw_response: The response itself.
    """

    __slots__ = ("data", "raw_response")

    def __init__(self, data: Any, raw_response: Any) -> None:
        self.data = data
        self.raw_response = raw_response


class RESTAdapter(Service):
    """Calls an outgoing REST connection and answers with what comes back (3.2, 4.1).

    Subclasses set attributes, or implement the methods that are None here; a method wins over its attribute.
    """

    _zato_is_base: ClassVar[bool] = True

    #: Class of the response, or `list_[Model]`.
    model: Any = None
    #: Name of the outgoing connection.
    conn_name: str = ""
    auth_scopes: Any = ""
    sec_def_name: Any = None
    log_response: bool = False
    #: The HTTP verb.
    method: str = "GET"
    #: Whether an identifier from the input goes to the query string, under which name.
    has_query_string_id: bool = False
    query_string_id_param: str | None = None
    #: Whether an identifier from the input goes to the body, under which name.
    has_json_id: bool = False
    json_id_param: str | None = None
    #: How calls are repeated (4.1).
    max_retries: Any = None
    retry_sleep_time: Any = None
    retry_backoff_threshold: Any = None
    retry_backoff_multiplier: Any = None
    #: Whether callers get a `RESTAdapterResponse` (4.1).
    needs_raw_response: bool = False

    #: Turns the response into something else: `map_response(self, data, **kwargs)`.
    map_response: Any = None
    #: Gives the name of the connection.
    get_conn_name: Any = None
    #: Kept for services that name it; `get_sec_def_name` and `get_auth_bearer` decide.
    get_auth: Any = None
    #: Gives OAuth scopes.
    get_auth_scopes: Any = None
    #: Gives parameters of the path: `get_path_params(self, params)`.
    get_path_params: Any = None
    #: Gives the HTTP verb.
    get_method: Any = None
    #: Gives the body.
    get_request: Any = None
    #: Gives headers.
    get_headers: Any = None
    #: Gives parameters of the query string: `get_query_string(self, params)`.
    get_query_string: Any = None
    #: Gives the token of an `Authorization: Bearer` header.
    get_auth_bearer: Any = None
    #: Gives the name of a security definition.
    get_sec_def_name: Any = None

    def handle(self) -> None:
        """Makes the call.

        Raises:
            ValueError: If the class does not say which connection to use.
            MissingFeature: If the server has no outgoing connections.
        """
        conn_name = self.get_conn_name() if self.get_conn_name else self.conn_name
        if not conn_name:
            raise ValueError(f"class {type(self).__name__} needs the attribute `conn_name` or a method `get_conn_name`")
        data = self.get_request() if self.get_request else ""
        params: dict[str, Any] = {}
        if self.has_query_string_id:
            name = self.query_string_id_param or "id"
            params[name] = self.request.input[name]
        if self.has_json_id:
            name = self.json_id_param or "id"
            data = {**(data or {}), name: self.request.input[name]}
        if self.get_query_string:
            params.update(self.get_query_string(params) or {})
        if self.get_path_params:
            params.update(self.get_path_params(params) or {})
        method = (self.get_method() if self.get_method else self.method).upper()
        headers: dict[str, Any] = {}
        if self.get_auth_bearer:
            headers["Authorization"] = f"Bearer {self.get_auth_bearer()}"
        sec_def_name = self.get_sec_def_name() if self.get_sec_def_name else self.sec_def_name
        scopes = self.get_auth_scopes() if self.get_auth_scopes else self.auth_scopes
        if self.get_headers:
            headers.update(self.get_headers() or {})
        self.response.payload = self.rest_call(
            conn_name,
            data=data,
            model=self.model,
            callback=self.map_response,
            params=params,
            headers=headers,
            method=method,
            sec_def_name=sec_def_name,
            auth_scopes=scopes,
            log_response=self.log_response,
        )

    def rest_call(
        self,
        conn_name: str,
        *,
        data: Any = "",
        model: Any = None,
        callback: Any = None,
        params: dict[str, Any] | None = None,
        headers: dict[str, Any] | None = None,
        method: str = "",
        sec_def_name: Any = None,
        auth_scopes: Any = None,
        log_response: bool = True,
    ) -> Any:
        """Calls a connection by name and gives what it gives.

        Raises:
            MissingFeature: If the server has no outgoing connections.
            KeyError: If it has none of that name.
        """
        return rest_connection(self, conn_name).rest_call(
            cid=self.cid,
            data=data,
            model=model,
            callback=callback,
            params=params,
            headers=headers,
            method=method,
            sec_def_name=sec_def_name,
            auth_scopes=auth_scopes,
            log_response=log_response,
        )


#: The name of 4.1 for adapters of SOAP connections.
SOAPAdapter = RESTAdapter


class AdapterBase(Service):
    """Base of adapters of products (4.1). Their connections are not there, so calling one raises an error."""

    _zato_is_base: ClassVar[bool] = True
    _zato_needs: ClassVar[str] = "connections to products"

    def handle(self) -> NoReturn:
        """Refuses the call.

        Raises:
            MissingFeature: Always.
        """
        refuse(type(self).__name__, self._zato_needs)


class BusinessCentralAdapter(AdapterBase):
    """Base of services that call Microsoft Business Central (4.1); see `AdapterBase`."""

    _zato_is_base: ClassVar[bool] = True
    _zato_needs: ClassVar[str] = "connections to Microsoft Business Central"


class ODataAdapter(AdapterBase):
    """Base of services that call an OData API (4.1); see `AdapterBase`."""

    _zato_is_base: ClassVar[bool] = True
    _zato_needs: ClassVar[str] = "OData connections"


class SAPAdapter(AdapterBase):
    """Base of services that call SAP (4.1); see `AdapterBase`."""

    _zato_is_base: ClassVar[bool] = True
    _zato_needs: ClassVar[str] = "SAP connections"
