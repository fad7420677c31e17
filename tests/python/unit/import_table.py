"""What services import (reference service-api 1): paths, names, aliases, values of constants, attributes, methods."""

from __future__ import annotations

from typing import Any

# Modules and what services import from them, by section of the reference.
NAMES: dict[str, dict[str, str]] = {
    "1.1": {
        "zato.server.service": """
            Service AsIs Bool Boolean Int Integer Float Unicode Text CSV List Dict ListOfDicts DictList Opaque Nested
            ForceType SIOElem IOElem UTC Date DateTime Decimal UUID Model ModelCtx dataclass PubSub PubSubHook WSXHook
            _Hook WSXAdapter WSXFacade RESTAdapter SOAPAdapter AdapterBase BusinessCentralAdapter ODataAdapter
            SAPAdapter PubSubMessage DataverseClient AsyncCtx ChannelInfo ChannelSecurityInfo PatternsFacade AMQPFacade
            TimeUtil NOT_GIVEN
        """,
        "zato.server.service.reqresp": """
            Request Response Outgoing Cloud HTTPRequestData AMQPRequestData IBMMQRequestData WebSphereMQRequestData
            HL7RequestData
        """,
        "zato.server.service.reqresp.sio": """
            AsIs Bool Boolean CSV Date DateTime Dict Float ForceType Int Integer List ListOfDicts Nested Opaque
            ServiceInput Unicode UTC ValidationException
        """,
        "zato.simpleio": """
            AsIs Bool CSV Date DateTime Decimal Dict DictList Float Int List Opaque Text UTC UUID ServiceInput Secret
            NotGiven SerialisationError ParsingError CySimpleIO
        """,
        "zato.input_output": """
            AsIs Bool CSV Date DateTime Decimal Dict DictList Float Int List Opaque Text UTC UUID Secret ServiceInput
            IOProcessor
        """,
    },
    "1.2": {
        "zato.server.service.adapter": "JSONAdapter",
        "zato.server.service.internal": "AdminService",
        "zato.server.service.internal.helpers": """
            Service HTMLService Echo InputLogger PubInputLogger SIOInputLogger RawRequestLogger JSONRawRequestLogger
            IBMMQLogger TLSLogger WebSocketsGateway ServiceGateway
        """,
        "zato.server.service.internal.service": "Invoke",
    },
    "1.3": {
        "zato.common": """
            CHANNEL DATA_FORMAT KVDB SMTPMessage IMAPMessage WEB_SOCKET PUBSUB ADAPTER_PARAMS BROKER SCHEDULER
            SEC_DEF_TYPE URL_TYPE PARAMS_PRIORITY URL_PARAMS_PRIORITY HTTP_RESPONSES ZATO_OK ZATO_ERROR ZATO_NONE
            ZatoException HTTPException ParsingException Inactive TimeoutException ConnectionException
            ClientSecurityException NoDistributionFound Message XMLMessage SOAPMessage
        """,
        "zato.common.api": """
            CHANNEL DATA_FORMAT KVDB SMTPMessage IMAPMessage WEB_SOCKET PUBSUB ADAPTER_PARAMS BROKER SCHEDULER
            SEC_DEF_TYPE URL_TYPE PARAMS_PRIORITY URL_PARAMS_PRIORITY ZATO_OK ZATO_ERROR ZATO_NONE CONTENT_TYPE
        """,
        "zato.server.connection.http_soap": """
            BadRequest ClientHTTPError Conflict Forbidden MethodNotAllowed NotFound TooManyRequests Unauthorized
        """,
        "zato.common.util": """
            new_cid get_config asbool fs_safe_name uncamelify make_repr spawn_greenlet wait_for_dict_key
            get_current_user utcnow
        """,
        "zato.common.util.api": """
            new_cid get_config asbool fs_safe_name uncamelify make_repr spawn_greenlet wait_for_dict_key
            get_current_user utcnow
        """,
        "zato.common.broker_message": "SERVICE",
        "zato.common.json_internal": "loads load dumps dump",
        "zato.common.json_": "loads dumps",
        "zato.common.marshal_.api": "Model ModelCtx MarshalAPI ModelValidationError ElementMissing ElementIsNotAList",
        "zato.common.ext.dataclasses": "dataclass field fields asdict _FIELDS _PARAMS",
        "zato.common.odb.model": "Cluster HTTPSOAP",
        "zato.common.nav": "DictNav ListNav",
        "zato.common.pubsub": "PubSubMessage",
        "zato.common.facade": "SecurityFacade",
        "zato.common.util.time_": "TimeUtil utcnow datetime_from_ms utc_now",
        "zato.enclog": "EncryptedLogFormatter genkey",
        "zato.sso": "const SignupCtx SearchCtx status_code",
        "zato.distlock": "LockTimeout LockManager",
        "zato.cache": "Cache CacheAPI Entry KeyExpiredError",
        "zato.bunch": "Bunch bunchify debunchify",
        "zato.common.ext.bunch": "Bunch bunchify",
        "zato.testing": "Model Runner Service ServiceTestCase",
    },
    "1.4": {
        "zato.common.exception": """
            ZatoException StatusAwareException HTTPException Reportable ClientHTTPError BadRequest Conflict Forbidden
            MethodNotAllowed NotFound Unauthorized TooManyRequests InternalServerError ServiceUnavailable
            BackendInvocationError Inactive ParsingException ClientSecurityException ConnectionException
            TimeoutException NoDistributionFound ServiceMissingException RuntimeInvocationError
            PubSubSubscriptionExists ConnectorClosedException IBMMQException
        """,
        "zato.common.json_schema": "ValidationException",
    },
    "1.8": {
        "zato.client": """
            APIClient AnyServiceInvoker JSONClient JSONSIOClient RawDataClient SOAPClient SOAPSIOClient XMLClient
            ZatoClient
        """,
    },
    "1.7": {
        "zato.common.typing_": """
            any_ anydict anydictnone anylist anylistnone anynone anyset anytuple boolnone byteslist bytesnone callable_
            callnone cast_ commondict commoniter date_ datetime_ datetimez decimal_ decnone dict_ dictlist dictnone
            dictorlist dtnone floatnone generator_ intanydict intdict intdictdict intlist intlistempty intlistnone
            intnone intset intsetdict intstrdict iobytes_ isotimestamp iterator_ list_ listnone listorstr model
            modelnone module_ noreturn optional path_ pathlist set_ str_ stranydict strbooldict strbytes strcalldict
            strdict strdictdict strdictlist strdictnone strint strintbool strintdict strintnone strlist strlistdict
            strlistempty strlistnone strnone strordict strordictnone strorfloat stroriter strorlist strorlistnone
            strset strsetdict strstrdict strtuple textio_ textionone tuple_ tuplist tupnone type_ typealias_ typevar_
            union_ listtuple strdictlistnone strfloatdict
            TypedDict Protocol from_dict instance_from_dict is_union extract_from_union list_field dict_field
            DateTimeWithZone
            FrozenInstanceError InitVar KW_ONLY MISSING Field asdict astuple dataclass field fields is_dataclass
            make_dataclass replace
        """,
    },
}

