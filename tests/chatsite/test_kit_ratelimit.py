"""Limits: so many at once, so many on average, and still some limit while Redis is away."""

from typing import Any

import pytest

from chatsite.kit import ratelimit
from chatsite.kit.errors import RateLimited
from chatsite.kit.ratelimit import LOCAL_MAX_KEYS, Bucket, count
from chatsite.kit.redis import RedisError, sync_redis
from tests.factories import unique


def test_a_bucket_lets_its_burst_through_and_then_its_rate() -> None:
    bucket = Bucket(per_s=2, burst=3)
    now = bucket.seen
    assert [bucket.take(now) for _ in range(4)] == [True, True, True, False]
    assert [bucket.take(now + 0.5), bucket.take(now + 0.5)] == [True, False]


def test_a_bucket_never_holds_more_than_its_burst() -> None:
    bucket = Bucket(per_s=2, burst=3)
    later = bucket.seen + 3_600
    assert [bucket.take(later) for _ in range(4)] == [True, True, True, False]


def test_uses_beyond_the_limit_are_refused_with_a_time_to_come_back() -> None:
    key = unique("limit")
    for _ in range(3):
        count(key, limit=3, window_s=60)
    with pytest.raises(RateLimited) as refused:
        count(key, limit=3, window_s=60)
    assert refused.value.retry_ms == 60_000
    assert refused.value.status == 429


def test_keys_have_limits_of_their_own() -> None:
    full, other = unique("limit"), unique("limit")
    count(full, limit=1, window_s=60)
    count(other, limit=1, window_s=60)


def test_a_window_does_not_start_anew_with_each_use() -> None:
    key = unique("limit")
    count(key, limit=9, window_s=60)
    sync_redis().expire(f"limit:{key}", 5)
    count(key, limit=9, window_s=60)
    assert 0 < sync_redis().ttl(f"limit:{key}") <= 5


def test_without_redis_the_process_counts_for_itself(redis_away: None) -> None:
    key = unique("limit")
    count(key, limit=1, window_s=60)
    with pytest.raises(RateLimited):
        count(key, limit=1, window_s=60)
    began, used = ratelimit._local[key]
    ratelimit._local[key] = (began - 61, used)
    count(key, limit=1, window_s=60)


def test_without_redis_the_counters_stay_few(redis_away: None) -> None:
    ratelimit._local.update({f"old-{number}": (0.0, 1) for number in range(LOCAL_MAX_KEYS + 1)})
    count(unique("limit"), limit=1, window_s=60)
    assert len(ratelimit._local) == 1


@pytest.fixture
def redis_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Any:
        raise RedisError("away")

    monkeypatch.setattr(ratelimit, "sync_redis", refuse)
    monkeypatch.setattr(ratelimit, "_local", {})
