import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { initials, lastOwn, timeline } from "./timeline.js";

const DAY = Date.UTC(2026, 10, 22, 12);
const reader = { now: DAY + 3_600_000, dayKey: (at) => new Date(at).toISOString().slice(0, 10) };

describe("the timeline", () => {
  it("gathers what one side says in a row", () => {
    const items = timeline([chat([said(1, "visitor", 0), said(2, "agent", 1), said(3, "agent", 2), said(4, "visitor", 3)])], reader);
    assert.deepEqual(runs(items), [[true, 1], [false, 2], [true, 1]]);
  });

  it("says the time again after a pause, but not the name", () => {
    const items = timeline([chat([said(1, "agent", 0), said(2, "agent", 20)])], reader).filter((item) => item.kind === "run");
    assert.deepEqual(items.map((item) => item.named), [true, false]);
  });

  it("begins each day with its name", () => {
    const items = timeline([chat([said(1, "agent", 0), said(2, "agent", 24 * 60)])], reader);
    assert.deepEqual(items.map((item) => item.kind), ["day", "run", "day", "run"]);
  });

  it("notes who joined and who ended the chat", () => {
    const notes = timeline([chat([
      { ...said(1, "agent", 0), kind: "assigned", data: { member: "mem_1", name: "Anna" } },
      { ...said(5, "system", 1), kind: "assigned", data: { member: null, name: "Anna" } },
      { ...said(2, "agent", 1), kind: "ended", data: { by: "agent" } },
      { ...said(3, "visitor", 2), kind: "ended", data: { by: "visitor" } },
      { ...said(4, "system", 3), kind: "ended", sender: { kind: "system" }, data: { by: "system" } },
    ])], reader).filter((item) => item.kind === "note");
    assert.deepEqual(notes.map((note) => note.text), ["joined", "left", "ended.agent", "ended.you", "ended"]);
    assert.equal(notes[0].name, "Anna");
  });

  it("leaves out what it does not know", () => {
    assert.deepEqual(timeline([chat([{ ...said(1, "agent", 0), kind: "hologram" }])], reader), []);
  });

  it("tells how far our messages have come", () => {
    const items = timeline([{
      ...chat([said(1, "visitor", 0), said(2, "visitor", 1)]),
      read: { visitor: 0, agent: 1 },
      pending: [
        { cmid: "p1", text: "", at: reader.now - 1_000 }, { cmid: "p2", text: "", at: reader.now - 16_000 },
        { cmid: "p3", text: "", at: reader.now, sent: true }, { cmid: "p4", text: "", at: reader.now, failed: "too_big" },
      ],
    }], reader);
    const bubbles = items.filter((item) => item.kind === "run").flatMap((run) => run.bubbles);
    assert.deepEqual(bubbles.map((bubble) => bubble.progress), ["seen", "sent", "sending", "late", "sent", "failed"]);
    assert.equal(lastOwn(items), "p4");
  });

  it("names no last message of ours when the other side spoke last", () => {
    assert.equal(lastOwn(timeline([chat([said(1, "visitor", 0), said(2, "agent", 1)])], reader)), undefined);
  });
});

it("writes initials of any name", () => {
  assert.deepEqual(["Anna Berg", "anna", "Jean-Luc van Berg", "  ", "𝒜da", "آنا برج"].map(initials), ["AB", "A", "JB", "", "𝒜", "آب"]);
});

const said = (seq, kind, minute) => ({
  seq, id: `evt_${seq}`, cmid: `c${seq}`, kind: "message", text: `text ${seq}`,
  sender: { kind, name: kind === "agent" ? "Anna" : undefined }, at: new Date(DAY + minute * 60_000).toISOString(),
});
const chat = (events) => ({ id: "chat_a", events, pending: [], read: { visitor: 0, agent: 0 } });
const runs = (items) => items.filter((item) => item.kind === "run").map((run) => [run.own, run.bubbles.length]);
