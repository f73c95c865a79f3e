"""Texts: every one is found, translated whole into every language, and the files made from them are up to date."""

import gettext
import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import translation

from chats import protocol
from chatsite import catalog
from chatsite.catalog import LANGUAGES, Found, Language, Message
from chatsite.kit.texts import Plural

PROJECT = Path(__file__).resolve().parents[2]
WIDGET_TEXTS_MAX_BYTES = 3 * 1024  # of a language, gzipped; the visitor waits for them
COUNTS = {"n", "count", "counter"}  # “one message” says its number in words
GERMAN, ARABIC = LANGUAGES
LATER = "Run `manage.py write_texts`, translate what it lists in locale/*/LC_MESSAGES/django.po, and run it again."

each_language = pytest.mark.parametrize("language", LANGUAGES, ids=[language.code for language in LANGUAGES])


# -- the committed files -------------------------------------------------------------------------------------


@each_language
def test_every_text_is_translated_whole(language: Language) -> None:
    entries = catalog.update_catalogs(PROJECT)[language.code]
    assert [entry.msgid for entry in entries if not catalog.is_translated(entry)] == [], LATER


@each_language
def test_translations_have_the_placeholders_of_their_text(language: Language) -> None:
    wrong = [
        (entry.msgid, form)
        for entry in catalog.read_catalog(PROJECT, language)
        for name, form in forms(entry, language)
        if not placeholders_fit(entry, name, form)
    ]
    assert wrong == []


@each_language
def test_translations_keep_the_space_around_their_text(language: Language) -> None:
    wrong = [
        entry.msgid
        for entry in catalog.read_catalog(PROJECT, language)
        for _, form in forms(entry, language)
        if edges(form) != edges(entry.msgid)
    ]
    assert wrong == []


@each_language
def test_translations_keep_the_markup_of_their_text(language: Language) -> None:
    """The order may differ, and a piece of foreign script may be set apart by <bdi>."""
    wrong = [
        entry.msgid
        for entry in catalog.read_catalog(PROJECT, language)
        for _, form in forms(entry, language)
        if markup(form) != markup(entry.msgid)
    ]
    assert wrong == []


def test_german_has_german_quotes_and_speaks_to_people_politely() -> None:
    said = [
        re.sub(r"<[^>]*>", "", form)
        for entry in catalog.read_catalog(PROJECT, GERMAN)
        for _, form in forms(entry, GERMAN)
    ]
    assert [text for text in said if re.search(r"[“\"].*[”\"]", text)] == []
    assert [text for text in said if re.search(r"\b([Dd]u|[Dd]ein\w*|[Dd]ich|[Dd]ir)\b", text)] == []


def test_arabic_has_arabic_punctuation() -> None:
    said = [form for entry in catalog.read_catalog(PROJECT, ARABIC) for _, form in forms(entry, ARABIC)]
    assert [text for text in said if re.search(r"[\u0600-\u06ff]\s*[,;?]", text)] == []


def test_files_are_up_to_date() -> None:
    made = catalog.render_all(PROJECT, catalog.update_catalogs(PROJECT))
    late = [str(path) for path, content in made.items() if not path.exists() or path.read_bytes() != content]
    assert late == [], LATER


def test_widget_texts_are_small() -> None:
    sizes = {
        path.name: len(gzip.compress(path.read_bytes())) for path in (PROJECT / "static/texts").glob("widget.*.json")
    }
    assert len(sizes) == len(settings.LANGUAGES)
    assert [name for name, size in sizes.items() if size > WIDGET_TEXTS_MAX_BYTES] == [], sizes


def test_languages_are_those_of_the_settings() -> None:
    assert ["en", *(language.code for language in LANGUAGES)] == [code for code, _ in settings.LANGUAGES]


@pytest.mark.parametrize(
    ("language", "count", "category"),
    [(GERMAN, 1, "one"), (GERMAN, 0, "other"), (ARABIC, 0, "zero"), (ARABIC, 1, "one"), (ARABIC, 2, "two"),
     (ARABIC, 3, "few"), (ARABIC, 110, "few"), (ARABIC, 11, "many"), (ARABIC, 99, "many"), (ARABIC, 100, "other"),
     (ARABIC, 102, "other")],
)  # fmt: skip
def test_plural_forms_agree_with_the_categories_of_the_browser(language: Language, count: int, category: str) -> None:
    choose = gettext.c2py(language.formula.partition("plural=")[2].rstrip(";"))
    assert language.categories[choose(count)] == category


