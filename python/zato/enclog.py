"""Encrypted log files under their import path of 2.0 to 3.1 (reference service-api 1.3)."""

from typing import Any

from zato.common._missing import Missing, missing_object

__all__ = ["EncryptedLogFormatter", "genkey"]


class EncryptedLogFormatter(Missing, needs="encrypted logs"):
    """Not available: needs encrypted logs."""


genkey: Any = missing_object("genkey", "encrypted logs")
