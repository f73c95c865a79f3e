"""Static files as they are served: without comments, under hashed names, imports in scripts rewritten to them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.apps import StaticFilesConfig
from django.core.files.base import ContentFile, File
from servestatic.storage import CompressedManifestStaticFilesStorage

from chatsite.kit.pack_modules import pack

# A quarter of our scripts is comment and type. Only whole lines go, which needs no parser and cannot touch a string:
# a test refuses a template literal with a line that begins like a comment.
LINE_COMMENT = re.compile(r"^[ \t]*//(?!#).*\n", re.MULTILINE)
BLOCK_COMMENT = re.compile(r"^[ \t]*/\*.*?\*/[ \t]*\n", re.MULTILINE | re.DOTALL)
# The chat window is paid for by every visitor: one request, not twenty-four. The console stays in modules, some of
# which are loaded when they are wanted.
PACKS = {"widget/packed.js": "widget/main.js"}
KEPT_WHOLE = ("vendor/", "admin/")  # licences, and what is not ours


class StaticSources(StaticFilesConfig):
    """Tests, types and tools lie beside the modules; they are not served."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "*.test.js", "*.d.ts", "*.py", "*.md", "tsconfig.json"]


def strip_comments(source: str) -> str:
    """Return a script or style sheet without the comments that have lines of their own."""
    return re.sub(r"\n{2,}", "\n", LINE_COMMENT.sub("", BLOCK_COMMENT.sub("", source)))


class HashedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    support_js_module_import_aggregation = True

    # Django also takes the types of JSDoc, `import("./x.js").Name`, for imports, and then refuses two modules that only
    # know each other's types. A dynamic import is written `await import("./x.js")` here, with nothing behind it.
    _js_module_import_aggregation_patterns = (
        "*.js",
        (
            *CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1][:-1],
            (r"""(?P<matched>import\(["'](?P<url>.*?)["']\)(?!\.))""", """import("%(url)s")"""),
        ),
    )

    def _save(self, name: str, content: "File[bytes]") -> str:
        """Strip what collectstatic copies; hashed copies are made from that and pass unchanged."""
        if name.endswith((".js", ".css")) and not name.startswith(KEPT_WHOLE):
            content = ContentFile(strip_comments(b"".join(content.chunks()).decode()).encode())
        return str(super()._save(name, content))

    def post_process(self, paths: dict[str, Any], *args: Any, **options: Any) -> Iterator[Any]:
        """Write the packs, then hash the collected copies instead of the sources they were made from."""
        for name, entry in PACKS.items():
            if entry in paths:
                Path(self.path(name)).write_text(pack(Path(self.path(entry))))
                paths[name] = (self, name)
        collected = {name: (self, name) for name in paths}
        yield from super().post_process(collected, *args, **options)
