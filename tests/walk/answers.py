"""Two answers are alike when nothing in them tells whether an identifier exists."""

import json
import re
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from tests.walk.world import Ids
from widget.identity import ANIMALS, COLORS

# What is random or a time by right, and so differs between any two answers.
VARIES = [
    (re.compile(r"\b(acc|per|mem|site|vis|chat|evt|sid)_[0-9A-Za-z]{22}\b"), "<id>"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)"), "<time>"),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "<uuid>"),
    (re.compile(rf"\b({'|'.join(COLORS)}) ({'|'.join(ANIMALS)})\b"), "<name>"),
    (re.compile(r"[0-9A-Za-z_-]{40,}"), "<secret>"),
    (re.compile(r"(id(?:=|%3D|%253D))\d+"), r"\1<key>"),
]
SKIPPED_HEADERS = {"content-length", "expires", "etag", "set-cookie"}


def without_echo(text: str, sent: Ids) -> str:
    """Return the text without what was sent: an answer may repeat it, also in an address within an address."""
    for spelling in _spellings(sent):
        text = text.replace(spelling, "<sent>")
    return text


@lru_cache(maxsize=64)
def _spellings(sent: Ids) -> list[str]:
    found = {spelling for value in sent.texts() for spelling in (value, quote(value), quote(quote(value)))}
    return sorted(found, key=len, reverse=True)


def mask(text: str, sent: Ids) -> str:
    """Return the text without what was sent and without what varies by right."""
    text = without_echo(text, sent)
    for pattern, word in VARIES:
        text = pattern.sub(word, text)
    return text


def mask_response(response: Any, sent: Ids) -> tuple[int, list[tuple[str, str]], str]:
    """Return status, headers and body of an HTTP answer, masked."""
    headers = sorted(
        (name.lower(), mask(value, sent))
        for name, value in response.headers.items()
        if name.lower() not in SKIPPED_HEADERS
    )
    return response.status_code, headers, mask(read_body(response), sent)


def mask_frames(frames: list[dict[str, Any]], sent: Ids) -> list[str]:
    return [mask(json.dumps(frame, sort_keys=True, ensure_ascii=False), sent) for frame in frames]


def read_body(response: Any) -> str:
    body: bytes = b"".join(response.streaming_content) if response.streaming else response.content
    return body.decode()


def read_all(response: Any) -> str:
    """Return everything that reaches the browser: headers, cookies, body."""
    return "\n".join([*(f"{name}: {value}" for name, value in response.headers.items()), str(response.cookies),
                      read_body(response)])  # fmt: skip
