"""Values of one line that come from outside: a page's title, a language, an address."""

import unicodedata

UNSEEN = {"Cc", "Cs", "Cn", "Zl", "Zp"}  # Postgres refuses NUL, a terminal obeys escapes, a list breaks at line ends


def clean_line(text: str, *, longest: int) -> str:
    """Return a one-line value without controls, runs of blanks made one, cut to `longest` characters."""
    line = "".join(" " if unicodedata.category(c) in UNSEEN else c for c in text)
    return " ".join(unicodedata.normalize("NFC", line).split())[:longest]
