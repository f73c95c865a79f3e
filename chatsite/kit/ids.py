"""Public identifiers: random, never counted, safe in URLs and logs."""

import secrets

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LENGTH = 22  # 62^22 > 2^130


def new_id(prefix: str) -> str:
    """Return a new identifier such as `chat_5Zy…` with at least 128 random bits."""
    number = secrets.randbits(131)
    characters = []
    for _ in range(LENGTH):
        number, digit = divmod(number, 62)
        characters.append(ALPHABET[digit])
    return f"{prefix}_{''.join(characters)}"


def may_be_id(text: str) -> bool:
    """Return whether a text from outside could be an identifier; what could not is absent, without asking for it."""
    return text.isascii() and text.replace("_", "").isalnum()


def new_token() -> str:
    """Return a new secret of 256 bits, for the wire; only its SHA-256 is stored."""
    return secrets.token_urlsafe(32)
