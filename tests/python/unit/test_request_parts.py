"""Attributes of `self.request` that are asked for rarely."""

from __future__ import annotations

from typing import Any

import pytest

from zato.common._missing import MissingFeature
from zato.server.service import Service
from zato.server.service._request_parts import find_request_part

FACTS: dict[str, Any] = {"service": Service, "body_wins": False}


@pytest.mark.compat("3.2-amqp", "3.2-ibm-mq", "3.2-hl7", "3.2-soap")
@pytest.mark.parametrize(
    ("name", "needs"), [("amqp", "AMQP"), ("ibm_mq", "IBM MQ"), ("wmq", "IBM MQ"), ("hl7", "HL7"), ("soap", "SOAP")]
)
def test_what_is_missing_names_the_channels_that_would_fill_it_in(name: str, needs: str) -> None:
    part = find_request_part(name, FACTS)
    with pytest.raises(MissingFeature, match=rf"`self\.request\.{name}\.msg` needs {needs} channels"):
        _ = part.msg


@pytest.mark.compat("3.2-logger", "3.2-message-headers", "3.2-params-priority")
def test_what_is_there_for_single_versions() -> None:
    assert find_request_part("logger", FACTS).name == Service.logger.name
    assert find_request_part("headers", FACTS) == {}
    assert find_request_part("is_xml", FACTS) is False
    assert find_request_part("params_priority", FACTS) == "channel-params-over-msg"
    assert find_request_part("params_priority", FACTS | {"body_wins": True}) == "msg-over-channel-params"


@pytest.mark.compat("3.2-service")
def test_what_is_not_there_is_named() -> None:
    with pytest.raises(AttributeError, match=r"`self\.request` has no attribute `other`$"):
        find_request_part("other", FACTS)
    with pytest.raises(AttributeError, match="the service itself is `self`"):
        find_request_part("service", FACTS)
