"""Log lines without personal data: in JSON only the fields in FIELDS are ever written.

* Our own messages are written for the log: they name kinds, codes and classes of errors.
* Of other packages' messages only the template is kept, since their arguments may be what somebody typed; of one
  without arguments, which may have been put together before, the words up to the first value.
* Of an exception its class and place are kept: its words may quote a row.
* What still looks like an address, a query or a token is blotted out.
"""

import json
import logging
import re
import secrets
import traceback
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

# `account` is a public id; `error` the classes of an exception and its causes; `at` where it came about.
FIELDS = ("time", "level", "logger", "event", "request_id", "account", "code", "duration_ms", "error", "at")
EXTRA = ("account", "code", "duration_ms")  # what `log.info(…, extra={…})` may add
OURS = ("accounts", "billing", "chats", "chatsite", "privacy", "widget")
EVENT_MAX_CHARS = 300  # a line is read by people
PLACES_MAX = 8  # frames of a traceback, the innermost last
CAUSES_MAX = 3
BLOT = "[…]"

# Identifiers of ours (chat_ and 22 characters) stay under the length of a token.
_PERSONAL = re.compile(
    r"[^\s@<>\"'(),;:=]+@[\w-]+(\.[\w-]+)+"  # e-mail
    r"|\b\d{1,3}(\.\d{1,3}){3}\b"  # IPv4
    r"|(?<![\w:])[0-9a-fA-F]{0,4}(:[0-9a-fA-F]{0,4}){2,7}(?![\w:])"  # IPv6
    r"|\?[^\s\"'?]+"  # query string
    r"|[\w-]{32,}"  # token
)
_VALUE = re.compile(r"[:=(\[{<'\"]")  # where values begin in a message that was put together
_REQUEST_ID = re.compile(rb"[0-9a-f]{32}")


def begin_request(headers: Iterable[tuple[bytes, bytes]], *, behind_proxy: bool) -> str:
    """Give the request under way an id, for all lines of its context: the proxy's own, or a new one."""
    structlog.contextvars.clear_contextvars()
    request_id = secrets.token_hex(16)
    if behind_proxy:
        for name, value in headers:
            if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
                request_id = value.decode()
    structlog.contextvars.bind_contextvars(request_id=request_id)
    return request_id


def name_account(public_id: str) -> None:
    """Name the account in all further lines of this request."""
    structlog.contextvars.bind_contextvars(account=public_id)


def build_logging(*, form: str) -> dict[str, Any]:
    """Return Django's LOGGING: JSON lines, or (form "lines") lines for people with whole tracebacks."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"ours": {"()": "chatsite.kit.logs.build_formatter", "form": form}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "ours"}},
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {
            **{name: {"level": "INFO"} for name in OURS},
            "django.request": {"level": "ERROR"},
            "django.security.DisallowedHost": {"level": "CRITICAL"},  # every scanner would write one
            "celery.app.trace": {"level": "CRITICAL"},  # quotes exceptions; chatsite/celery.py says it without
        },
    }


def build_formatter(*, form: str) -> logging.Formatter:
    """Return the formatter of one form; any but "lines" is JSON."""
    rest: list[Processor] = [_keep_traceback, _write_line] if form == "lines" else [_keep_allowed, _write_json]
    return structlog.stdlib.ProcessorFormatter(
        # Everything logs by the standard library, so every record is "foreign" here.
        pass_foreign_args=True,
        foreign_pre_chain=[structlog.contextvars.merge_contextvars, structlog.stdlib.ExtraAdder(allow=EXTRA)],
        processors=[_describe_record, _describe_error, *rest],
    )


def blot(text: str) -> str:
    """Return the text's first line, cut, without what looks like an address, a query or a token."""
    return _PERSONAL.sub(BLOT, text.partition("\n")[0])[:EVENT_MAX_CHARS]


def _describe_record(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    record: logging.LogRecord = event["_record"]
    event["time"] = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    event["level"] = record.levelname.lower()
    event["logger"] = record.name
    return event


def _describe_error(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    error = (event.get("exc_info") or (None, None, None))[1]
    if error is None:
        return event
    event["at"] = [
        f"{frame.f_globals.get('__name__', '?')}:{line} {frame.f_code.co_name}"
        for frame, line in traceback.walk_tb(error.__traceback__)
    ][-PLACES_MAX:]
    names: list[str] = []
    while error is not None and len(names) < CAUSES_MAX:
        names.append(type(error).__name__)
        error = error.__cause__
    event["error"] = " from ".join(names)
    return event


def _keep_allowed(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    record: logging.LogRecord = event["_record"]
    if record.name.partition(".")[0] not in OURS:
        event["event"] = str(record.msg) if event["positional_args"] else _VALUE.split(str(record.msg), 1)[0].rstrip()
    event["event"] = blot(event["event"])
    return {field: event[field] for field in FIELDS if field in event}


def _keep_traceback(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    kept = {field: event[field] for field in FIELDS if field in event and field not in ("error", "at")}
    if event.get("exc_info"):
        kept["traceback"] = "".join(traceback.format_exception(*event["exc_info"])).rstrip()
    return kept


def _write_json(logger: WrappedLogger, name: str, event: Mapping[str, Any]) -> str:
    return json.dumps(event, ensure_ascii=False)


def _write_line(logger: WrappedLogger, name: str, event: Mapping[str, Any]) -> str:
    head = f"{event['time']} {event['level'].upper()} {event['logger']} {event['event']}"
    more = "".join(f" {field}={event[field]}" for field in (*EXTRA, "request_id") if field in event)
    return head + more + ("\n" + event["traceback"] if "traceback" in event else "")
