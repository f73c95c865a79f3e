"""Looks over the shoulder of every page: what a browser complains about, or should not have sent, fails the test."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, WebError, WebSocket

# The browser reports most violations in the console by itself; this also names those that it only counts.
TELL_VIOLATIONS = """
addEventListener("securitypolicyviolation", ({effectiveDirective, blockedURI, sample, sourceFile, lineNumber}) =>
  console.error(`Policy violated: ${effectiveDirective} by ${blockedURI} ${sample} at ${sourceFile}:${lineNumber}`));
"""


@dataclass
class Sent:
    """What a browser gave away: a request, or a text on a socket."""

    method: str  # of HTTP, or WS
    url: str
    body: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def everything(self) -> str:
        return "\n".join([self.url, self.body, *(f"{name}: {value}" for name, value in self.headers.items())])


class Watch:
    def __init__(self, ours: str) -> None:
        """`ours`: Chatsite's origin; `allow` adds those of the customers' pages."""
        self.ours = ours
        self.problems: list[str] = []
        self.sent: list[Sent] = []
        self.responses: list[Response] = []
        self._origins = {ours, ours.replace("http", "ws", 1)}
        self._forgiven: list[re.Pattern[str]] = []

    def allow(self, origin: str) -> None:
        self._origins.add(origin)

    def forgive(self, pattern: str) -> None:
        """A complaint that the test provokes."""
        self._forgiven.append(re.compile(pattern))

    def over(self, context: BrowserContext) -> None:
        context.add_init_script(TELL_VIOLATIONS)
        context.on("console", self._heard)
        context.on("weberror", self._failed)
        context.on("request", self._asked)
        context.on("response", self._answered)
        context.on("page", self._opened)

    def to_us(self) -> list[Sent]:
        """What was sent to Chatsite's own origin, over HTTP or a socket, in order."""
        return [one for one in self.sent if one.url.startswith((self.ours, self.ours.replace("http", "ws", 1)))]

    def unforgiven(self) -> list[str]:
        return [one for one in self.problems if not any(pattern.search(one) for pattern in self._forgiven)]

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning", "assert"}:
            self.problems.append(f"console.{message.type}: {message.text} ({message.location['url']})")

    def _failed(self, error: WebError) -> None:
        self.problems.append(f"uncaught: {error.error.message}\n{error.error.stack}")

    def _asked(self, request: Request) -> None:
        # Binary bodies are not ours; they would be shown as they are.
        body = (request.post_data_buffer or b"").decode(errors="replace")
        self.sent.append(Sent(request.method, request.url, body, request.headers))
        self._look_at(request.url)

    def _answered(self, response: Response) -> None:
        self.responses.append(response)
        if response.status >= 500:
            self.problems.append(f"HTTP {response.status}: {response.url}")

    def _opened(self, page: Page) -> None:
        page.on("websocket", self._connected)

    def _connected(self, line: WebSocket) -> None:
        self._look_at(line.url)
        self.sent.append(Sent("WS", line.url, ""))
        line.on("framesent", lambda text: self.sent.append(Sent("WS", line.url, str(text))))

    def _look_at(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"data", "blob", "about", "chrome-error"}:
            return
        if f"{parts.scheme}://{parts.netloc}" not in self._origins:
            self.problems.append(f"a request to somebody else: {url}")