# Rows of the page on compatibility for names of modules that have more than one; others have a row for the module.
_EXCEPTIONS = "ParsingException ClientSecurityException ConnectionException TimeoutException NoDistributionFound"
_STATUSES = """
    ZatoException StatusAwareException HTTPException BadRequest Conflict Forbidden MethodNotAllowed NotFound
    Unauthorized TooManyRequests InternalServerError ServiceUnavailable BackendInvocationError Inactive
    PubSubSubscriptionExists
"""
GROUPS: dict[str, dict[str, str]] = {
    "zato.server.service": {
        "1.1-Service": "Service",
        "1.1-AsIs": "AsIs",
        "1.1-Bool": "Bool Boolean",
        "1.1-Int": "Int Integer",
        "1.1-Float": "Float",
        "1.1-Text": "Unicode Text",
        "1.1-CSV": "CSV",
        "1.1-List": "List",
        "1.1-Dict": "Dict",
        "1.1-ListOfDicts": "ListOfDicts DictList",
        "1.1-Opaque": "Opaque Nested",
        "1.1-ForceType": "ForceType SIOElem IOElem",
        "1.1-UTC": "UTC",
        "1.1-Date": "Date DateTime",
        "1.1-Decimal": "Decimal",
        "1.1-UUID": "UUID",
        "1.1-Model": "Model ModelCtx dataclass",
        "1.1-PubSub": "PubSub",
        "1.1-hooks": "PubSubHook WSXHook _Hook",
        "1.1-WSXAdapter": "WSXAdapter",
        "1.1-WSXFacade": "WSXFacade",
        "1.1-RESTAdapter": "RESTAdapter",
        "1.1-SOAPAdapter": "SOAPAdapter",
        "1.1-vendor-adapters": "AdapterBase BusinessCentralAdapter ODataAdapter SAPAdapter",
        "1.1-PubSubMessage": "PubSubMessage",
        "1.1-DataverseClient": "DataverseClient",
        "1.1-contexts": "AsyncCtx ChannelInfo ChannelSecurityInfo",
        "1.1-AMQPFacade": "AMQPFacade",
        "1.1-TimeUtil": "TimeUtil",
        "1.1-NOT_GIVEN": "NOT_GIVEN",
        "1.1-PatternsFacade": "PatternsFacade",
    },
    "zato.server.service.reqresp": {"1.1-Outgoing": "Outgoing"},
    "zato.common": {
        "1.3-old-exceptions": f"ZatoException HTTPException Inactive {_EXCEPTIONS}",
        "1.3-messages": "Message",
        "1.3-XMLMessage": "XMLMessage",
        "1.3-SOAPMessage": "SOAPMessage",
    },
    "zato.common.odb.model": {"1.3-odb-model": "Cluster HTTPSOAP"},
    "zato.distlock": {"1.3-zato.distlock": "LockTimeout", "1.3-lock-manager": "LockManager"},
    "zato.testing": {"1.3-testing": "Model Runner Service ServiceTestCase"},
    "zato.common.facade": {"1.3-SecurityFacade": "SecurityFacade"},
    "zato.enclog": {"1.3-EncryptedLogFormatter": "EncryptedLogFormatter genkey"},
    "zato.sso": {"1.3-sso": "const SignupCtx SearchCtx status_code"},
    "zato.common.exception": {
        "1.3-zato.common.exception": NAMES["1.4"]["zato.common.exception"],
        "1.4-others": f"{_EXCEPTIONS} ServiceMissingException RuntimeInvocationError",
        "1.4-ConnectorClosedException": "ConnectorClosedException IBMMQException",
        "1.4-Reportable": "Reportable ClientHTTPError",
    }
    | {
        f"1.4-{name}": name
        for name in _STATUSES.split()
    },
    "zato.common.marshal_.api": {
        "1.3-zato.common.marshal_.api": "Model ModelCtx MarshalAPI",
        "1.4-ModelValidationError": "ModelValidationError ElementMissing ElementIsNotAList",
    },
}

