"""Which pages may show a site's widget."""

import pytest

from widget.origins import BadDomain, allows_origin, clean_domain, frame_ancestors


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("shop.example.com", "shop.example.com"),
        ("  Shop.Example.COM ", "shop.example.com"),
        ("https://shop.example.com/path?x=1", "shop.example.com"),
        ("*.example.com", "*.example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("localhost", "localhost"),
        ("127.0.0.1:8002", "127.0.0.1:8002"),
    ],
)
def test_a_domain_is_kept_in_one_form(given: str, kept: str) -> None:
    assert clean_domain(given) == kept


@pytest.mark.parametrize(
    "given",
    ["example", "", "shop.example.com:8443", "*.github.io", "*.co.uk", "10.0.0.1", "[::1]", "a..b", "-a.example.com",
     "ex ample.com", "'none'; script-src *", "example.com;", "*.*.example.com", "javascript:alert(1)"],
)  # fmt: skip
def test_what_is_no_domain_or_too_wide_is_refused_with_a_sentence(given: str) -> None:
    with pytest.raises(BadDomain) as refused:
        clean_domain(given)
    assert refused.value.text.endswith(".")


def test_nobody_but_our_own_preview_may_frame_a_site_without_domains() -> None:
    assert frame_ancestors([]) == ["'self'"]


def test_listed_domains_may_frame_over_https_and_this_computer_over_http() -> None:
    assert frame_ancestors(["*.example.com", "localhost", "127.0.0.1:8002"]) == [
        "'self'",
        "https://*.example.com",
        "http://localhost:*",
        "http://127.0.0.1:8002",
    ]


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://shop.example.com", True),
        ("https://a.b.wild.example", True),
        ("https://wild.example", False),
        ("http://shop.example.com", False),
        ("https://shop.example.com:8443", False),
        ("https://evilshop.example.com", False),
        ("https://shop.example.com.evil.example", False),
        ("https://evilwild.example", False),
        ("null", False),
        ("", False),
        ("https://[", False),
    ],
)
def test_an_origin_counts_only_when_it_is_listed_exactly(origin: str, allowed: bool) -> None:
    assert allows_origin(["shop.example.com", "*.wild.example"], origin) is allowed
