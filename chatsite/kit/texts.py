"""The form of the texts that the browser shows; their English lives in `widget/texts.py` and `chats/texts.py`."""

from typing import NamedTuple


class Plural(NamedTuple):
    """A text that counts `{n}`. Translations may have more forms (CLDR); English has these two."""

    one: str
    other: str


Texts = dict[str, str | Plural]
