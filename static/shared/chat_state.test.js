import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { apply, expireTyping, initial, markRead, show, wants } from "./chat_state.js";
import { NEW_CHAT, addPending } from "./outbox.js";

const NOW = 1_000_000;
const ANNA = { kind: "agent", id: "mem_anna", name: "Anna" };
const GUEST = { kind: "visitor", id: "vis_1", name: "Red Fox" };

describe("welcome and inbox", () => {
  it("fill the defaults that the wire leaves out", () => {
    const chat = of(agent([summary({ read: {} })]));
    assert.deepEqual(chat.read, { visitor: 0, agent: 0 });
    assert.equal(chat.unread, 0);
    assert.equal(chat.assignee, null);
    assert.equal(chat.visitor.page_url, "");
  });

  it("start a chat at its head, with nothing loaded", () => {
    const chat = of(agent([summary({ last: 7 })]));
    assert.deepEqual([chat.last, chat.head, chat.first, chat.events], [7, 7, 8, []]);
  });

  it("drop what they no longer name", () => {
    const state = agent([summary({ id: "chat_a" }), summary({ id: "chat_b" })]);
    assert.deepEqual(Object.keys(apply(state, inbox([summary({ id: "chat_b" })]), NOW).chats), ["chat_b"]);
  });

  it("keep what is on the screen, and ask once what became of it", () => {
    let state = show(agent([summary({ last: 3 })]), "chat_a");
    state = apply(state, page({ before: 4, events: [message(1), message(2), message(3)] }), NOW);
    state = apply(state, inbox([]), NOW);
    assert.deepEqual(wants(state), [{ t: "sync", chat: "chat_a", after: 3 }]);
    state = apply(state, page({ after: 3, events: [ended(4)] }), NOW);
    assert.equal(of(state).state, "ended");
    assert.deepEqual(wants(state), []);
  });

  it("keep what holds unsent text", () => {
    const state = addPending(agent([summary({})]), "chat_a", { cmid: "c1", text: "Hi", at: NOW });
    assert.equal(of(apply(state, inbox([]), NOW)).pending.length, 1);
  });

  it("replace a chat that is far behind and not looked at, without a question", () => {
    const state = apply(agent([summary({ last: 3, unread: 1 })]), inbox([summary({ last: 90, unread: 5 })]), NOW);
    assert.deepEqual([of(state).last, of(state).unread, wants(state)], [90, 5, []]);
  });

  it("leave the one on the screen its run, and ask for the rest", () => {
    let state = show(agent([summary({ last: 3 })]), "chat_a");
    state = apply(state, page({ before: 4, events: [message(1), message(2), message(3)] }), NOW);
    state = apply(state, inbox([summary({ last: 5 })]), NOW);
    assert.equal(of(state).last, 3);
    assert.deepEqual(wants(state), [{ t: "sync", chat: "chat_a", after: 3 }]);
  });

  it("take the unread count of a summary at our own position", () => {
    const state = agent([summary({ last: 9, unread: 4, read: { agent: 2 } })]);
    assert.equal(of(apply(state, inbox([summary({ last: 9, read: { agent: 9 } })]), NOW)).unread, 0);
  });

  it("after a restore drop all events and send again what was confirmed before", () => {
    let state = show(visitor(own({ last: 0 })), "chat_a");
    state = apply(state, event(message(1)), NOW);
    state = addPending(state, "chat_a", { cmid: "c9", text: "Hi", at: NOW });
    state = apply(state, { t: "ack", cmid: "c9", chat: "chat_a", seq: 2, id: "evt_2", at: "" }, NOW);
    state = apply(state, { ...welcome(own({ last: 1 })), epoch: "e2" }, NOW);
    assert.deepEqual(of(state).events, []);
    assert.equal(of(state).pending[0].sent, undefined);
    assert.equal(wants(state)[0].t, "sync");
  });
});