def test_pages_speak_the_language() -> None:
    with translation.override("de"):
        assert translation.gettext("Sign in") == "Anmelden"
    with translation.override("ar"):
        assert translation.gettext("Sign in") == "تسجيل الدخول"


# -- the browser's code and its texts ------------------------------------------------------------------------


@pytest.mark.parametrize("bundle", catalog.BUNDLES)
def test_the_browser_asks_only_for_texts_that_exist(bundle: str) -> None:
    asked = re.compile(r"""\bt\(\s*(?:[^()"'`]*\?\s*)?["']([\w.]+)["'](?:\s*:\s*["']([\w.]+)["'])?\s*[,)]""")
    keys = {key for source in scripts(bundle) for found in asked.findall(source) for key in found if key}
    assert keys, "the pattern no longer finds calls of t()"
    assert keys - set(catalog.load_texts(bundle)) == set()


@pytest.mark.parametrize("bundle", catalog.BUNDLES)
def test_every_text_is_used(bundle: str) -> None:
    """A key stands in the code as a string, or begins or ends like one: `error.${code}`, `${order}.failed`."""
    sources = "\n".join(scripts(bundle))
    strings = set(re.findall(r"""["'`]([\w.]+)["'`]""", sources))
    beginnings = tuple(re.findall(r"`([\w.]+\.)\$\{", sources))
    endings = tuple(re.findall(r"`\$\{[^`}]+\}(\.[\w.]+)`", sources))
    unused = [key for key in catalog.load_texts(bundle) if key not in strings]
    assert [key for key in unused if not key.startswith(beginnings) and not key.endswith(endings)] == []


def test_the_console_has_a_reason_for_every_refusal() -> None:
    """It shows `error.<code>` of an `err`; those of `bye` close the socket and have words of their own."""
    closing = {"hello_expected", "bad_ticket", "outdated", "signed_out", "slow", "restart"}
    reasons = {f"error.{code}" for code in protocol.ERROR_CODES.keys() - closing}
    assert reasons - set(catalog.load_texts("console")) == set()


# -- the tool ------------------------------------------------------------------------------------------------


def test_texts_of_python_are_found_in_order() -> None:
    source = """
from django.utils.translation import gettext as _, gettext_lazy, ngettext, pgettext
a = gettext_lazy("First, " "in two parts")
b = _("%(n)s chats") % {"n": 1}
c = ngettext("%(n)s site", "%(n)s sites", 2)
d = translation.pgettext("verb", "Open")
e = _(name)
for _ in other("not this"): pass
"""
    assert list(catalog.find_in_python(source, "some.py")) == [
        Message("First, in two parts"),
        Message("%(n)s chats"),
        Message("%(n)s site", "%(n)s sites"),
        Message("Open", None, "verb"),
    ]


def test_an_f_string_is_refused() -> None:
    with pytest.raises(ValueError, match=r"some\.py:1"):
        list(catalog.find_in_python('_(f"Hello {name}")', "some.py"))


def test_texts_of_templates_are_found_in_order() -> None:
    source = """{% load i18n %}{% comment %}{% translate "Not this" %}{% endcomment %}
<p title="{% translate 'It’s “this”' %}">{% translate "Open" context "verb" as word %}{{ _("Constant")|upper }}</p>
{% blocktranslate trimmed count n=list|length %}
  {{ n }} site of {{ who }}
{% plural %}
  {{ n }} sites of {{ who }}
{% endblocktranslate %}{% blocktranslate %}100 % sure{% endblocktranslate %}"""
    assert list(catalog.find_in_template(source, "some.html")) == [
        Message("It’s “this”"),
        Message("Open", None, "verb"),
        Message("Constant"),
        Message("%(n)s site of %(who)s", "%(n)s sites of %(who)s"),
        Message("100 %% sure"),
    ]


def test_translations_are_kept_and_what_is_gone_is_dropped() -> None:
    old = known({"Stays": "Bleibt", "Goes": "Geht"})
    new = catalog.update_catalog(old, [Found(Message("Comes"), ["a.py"]), Found(Message("Stays"), ["b.py"])], GERMAN)
    assert [(entry.msgid, entry.msgstr) for entry in new] == [("Comes", ""), ("Stays", "Bleibt")]


