#!/usr/bin/env python3
"""Make the icons of pages and scripts out of the npm package lucide-static.

    cd /tmp && npm pack lucide-static@1.62.0 && tar xzf lucide-static-*.tgz
    python static/icons/update.py /tmp/package

Writes `icons.js` (for html`…`: `icon("copy")`) and `templates/icons/*.svg` (for `{% include "icons/copy.svg" %}`).
Pages inline them, because an external `<use>` is fetched under `default-src` in some browsers, which our policy
closes. To add an icon: put its lucide name into NAMES and run this.
"""

from __future__ import annotations

import json
import shutil
import sys
from html import escape
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
TEMPLATES = HERE.parent.parent / "templates" / "icons"
VERSION = "1.62.0"

# our name (what it means) → lucide's name (what it shows)
NAMES = {
    "archive": "archive",
    "arrow-down": "arrow-down",
    "back": "arrow-left",
    "bell": "bell",
    "bell-off": "bell-off",
    "browser": "app-window",
    "chats": "messages-square",
    "check": "check",
    "check-all": "check-check",
    "chevron-down": "chevron-down",
    "clock": "clock",
    "close": "x",
    "code": "code",
    "columns": "columns-2",
    "command": "command",
    "copy": "copy",
    "done": "circle-check",
    "external": "external-link",
    "failed": "circle-alert",
    "globe": "globe",
    "inbox": "inbox",
    "info": "info",
    "keyboard": "keyboard",
    "language": "languages",
    "lock": "lock",
    "next": "chevron-right",
    "offline": "wifi-off",
    "panel": "panel-right",
    "plus": "plus",
    "retry": "refresh-cw",
    "search": "search",
    "send": "arrow-up",
    "sign-out": "log-out",
    "sites": "layout-template",
    "system": "monitor",
    "take": "hand",
    "team": "users",
    "user": "user",
    "warning": "triangle-alert",
    "waiting": "hourglass",
}
ONLY_PAGES = {"copy", "plus", "next", "sign-out"}  # not sent with the scripts, which have a budget
MIRRORED = {"back", "next", "sign-out", "external", "panel"}  # point the other way where text runs right to left


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    package = Path(arguments[0])
    version = json.loads((package / "package.json").read_text())["version"]
    if version != VERSION:
        print(f"lucide-static {VERSION} is wanted, this is {version}", file=sys.stderr)
        return 1
    nodes = json.loads((package / "icon-nodes.json").read_text())
    shutil.copyfile(package / "LICENSE", HERE / "LICENSE")
    (HERE / "icons.js").write_text(module_text(nodes))
    TEMPLATES.mkdir(parents=True, exist_ok=True)
    for name, source in NAMES.items():
        (TEMPLATES / f"{name}.svg").write_text(svg_text(name, nodes[source]))
    return 0


def module_text(nodes: dict[str, Any]) -> str:
    rows = "\n".join(f'  "{name}": {shape(nodes[source])},' for name, source in NAMES.items() if name not in ONLY_PAGES)
    mirrored = json.dumps(sorted(MIRRORED - ONLY_PAGES))
    return f"""// Made by update.py from lucide-static {VERSION} (ISC, parts MIT; see LICENSE here): do not edit.
import {{ h }} from "../vendor/ui.js";

/** @typedef {{keyof typeof SHAPES}} IconName */

/** Shapes of each icon on a 24 × 24 grid: [element, attributes]. */
const SHAPES = {{
{rows}
}};

const MIRRORED = {mirrored};

/**
 * An icon as a vnode. It is decoration: the words beside it, or the button's aria-label, carry the meaning.
 *
 * @param {{IconName}} name
 */
export function icon(name) {{
  const shapes = /** @type {{[string, Record<string, string>][]}} */ (SHAPES[name]);
  return h(
    "svg",
    {{ class: MIRRORED.includes(name) ? "icon icon-mirrored" : "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }},
    shapes.map(([element, attributes]) => h(element, attributes)),
  );
}}
"""


def shape(node: Any) -> str:
    return json.dumps([[element, {k: v for k, v in attributes.items() if k != "key"}] for element, attributes in node])


def svg_text(name: str, node: Any) -> str:
    css = "icon icon-mirrored" if name in MIRRORED else "icon"
    inner = "".join(
        f"<{element} " + " ".join(f'{k}="{escape(v)}"' for k, v in attributes.items() if k != "key") + "/>"
        for element, attributes in node
    )
    return f'<svg class="{css}" viewBox="0 0 24 24" aria-hidden="true">{inner}</svg>'


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
