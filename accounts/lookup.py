"""Finding the account before there is a scope, through the global table of doors."""

from accounts.models import Door
from chatsite.kit.signing import hash_token


def find_account_id(kind: str, token: str) -> int | None:
    """Return the account behind this token, or None. Exact match on the token's SHA-256."""
    return Door.objects.filter(kind=kind, token_sha256=hash_token(token)).values_list("account_id", flat=True).first()


def open_door(*, kind: str, token: str, account_id: int) -> None:
    """Record that `token` leads to the account. To be called in the transaction that writes the row behind it."""
    Door.objects.create(kind=kind, token_sha256=hash_token(token), account_id=account_id)


def close_door(*, kind: str, token_sha256: bytes) -> None:
    """Forget a token; it leads nowhere from the commit on."""
    Door.objects.filter(kind=kind, token_sha256=token_sha256).delete()
