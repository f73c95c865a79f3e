"""What each simulated client saw, written down as it happened and judged only afterwards, by the verifier."""

import time
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Written:
    """A person pressed the key."""

    cmid: str
    text: str
    at: float


@dataclass(frozen=True, slots=True)
class Acked:
    """The server promised that it is stored."""

    cmid: str
    chat: str
    seq: int
    id: str
    at: float


@dataclass(frozen=True, slots=True)
class Shown:
    """An event came on the screen: at the end of what was there, or (`older`) before its beginning."""

    chat: str
    seq: int
    id: str
    cmid: str
    kind: str
    sender: str
    text: str | None
    older: bool


@dataclass
class Journal:
    """Of one page: a reload begins a new one. `person` is a visitor's or member's public id."""

    name: str
    account: str
    person: str
    is_agent: bool
    written: list[Written] = field(default_factory=list)
    acked: list[Acked] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)  # (cmid, code), for good
    closes: list[str] = field(default_factory=list)  # how lines ended
    complaints: list[str] = field(default_factory=list)  # what the protocol does not foresee
    final: bool = False  # lived until the end: must know everything

    def write(self, cmid: str, text: str) -> None:
        self.written.append(Written(cmid, text, time.monotonic()))

    def ack(self, cmid: str, chat: str, seq: int, public_id: str) -> None:
        self.acked.append(Acked(cmid, chat, seq, public_id, time.monotonic()))
