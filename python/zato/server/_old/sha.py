"""`sha` of Python 2."""

from hashlib import sha1 as sha

__all__ = ["new", "sha"]

new = sha
