"""Visitors' names and tokens, and what a browser says of itself."""

import hashlib
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from ua_parser import parse

SESSION_IDLE_H = 24  # an unused visitor token ends after this

COLORS = (  # noqa: SIM905 (as a list these are sixty lines)
    "Amber Azure Coral Copper Crimson Golden Green Indigo Ivory Jade Lilac Mint Ochre Olive Pearl Plum Rose Ruby"
    " Russet Saffron Sage Scarlet Silver Slate Teal Topaz Umber Velvet Violet White Willow Yellow"
).split()
ANIMALS = (  # noqa: SIM905
    "Badger Beaver Bison Crane Dolphin Falcon Finch Fox Gazelle Hare Heron Ibis Jay Kestrel Lark Lynx Marten Moose"
    " Newt Otter Owl Panda Plover Quail Raven Robin Seal Sparrow Stork Swan Tern Wren"
).split()


def name_visitor(public_id: str) -> str:
    """Return the handle of a visitor who gave no name: easy to tell apart, the same everywhere."""
    digest = hashlib.sha256(public_id.encode()).digest()
    return f"{COLORS[digest[0] % len(COLORS)]} {ANIMALS[digest[1] % len(ANIMALS)]}"


@dataclass(frozen=True)
class BrowserFacts:
    browser: str
    system: str


def read_user_agent(user_agent: str) -> BrowserFacts:
    """Return browser and system in words, empty where unknown. No version beyond the main one: nobody needs it."""
    result = parse(user_agent[:500])
    browser, system = result.user_agent, result.os
    return BrowserFacts(
        browser=" ".join(part for part in (browser.family, browser.major) if part)[:60] if browser else "",
        system=" ".join(part for part in (system.family, system.major) if part)[:60] if system else "",
    )


def cut_address(url: str) -> str:
    """Return a page's address without query, fragment and credentials; empty unless http or https.

    The loader cuts it in the browser already; this holds for whoever writes frames by hand.
    """
    try:
        parts = urlsplit("".join(filter(str.isprintable, url.strip())))
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not host:
        return ""
    return urlunsplit((parts.scheme, (f"[{host}]" if ":" in host else host) + port, parts.path, "", ""))[:2048]
