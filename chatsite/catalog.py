"""Texts for people: found in the sources, kept per language in `locale/`, written for the browser to `static/texts/`.

The English text is the source and the key of its translations. Texts of the browser have a key of their own, which is
the context of the entry in the catalogue. A developer's tool: what it writes is committed, so nothing at run time needs
this module or polib.
"""

import ast
import json
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import polib
from django.utils.translation.template import templatize

from chatsite.kit.texts import Plural, Texts

APPS = ["accounts", "billing", "chats", "chatsite", "privacy", "widget"]
BUNDLES = {"widget": "widget.texts", "console": "chats.texts"}  # name of the browser's file → module of its texts
SHOP = "templates/demo_shop"  # plays a customer's own page, which is not ours to translate
WRAP_AT = 110  # columns of a .po file


class Language(NamedTuple):
    """gettext's numbered plural forms, and CLDR's name of each, by which the browser chooses."""

    code: str
    formula: str
    categories: tuple[str, ...]


LANGUAGES = [
    Language("de", "nplurals=2; plural=(n != 1);", ("one", "other")),
    Language(
        "ar",
        "nplurals=6; plural=n==0 ? 0 : n==1 ? 1 : n==2 ? 2"
        " : n%100>=3 && n%100<=10 ? 3 : n%100>=11 && n%100<=99 ? 4 : 5;",
        ("zero", "one", "two", "few", "many", "other"),
    ),
]


class Message(NamedTuple):
    """A text of the sources. `context` tells equal texts apart; for a text of the browser it is its key."""

    text: str
    plural: str | None = None
    context: str | None = None


class Found(NamedTuple):
    message: Message
    paths: list[str]


# -- finding -------------------------------------------------------------------------------------------------

_STRING = r"""u?(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')"""
_MARKED = re.compile(rf"\b(\w*gettext|_)\(\s*({_STRING})(?:\s*,\s*({_STRING}))?(?:\s*,\s*({_STRING}))?")


def _arrange(function: str, texts: list[str]) -> Message | None:
    """Return the message of a call of gettext's family, or None when this is not one."""
    name = "gettext" if function == "_" else function.removesuffix("_lazy").removesuffix("_noop")
    match name, texts:
        case "gettext", [text, *_]:
            return Message(text)
        case "ngettext", [text, plural, *_]:
            return Message(text, plural)
        case "pgettext", [context, text, *_]:
            return Message(text, None, context)
        case "npgettext", [context, text, plural, *_]:
            return Message(text, plural, context)
    return None


