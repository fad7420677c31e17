"""`md5` of Python 2."""

from hashlib import md5

__all__ = ["md5", "new"]

new = md5
