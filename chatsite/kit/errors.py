"""The one base of errors that people may see: a stable code, a sentence, a status.

Raised in rules; turned into an answer in one place per door (`accounts/middleware.py` for pages and JSON,
`chats/consumers/base.py` for sockets). Texts are English here and marked for translation: a page shows them in its
reader's language, the browser has its own for the codes of sockets.
"""

from django.utils.translation import gettext_noop as _


class Refused(Exception):
    """Something was asked that will not be done. `code` is stable and documented, `text` is for people."""

    code = "refused"
    status = 400
    text = _("This could not be done.")

    def __init__(self, text: str | None = None, *, code: str | None = None, retry_ms: int | None = None) -> None:
        self.text = text or self.text
        self.code = code or self.code
        self.retry_ms = retry_ms
        super().__init__(self.text)


class NotFound(Refused):
    """Absent and foreign look the same."""

    code = "not_found"
    status = 404
    text = _("There is nothing here by that name.")


class NotPermitted(Refused):
    code = "not_permitted"
    status = 403
    text = _("Your role may not do that.")


class SignedOut(Refused):
    code = "signed_out"
    status = 401
    text = _("Please sign in again. Nothing you wrote is lost.")


class RateLimited(Refused):
    code = "rate_limited"
    status = 429
    text = _("That was a lot in a short time. Please try again in a moment.")
