"""Static files under hashed names, with the imports inside JavaScript modules rewritten to them."""

from django.contrib.staticfiles.apps import StaticFilesConfig
from servestatic.storage import CompressedManifestStaticFilesStorage


class StaticSources(StaticFilesConfig):
    """Tests, types and tools lie beside the modules; they are not served."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "*.test.js", "*.d.ts", "*.py", "*.md", "tsconfig.json"]


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
