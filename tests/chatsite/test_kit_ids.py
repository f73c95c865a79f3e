"""Public identifiers and secrets are random and long enough that nobody guesses one."""

import re

import pytest

from chatsite.kit import ids
from chatsite.kit.ids import ALPHABET, LENGTH, new_id, new_token


def test_an_identifier_says_its_kind_and_has_at_least_128_random_bits() -> None:
    assert re.fullmatch(r"chat_[0-9A-Za-z]{22}", new_id("chat"))
    assert len(set(ALPHABET)) ** LENGTH > 2**128


@pytest.mark.parametrize("drawn", [0, 1, 2**131 - 1])
def test_every_number_that_may_be_drawn_becomes_a_whole_identifier(drawn: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids.secrets, "randbits", lambda bits: drawn)
    assert re.fullmatch(r"vis_[0-9A-Za-z]{22}", new_id("vis"))


def test_no_two_identifiers_are_alike() -> None:
    assert len({new_id("chat") for _ in range(2_000)}) == 2_000


def test_a_token_has_256_bits_and_stands_in_headers_and_storage_as_it_is() -> None:
    assert re.fullmatch(r"[0-9A-Za-z_-]{43}", new_token())
    assert len({new_token() for _ in range(2_000)}) == 2_000
