"""Signed and sealed values: nothing passes but what we made, for what it was made, in its time."""

import base64
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from chatsite.kit.signing import hash_token, seal, sign, unseal, verify

# What has fooled others' checks (threats.md T03): numbers, empty things, almost-base64, half characters.
JUNK = ["", ".", "..", "0", "0e1", "null", "e30.e30", "=", "a.b.c", "\x00", "\ud800", "ä.ö", "A" * 10_000, "e30."]


def test_signed_values_come_back() -> None:
    values = verify("mail", sign("mail", {"member": "mem_1"}, lives_s=60))
    assert values is not None and values["member"] == "mem_1"


def test_a_signature_serves_one_purpose_only() -> None:
    assert verify("invitation", sign("mail", {"member": "mem_1"}, lives_s=60)) is None


def test_a_signature_ends_with_its_time() -> None:
    with time_machine.travel("2030-01-01T00:00:00Z", tick=False) as clock:
        text = sign("mail", {}, lives_s=60)
        clock.shift(59)
        assert verify("mail", text) is not None
        clock.shift(1)
        assert verify("mail", text) is None


def test_changed_values_do_not_pass() -> None:
    body, mac = sign("mail", {"role": "viewer"}, lives_s=60).split(".")
    forged = base64.urlsafe_b64encode(_body(f"{body}.{mac}").replace(b"viewer", b"owner")).decode().rstrip("=")
    assert verify("mail", f"{forged}.{mac}") is None


def test_a_former_secret_key_is_still_accepted_and_an_unknown_one_is_not(settings: Any) -> None:
    signed, sealed = sign("mail", {"a": 1}, lives_s=60), seal("handle", "token", bound_to="site_1")
    former, settings.SECRET_KEY = settings.SECRET_KEY, "another key, that was put in its place " * 2
    assert verify("mail", signed) is None
    assert unseal("handle", sealed, bound_to="site_1") is None
    settings.SECRET_KEY_FALLBACKS = [former]
    assert verify("mail", signed) is not None
    assert unseal("handle", sealed, bound_to="site_1") == "token"


def test_what_is_sealed_can_be_read_by_us_alone() -> None:
    sealed = seal("handle", "a-secret-token", bound_to="site_1")
    raw = base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
    assert b"a-secret-token" not in raw
    assert unseal("handle", sealed, bound_to="site_1") == "a-secret-token"


def test_the_same_text_sealed_twice_looks_different() -> None:
    assert seal("handle", "token", bound_to="site_1") != seal("handle", "token", bound_to="site_1")


def test_a_seal_opens_only_for_its_purpose_and_what_it_is_bound_to() -> None:
    sealed = seal("handle", "token", bound_to="site_1")
    assert unseal("handle", sealed, bound_to="site_2") is None
    assert unseal("ticket", sealed, bound_to="site_1") is None


@pytest.mark.parametrize("text", JUNK)
def test_junk_is_refused_and_breaks_nothing(text: str) -> None:
    assert verify("mail", text) is None
    assert unseal("handle", text, bound_to="site_1") is None
    assert unseal("handle", seal("handle", "token", bound_to="site_1"), bound_to=text) is None


@given(place=st.integers(min_value=0), bit=st.integers(min_value=0, max_value=7))
def test_one_flipped_bit_anywhere_is_noticed(place: int, bit: int) -> None:
    sealed = seal("handle", "token", bound_to="site_1")
    raw = bytearray(base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4)))
    raw[place % len(raw)] ^= 1 << bit
    assert unseal("handle", base64.urlsafe_b64encode(raw).decode(), bound_to="site_1") is None


def test_the_hash_of_a_token_is_its_sha256() -> None:
    assert hash_token("abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def _body(signed: str) -> bytes:
    text = signed.partition(".")[0]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