# Names that are the same object.
ALIASES = """
    zato.server.service:Bool zato.server.service:Boolean
    zato.server.service:Int zato.server.service:Integer
    zato.server.service:Text zato.server.service:Unicode
    zato.server.service:ListOfDicts zato.server.service:DictList
    zato.server.service:Opaque zato.server.service:Nested
    zato.server.service:Opaque zato.server.service:AsIs
    zato.server.service:ForceType zato.server.service:SIOElem
    zato.server.service:ForceType zato.server.service:IOElem
    zato.server.service:SOAPAdapter zato.server.service:RESTAdapter
    zato.server.service:Model zato.common.marshal_.api:Model
    zato.server.service:PubSubMessage zato.common.pubsub:PubSubMessage
    zato.server.service:dataclass dataclasses:dataclass
    zato.server.service:TimeUtil zato.common.util.time_:TimeUtil
    zato.server.service.reqresp:IBMMQRequestData zato.server.service.reqresp:WebSphereMQRequestData
    zato.server.service.internal.helpers:Service zato.server.service:Service
    zato.common.exception:Reportable zato.common.exception:ClientHTTPError
    zato.common.marshal_.api:ElementMissing zato.common.exception:ElementMissing
    zato.common:CHANNEL zato.common.api:CHANNEL
    zato.common:SMTPMessage zato.common.api:SMTPMessage
    zato.common.util:new_cid zato.common.util.api:new_cid
    zato.common.json_internal:loads json:loads
    zato.bunch:Bunch zato.common.ext.bunch:Bunch
    zato.common.typing_:datetimez zato.common.typing_:DateTimeWithZone
"""

