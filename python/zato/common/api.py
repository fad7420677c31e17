"""Constants that services and callers rely on (reference service-api 1.9). Their values are part of the contract."""

from __future__ import annotations

from zato.common._mail import IMAPMessage as IMAPMessage
from zato.common._mail import SMTPMessage as SMTPMessage

ZATO_NONE = "ZATO_NONE"
ZATO_DEFAULT = "ZATO_DEFAULT"
ZATO_OK = "ZATO_OK"
ZATO_ERROR = "ZATO_ERROR"
ZATO_WARNING = "ZATO_WARNING"
NOT_GIVEN = "ZATO_NOT_GIVEN"
NO_DEFAULT_VALUE = "NO_DEFAULT_VALUE"


class CHANNEL:
    """Kinds of ways in; values of `self.channel.type`."""

    AMQP = "amqp"
    AUDIT = "audit"
    DELIVERY = "delivery"
    FANOUT_CALL = "fanout-call"
    FANOUT_ON_FINAL = "fanout-on-final"
    FANOUT_ON_TARGET = "fanout-on-target"
    HL7_MLLP = "hl7-mllp"
    HTTP_SOAP = "http-soap"
    IBM_MQ = "websphere-mq"
    INTERNAL_CHECK = "internal-check"
    INVOKE = "invoke"
    INVOKE_ASYNC = "invoke-async"
    INVOKE_ASYNC_CALLBACK = "invoke-async-callback"
    IPC = "ipc"
    JMS_WMQ = "jms-wmq"
    JSON_RPC = "json-rpc"
    NEW_INSTANCE = "new-instance"
    NOTIFIER_RUN = "notifier-run"
    NOTIFIER_TARGET = "notifier-target"
    PARALLEL_EXEC_CALL = "parallel-exec-call"
    PARALLEL_EXEC_ON_TARGET = "parallel-exec-on-target"
    PUBLISH = "publish"
    SCHEDULER = "scheduler"
    SCHEDULER_AFTER_ONE_TIME = "scheduler-after-one-time"
    SERVICE = "service"
    SSO_USER = "sso-user"
    STARTUP_SERVICE = "startup-service"
    STOMP = "stomp"
    URL_DATA = "url-data"
    WEBSPHERE_MQ = "websphere-mq"
    WEB_SOCKET = "web-socket"
    WORKER = "worker"
    ZMQ = "zmq"


class DATA_FORMAT:  # noqa: N801 - historical name
    """How bodies are to be understood."""

    CSV = "csv"
    DICT = "dict"
    FORM_DATA = "form"
    HL7 = "hl7"
    JSON = "json"
    POST = "post"
    SOAP = "soap"
    XML = "xml"


class CONTENT_TYPE:  # noqa: N801 - historical name
    """Content types of responses."""

    JSON = "application/json"
    PLAIN_XML = "application/xml"
    SOAP11 = "text/xml; charset=UTF-8"
    SOAP12 = "application/soap+xml; charset=utf-8"
    XML = "application/xml"


class SCHEDULER:
    """Kinds of scheduled jobs."""

    class JOB_TYPE:  # noqa: N801 - historical name
        """Values of `self.job_type`."""

        CRON_STYLE = "cron_style"
        INTERVAL_BASED = "interval_based"
        ONE_TIME = "one_time"


class BROKER:
    """Defaults of asynchronous invocations."""

    DEFAULT_EXPIRATION = 15


class KVDB:
    """Keys of the key-value database."""

    #: What parts of a key are joined by.
    SEPARATOR = ":::"
    #: Formats of times that services look up by name begin with it.
    DATE_FORMAT_PREFIX = "kvdb:date-format:"
    DICTIONARY_ITEM = "zato:kvdb:data-dict:item"
    LOCK_PREFIX = "zato:lock:"
    TRANSLATION = "zato:kvdb:data-dict:translation"


class URL_TYPE:  # noqa: N801 - historical name
    """Transports of HTTP channels."""

    PLAIN_HTTP = "plain_http"
    SOAP = "soap"


class PARAMS_PRIORITY:  # noqa: N801 - historical name
    """Whether URL parameters or the body win."""

    CHANNEL_PARAMS_OVER_MSG = "channel-params-over-msg"
    MSG_OVER_CHANNEL_PARAMS = "msg-over-channel-params"
    DEFAULT = CHANNEL_PARAMS_OVER_MSG


class URL_PARAMS_PRIORITY:  # noqa: N801 - historical name
    """Whether the query string or the path wins."""

    PATH_OVER_QS = "path-over-qs"
    QS_OVER_PATH = "qs-over-path"
    DEFAULT = QS_OVER_PATH


class SEC_DEF_TYPE:  # noqa: N801 - historical name
    """Kinds of security definitions; values of `self.channel.security.type`."""

    APIKEY = "apikey"
    AWS = "aws"
    BASIC_AUTH = "basic_auth"
    JWT = "jwt"
    NTLM = "ntlm"
    OAUTH = "oauth"
    TLS_CHANNEL_SEC = "tls_channel_sec"
    TLS_KEY_CERT = "tls_key_cert"
    WSS = "wss"
    XPATH_SEC = "xpath_sec"


class ADAPTER_PARAMS:  # noqa: N801 - historical name
    """When an adapter's own parameters are merged with those of a request."""

    APPLY_AFTER_REQUEST = "apply-after-request"
    APPLY_BEFORE_REQUEST = "apply-before-request"


class WEB_SOCKET:  # noqa: N801 - historical name
    """Events of WebSocket connections."""

    class OUT_MSG_TYPE:  # noqa: N801 - historical name
        """What an outgoing connection reports to its service."""

        CLOSE = "close"
        CONNECT = "connect"
        MESSAGE = "message"

    class HOOK_TYPE:  # noqa: N801 - historical name
        """What a channel's hook service is called for."""

        ON_CONNECTED = "wsx_on_connected"
        ON_DISCONNECTED = "wsx_on_disconnected"
        ON_PUBSUB_RESPONSE = "wsx_on_pubsub_response"
        ON_VAULT_MOUNT_POINT_NEEDED = "wsx_on_vault_mount_point_needed"


class PUBSUB:
    """Hooks of publish/subscribe."""

    class HOOK_TYPE:  # noqa: N801 - historical name
        """What a topic's hook service is called for."""

        BEFORE_DELIVERY = "pubsub_before_delivery"
        BEFORE_PUBLISH = "pubsub_before_publish"
        ON_OUTGOING_SOAP_INVOKE = "pubsub_on_topic_outgoing_soap_invoke"
        ON_SUBSCRIBED = "pubsub_on_subscribed"
        ON_UNSUBSCRIBED = "pubsub_on_unsubscribed"

    class HOOK_ACTION:  # noqa: N801 - historical name
        """What a hook service decides."""

        DELETE = "delete"
        DELIVER = "deliver"
        SKIP = "skip"
