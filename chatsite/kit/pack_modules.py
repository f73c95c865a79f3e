"""Write the modules that an entry needs into one, without their comments: fewer requests, fewer bytes, same code.

Run by collectstatic (chatsite/kit/static_files.py), never by hand: the sources stay native modules that every browser
and test loads as they are. Not a bundler: it knows only the forms that our own modules use, `import {a, b as c} from`
and `export function|class|const`, and stops at any other.

    python chatsite/kit/pack_modules.py static/widget/main.js > packed.js    # to look at
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.[^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export ((?:async )?function\*?|class|const) (\w+)", re.MULTILINE)
EXPORT_PARTS = re.compile(r"^export const \{([^}]*)\}", re.MULTILINE)
LEFT_OVER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
BLOCK_COMMENT = re.compile(r"/\*\*.*?\*/ ?", re.DOTALL)  # ours all begin with two stars; no string of ours holds this
LINE_COMMENT = re.compile(r"^[ \t]*//.*\n", re.MULTILINE)
END_COMMENT = re.compile(r"(?<=[;,{}()\[\]]) // .*$", re.MULTILINE)
INDENT = re.compile(r"^[ \t]+|\n(?=\n)", re.MULTILINE)
VENDORED = "vendor"  # licences stay, and minified code has no comments of ours


class NotOurForm(Exception):
    """A module is written in a way that this file does not know."""


def pack(entry: Path) -> str:
    """Return the entry and all that it imports as one module, each part in a function of its own."""
    order: list[Path] = []
    _visit(entry.resolve(), order, path=[])
    names = {file: f"m{number}" for number, file in enumerate(order)}
    return "".join(_wrapped(file, names) for file in order)


def _visit(file: Path, order: list[Path], path: list[Path]) -> None:
    if file in path:
        raise NotOurForm(f"{file.name} imports itself by way of {', '.join(one.name for one in path)}")
    if file in order:
        return
    for _, target in IMPORT.findall(file.read_text()):
        _visit((file.parent / target).resolve(), order, [*path, file])
    order.append(file)


def _wrapped(file: Path, names: dict[Path, str]) -> str:
    code = file.read_text()
    if VENDORED not in file.parts:
        code = strip(code)
    answers: list[str] = []

    def imported(match: re.Match[str]) -> str:
        parts = re.sub(r"\s+as\s+", ":", ",".join(part.strip() for part in match[1].split(",") if part.strip()))
        return f"const{{{parts}}}={names[(file.parent / match[2]).resolve()]};\n"

    def exported(match: re.Match[str]) -> str:
        answers.append(match[2])
        return f"{match[1]} {match[2]}"

    def exported_parts(match: re.Match[str]) -> str:
        answers.extend(part.split(":")[-1].strip() for part in match[1].split(","))
        return f"const {{{match[1]}}}"

    code = EXPORT.sub(exported, EXPORT_PARTS.sub(exported_parts, IMPORT.sub(imported, code)))
    if found := LEFT_OVER.search(code):
        raise NotOurForm(f"{file.name}: {found[0]}")
    if not answers:
        return f"{{\n{code}}}\n"
    return f"const {names[file]}=(()=>{{\n{code}return{{{','.join(answers)}}};}})();\n"


def strip(code: str) -> str:
    """Return the code without its comments and indentation; every line of it stays, so that errors can be read."""
    for comment in (BLOCK_COMMENT, LINE_COMMENT, END_COMMENT):
        code = comment.sub("", code)
    return INDENT.sub("", code).lstrip("\n")


if __name__ == "__main__":
    sys.stdout.write(pack(Path(sys.argv[1])))