describe("an event", () => {
  it("is taken when it is the next one", () => {
    const state = apply(agent([summary({ last: 3 })]), event(message(4)), NOW);
    assert.deepEqual(of(state).events.map((one) => one.seq), [4]);
  });

  it("is dropped when it is known", () => {
    const state = apply(agent([summary({ last: 3 })]), event(message(4)), NOW);
    assert.equal(apply(state, event(message(4)), NOW), state);
    assert.equal(apply(state, event(message(2)), NOW), state);
  });

  it("beyond a gap is not shown, but asked for", () => {
    const state = apply(agent([summary({ last: 3 })]), event(message(6)), NOW);
    assert.deepEqual(of(state).events, []);
    assert.deepEqual(wants(state), [{ t: "sync", chat: "chat_a", after: 3 }]);
  });

  it("beyond a gap leaves our own message pending: it is not on the screen otherwise", () => {
    let state = addPending(visitor(own({ last: 3 })), "chat_a", { cmid: "c5", text: "Hi", at: NOW });
    state = apply(state, event({ ...message(5, GUEST), cmid: "c5" }), NOW);
    assert.equal(of(state).pending.length, 1);
    state = apply(state, page({ after: 3, events: [message(4), { ...message(5, GUEST), cmid: "c5" }] }), NOW);
    assert.equal(of(state).pending.length, 0);
  });

  it("from the other side counts as unread, one's own does not", () => {
    let state = apply(agent([summary({ last: 0, read: {} })]), event(message(1, GUEST)), NOW);
    state = apply(state, event(message(2, ANNA)), NOW);
    assert.equal(of(state).unread, 1);
    state = apply(visitor(own({ last: 0, read: {} })), event(message(1, ANNA)), NOW);
    assert.equal(of(state).unread, 1);
  });

  it("is the preview for agents only", () => {
    assert.equal(of(apply(agent([summary({ last: 0 })]), event(message(1)), NOW)).preview.text, "text 1");
    assert.equal(of(apply(visitor(own({ last: 0 })), event(message(1)), NOW)).preview, null);
  });

  it("of assignment and end sets the state", () => {
    let state = apply(visitor(own({ last: 0 })), event(assigned(1)), NOW);
    assert.deepEqual([of(state).state, of(state).assignee], ["active", { id: "mem_anna", name: "Anna" }]);
    state = apply(state, event(ended(2)), NOW);
    assert.deepEqual([of(state).state, of(state).ended_by, of(state).ended_at], ["ended", "agent", at(2)]);
  });

  it("of assignment to nobody frees the chat again", () => {
    let state = apply(visitor(own({ last: 0 })), event(assigned(1)), NOW);
    state = apply(state, event({ ...assigned(2), data: { name: "Anna" } }), NOW);
    assert.deepEqual([of(state).state, of(state).assignee], ["waiting", null]);
  });

  it("of a chat that nobody announced makes it missing, until a summary comes", () => {
    let state = apply(agent([]), event(message(1)), NOW);
    assert.deepEqual(state.missing, ["chat_a"]);
    state = apply(state, { t: "chat", chat: summary({ last: 1 }) }, NOW);
    assert.deepEqual(state.missing, []);
  });

  it("of an unknown kind moves the run on and changes nothing else", () => {
    const state = apply(agent([summary({ last: 0 })]), event({ ...message(1), kind: "hologram" }), NOW);
    assert.deepEqual([of(state).last, of(state).unread], [1, 0]);
  });
});

describe("a page", () => {
  it("forward says when more is to be asked", () => {
    let state = apply(agent([summary({ last: 0 })]), page({ after: 0, events: [message(1), message(2)], more: true }), NOW);
    assert.deepEqual(wants(state), [{ t: "sync", chat: "chat_a", after: 2 }]);
    state = apply(state, page({ after: 2, events: [message(3)] }), NOW);
    assert.deepEqual(wants(state), []);
  });

  it("backward is prepended without effects, and knows the beginning", () => {
    let state = show(agent([summary({ last: 3, unread: 0, read: { agent: 3 }, state: "active" })]), "chat_a");
    assert.deepEqual(wants(state), [{ t: "history", chat: "chat_a", before: 4 }]);
    state = apply(state, page({ before: 4, events: [ended(2), message(3)], more: true }), NOW);
    assert.deepEqual([of(state).first, of(state).state, of(state).unread], [2, "active", 0]);
    state = apply(state, page({ before: 2, events: [message(1)] }), NOW);
    assert.deepEqual([of(state).first, of(state).events.map((one) => one.seq)], [1, [1, 2, 3]]);
  });

  it("backward that does not join is dropped", () => {
    const state = show(agent([summary({ last: 9 })]), "chat_a");
    assert.equal(apply(state, page({ before: 5, events: [message(4)] }), NOW).chats.chat_a, state.chats.chat_a);
  });

  it("backward that comes twice is taken once", () => {
    let state = show(agent([summary({ last: 2 })]), "chat_a");
    const frame = page({ before: 3, events: [message(1), message(2)] });
    state = apply(apply(state, frame, NOW), frame, NOW);
    assert.deepEqual(of(state).events.map((one) => one.seq), [1, 2]);
  });

  it("that will never come ends the questions", () => {
    let state = show(agent([summary({ last: 2 })]), "chat_a");
    state = apply(state, { t: "err", code: "not_found", text: "", chat: "chat_a" }, NOW);
    assert.deepEqual(wants(state), []);
  });
});

