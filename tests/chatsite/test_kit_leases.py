"""Leases: who is here lately, by Redis' own clock."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from chatsite.kit.leases import living, living_now, release, renew
from chatsite.kit.redis import async_redis, sync_redis
from tests.factories import unique

HOUR_S = 3_600


def test_holders_with_a_running_lease_are_here() -> None:
    async def scenario(key: str) -> None:
        await renew(async_redis(), key, ["mem_1:sid_1", "mem_2:sid_2"], lives_s=HOUR_S)
        assert await living(async_redis(), key) == ["mem_1:sid_1", "mem_2:sid_2"]
        assert living_now(sync_redis(), key) == ["mem_1:sid_1", "mem_2:sid_2"]

    play(scenario)


def test_a_lease_that_has_run_out_counts_no_more() -> None:
    async def scenario(key: str) -> None:
        await renew(async_redis(), key, ["stays"], lives_s=HOUR_S)
        await async_redis().zadd(key, {"left": 1})  # the end of its lease lies in 1970
        assert await living(async_redis(), key) == ["stays"]
        assert await async_redis().zscore(key, "left") is None

    play(scenario)


def test_a_renewed_lease_runs_on_and_a_released_one_ends() -> None:
    async def scenario(key: str) -> None:
        await renew(async_redis(), key, ["a", "b"], lives_s=1)
        before = await async_redis().zscore(key, "a")
        await renew(async_redis(), key, ["a"], lives_s=HOUR_S)
        assert await async_redis().zscore(key, "a") > before + HOUR_S * 900
        await release(async_redis(), key, "b")
        assert await living(async_redis(), key) == ["a"]

    play(scenario)


def test_leases_that_nobody_renews_leave_nothing_behind_in_redis() -> None:
    async def scenario(key: str) -> None:
        await renew(async_redis(), key, ["a"], lives_s=40)
        assert 40_000 < await async_redis().pttl(key) <= 80_000

    play(scenario)


def test_nobody_is_here_where_nobody_ever_was() -> None:
    async def scenario(key: str) -> None:
        assert await living(async_redis(), key) == []

    play(scenario)


def play(scenario: Callable[[str], Coroutine[Any, Any, None]]) -> None:
    async def whole() -> None:
        try:
            await scenario(unique("leases"))
        finally:
            await async_redis().aclose()

    asyncio.run(whole())
