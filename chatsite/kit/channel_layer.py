"""Channels' pub/sub layer, with one round trip for all that a process publishes meanwhile.

Channels publishes one message after the other, each with a round trip of its own. A group commit ends in a publish for
each account in it: together they cost a third (docs/performance.md).
"""

import asyncio
from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer, RedisSingleShardConnection


class PubSubLayer(RedisPubSubChannelLayer):  # type: ignore[misc]
    """Channels' layer in everything but how `group_send` and `send` publish."""

    def _get_layer(self) -> Any:
        layer = super()._get_layer()
        if not isinstance(layer._shards[0], GatheringConnection):  # made a moment ago
            layer._shards = [GatheringConnection(shard.host, layer) for shard in layer._shards]
        return layer

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Send to all subscribers of a group. Named here, as the base class only passes it on: subclasses call it."""
        await self._get_layer().group_send(group, message)


class GatheringConnection(RedisSingleShardConnection):  # type: ignore[misc]
    """A line to Redis that gathers what is to be published while a publish is under way, like the group commit."""

    def __init__(self, host: Any, channel_layer: Any) -> None:
        super().__init__(host, channel_layer)
        self._waiting: list[tuple[str, bytes, asyncio.Future[None]]] = []
        self._publishing: asyncio.Task[None] | None = None

    async def publish(self, channel: str, message: bytes) -> None:
        """Publish a message; return when Redis has it. Raises what redis-py raises."""
        loop = asyncio.get_running_loop()
        sent: asyncio.Future[None] = loop.create_future()
        self._waiting.append((channel, message, sent))
        if self._publishing is None:
            self._publishing = loop.create_task(self._publish_waiting())
        await sent

    async def _publish_waiting(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                error: Exception | None = None
                try:
                    async with self._lock:
                        self._ensure_redis()
                        pipeline = self._redis.pipeline(transaction=False)
                        for channel, message, _ in batch:
                            pipeline.publish(channel, message)
                        await pipeline.execute()
                except Exception as failure:
                    error = failure
                for _, _, sent in batch:
                    if sent.done():  # who waited has gone
                        continue
                    if error is None:
                        sent.set_result(None)
                    else:
                        sent.set_exception(error)
        finally:
            self._publishing = None
