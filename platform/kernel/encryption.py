"""Texts that only we can read: encrypted with keys made from SECRET_KEY, one for each purpose.

What an older key of SECRET_KEY_FALLBACKS wrote can still be read; what is written anew bears the present one.
"""

import base64
from datetime import timedelta
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

__all__ = ["InvalidToken", "decrypt", "encrypt"]


def encrypt(text: str, *, purpose: str) -> str:
    """Return ``text`` as letters that fit into an address; ``purpose`` keeps keys apart."""
    return _keys(purpose).encrypt(text.encode()).decode()


def decrypt(token: str, *, purpose: str, longest: timedelta | None = None) -> str:
    """Return what was encrypted for ``purpose``.

    Raises InvalidToken for anything else, and for what is older than ``longest``.
    """
    seconds = int(longest.total_seconds()) if longest else None
    return _keys(purpose).decrypt(token.encode(), ttl=seconds).decode()


def _keys(purpose: str) -> MultiFernet:
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([_key(str(secret), purpose) for secret in secrets])


def _key(secret: str, purpose: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(sha256(f"{purpose}:{secret}".encode()).digest()))
