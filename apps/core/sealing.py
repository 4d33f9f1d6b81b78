"""Encrypt what the database keeps and nobody may read there.

The keys are those of SYNANNO_SECRETS_KEYS: the first seals, each of them opens, so that a key can
be replaced while the old one is still known.
"""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class WrongKeyError(Exception):
    """What was sealed was sealed with another key, or changed since."""


def seal(text: str) -> bytes:
    """The text encrypted, with a stamp that shows every change."""
    return _cipher(settings.SECRETS_KEYS()).encrypt(text.encode())


def unseal(sealed: bytes) -> str:
    """The text that was sealed. Raises WrongKeyError."""
    try:
        return _cipher(settings.SECRETS_KEYS()).decrypt(sealed).decode()
    except InvalidToken:
        raise WrongKeyError from None


def seal_again(sealed: bytes) -> bytes:
    """The same text under the first key. Raises WrongKeyError."""
    try:
        return _cipher(settings.SECRETS_KEYS()).rotate(sealed)
    except InvalidToken:
        raise WrongKeyError from None


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(key: str) -> bytes:
    """Keys are long and random, so this need not be slow; it makes any text 32 bytes."""
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"synanno secrets")
    return base64.urlsafe_b64encode(derive.derive(key.encode()))
