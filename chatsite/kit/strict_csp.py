"""The stricter policy of pages that show what strangers wrote: console and chat window."""

from django.http import HttpResponseBase


def make_strict(response: HttpResponseBase, *, frame_ancestors: list[str] | None = None) -> None:
    """Add Trusted Types (no string ever becomes markup or script) and, for the chat window, who may frame it."""
    policy = {"require-trusted-types-for": ["'script'"], "trusted-types": ["'none'"]}
    if frame_ancestors is not None:
        policy |= {"frame-ancestors": frame_ancestors, "form-action": ["'none'"], "frame-src": ["'none'"]}
    response._csp_replace = policy  # type: ignore[attr-defined]  # read by csp.middleware
