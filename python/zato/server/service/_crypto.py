"""`self.crypto`: secrets of services (reference service-api 3.6)."""

from __future__ import annotations

import secrets
from typing import Any

from zato import _core

__all__ = ["Crypto"]


class Crypto:
    """Encryption with the secret key of the server, and random secrets (3.0 and later)."""

    __slots__ = ()

    def encrypt(self, data: str | bytes, needs_str: bool = False) -> Any:
        """Encrypts text as a Fernet token; bytes unless `needs_str` is true.

        Raises:
            RuntimeError: If the server has no secret key.
        """
        token = _core.fernet_encrypt(_text(data))
        return token if needs_str else token.encode("ascii")

    def decrypt(self, data: str | bytes) -> str:
        """Decrypts what `encrypt` made, or a secret of `self.request.input`; other text is given back as it is (4.1).

        Raises:
            ValueError: If it was encrypted with another key, or changed.
            RuntimeError: If the server has no secret key.
        """
        text = _text(data)
        return _core.decrypt(text) if _core.is_encrypted(text) else text

    @staticmethod
    def generate_secret(bits: int = 256, as_str: bool = False) -> Any:
        """Makes a random secret in URL-safe Base64; bytes unless `as_str` is true."""
        return _random(bits, as_str)

    @staticmethod
    def generate_password(bits: int = 192, to_str: bool = False) -> Any:
        """Makes a random password in URL-safe Base64; bytes unless `to_str` is true."""
        return _random(bits, to_str)


def _random(bits: int, is_text: bool) -> Any:
    import base64

    text = base64.urlsafe_b64encode(secrets.token_bytes((bits + 7) // 8))
    return text.decode("ascii") if is_text else text


def _text(data: str | bytes) -> str:
    return data.decode("utf-8") if isinstance(data, bytes) else data