VALUES: dict[str, Any] = {
    "ZATO_OK": "ZATO_OK",
    "ZATO_ERROR": "ZATO_ERROR",
    "ZATO_NONE": "ZATO_NONE",
    "NOT_GIVEN": "ZATO_NOT_GIVEN",
    "DATA_FORMAT.DICT": "dict",
    "DATA_FORMAT.JSON": "json",
    "DATA_FORMAT.CSV": "csv",
    "DATA_FORMAT.POST": "post",
    "DATA_FORMAT.XML": "xml",
    "DATA_FORMAT.SOAP": "soap",
    "DATA_FORMAT.FORM_DATA": "form",
    "DATA_FORMAT.HL7": "hl7",
    "CHANNEL.AMQP": "amqp",
    "CHANNEL.HTTP_SOAP": "http-soap",
    "CHANNEL.INVOKE": "invoke",
    "CHANNEL.INVOKE_ASYNC": "invoke-async",
    "CHANNEL.INVOKE_ASYNC_CALLBACK": "invoke-async-callback",
    "CHANNEL.SCHEDULER": "scheduler",
    "CHANNEL.SCHEDULER_AFTER_ONE_TIME": "scheduler-after-one-time",
    "CHANNEL.FANOUT_CALL": "fanout-call",
    "CHANNEL.FANOUT_ON_TARGET": "fanout-on-target",
    "CHANNEL.FANOUT_ON_FINAL": "fanout-on-final",
    "CHANNEL.PARALLEL_EXEC_CALL": "parallel-exec-call",
    "CHANNEL.PARALLEL_EXEC_ON_TARGET": "parallel-exec-on-target",
    "CHANNEL.PUBLISH": "publish",
    "CHANNEL.STARTUP_SERVICE": "startup-service",
    "CHANNEL.WORKER": "worker",
    "CHANNEL.ZMQ": "zmq",
    "CHANNEL.DELIVERY": "delivery",
    "CHANNEL.INTERNAL_CHECK": "internal-check",
    "CHANNEL.NOTIFIER_RUN": "notifier-run",
    "CHANNEL.NOTIFIER_TARGET": "notifier-target",
    "CHANNEL.JMS_WMQ": "jms-wmq",
    "CHANNEL.AUDIT": "audit",
    "CHANNEL.WEBSPHERE_MQ": "websphere-mq",
    "CHANNEL.IBM_MQ": "websphere-mq",
    "CHANNEL.WEB_SOCKET": "web-socket",
    "CHANNEL.IPC": "ipc",
    "CHANNEL.URL_DATA": "url-data",
    "CHANNEL.STOMP": "stomp",
    "CHANNEL.JSON_RPC": "json-rpc",
    "CHANNEL.NEW_INSTANCE": "new-instance",
    "CHANNEL.SERVICE": "service",
    "CHANNEL.SSO_USER": "sso-user",
    "CHANNEL.HL7_MLLP": "hl7-mllp",
    "SCHEDULER.JOB_TYPE.ONE_TIME": "one_time",
    "SCHEDULER.JOB_TYPE.INTERVAL_BASED": "interval_based",
    "SCHEDULER.JOB_TYPE.CRON_STYLE": "cron_style",
    "BROKER.DEFAULT_EXPIRATION": 15,
    "PARAMS_PRIORITY.CHANNEL_PARAMS_OVER_MSG": "channel-params-over-msg",
    "PARAMS_PRIORITY.MSG_OVER_CHANNEL_PARAMS": "msg-over-channel-params",
    "PARAMS_PRIORITY.DEFAULT": "channel-params-over-msg",
    "URL_PARAMS_PRIORITY.QS_OVER_PATH": "qs-over-path",
    "URL_PARAMS_PRIORITY.PATH_OVER_QS": "path-over-qs",
    "URL_PARAMS_PRIORITY.DEFAULT": "qs-over-path",
    "PUBSUB.HOOK_TYPE.BEFORE_PUBLISH": "pubsub_before_publish",
    "PUBSUB.HOOK_TYPE.BEFORE_DELIVERY": "pubsub_before_delivery",
    "PUBSUB.HOOK_TYPE.ON_OUTGOING_SOAP_INVOKE": "pubsub_on_topic_outgoing_soap_invoke",
    "PUBSUB.HOOK_TYPE.ON_SUBSCRIBED": "pubsub_on_subscribed",
    "PUBSUB.HOOK_TYPE.ON_UNSUBSCRIBED": "pubsub_on_unsubscribed",
    "PUBSUB.HOOK_ACTION.SKIP": "skip",
    "PUBSUB.HOOK_ACTION.DELETE": "delete",
    "PUBSUB.HOOK_ACTION.DELIVER": "deliver",
    "WEB_SOCKET.OUT_MSG_TYPE.CONNECT": "connect",
    "WEB_SOCKET.OUT_MSG_TYPE.MESSAGE": "message",
    "WEB_SOCKET.OUT_MSG_TYPE.CLOSE": "close",
    "WEB_SOCKET.HOOK_TYPE.ON_CONNECTED": "wsx_on_connected",
    "WEB_SOCKET.HOOK_TYPE.ON_DISCONNECTED": "wsx_on_disconnected",
    "WEB_SOCKET.HOOK_TYPE.ON_PUBSUB_RESPONSE": "wsx_on_pubsub_response",
    "WEB_SOCKET.HOOK_TYPE.ON_VAULT_MOUNT_POINT_NEEDED": "wsx_on_vault_mount_point_needed",
    "CONTENT_TYPE.JSON": "application/json",
    "CONTENT_TYPE.XML": "application/xml",
    "CONTENT_TYPE.SOAP11": "text/xml; charset=UTF-8",
    "CONTENT_TYPE.SOAP12": "application/soap+xml; charset=utf-8",
    "SEC_DEF_TYPE.APIKEY": "apikey",
    "SEC_DEF_TYPE.BASIC_AUTH": "basic_auth",
    "URL_TYPE.PLAIN_HTTP": "plain_http",
    "URL_TYPE.SOAP": "soap",
    "ADAPTER_PARAMS.APPLY_AFTER_REQUEST": "apply-after-request",
    "ADAPTER_PARAMS.APPLY_BEFORE_REQUEST": "apply-before-request",
    "KVDB.SEPARATOR": ":::",
}

