"""The demo's customer: a little shop on another site than ours, with the script tag in its pages.

`python -m chatsite.demo_shop --port 8002 --chatsite-origin http://localhost:8000 --site-key site_…`. Stands for a page
that is none of ours, so it knows nothing of Django.
"""

import argparse
import html
import http.server
from pathlib import Path
from urllib.parse import urlsplit

FOLDER = Path(__file__).resolve().parent.parent / "templates" / "demo_shop"
PAGES = {"/": "index.html", "/lamps": "lamps.html", "/order": "order.html"}
FILES = {"/shop.css": "text/css; charset=utf-8"}


def make_handler(*, chatsite_origin: str, site_key: str) -> type[http.server.BaseHTTPRequestHandler]:
    """Return a handler that serves the shop's pages with the site's script tag."""
    tag = f'<script async src="{html.escape(chatsite_origin)}/widget.js" data-site="{html.escape(site_key)}"></script>'

    class Shop(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path in PAGES:
                body = (FOLDER / PAGES[path]).read_text().replace("{{ chatsite }}", tag).encode()
                self.answer(200, "text/html; charset=utf-8", body)
            elif path in FILES:
                self.answer(200, FILES[path], (FOLDER / path.strip("/")).read_bytes())
            elif path == "/favicon.ico":
                self.answer(204, "image/x-icon", b"")
            else:
                self.answer(404, "text/plain; charset=utf-8", b"The shop has no such page.\n")

        def answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            if status != 204:
                self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *values: object) -> None:
            """Say nothing for each request."""

    return Shop


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--chatsite-origin", required=True)
    parser.add_argument("--site-key", required=True)
    options = parser.parse_args()
    handler = make_handler(chatsite_origin=options.chatsite_origin, site_key=options.site_key)
    http.server.ThreadingHTTPServer((options.host, options.port), handler).serve_forever()


if __name__ == "__main__":
    main()
