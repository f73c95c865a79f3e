"""The yardstick: a chat as the tutorials of Django and Channels build it, with the same promise as ours.

A JSON consumer, the ORM in Channels' database thread, one transaction per message, `group_send` through the core layer.
It numbers messages without gaps and stores a repeated cmid once, but has no accounts, no permissions and no limits.
Its tables are its own, without row-level security.
"""

import json
import uuid
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.db import models, transaction
from django.urls import path

http = get_asgi_application()

TABLES = """
CREATE TABLE bench_room (id bigserial PRIMARY KEY, name text UNIQUE NOT NULL, last_seq bigint NOT NULL DEFAULT 0);
CREATE TABLE bench_message (
    id bigserial PRIMARY KEY, room_id bigint NOT NULL REFERENCES bench_room, seq bigint NOT NULL, sender text NOT NULL,
    cmid uuid NOT NULL, text text NOT NULL, created_at timestamptz NOT NULL,
    UNIQUE (room_id, seq), UNIQUE (room_id, sender, cmid)
);
GRANT SELECT, INSERT, UPDATE ON bench_room, bench_message TO chatsite_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO chatsite_app;
"""


class Room(models.Model):
    name = models.TextField(unique=True)
    last_seq = models.BigIntegerField(default=0)

    class Meta:
        app_label = "bench"
        managed = False
        db_table = "bench_room"


class Message(models.Model):
    room = models.ForeignKey(Room, on_delete=models.CASCADE)
    seq = models.BigIntegerField()
    sender = models.TextField()
    cmid = models.UUIDField()
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "bench"
        managed = False
        db_table = "bench_message"


class ChatConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]
    async def connect(self) -> None:
        self.room, self.side = self.scope["url_route"]["kwargs"]["room"], self.scope["url_route"]["kwargs"]["side"]
        await self.channel_layer.group_add(self.room, self.channel_name)
        await self.accept()
        await self.send_json({"t": "welcome"})

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(self.room, self.channel_name)

    @classmethod
    async def encode_json(cls, content: Any) -> str:
        return json.dumps(content, separators=(",", ":"))

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        message = await self.save(cmid=uuid.UUID(content["cmid"]), text=content["text"].strip())
        await self.send_json({"t": "ack", "cmid": content["cmid"], "seq": message.seq})
        await self.channel_layer.group_send(
            self.room,
            {
                "type": "chat.message",
                "event": {
                    "seq": message.seq,
                    "sender": {"kind": self.side},
                    "at": message.created_at.isoformat(),
                    "cmid": content["cmid"],
                    "text": message.text,
                },
            },
        )

    async def chat_message(self, event: Any) -> None:
        await self.send_json({"t": "event", "chat": self.room, "event": event["event"]})

    @database_sync_to_async
    def save(self, *, cmid: uuid.UUID, text: str) -> Message:
        with transaction.atomic():
            room = Room.objects.select_for_update().get(name=self.room)
            known = Message.objects.filter(room=room, sender=self.side, cmid=cmid).first()
            if known is not None:
                return known
            room.last_seq += 1
            room.save(update_fields=["last_seq"])
            return Message.objects.create(room=room, seq=room.last_seq, sender=self.side, cmid=cmid, text=text)


application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": URLRouter([path("ws/tutorial/<str:room>/<str:side>", ChatConsumer.as_asgi())]),
    }
)
