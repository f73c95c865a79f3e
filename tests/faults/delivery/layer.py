"""Channels' own Redis layer, made worse: hints get lost, come twice or late, as a file says at each moment."""

import asyncio
import json
import os
import random
from pathlib import Path
from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer

FILE_VARIABLE = "CHATSITE_FAULTS_HINTS"  # a JSON file {"lost": share, "twice": share, "late": share}
LATE_S = 1.0


class LossyLayer(RedisPubSubChannelLayer):  # type: ignore[misc]
    """Everything but `group_send` is as it was; what is lost here is lost as in Redis: without an error."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._file = Path(os.environ[FILE_VARIABLE])
        self._late: set[asyncio.Task[None]] = set()

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        shares = json.loads(self._file.read_text())
        if random.random() < shares["lost"]:
            return
        if random.random() < shares["late"]:
            self._late.add(task := asyncio.create_task(self._send_late(group, message)))
            task.add_done_callback(self._late.discard)
            return
        await self._send(group, message)
        if random.random() < shares["twice"]:
            await self._send(group, message)

    async def _send(self, group: str, message: dict[str, Any]) -> None:
        # The layer has no methods of its own: it finds those of the running loop's layer by their names.
        await RedisPubSubChannelLayer.__getattr__(self, "group_send")(group, message)

    async def _send_late(self, group: str, message: dict[str, Any]) -> None:
        await asyncio.sleep(random.uniform(0, LATE_S))
        await self._send(group, message)
