"""What is kept of a visitor's page and browser."""

import pytest

from widget.identity import cut_address, name_visitor, read_user_agent


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://shop.example.com/order?token=SECRET#frag", "https://shop.example.com/order"),
        ("https://user:secret@shop.example.com/a", "https://shop.example.com/a"),
        ("http://127.0.0.1:8002/", "http://127.0.0.1:8002/"),
        ("https://[2001:db8::1]:8443/x", "https://[2001:db8::1]:8443/x"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("file:///etc/passwd", ""),
        ("https://", ""),
        ("https://[bad", ""),
        ("https://a.example:99999/", ""),
        ("", ""),
    ],
)
def test_an_address_loses_all_that_may_be_secret(given: str, kept: str) -> None:
    assert cut_address(given) == kept


def test_an_address_is_never_longer_than_its_column() -> None:
    assert len(cut_address("https://shop.example.com/" + "a" * 5_000)) <= 2_048


@pytest.mark.parametrize(
    "hostile", ["", "<script>alert(1)</script>", "\x00", "(" * 5_000, "é" * 600, "Mozilla/5.0 (" * 200]
)
def test_a_hostile_user_agent_becomes_short_words_or_nothing(hostile: str) -> None:
    facts = read_user_agent(hostile)
    assert len(facts.browser) <= 60
    assert len(facts.system) <= 60


def test_a_visitor_without_a_name_has_the_same_handle_everywhere() -> None:
    assert name_visitor("vis_1") == name_visitor("vis_1")
    assert len(name_visitor("vis_1").split()) == 2