describe("read marks", () => {
  it("only rise", () => {
    let state = apply(agent([summary({ last: 9, read: { visitor: 5 } })]), read("visitor", 3), NOW);
    assert.equal(of(state).read.visitor, 5);
    state = apply(state, { t: "hb", heads: { chat_a: { last: 9, state: "active", read: { visitor: 8 } } } }, NOW);
    assert.equal(of(state).read.visitor, 8);
  });

  it("count the unread where the events are here, whatever the frame says", () => {
    let state = agent([summary({ last: 0, read: {} })]);
    for (const seq of [1, 2, 3]) state = apply(state, event(message(seq, GUEST)), NOW);
    assert.equal(of(apply(state, read("agent", 2, 7), NOW)).unread, 1);
    assert.equal(of(markRead(state, "chat_a", 3)).unread, 0);
  });

  it("take the count as told where they are not", () => {
    const state = agent([summary({ last: 9, unread: 6, read: {} })]);
    assert.equal(of(apply(state, read("agent", 4, 2), NOW)).unread, 2);
  });
});

describe("typing", () => {
  it("goes out by message, by frame, by time and by the end", () => {
    const on = apply(visitor(own({ last: 0 })), { t: "typing", chat: "chat_a", sender: ANNA, on: true }, NOW);
    assert.equal(Object.keys(of(on).typing).length, 1);
    assert.deepEqual(of(apply(on, event(message(1, ANNA)), NOW)).typing, {});
    assert.deepEqual(of(apply(on, { t: "typing", chat: "chat_a", sender: ANNA }, NOW)).typing, {});
    assert.deepEqual(of(apply(on, event(ended(1)), NOW)).typing, {});
    assert.equal(expireTyping(on, NOW + 5_999), on);
    assert.deepEqual(of(expireTyping(on, NOW + 6_000)).typing, {});
  });
});

describe("our own messages", () => {
  it("wait under `new` for the first chat and move into it", () => {
    let state = apply(initial(), welcome(), NOW);
    state = addPending(state, null, { cmid: "c1", text: "Hi", at: NOW });
    assert.ok(state.chats[NEW_CHAT]);
    state = apply(state, { t: "own_chat", chat: own({ last: 1 }) }, NOW);
    assert.equal(state.chats[NEW_CHAT], undefined);
    assert.equal(of(state).pending[0].cmid, "c1");
  });

  it("do not move into a chat that has ended", () => {
    let state = addPending(apply(initial(), welcome(), NOW), null, { cmid: "c1", text: "Hi", at: NOW });
    state = apply(state, { t: "own_chat", chat: own({ last: 4, state: "ended" }) }, NOW);
    assert.equal(state.chats[NEW_CHAT].pending.length, 1);
  });

  it("are confirmed by ack and leave with their event", () => {
    let state = addPending(visitor(own({ last: 0 })), "chat_a", { cmid: "c1", text: "Hi", at: NOW });
    state = apply(state, { t: "ack", cmid: "c1", chat: "chat_a", seq: 1, id: "evt_1", at: "" }, NOW);
    assert.equal(of(state).pending[0].sent, true);
    state = apply(state, event({ ...message(1, GUEST), cmid: "c1" }), NOW);
    assert.deepEqual(of(state).pending, []);
  });

  it("move where the ack says, when the server opened a new chat for them", () => {
    let state = addPending(visitor(own({ state: "ended", last: 2 })), "chat_a", { cmid: "c1", text: "Hi", at: NOW });
    state = apply(state, { t: "own_chat", chat: own({ id: "chat_b", last: 0 }) }, NOW);
    state = apply(state, { t: "ack", cmid: "c1", chat: "chat_b", seq: 1, id: "evt_1", at: "" }, NOW);
    assert.deepEqual(of(state).pending, []);
    assert.equal(state.chats.chat_b.pending[0].sent, true);
  });

  it("keep their text when refused, and their retry time when asked to wait", () => {
    const state = addPending(visitor(own({})), "chat_a", { cmid: "c1", text: "Hi", at: NOW });
    const failed = apply(state, { t: "err", code: "text_too_long", text: "", cmid: "c1" }, NOW);
    assert.equal(of(failed).pending[0].failed, "text_too_long");
    const later = apply(state, { t: "err", code: "busy", text: "", cmid: "c1", retry_ms: 300 }, NOW);
    assert.equal(of(later).pending[0].retry_at, NOW + 300);
  });
});

