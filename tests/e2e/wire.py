"""A line to the servers that can be cut: a SOCKS proxy for one browser."""

import contextlib
import select
import socket
import socketserver
import struct
import threading
from typing import Any

CHUNK = 65_536
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close without a goodbye, as a broken line does
CONNECTED = b"\x05\x00\x00\x01" + bytes(6)
ADDRESS, NAME = 1, 3  # kinds of target in a SOCKS request


class Tunnel(socketserver.BaseRequestHandler):
    """One connection of the browser."""

    server: "Wire"

    def handle(self) -> None:
        if self.server.is_cut:
            return
        near: socket.socket = self.request
        with contextlib.suppress(OSError):
            far = socket.create_connection(self._agree(near))
            near.sendall(CONNECTED)
            self.server.carry(near, far)

    def _agree(self, near: socket.socket) -> tuple[str, int]:
        """Say hello without a password, and return where the browser wants to go."""
        _, methods = near.recv(2, socket.MSG_WAITALL)
        near.recv(methods, socket.MSG_WAITALL)
        near.sendall(b"\x05\x00")
        kind = near.recv(4, socket.MSG_WAITALL)[3]
        length = near.recv(1)[0] if kind == NAME else {ADDRESS: 4}.get(kind, 16)
        near.recv(length, socket.MSG_WAITALL)  # everything here is on this computer
        return "127.0.0.1", int.from_bytes(near.recv(2, socket.MSG_WAITALL))


class Wire(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Tunnel)
        self.is_cut = False
        self.loses_answers = False  # what the browser sends still arrives
        self._open: set[socket.socket] = set()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def proxy(self) -> Any:
        """For a browser's options; by default a browser goes to its own computer without a proxy."""
        return {"server": f"socks5://127.0.0.1:{self.server_address[1]}", "bypass": "<-loopback>"}

    def cut(self) -> None:
        """Break every connection in the middle of whatever it carries; new ones do not come about."""
        self.is_cut = True
        for end in list(self._open):
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self.is_cut = self.loses_answers = False

    def carry(self, near: socket.socket, far: socket.socket) -> None:
        """Pass bytes both ways until one side ends."""
        others = {near: far, far: near}
        self._open |= {near, far}
        try:
            while not self.is_cut:
                for end in select.select([near, far], [], [])[0]:
                    data = end.recv(CHUNK)
                    if not data:
                        return
                    if end is near or not self.loses_answers:
                        others[end].sendall(data)
        finally:
            self._open -= {near, far}
            far.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A broken line is what this is for."""
