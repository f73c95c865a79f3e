"""Tickets: how a socket proves who it is without a secret in its address. Sealed, 30 seconds, used once."""

import json
import time
from typing import Any

from chatsite.kit.ids import new_token
from chatsite.kit.redis import RedisError, async_redis
from chatsite.kit.signing import seal, unseal

LIVES_S = 30  # long enough for a slow phone to open a socket

_used_here: dict[str, float] = {}  # the stand-in for Redis: tickets used in this process


def issue_ticket(audience: str, values: dict[str, Any]) -> str:
    """Return a ticket for `audience` that carries `values`, unreadable to its bearer."""
    body = json.dumps({**values, "exp": time.time() + LIVES_S, "jti": new_token()})
    return seal("ticket", body, bound_to=audience)


async def redeem_ticket(audience: str, ticket: str) -> dict[str, Any] | None:
    """Return the ticket's values the first time, None when it is used, too old, or not for this audience.

    While Redis is away only this process's own memory stands against a second use; whoever calls must look at the
    session behind it all the same.
    """
    text = unseal("ticket", ticket, bound_to=audience)
    if text is None:
        return None
    values: dict[str, Any] = json.loads(text)
    now = time.time()
    if values["exp"] < now:
        return None
    jti = values["jti"]
    while _used_here and _used_here[oldest := next(iter(_used_here))] < now:
        del _used_here[oldest]  # in the order of use: a storm of reconnects must not look through all of them each time
    if jti in _used_here:
        return None
    _used_here[jti] = values["exp"]
    try:
        first = await async_redis().set(f"ticket:{jti}", "1", nx=True, ex=LIVES_S * 2)
    except RedisError:
        first = True
    return values if first else None