# What imports, but stands for a part of the server that is not there, and what that part is called.
MISSING = """
    zato.server.service:PubSub publish/subscribe
    zato.server.service:WSXFacade WebSocket connections
    zato.server.service:AMQPFacade AMQP connections
    zato.server.service:DataverseClient connections to Microsoft Dataverse
    zato.server.service.reqresp:Cloud cloud connections
    zato.server.service.reqresp:AMQPRequestData AMQP channels
    zato.server.service.reqresp:IBMMQRequestData IBM MQ channels
    zato.server.service.reqresp:HL7RequestData HL7 channels
    zato.simpleio:CySimpleIO the input and output engine of 3.2
    zato.input_output:IOProcessor the input and output engine of 4.1
    zato.common:XMLMessage XML messages
    zato.common:SOAPMessage SOAP messages
    zato.common.odb.model:DeployedService the tables of Zato's own database
    zato.common.odb.model:SQLConnectionPool SQL connections
    zato.common.facade:SecurityFacade access to bearer tokens
    zato.enclog:EncryptedLogFormatter encrypted logs
    zato.enclog:genkey encrypted logs
    zato.sso:SignupCtx single sign-on
    zato.sso:SearchCtx single sign-on
    zato.sso:const single sign-on
    zato.sso:status_code single sign-on
    zato.distlock:LockManager locks shared by servers
    zato.client:SOAPClient SOAP channels
    zato.client:SOAPSIOClient SOAP channels
"""


# Attributes of base classes, with their defaults (1.5, 1.6).
ATTRIBUTES: dict[str, dict[str, Any]] = {
    "zato.server.service.adapter:JSONAdapter": {
        "outconn": "",
        "method": "",
        "params_to_qs": False,
        "load_response": True,
        "params": {},
        "force_in_qs": [],
        "apply_params": "apply-after-request",
        "raise_error_on": ["4", "5"],
    },
    "zato.server.service:RESTAdapter": {
        "model": None,
        "conn_name": "",
        "auth_scopes": "",
        "sec_def_name": None,
        "log_response": False,
        "method": "GET",
        "has_query_string_id": False,
        "query_string_id_param": None,
        "has_json_id": False,
        "json_id_param": None,
        "max_retries": None,
        "retry_sleep_time": None,
        "retry_backoff_threshold": None,
        "retry_backoff_multiplier": None,
        "needs_raw_response": False,
        "map_response": None,
        "get_conn_name": None,
        "get_auth": None,
        "get_auth_scopes": None,
        "get_path_params": None,
        "get_method": None,
        "get_request": None,
        "get_headers": None,
        "get_query_string": None,
        "get_auth_bearer": None,
        "get_sec_def_name": None,
    },
    "zato.server.service.internal.helpers:WebSocketsGateway": {"services_allowed": []},
    "zato.server.service.internal.helpers:PubInputLogger": {"name": "pub.helpers.input-logger"},
    "zato.server.service.internal.helpers:ServiceGateway": {"name": "helpers.service-gateway"},
}

# Methods that services call or implement.
METHODS = """
    zato.server.service:PubSubHook before_publish before_delivery on_outgoing_soap_invoke on_subscribed on_unsubscribed
    zato.server.service:WSXHook on_connected on_disconnected on_pubsub_response on_vault_mount_point_needed
    zato.server.service:WSXAdapter on_connected on_message_received on_closed
    zato.server.service:RESTAdapter rest_call handle
    zato.server.service.adapter:JSONAdapter get_call_params handle
    zato.server.service.internal.helpers:HTMLService set_html_payload
    zato.common:SMTPMessage attach
    zato.common:IMAPMessage delete mark_seen
    zato.common.nav:DictNav get has_key has_path
    zato.common.nav:ListNav get has_key has_path
    zato.common.marshal_.api:Model get to_dict to_json clone from_dict zato_get_fields after_created
    zato.client:APIClient invoke get post put patch delete by_verb
    zato.client:AnyServiceInvoker invoke invoke_async set_address set_session set_service_address
"""
