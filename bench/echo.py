"""The floor of a socket server: sends back what it gets."""

from typing import Any


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Echo text frames until the other end leaves."""
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept"})
    while True:
        message = await receive()
        if message["type"] != "websocket.receive":
            return
        await send({"type": "websocket.send", "text": message["text"]})
