"""The client's rules, told a second time: what static/shared/chat_state.js, outbox.js and repair.js do with frames.

A second telling on purpose: a mistake in theirs must not be repeated by whoever checks the server with it.
"""

import uuid
from dataclasses import dataclass, field
from typing import Any

from tests.faults.delivery.journal import Journal, Shown

Frame = dict[str, Any]
RESEND_AFTER_S = 10
ASK_AGAIN_MIN_S, ASK_AGAIN_MAX_S = 2, 30


@dataclass
class Log:
    """A chat as one page has it: a gapless run first … last of its events, and how far it goes, `head`."""

    id: str
    first: int
    last: int
    head: int
    state: str = "waiting"
    assignee: str | None = None
    stale: bool = False  # ask once more, whatever head says


@dataclass
class Pending:
    """Something of our own that is not confirmed. `kind` is the frame it goes out as."""

    kind: str
    cmid: str
    chat: str | None  # None: a visitor's, before his chat is known
    text: str | None = None
    retry_at: float = 0
    tried_at: float = 0
    line: int = 0


@dataclass
class Page:
    """All that one browser page knows. Frames come in by `apply`; `questions` and `due` say what should go out."""

    journal: Journal
    may_sync: bool = True  # False: a broken client, for the negative control
    logs: dict[str, Log] = field(default_factory=dict)
    pending: list[Pending] = field(default_factory=list)
    online: dict[str, bool] = field(default_factory=dict)  # members, and visitors as agents see them
    somebody: bool = False  # what a visitor is told: somebody answers
    missing: set[str] = field(default_factory=set)
    epoch: str | None = None
    asked: dict[tuple[str, str], tuple[int, float, float]] = field(default_factory=dict)

    # -- frames in ------------------------------------------------------------------------------------------------

    def apply(self, frame: Frame, now: float) -> None:
        handler = getattr(self, f"_on_{frame['t']}", None)
        if handler is not None:
            handler(frame, now)

    def _on_welcome(self, frame: Frame, now: float) -> None:
        self.somebody = frame["online"]
        self._settle(frame["epoch"], [frame["chat"]] if frame.get("chat") else [])

    def _on_inbox(self, frame: Frame, now: float) -> None:
        self._on_presence(frame, now)
        self._settle(frame["epoch"], frame["chats"])

    def _settle(self, epoch: str, summaries: list[Frame]) -> None:
        if self.epoch not in (None, epoch):
            self.journal.complaints.append("the epoch has changed")
        self.epoch, self.missing = epoch, set()
        named = {summary["id"] for summary in summaries}
        for log in self.logs.values():
            log.stale = log.id not in named
        for summary in summaries:
            self._merge(summary)

    def _on_chat(self, frame: Frame, now: float) -> None:
        self._merge(frame["chat"])

    _on_own_chat = _on_chat

    def _merge(self, summary: Frame) -> None:
        self.missing.discard(summary["id"])
        if "visitor" in summary:
            self.online[summary["visitor"]["id"]] = summary["visitor"].get("online", False)
        log, last = self.logs.get(summary["id"]), summary["last"]
        if log is not None:
            log.head = max(log.head, last)
            return
        assignee = (summary.get("assignee") or {}).get("id")
        self.logs[summary["id"]] = Log(summary["id"], last + 1, last, last, summary["state"], assignee)
        if not self.journal.is_agent and summary["state"] != "ended":
            for one in self.pending:
                one.chat = one.chat or summary["id"]

    def _on_event(self, frame: Frame, now: float) -> None:
        log = self.logs.get(frame["chat"])
        if log is not None:
            self._append(log, frame["event"])
        elif frame["event"]["kind"] != "ended":
            self.missing.add(frame["chat"])

    def _append(self, log: Log, event: Frame) -> None:
        log.head = max(log.head, event["seq"])
        if event["seq"] != log.last + 1:
            return  # known already, or after a gap: `questions` asks
        log.last = event["seq"]
        self._show(log, event, older=False)
        if event["kind"] == "ended":
            log.state = "ended"
        elif event["kind"] == "assigned":
            log.assignee = (event.get("data") or {}).get("member")
            log.state = "active" if log.assignee else "waiting"

    def _show(self, log: Log, event: Frame, *, older: bool) -> None:
        sender = event["sender"].get("id") or ""
        place = (log.id, event["seq"], event["id"], event["cmid"])
        self.journal.shown.append(Shown(*place, event["kind"], sender, event.get("text"), older))
        self.pending = [one for one in self.pending if one.cmid != event["cmid"]]

    def _on_events(self, frame: Frame, now: float) -> None:
        log, events = self.logs.get(frame["chat"]), frame["events"]
        if log is None:
            return
        if frame.get("before") is not None:
            older = [event for event in events if event["seq"] < log.first]
            joins = older[-1]["seq"] == log.first - 1 if older else frame["before"] == log.first
            if joins:
                for event in reversed(older):
                    self._show(log, event, older=True)
                log.first = (older[0]["seq"] if older else log.first) if frame["more"] else 1
            return
        for event in events:
            self._append(log, event)
        if frame["more"]:
            log.head = max(log.head, (events[-1]["seq"] if events else 0) + 1)
        elif (frame.get("after") or 0) <= log.last:
            log.stale = False

    def _on_hb(self, frame: Frame, now: float) -> None:
        for chat, head in frame.get("heads", {}).items():
            log = self.logs.get(chat)
            if log is not None:
                log.head = max(log.head, head["last"])
            elif head["state"] != "ended":
                self.missing.add(chat)

    def _on_presence(self, frame: Frame, now: float) -> None:
        self.online.update({member["id"]: member.get("online", False) for member in frame["members"]})

    def _on_visitor(self, frame: Frame, now: float) -> None:
        self.online[frame["visitor"]["id"]] = frame["visitor"].get("online", False)

    def _on_online(self, frame: Frame, now: float) -> None:
        self.somebody = frame["online"]

    def _on_ack(self, frame: Frame, now: float) -> None:
        self.journal.ack(frame["cmid"], frame["chat"], frame["seq"], frame["id"])
        self.pending = [one for one in self.pending if one.cmid != frame["cmid"]]
        log = self.logs.get(frame["chat"])
        if log is None:
            self.missing.add(frame["chat"])

    def _on_err(self, frame: Frame, now: float) -> None:
        cmid, code = frame.get("cmid"), frame["code"]
        for one in [one for one in self.pending if one.cmid == cmid]:
            if frame.get("retry_ms") is not None:
                one.retry_at, one.tried_at = now + frame["retry_ms"] / 1000, 0
            else:
                self.pending.remove(one)
                self.journal.refused.append((one.cmid, code))

    # -- frames out -----------------------------------------------------------------------------------------------

    def add(self, kind: str, chat: str | None, text: str | None = None) -> Pending:
        """A key was pressed."""
        one = Pending(kind, str(uuid.uuid4()), chat, text)
        self.pending.append(one)
        self.journal.write(one.cmid, text or kind)
        return one

    def due(self, now: float, line: int) -> list[Frame]:
        """What goes out now on this connection: the same cmid until it is answered; none overtakes one that waits."""
        frames: list[Frame] = []
        blocked: set[str | None] = set()
        for one in self.pending:
            if one.chat in blocked:
                continue
            if one.retry_at > now or one.chat is None:
                blocked.add(one.chat)  # of a visitor's first messages only the first may start
            if one.retry_at <= now and (one.line != line or now - one.tried_at >= RESEND_AFTER_S):
                one.tried_at, one.line, one.retry_at = now, line, 0
                frames.append(self._frame(one))
        return frames

    def _frame(self, one: Pending) -> Frame:
        if one.chat is None:
            return {"t": "start", "cmid": one.cmid, "text": one.text}
        frame = {"t": one.kind, "chat": one.chat, "cmid": one.cmid}
        return {**frame, "text": one.text} if one.kind == "send" else frame

    def questions(self, now: float) -> list[Frame]:
        """What to ask for; the same question again only after a growing pause."""
        frames: list[Frame] = []
        for log in self.logs.values():
            if self.may_sync and (log.head > log.last or log.stale) and self._may_ask("sync", log.id, log.last, now):
                frames.append({"t": "sync", "chat": log.id, "after": log.last})
            if log.first > 1 and self._may_ask("history", log.id, log.first, now):
                frames.append({"t": "history", "chat": log.id, "before": log.first})
        return frames

    def _may_ask(self, kind: str, chat: str, where: int, now: float) -> bool:
        before = self.asked.get((kind, chat))
        pause: float = ASK_AGAIN_MIN_S
        if before is not None and before[0] == where:
            if now < before[1] + before[2]:
                return False
            pause = min(ASK_AGAIN_MAX_S, before[2] * 2)
        self.asked[kind, chat] = (where, now, pause)
        return True
