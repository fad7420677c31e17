"""Encrypted log files under their import path of 2.0 to 3.1 (reference service-api 1.3)."""

from zato.common._missing import missing_class, missing_object

__all__ = ["EncryptedLogFormatter", "genkey"]

EncryptedLogFormatter = missing_class("EncryptedLogFormatter", "encrypted logs", __name__)
genkey = missing_object("genkey", "encrypted logs")
