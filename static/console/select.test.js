import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { apply, initial } from "../shared/chat_state.js";
import { addPending } from "../shared/outbox.js";
import { MINE, SAMS, chat, inbox, said } from "./examples.test.js";
import { HOT_AFTER_MS, WARM_AFTER_MS, counts, initials, lines, matches, neighbour, nextForMe, progress, sections, tint, waitsSince, warmth } from "./select.js";

const with_ = (...chats) => apply(initial(), inbox(...chats), 0);
const ids = (chats) => chats.map((one) => one.id);

describe("the list", () => {
  const state = with_(
    chat("late", { started_at: "2026-11-22T10:05:00Z" }),
    chat("early", { started_at: "2026-11-22T09:00:00Z" }),
    chat("mine2", { ...MINE, started_at: "2026-11-22T09:30:00Z", unread: 2 }),
    chat("mine1", { ...MINE, started_at: "2026-11-22T09:10:00Z" }),
    chat("old", { ...SAMS, preview: { text: "x", by: "agent", at: "2026-11-22T09:00:00Z" } }),
    chat("new", { ...SAMS, preview: { text: "x", by: "agent", at: "2026-11-22T10:30:00Z" } }),
    chat("over", { state: "ended" }),
  );

  it("puts who waits longest on top, my chats in their own order, colleagues' by what is new", () => {
    const { waiting, mine, team } = sections(state);
    assert.deepEqual([ids(waiting), ids(mine), ids(team)], [["early", "late"], ["mine1", "mine2"], ["new", "old"]]);
  });

  it("is narrowed by every word, wherever it stands", () => {
    assert.deepEqual(ids(sections(state, "visitor LATE").waiting), ["late"]);
    assert.equal(matches(state.chats.late, "shop question"), true);
    assert.equal(matches(state.chats.late, "shop bicycle"), false);
  });

  it("counts what asks for me", () => assert.deepEqual(counts(state), { waiting: 2, unread: 2 }));

  it("goes to my unread chat first, then to who waits longest, never to where I am", () => {
    assert.equal(nextForMe(state, null), "mine2");
    assert.equal(nextForMe(state, "mine2"), "early");
    assert.equal(nextForMe(with_(), null), null);
  });

  it("is gone through without falling off its ends", () => {
    assert.equal(neighbour(["a", "b"], null, 1), "a");
    assert.equal(neighbour(["a", "b"], null, -1), "b");
    assert.equal(neighbour(["a", "b"], "b", 1), "b");
    assert.equal(neighbour([], "x", 1), null);
  });
});

describe("waiting", () => {
  it("lasts from the beginning while nobody answers, then from the visitor's last word", () => {
    const state = with_(chat("a"), chat("b", { ...MINE, preview: { text: "?", by: "visitor", at: "2026-11-22T11:00:00Z" } }), chat("c", { ...MINE, preview: { text: "!", by: "agent", at: "x" } }));
    assert.equal(waitsSince(state.chats.a), "2026-11-22T10:00:00Z");
    assert.equal(waitsSince(state.chats.b), "2026-11-22T11:00:00Z");
    assert.equal(waitsSince(state.chats.c), null);
  });

  it("turns warm, then hot", () => assert.deepEqual([0, WARM_AFTER_MS, HOT_AFTER_MS].map(warmth), [0, 1, 2]));
});

describe("a conversation", () => {
  const reader = { me: "mem_me", name: "Anna", unreadAfter: null, dayOf: (at) => at.slice(0, 10) };
  const loaded = (events, fields = MINE) => {
    const state = with_(chat("a", { ...fields, last: events.length }));
    return apply(state, { t: "events", chat: "a", events, more: false, before: events.length + 1 }, 0);
  };
  const mine = { sender: { kind: "agent", id: "mem_me", name: "Anna" } };

  it("gathers what one person says, under one day", () => {
    const { chats } = loaded([said(1), said(2), said(3, mine)]);
    const all = lines(chats.a, reader);
    assert.deepEqual(all.map((line) => line.kind), ["day", "message", "message", "message"]);
    assert.deepEqual(all.slice(1).map((line) => [line.message.first, line.message.last]), [[true, false], [false, true], [true, true]]);
  });

  it("parts messages that are far apart in time, and days", () => {
    const { chats } = loaded([said(1), said(2, { at: "2026-11-22T10:20:00Z" }), said(3, { at: "2026-11-23T10:20:00Z" })]);
    assert.deepEqual(lines(chats.a, reader).map((line) => line.kind), ["day", "message", "message", "day", "message"]);
    assert.equal(lines(chats.a, reader)[2].message.first, true);
  });

  it("marks once what is new, and never above my own words", () => {
    const { chats } = loaded([said(1), said(2, mine), said(3), said(4)]);
    assert.deepEqual(lines(chats.a, { ...reader, unreadAfter: 1 }).map((line) => line.key), ["day 2026-11-22", "c1", "c2", "unread", "c3", "c4"]);
  });

  it("keeps a message's key from the key press on, and tells how far it has come", () => {
    let state = addPending(loaded([said(1)]), "a", { cmid: "c2", text: "Hi", at: Date.parse("2026-11-22T10:00:02Z") });
    const last = () => lines(state.chats.a, reader).at(-1);
    assert.deepEqual([last().key, progress(state.chats.a, last().message)], ["c2", "sending"]);
    state = apply(state, { t: "ack", cmid: "c2", chat: "a", seq: 2, id: "evt_2", at: "" }, 0);
    assert.equal(progress(state.chats.a, last().message), "sent");
    state = apply(state, { t: "event", chat: "a", event: said(2, mine) }, 0);
    assert.deepEqual([last().key, progress(state.chats.a, last().message)], ["c2", "sent"]);
    state = apply(state, { t: "read", chat: "a", by: "visitor", seq: 2 }, 0);
    assert.equal(progress(state.chats.a, last().message), "seen");
  });

  it("says that a message was refused", () => {
    let state = addPending(loaded([said(1)]), "a", { cmid: "c9", text: "Hi", at: 0 });
    state = apply(state, { t: "err", code: "not_yours", text: "", cmid: "c9" }, 0);
    assert.equal(progress(state.chats.a, lines(state.chats.a, reader).at(-1).message), "failed");
  });
});

describe("a face", () => {
  it("has letters of any script", () => {
    assert.deepEqual(["Anna Berg", "Anna Maria Berg", "أحمد علي", "李", "  ", "🦊 Fox"].map(initials), ["AB", "AB", "أع", "李", "?", "🦊F"]);
  });
  it("always has the same tint", () => assert.equal(tint("vis_a"), tint("vis_a")));
});
