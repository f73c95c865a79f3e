"""The only place that opens Redis (Valkey). What lies there may vanish at any time: leases, hints, limits."""

import asyncio
import weakref

import redis
import redis.asyncio
from django.conf import settings

# redis-py's pool has a hard cap of 100 connections by default; a burst of sockets would meet it.
MAX_CONNECTIONS = 1_000
ANSWER_WITHIN_S = 2  # a Redis that does not answer must not hold up a chat

RedisError = redis.RedisError

_sync: redis.Redis | None = None
_async: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, redis.asyncio.Redis]" = weakref.WeakKeyDictionary()


def sync_redis() -> redis.Redis:
    """Return this process's blocking client."""
    global _sync
    if _sync is None:
        _sync = redis.Redis.from_url(
            settings.REDIS_URL, max_connections=MAX_CONNECTIONS, socket_timeout=ANSWER_WITHIN_S, decode_responses=True
        )
    return _sync


async def close_async_redis() -> None:
    """Close the running loop's client. For tests and shutdown."""
    client = _async.pop(asyncio.get_running_loop(), None)
    if client is not None:
        await client.aclose()


def async_redis() -> redis.asyncio.Redis:
    """Return the running loop's client."""
    loop = asyncio.get_running_loop()
    client = _async.get(loop)
    if client is None:
        client = _async[loop] = redis.asyncio.Redis.from_url(
            settings.REDIS_URL, max_connections=MAX_CONNECTIONS, socket_timeout=ANSWER_WITHIN_S, decode_responses=True
        )
    return client
