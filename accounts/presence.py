"""Which agents have a console open, as leases."""

from collections.abc import Iterable

from chatsite.kit.leases import living, living_now, release, renew
from chatsite.kit.redis import RedisError, async_redis, sync_redis


def _key(account_public_id: str) -> str:
    return f"t:{account_public_id}:agents"


async def keep_agents(account_public_id: str, holders: Iterable[str], *, lives_s: float) -> None:
    """Renew leases of `member:socket` holders."""
    await renew(async_redis(), _key(account_public_id), holders, lives_s=lives_s)


async def drop_agent(account_public_id: str, holder: str) -> None:
    """End an agent's lease early, after a goodbye."""
    await release(async_redis(), _key(account_public_id), holder)


async def online_agents(account_public_id: str) -> frozenset[str]:
    """Return the public ids of members with a living console."""
    return frozenset(holder.partition(":")[0] for holder in await living(async_redis(), _key(account_public_id)))


def online_agents_now(account_public_id: str) -> frozenset[str]:
    """The same for pages; empty while Redis is away, since nobody can be promised then."""
    try:
        return frozenset(holder.partition(":")[0] for holder in living_now(sync_redis(), _key(account_public_id)))
    except RedisError:
        return frozenset()
