"""What our path stands on, measured alone: the send statement, a batch of it, and a hop through Redis."""

import random
import socket
import statistics
import time
import uuid
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings

from chats.fanout import ChatRef
from chats.ingest.append import Item
from chats.ingest.group_commit import _connect, commit

TEXT = "x" * 80


def time_each(work: Callable[[], object], *, seconds: float) -> list[float]:
    """Return the milliseconds of each call, for so long; the first tenth is thrown away."""
    taken = []
    until = time.perf_counter() + seconds
    while (began := time.perf_counter()) < until:
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return taken[len(taken) // 10 :]


def make_item(chat_id: int, visitor_id: int = 1) -> Item:
    return Item(
        chat_id=chat_id,
        kind="message",
        sender_kind="visitor",
        sender_id=visitor_id,
        cmid=str(uuid.uuid4()),
        text=TEXT,
    )


def measure_commits(chats: list[tuple[int, int]], *, size: int, seconds: float) -> float:
    """Return the median milliseconds of one transaction with `size` messages: scope, `append` and COMMIT in one
    pipeline, on one connection, as the group commit sends it."""
    refs = [ChatRef(chat_id, "", account_id, "", "") for account_id, chat_id in chats]

    def write() -> None:
        chosen = random.choices(refs, k=size)
        commit(connection, [(ref, make_item(ref.id)) for ref in chosen])

    with _connect() as connection:
        return statistics.median(time_each(write, seconds=seconds))


def measure_redis_hop(*, seconds: float) -> float:
    """Return the median milliseconds from PUBLISH to its arrival at a subscriber, on bare sockets."""
    path = urlsplit(settings.REDIS_URL).path
    message = b"*3\r\n$7\r\nPUBLISH\r\n$5\r\nbench\r\n$200\r\n" + b"x" * 200 + b"\r\n"

    with socket.socket(socket.AF_UNIX) as subscriber, socket.socket(socket.AF_UNIX) as publisher:
        subscriber.connect(path)
        publisher.connect(path)
        subscriber.sendall(b"SUBSCRIBE bench\r\n")
        subscriber.recv(4096)

        def hop() -> None:
            publisher.sendall(message)
            wanted = 200
            while wanted > 0:
                wanted -= len(subscriber.recv(4096))
            publisher.recv(4096)

        return statistics.median(time_each(hop, seconds=seconds))
