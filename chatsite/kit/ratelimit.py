"""Limits: a token bucket for the frames of one socket, and counters in Redis for what comes over HTTP."""

import time

from chatsite.kit.errors import RateLimited
from chatsite.kit.redis import RedisError, sync_redis


class Bucket:
    """Lets `burst` through at once and `per_s` on average."""

    __slots__ = ("burst", "filled", "per_s", "seen")

    def __init__(self, *, per_s: float, burst: float) -> None:
        self.per_s, self.burst, self.filled, self.seen = per_s, burst, burst, time.monotonic()

    def take(self, now: float) -> bool:
        """Take one token at monotonic time `now`; return whether there was one."""
        self.filled = min(self.burst, self.filled + (now - self.seen) * self.per_s)
        self.seen = now
        if self.filled < 1:
            return False
        self.filled -= 1
        return True


_local: dict[str, tuple[float, int]] = {}
LOCAL_MAX_KEYS = 10_000  # the stand-in counters are dropped beyond this; they only serve while Redis is away


def count(key: str, *, limit: int, window_s: int) -> None:
    """Count one use of `key`; raise RateLimited beyond `limit` in the window. While Redis is away, by this process."""
    try:
        pipe = sync_redis().pipeline()
        pipe.incr(f"limit:{key}")
        pipe.expire(f"limit:{key}", window_s, nx=True)
        used = int(pipe.execute()[0])
    except RedisError:
        if len(_local) > LOCAL_MAX_KEYS:
            _local.clear()
        began, used = _local.get(key, (time.monotonic(), 0))
        if time.monotonic() - began > window_s:
            began, used = time.monotonic(), 0
        used += 1
        _local[key] = (began, used)
    if used > limit:
        raise RateLimited(retry_ms=window_s * 1000)
