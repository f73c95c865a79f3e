"""Signed and sealed values, one key per purpose, derived from SECRET_KEY by HKDF (RFC 5869)."""

import base64
import hashlib
import hmac
import json
import os
import time
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

NONCE_BYTES = 12  # AES-GCM, NIST SP 800-38D


@lru_cache(maxsize=32)
def _key(secret: str, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"chatsite.{purpose}".encode()).derive(secret.encode())


def _keys(purpose: str) -> list[bytes]:
    return [_key(secret, purpose) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def hash_token(token: str) -> bytes:
    """Return what is stored of a random token: its SHA-256. Enough for 256 random bits; not for passwords."""
    return hashlib.sha256(token.encode()).digest()


def sign(purpose: str, values: dict[str, Any], *, lives_s: int) -> str:
    """Return `values` as a signed text that `verify` accepts for `lives_s` seconds. Readable by whoever holds it."""
    body = json.dumps({**values, "exp": int(time.time()) + lives_s}, separators=(",", ":")).encode()
    mac = hmac.digest(_keys(purpose)[0], body, "sha256")
    return f"{_b64(body)}.{_b64(mac)}"


def verify(purpose: str, text: str) -> dict[str, Any] | None:
    """Return the signed values, or None when the signature is wrong or the time is over."""
    try:
        body_text, _, mac_text = text.partition(".")
        body, mac = _unb64(body_text), _unb64(mac_text)
    except ValueError:
        return None
    if not any(hmac.compare_digest(mac, hmac.digest(key, body, "sha256")) for key in _keys(purpose)):
        return None
    values: dict[str, Any] = json.loads(body)
    return values if values["exp"] > time.time() else None


def seal(purpose: str, text: str, *, bound_to: str) -> str:
    """Return `text` encrypted and bound to `bound_to`: useless to whoever holds it without our key."""
    nonce = os.urandom(NONCE_BYTES)
    return _b64(nonce + AESGCM(_keys(purpose)[0]).encrypt(nonce, text.encode(), bound_to.encode()))


def unseal(purpose: str, sealed: str, *, bound_to: str) -> str | None:
    """Return the sealed text, or None when it is not ours or bound to something else."""
    try:
        data = _unb64(sealed)
    except ValueError:
        return None
    for key in _keys(purpose):
        try:
            return AESGCM(key).decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], bound_to.encode()).decode()
        except (InvalidTag, ValueError):
            continue
    return None
