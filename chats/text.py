"""What a message may hold: text stays text, is stored as it was typed but for what cannot be shown safely."""

import unicodedata
import uuid

from chats.protocol import TEXT_MAX_CHARS
from chatsite.kit.errors import Refused

MARKS_MAX = 8  # combining marks on one character; more paints over the neighbouring lines
INVISIBLE = {"Cc", "Cf", "Zs", "Zl", "Zp", "Mn", "Me", "Cn", "Co", "Cs"}


class EmptyText(Refused):
    code = "empty_text"
    text = "There is nothing to read in this message."


class TextTooLong(Refused):
    code = "text_too_long"
    text = "This message is over 8,000 characters. Please send it in parts."


class BadCmid(Refused):
    code = "bad_cmid"
    text = "The message carries no proper number. Please reload the page."


def clean_text(text: str) -> str:
    """Return the text as it is stored: NFC, no control characters but line break and tab, few marks, no blank ends.

    Raises EmptyText where nothing visible is left, TextTooLong beyond TEXT_MAX_CHARS.
    """
    if len(text) > TEXT_MAX_CHARS:
        raise TextTooLong
    if text.isascii() and text.isprintable() and (cleaned := text.strip()):
        return cleaned  # most messages: nothing to look for
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    kept: list[str] = []
    marks = 0
    visible = False
    for character in text:
        if character < "\x80":
            if (character >= " " and character != "\x7f") or character in "\n\t":
                marks = 0
                kept.append(character)
                visible = visible or character > " "
            continue
        category = unicodedata.category(character)
        if category in {"Cc", "Cs", "Cn"}:
            continue
        if category in {"Mn", "Me"}:
            marks += 1
            if marks > MARKS_MAX:
                continue
        else:
            marks = 0
        kept.append(character)
        visible = visible or category not in INVISIBLE
    if not visible:
        raise EmptyText
    cleaned = "".join(kept).strip()
    if len(cleaned) > TEXT_MAX_CHARS:  # NFC can lengthen a text
        raise TextTooLong
    return cleaned


def check_cmid(cmid: str) -> str:
    """Return the cmid in its one spelling. Raises BadCmid."""
    try:
        return str(uuid.UUID(cmid))
    except ValueError:
        raise BadCmid from None
