"""Leases: who is here, as far as he said so lately. Kept in Redis by Redis' own clock, so that no two machines' clocks
are ever compared; never trusted to a goodbye."""

from collections.abc import Iterable

import redis
import redis.asyncio

# Scores are the end of each lease in milliseconds of the server's clock.
_RENEW = """
local now = redis.call('TIME'); local ms = now[1] * 1000 + math.floor(now[2] / 1000)
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], ms + ARGV[1], ARGV[i]) end
redis.call('PEXPIRE', KEYS[1], ARGV[1] * 2)
"""
_HOLDERS = """
local now = redis.call('TIME'); local ms = now[1] * 1000 + math.floor(now[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ms)
return redis.call('ZRANGE', KEYS[1], 0, -1)
"""


async def renew(client: redis.asyncio.Redis, key: str, holders: Iterable[str], *, lives_s: float) -> None:
    """Let these holders' leases on `key` run for `lives_s` from now."""
    await client.eval(_RENEW, 1, key, int(lives_s * 1000), *holders)


async def release(client: redis.asyncio.Redis, key: str, holder: str) -> None:
    """End a lease before its time."""
    await client.zrem(key, holder)


async def living(client: redis.asyncio.Redis, key: str) -> list[str]:
    """Return the holders whose lease runs."""
    return list(await client.eval(_HOLDERS, 1, key))


def living_now(client: redis.Redis, key: str) -> list[str]:
    """The same as `living`, blocking."""
    return list(client.eval(_HOLDERS, 1, key))