def test_a_changed_text_of_the_browser_keeps_its_translation_for_a_check_but_does_not_show_it() -> None:
    before = catalog.update_catalog(known({}), [Found(Message("Take", None, "take"), ["texts.py"])], GERMAN)
    before[0].msgstr = "Nehmen"
    for _ in range(2):  # the mark stays until a person takes it off
        before = catalog.update_catalog(before, [Found(Message("Take it", None, "take"), ["texts.py"])], GERMAN)
        assert (before[0].msgstr, before[0].fuzzy, before[0].previous_msgid) == ("Nehmen", True, "Take")
    assert catalog.translate_texts({"take": "Take it"}, before, GERMAN) == {"take": "Take it"}


def test_an_update_of_what_was_written_changes_nothing(tmp_path: Path) -> None:
    found = [
        Found(Message("A “long” text, " * 20, None, "key"), ["one.py", "two.html"]),
        Found(Message("%(n)s site", "%(n)s sites"), ["one.py"]),
    ]
    first = str(catalog.update_catalog(known({}), found, ARABIC))
    path = tmp_path / "django.po"
    path.write_text(first)
    assert str(catalog.update_catalog(polib.pofile(str(path)), found, ARABIC)) == first


def test_plurals_are_named_by_their_category() -> None:
    texts = {"new": Plural(one="{n} chat", other="{n} chats")}
    found = [Found(message, ["texts.py"]) for message in catalog.find_in_texts(texts)]
    translated = catalog.update_catalog(known({}), found, GERMAN)
    translated[0].msgstr_plural = {0: "{n} Chat", 1: "{n} Chats"}
    assert catalog.translate_texts(texts, translated, GERMAN) == {"new": {"one": "{n} Chat", "other": "{n} Chats"}}
    translated[0].msgstr_plural[1] = ""  # one form missing: English, not a mixture
    assert catalog.translate_texts(texts, translated, GERMAN) == {"new": {"one": "{n} chat", "other": "{n} chats"}}


def test_the_pseudo_language_is_longer_and_keeps_placeholders(tmp_path: Path) -> None:
    call_command("write_texts", pseudo=tmp_path)
    english = json.loads((PROJECT / "static/texts/widget.en.json").read_text())
    pseudo = json.loads((tmp_path / "widget.xx.json").read_text())
    assert pseudo.keys() == english.keys()
    for key, text in english.items():
        if isinstance(text, str):
            assert fields(pseudo[key]) == fields(text)
            assert len(pseudo[key]) >= 1.35 * len(text)
        else:
            assert pseudo[key].keys() == text.keys()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["console.xx.json", "widget.xx.json"]


# -- at hand -------------------------------------------------------------------------------------------------


def known(translations: dict[str, str]) -> polib.POFile:
    entries = polib.POFile()
    entries.extend(polib.POEntry(msgid=text, msgstr=translated) for text, translated in translations.items())
    return entries


def scripts(bundle: str) -> Iterator[str]:
    for folder in (bundle, "shared"):
        for path in sorted((PROJECT / "static" / folder).rglob("*.js")):
            if not path.name.endswith(".test.js"):
                yield path.read_text()


def forms(entry: polib.POEntry, language: Language) -> Iterator[tuple[str, str]]:
    """Yield (category, translation) of the entry where there is one; a text without plural has the category `other`."""
    if entry.msgid_plural:
        numbered = sorted(entry.msgstr_plural.items())
        yield from ((language.categories[number], form) for number, form in numbered if form)
    elif entry.msgstr:
        yield "other", entry.msgstr


def fields(text: str) -> list[str]:
    return sorted(re.findall(r"\{(\w+)\}|%\((\w+)\)[sd]", text))


def placeholders_fit(entry: polib.POEntry, category: str, form: str) -> bool:
    wanted, given = fields(entry.msgid_plural or entry.msgid), fields(form)
    if entry.msgid_plural and category in {"zero", "one", "two"}:
        wanted, given = ([name for name in names if not COUNTS & set(name)] for names in (wanted, given))
    return wanted == given


def edges(text: str) -> tuple[str, str]:
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


def markup(text: str) -> list[str]:
    return sorted(tag for tag in re.findall(r"</?\w[^>]*>", text) if tag not in {"<bdi>", "</bdi>"})
