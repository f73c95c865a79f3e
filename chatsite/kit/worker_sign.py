"""A sign in Redis that beat has a worker renew: where it is missing, one of the two does not work."""

from chatsite.kit.redis import sync_redis

KEY = "worker:alive"
RENEW_EVERY_S = 30
LIVES_S = 180  # a worker may be busy with long tasks; without a sign for so long it is late


def renew_sign() -> None:
    """Run by a worker. Raises RedisError."""
    sync_redis().set(KEY, "1", ex=LIVES_S)


def is_sign_there() -> bool:
    """Return whether a worker has worked lately. Raises RedisError."""
    return bool(sync_redis().exists(KEY))
