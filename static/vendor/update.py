#!/usr/bin/env python3
"""Make `ui.js`, the one module that views import, out of the npm packages in node_modules.

    npm ci --ignore-scripts && python static/vendor/update.py           # write ui.js and the table in README.md
    python static/vendor/update.py --check                              # exit 1 where they differ (a test runs this)

Each package's own minified ES module is kept byte for byte inside a function of its own; only its `import` and
`export` lines become parameters and a returned object. Nothing is minified, reordered or patched here, so that
a reader can compare with the tarball. To renew: raise the exact version in package.json, `npm install
--ignore-scripts`, run this, read the changes, run the tests.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
PACKAGES = HERE.parent.parent / "node_modules"


class Source(NamedTuple):
    specifier: str  # what the others import it as
    package: str
    file: str
    local: str  # its name inside ui.js


# In order of need: each may import only those above it.
SOURCES = [
    Source("preact", "preact", "dist/preact.mjs", "preact"),
    Source("preact/hooks", "preact", "hooks/dist/hooks.mjs", "hooks"),
    Source("@preact/signals-core", "@preact/signals-core", "dist/signals-core.mjs", "core"),
    Source("@preact/signals", "@preact/signals", "dist/signals.mjs", "signals"),
    Source("htm", "htm", "dist/htm.mjs", "htm"),
]

# What views may use. Each name is also declared in ui.d.ts.
EXPORTS = {
    "preact": "Component Fragment createContext createRef h render",
    "hooks": "useCallback useEffect useId useLayoutEffect useMemo useRef useState",
    "core": "Signal batch computed effect signal untracked",
    "signals": "useComputed useSignal useSignalEffect",
}

HEAD = """\
// Made by update.py from npm packages: do not edit. Versions, licences and sums: README.md.
{licences}
"""

IMPORT = re.compile(r'import\{([^}]*)\}from"([^"]+)";')
REEXPORT = re.compile(r'export\{([^}]*)\}from"([^"]+)";')
EXPORT = re.compile(r"export\{([^}]*)\};?")
DEFAULT = re.compile(r"export default ")
SOURCE_MAP = re.compile(r"\n?//# sourceMappingURL=\S+\s*$")  # collectstatic would look for the map


def main(arguments: list[str]) -> int:
    wanted = {HERE / "ui.js": module_text(), HERE / "README.md": readme_text()}
    if "--check" in arguments:
        stale = [path.name for path, text in wanted.items() if path.read_text() != text]
        if stale:
            print(f"{', '.join(stale)}: not what update.py makes from node_modules; run it", file=sys.stderr)
        return 1 if stale else 0
    for path, text in wanted.items():
        path.write_text(text)
    return 0


def module_text() -> str:
    licences = "\n".join(f"// {line}" for line in notices())
    parts = [HEAD.format(licences=licences)]
    names = {source.specifier: source.local for source in SOURCES}
    parts += [wrapped(source, names) for source in SOURCES]
    parts += [f"export const {{{', '.join(words.split())}}} = {local};" for local, words in EXPORTS.items()]
    parts.append("export const html = htm.bind(preact.h);\n")
    return "\n".join(parts)


def wrapped(source: Source, names: dict[str, str]) -> str:
    """The module as `const local = (() => {…; return {its exports};})();`."""
    code = SOURCE_MAP.sub("", (PACKAGES / source.package / source.file).read_text()).strip()
    answers: list[str] = []

    def imported(match: re.Match[str]) -> str:
        return f"const{{{renamed(match[1], as_import=True)}}}={names[match[2]]};"

    def reexported(match: re.Match[str]) -> str:
        answers.extend(f"{name}:{names[match[2]]}.{name}" for name in match[1].split(","))
        return ""

    def exported(match: re.Match[str]) -> str:
        answers.append(renamed(match[1], as_import=False))
        return ""

    code = REEXPORT.sub(reexported, code)
    code = IMPORT.sub(imported, code)
    code = EXPORT.sub(exported, code)
    if DEFAULT.search(code):
        code = DEFAULT.sub("return ", code)
    else:
        code += f"\nreturn{{{','.join(answers)}}};"
    if re.search(r"\b(import|export)\b", code):
        raise SystemExit(f"{source.file}: an import or export has a form that update.py does not know")
    return f"const {source.local}=(()=>{{{code}\n}})();"


def renamed(words: str, *, as_import: bool) -> str:
    """`a as b` as a property: `a:b` to take it apart on import, `b:a` to answer it on export."""
    pairs = [word.split(" as ") if " as " in word else [word, word] for word in words.split(",")]
    return ",".join(f"{a}:{b}" if as_import else f"{b}:{a}" for a, b in pairs)


def described(package: str) -> dict[str, str]:
    facts: dict[str, str] = json.loads((PACKAGES / package / "package.json").read_text())
    return facts


def notices() -> list[str]:
    """The licences ask that these lines stay with the code."""
    seen = dict.fromkeys(source.package for source in SOURCES)
    lines = []
    for package in seen:
        facts = described(package)
        licence = (PACKAGES / package / "LICENSE").read_text()
        holder = re.search(r"^\s*Copyright .*\d{4}.*$", licence, re.MULTILINE)
        lines.append(f"{package} {facts['version']}, {facts['license']}. {holder[0].strip() if holder else ''}".strip())
    return lines


def readme_text() -> str:
    rows = []
    for source in SOURCES:
        facts = described(source.package)
        digest = hashlib.sha256((PACKAGES / source.package / source.file).read_bytes()).hexdigest()
        rows.append(f"| {source.package} | {facts['version']} | {facts['license']} | `{source.file}` | `{digest}` |")
    table = "\n".join(rows)
    digest = hashlib.sha256(module_text().encode()).hexdigest()
    purpose = (HERE / "README.md").read_text().split("<!-- made by update.py -->")[0]
    return f"""{purpose}<!-- made by update.py -->
| Package | Version | Licence | File | sha256 of the file in the tarball |
|---|---|---|---|---|
{table}

`ui.js`: sha256 `{digest}`
"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
