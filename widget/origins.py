"""Which pages may show a site's widget. Closed by default."""

import ipaddress
import re
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from chatsite.kit.errors import Refused

THIS_COMPUTER = {"localhost", "127.0.0.1"}  # for trying things out: plain http, any port
LABEL = re.compile(r"^(?!-)[a-z0-9-]{1,63}(?<!-)$")
# Suffixes under which strangers get names of their own: a wildcard there would let anybody in.
SHARED_SUFFIXES = {"github.io", "gitlab.io", "netlify.app", "vercel.app", "pages.dev", "workers.dev", "web.app",
                   "herokuapp.com", "azurewebsites.net", "cloudfront.net", "amazonaws.com", "blogspot.com",
                   "wordpress.com", "co.uk", "com.au", "co.jp", "com.br"}  # fmt: skip


class BadDomain(Refused):
    code = "bad_domain"


def clean_domain(text: str) -> str:
    """Return an allowed domain in its one form: `shop.example.com` or `*.example.com`, IDNA-encoded, without scheme.

    Raises BadDomain with a sentence that says what is wrong.
    """
    given = text.strip().lower()
    host = urlsplit(given if "//" in given else f"//{given}")
    try:
        name, port = host.hostname or "", host.port
    except ValueError:
        name, port = "", None
    wildcard = name.startswith("*.")
    bare = name[2:] if wildcard else name
    try:
        bare = bare.encode("idna").decode("ascii")
    except UnicodeError:
        bare = ""
    if bare in THIS_COMPUTER and not wildcard:
        return f"{bare}:{port}" if port else bare
    if port:
        raise BadDomain(_("“%(domain)s” names a port; a domain is enough.") % {"domain": text.strip()})
    labels = bare.split(".")
    try:
        ipaddress.ip_address(bare)
        is_address = True
    except ValueError:
        is_address = False
    if is_address or len(labels) < 2 or not all(LABEL.match(label) for label in labels):
        raise BadDomain(_("“%(domain)s” is not a domain. Write it like shop.example.com.") % {"domain": text.strip()})
    if wildcard and bare in SHARED_SUFFIXES:
        raise BadDomain(
            _("Under %(suffix)s strangers have sites of their own: name yours instead of *.%(suffix)s.")
            % {"suffix": bare}
        )
    return f"*.{bare}" if wildcard else bare


def _sources(domain: str) -> list[str]:
    """Return a domain as sources of Content-Security-Policy: https; for this computer, plain http on any port."""
    name = domain.split(":")[0]
    if name in THIS_COMPUTER:
        return [f"http://{domain}" if ":" in domain else f"http://{name}:*"]
    return [f"https://{domain}"]


def frame_ancestors(domains: list[str]) -> list[str]:
    """Return who may show the frame: the allowed domains and, for the preview, our own settings pages."""
    return ["'self'", *(source for domain in domains for source in _sources(domain))]


def allows_origin(domains: list[str], origin: str) -> bool:
    """Return whether a page of `origin` is on the list. A hint only: the browser's fence is frame_ancestors."""
    try:
        parts = urlsplit(origin)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    return any(_matches(domain, scheme=parts.scheme, host=host, port=port) for domain in domains)


def _matches(domain: str, *, scheme: str, host: str, port: int | None) -> bool:
    name, _, wanted_port = domain.partition(":")
    if name in THIS_COMPUTER:
        return host == name and scheme == "http" and (not wanted_port or str(port) == wanted_port)
    if scheme != "https" or port is not None:
        return False
    return host == name or (name.startswith("*.") and host.endswith(name[1:]))
