"""JSON over HTTP: strictly typed bodies in, plain values out."""

from typing import TypeVar

import msgspec
from django.http import HttpRequest

from chatsite.kit.errors import Refused

B = TypeVar("B", bound=msgspec.Struct)
BODY_MAX_BYTES = 16 * 1024


class BadBody(Refused):
    code = "bad_body"
    text = "The request was not understood. Please reload the page."


def read_body(request: HttpRequest, form: type[B]) -> B:
    """Return the request's JSON body as `form`. Raises BadBody for anything else, unknown fields included."""
    if request.content_type != "application/json" or len(request.body) > BODY_MAX_BYTES:
        raise BadBody
    try:
        return msgspec.json.decode(request.body, type=form)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise BadBody from None
