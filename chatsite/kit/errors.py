"""The one base of errors that people may see: a stable code, a sentence, a status.

Raised in rules; turned into an answer in one place per door (`accounts/doors.py` for pages and JSON,
`chats/consumers/base.py` for sockets).
"""


class Refused(Exception):
    """Something was asked that will not be done. `code` is stable and documented, `text` is for people."""

    code = "refused"
    status = 400
    text = "This could not be done."

    def __init__(self, text: str | None = None, *, code: str | None = None, retry_ms: int | None = None) -> None:
        self.text = text or self.text
        self.code = code or self.code
        self.retry_ms = retry_ms
        super().__init__(self.text)


class NotFound(Refused):
    """Absent and foreign look the same."""

    code = "not_found"
    status = 404
    text = "There is nothing here by that name."


class NotPermitted(Refused):
    code = "not_permitted"
    status = 403
    text = "Your role may not do that."


class SignedOut(Refused):
    code = "signed_out"
    status = 401
    text = "Please sign in again. Nothing you wrote is lost."


class RateLimited(Refused):
    code = "rate_limited"
    status = 429
    text = "That was a lot in a short time. Please try again in a moment."