def find_in_python(source: str, path: str) -> Iterator[Message]:
    """Yield the marked texts of a module in their order. A marked f-string could never be translated: ValueError."""
    calls = [node for node in ast.walk(ast.parse(source, path)) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        function = str(getattr(call.func, "id", getattr(call.func, "attr", "")))
        texts = [one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        message = _arrange(function, texts)
        if message:
            yield message
        elif (function == "_" or "gettext" in function) and any(isinstance(one, ast.JoinedStr) for one in call.args):
            raise ValueError(f"{path}:{call.lineno}: an f-string cannot be translated; fill in afterwards with %.")


def find_in_template(source: str, path: str) -> Iterator[Message]:
    """Yield the texts of the translation tags of a template in their order."""
    for function, *literals in _MARKED.findall(templatize(source, path)):
        message = _arrange(function, [ast.literal_eval(literal) for literal in literals if literal])
        if message:
            yield message


def find_in_texts(texts: Texts) -> Iterator[Message]:
    for key, text in texts.items():
        yield Message(text.one, text.other, key) if isinstance(text, Plural) else Message(text, None, key)


def load_texts(bundle: str) -> Texts:
    """Return the English texts of one of the BUNDLES."""
    texts: Texts = import_module(BUNDLES[bundle]).TEXTS
    return texts


def _sources(base: Path) -> Iterator[tuple[str, Iterator[Message]]]:
    for app in APPS:
        for file in sorted((base / app).rglob("*.py")):
            path = file.relative_to(base).as_posix()
            if "/migrations/" not in path:
                yield path, find_in_python(file.read_text(), path)
    for file in sorted((base / "templates").rglob("*")):
        path = file.relative_to(base).as_posix()
        if file.suffix in {".html", ".txt"} and not path.startswith(SHOP):
            yield path, find_in_template(file.read_text(), path)
    for bundle, module in BUNDLES.items():
        yield module.replace(".", "/") + ".py", find_in_texts(load_texts(bundle))


def find_messages(base: Path) -> list[Found]:
    """Return every text once, in the order of the sources. ValueError: one text with two plurals."""
    found: dict[tuple[str | None, str], Found] = {}
    for path, messages in _sources(base):
        for message in messages:
            name = (message.context, message.text)
            known = found.setdefault(name, Found(message, []))
            if message.plural and not known.message.plural:
                found[name] = known = Found(message, known.paths)
            elif message.plural and message.plural != known.message.plural:
                raise ValueError(f"{path}: “{message.text}” has another plural in {known.paths[0]}.")
            if path not in known.paths:
                known.paths.append(path)
    return list(found.values())


# -- catalogues ----------------------------------------------------------------------------------------------


def _flags(message: Message) -> list[str]:
    text = message.text + (message.plural or "")
    return ["python-format"] if "%(" in text else ["python-brace-format"] if re.search(r"\{\w+\}", text) else []


def update_catalog(old: polib.POFile, found: list[Found], language: Language) -> polib.POFile:
    """Return the catalogue of what was found, with the translations of `old` kept and the rest dropped.

    A text of the browser whose English changed keeps its translation, marked fuzzy: unused until somebody checks it.
    """
    known = {(entry.msgctxt, entry.msgid): entry for entry in old}
    by_key = {(entry.msgctxt, path): entry for entry in old if entry.msgctxt for path, _ in entry.occurrences}
    new = polib.POFile(wrapwidth=WRAP_AT)
    new.metadata = {
        "Project-Id-Version": "Chatsite",
        "Language": language.code,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": language.formula,
    }
    for message, paths in found:
        entry = polib.POEntry(
            msgid=message.text,
            msgctxt=message.context,
            occurrences=[(path, "") for path in paths],
            flags=_flags(message),
        )
        before = known.get((message.context, message.text))
        if before is None:
            before = by_key.get((message.context, paths[0]))
            if before and (before.msgstr or any(before.msgstr_plural.values())):
                entry.flags.append("fuzzy")
                entry.previous_msgid = before.msgid
        elif before.fuzzy:
            entry.flags.append("fuzzy")
            entry.previous_msgid = before.previous_msgid
        if message.plural:
            strings = before.msgstr_plural if before else {}
            entry.msgid_plural = message.plural
            entry.msgstr_plural = {form: strings.get(form, "") for form in range(len(language.categories))}
        else:
            entry.msgstr = before.msgstr if before else ""
        new.append(entry)
    return new


def is_translated(entry: polib.POEntry) -> bool:
    """Return whether all forms are there, and checked."""
    return bool(entry.translated())


# -- the browser's files -------------------------------------------------------------------------------------

Form = str | dict[str, str]


def translate_texts(texts: Texts, catalog: polib.POFile | None, language: Language | None) -> dict[str, Form]:
    """Return key → text, or its plural forms by CLDR category; English where a translation is missing."""
    known = {(entry.msgctxt, entry.msgid): entry for entry in catalog or [] if is_translated(entry)}
    answer: dict[str, Form] = {}
    for message in find_in_texts(texts):
        entry = known.get((message.context, message.text))
        key = message.context or ""
        if message.plural is None:
            answer[key] = entry.msgstr if entry else message.text
        elif entry and language:
            answer[key] = {name: entry.msgstr_plural[form] for form, name in enumerate(language.categories)}
        else:
            answer[key] = {"one": message.text, "other": message.plural}
    return answer


_ACCENTED = str.maketrans("aceinosuyzACEINOSUYZ", "áçéíñóšúýžÁÇÉÍÑÓŠÚÝŽ")
_LONGER = 1.4  # German needs about 35 % more than English


def disguise(text: str) -> str:
    """Return a text that looks foreign and is about 40 % longer, in brackets that show where something cut it off."""
    parts = re.split(r"(\{\w+\})", text)
    accented = "".join(part if part.startswith("{") else part.translate(_ACCENTED) for part in parts)
    missing = round(len(text) * _LONGER) - len(text)
    return f"[{accented}{(' ëxtrà' * missing)[:missing].rstrip()}]"


def disguise_texts(texts: dict[str, Form]) -> dict[str, Form]:
    """Return the texts of the pseudo-language, which only browser tests load."""
    return {
        key: disguise(text) if isinstance(text, str) else {name: disguise(form) for name, form in text.items()}
        for key, text in texts.items()
    }


def render_texts(texts: dict[str, Form]) -> str:
    """Return the JSON, one key on a line: a small file, and small differences."""
    lines = [
        f"{json.dumps(key)}:{json.dumps(text, ensure_ascii=False, separators=(',', ':'))}"
        for key, text in texts.items()
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


# -- all of it -----------------------------------------------------------------------------------------------


def catalog_path(base: Path, language: Language) -> Path:
    return base / "locale" / language.code / "LC_MESSAGES" / "django.po"


def read_catalog(base: Path, language: Language) -> polib.POFile:
    """Return a language's catalogue as it lies in the folder; empty when there is none."""
    path = catalog_path(base, language)
    return polib.pofile(str(path)) if path.exists() else polib.POFile()


def update_catalogs(base: Path) -> dict[str, polib.POFile]:
    """Return code → catalogue of every language, brought up to date with the sources. Writes nothing."""
    found = find_messages(base)
    return {language.code: update_catalog(read_catalog(base, language), found, language) for language in LANGUAGES}


def render_all(base: Path, catalogs: dict[str, polib.POFile]) -> dict[Path, bytes]:
    """Return path → content of every file made from the sources and the catalogues."""
    files: dict[Path, bytes] = {}
    for language in LANGUAGES:
        path = catalog_path(base, language)
        files[path] = f"{catalogs[language.code]}\n".encode()
        files[path.with_suffix(".mo")] = catalogs[language.code].to_binary()
    for bundle in BUNDLES:
        texts = load_texts(bundle)
        folder = base / "static" / "texts"
        files[folder / f"{bundle}.en.json"] = render_texts(translate_texts(texts, None, None)).encode()
        for language in LANGUAGES:
            translated = translate_texts(texts, catalogs[language.code], language)
            files[folder / f"{bundle}.{language.code}.json"] = render_texts(translated).encode()
    return files


def render_disguised(folder: Path) -> dict[Path, bytes]:
    """Return path → content of the pseudo-language's files."""
    return {
        folder / f"{bundle}.xx.json": render_texts(
            disguise_texts(translate_texts(load_texts(bundle), None, None))
        ).encode()
        for bundle in BUNDLES
    }