describe("anything else", () => {
  it("leaves the state as it is", () => {
    const state = agent([summary({})]);
    for (const frame of [
      { t: "pong" }, { t: "bye", code: "restart", text: "" }, { t: "from_tomorrow" }, { t: "gone", chat: "chat_x" },
      { t: "reset", chat: "chat_x" }, { t: "err", code: "busy", text: "" }, { t: "events", chat: "chat_x", events: [], more: false },
      { t: "ack", cmid: "zz", chat: "chat_a", seq: 1, id: "", at: "" }, { t: "typing", chat: "chat_x", sender: ANNA, on: true },
    ]) {
      assert.deepEqual(apply(state, frame, NOW), state);
    }
  });

  it("is presence, visitor, online, gone and reset", () => {
    let state = agent([summary({ last: 2 })]);
    state = apply(state, { t: "presence", members: [{ id: "mem_anna", name: "Anna", online: true }] }, NOW);
    assert.deepEqual(state.me, { id: "mem_anna", name: "Anna", online: true, accepting: false });
    state = apply(state, { t: "visitor", chat: "chat_a", visitor: { id: "vis_1", name: "Red Fox", online: true } }, NOW);
    assert.equal(of(state).visitor.online, true);
    const emptied = apply(state, { t: "reset", chat: "chat_a" }, NOW);
    assert.deepEqual(wants(emptied), [{ t: "sync", chat: "chat_a", after: 0 }]);
    assert.deepEqual(apply(state, { t: "gone", chat: "chat_a" }, NOW).chats, {});
    assert.equal(apply(initial(), { t: "online", online: true }, NOW).online, true);
  });
});

// -- frames -----------------------------------------------------------------------------------------------------

const at = (seq) => new Date(Date.UTC(2026, 0, 1, 0, 0, seq)).toISOString();
const of = (state) => state.chats.chat_a;
const message = (seq, sender = GUEST) => ({ seq, id: `evt_${seq}`, kind: "message", sender, at: at(seq), cmid: `m${seq}`, text: `text ${seq}` });
const assigned = (seq) => ({ ...message(seq, ANNA), kind: "assigned", text: undefined, data: { member: "mem_anna", name: "Anna" } });
const ended = (seq) => ({ ...message(seq, ANNA), kind: "ended", text: undefined, data: { by: "agent" } });
const event = (one, chat = "chat_a") => ({ t: "event", chat, event: one });
const page = (rest) => ({ t: "events", chat: "chat_a", more: false, ...rest });
const read = (by, seq, unread) => ({ t: "read", chat: "chat_a", by, seq, ...(unread ? { unread } : {}) });
const own = (rest) => ({ id: "chat_a", state: "waiting", last: 1, started_at: at(0), read: {}, ...rest });
const summary = (rest) => ({ ...own({}), site: { id: "site_1", name: "Shop" }, visitor: { id: "vis_1", name: "Red Fox" }, ...rest });
const welcome = (chat) => ({ t: "welcome", v: 1, sid: "s", epoch: "e1", me: GUEST, online: true, ...(chat ? { chat } : {}) });
const inbox = (chats) => ({ t: "inbox", v: 1, sid: "s", epoch: "e1", me: { id: "mem_anna", name: "Anna" }, members: [], chats });
const agent = (chats) => apply(initial(), inbox(chats), NOW);
const visitor = (chat) => apply(initial(), welcome(chat), NOW);
