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


    @staticmethod
    def generate_bytes(bits: int = 256) -> bytes:
        """Makes random bytes (4.1)."""
        return secrets.token_bytes(_length(bits))

    @staticmethod
    def generate_hex_string(bits: int = 256) -> str:
        """Makes random hexadecimal digits (4.1)."""
        return secrets.token_hex(_length(bits))

    @staticmethod
    def hash_secret(data: str | bytes, name: str = "zato.default") -> str:
        """Hashes a secret with PBKDF2-SHA512 and a random salt; earlier versions verify such hashes.

        Other threads go on running meanwhile.

        Args:
            data: The secret.
            name: Name of the hash scheme; `zato.default` is the only one.

        Raises:
            ValueError: If there is no such scheme.
        """
        _check_scheme(name)
        return _core.hash_secret(_text(data))

    @staticmethod
    def verify_hash(given: str | bytes, expected: str | bytes, name: str = "zato.default") -> bool:
        """Says whether a secret is what a hash was made of, in constant time; hashes of 3.0-3.2 are understood.

        Args:
            given: The secret.
            expected: The hash.
            name: Name of the hash scheme; `zato.default` is the only one.

        Raises:
            ValueError: If there is no such scheme.
        """
        _check_scheme(name)
        return _core.verify_hash(_text(given), _text(expected))


def _check_scheme(name: str) -> None:
    if name != "zato.default":
        raise ValueError(f"there is no hash scheme `{name}`; use `zato.default`")


def _length(bits: int) -> int:
    return (bits + 7) // 8


def _random(bits: int, is_text: bool) -> Any:
    import base64

    text = base64.urlsafe_b64encode(secrets.token_bytes(_length(bits)))
    return text.decode("ascii") if is_text else text


def _text(data: str | bytes) -> str:
    return data.decode("utf-8") if isinstance(data, bytes) else data
