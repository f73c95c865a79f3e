"""Who is in the demo: made by `seed_demo`, offered on the sign-in page while CHATSITE_DEMO is set."""

from typing import Any

PASSWORD = "demo-lantern-harbour"
ACCOUNTS: list[dict[str, Any]] = [
    {
        "name": "Lantern & Loom",
        "site": "Lantern & Loom shop",
        "greeting": "Hello! Ask us anything about lamps, textiles or your order.",
        "color": "#0f766e",
        "people": [
            ("owner", "Olivia Hart", "olivia@lantern.example"),
            ("agent", "Anna Berg", "anna@lantern.example"),
            ("agent", "Bilal Haddad", "bilal@lantern.example"),
            ("viewer", "Vera Lind", "vera@lantern.example"),
        ],
    },
    {
        "name": "Northwind Bikes",
        "site": "Northwind Bikes",
        "greeting": "Hi, how can we help you ride?",
        "color": "#b45309",
        "people": [
            ("owner", "Noor Visser", "noor@northwind.example"),
            ("agent", "Tom Iversen", "tom@northwind.example"),
        ],
    },
]
STAFF = ("Sasha Platt", "staff@chatsite.example")


def list_sign_ins() -> list[dict[str, str]]:
    """Return who may sign in to the console, for the sign-in page."""
    return [
        {"label": f"{name}, {role} · {account['name']}", "email": email, "password": PASSWORD}
        for account in ACCOUNTS
        for role, name, email in account["people"]
    ]
