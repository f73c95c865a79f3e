import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { beforeEach, describe, it } from "node:test";

import { apply, initial } from "./chat_state.js";
import { fakeClock } from "./fake_clock.js";
import { NEW_CHAT, addPending, createOutbox, due, isLate, newCmid, retryPending } from "./outbox.js";

let clock, state, sent, kept, open, outbox;

beforeEach(() => {
  clock = fakeClock();
  [sent, kept, open] = [[], null, true];
  state = apply(initial(), { t: "welcome", v: 1, sid: "s", epoch: "e", me: { kind: "visitor" }, online: true,
    chat: { id: "chat_a", state: "active", last: 0, started_at: "", read: {} } }, clock.now());
  outbox = createOutbox({
    read: () => state,
    write: (next) => (state = next),
    send: (chat, pending) => open && sent.push([chat, pending.cmid]) > 0,
    keep: (items) => (kept = items),
    clock,
  });
});

describe("a message", () => {
  it("goes out once, and again only after 10 s without an answer", () => {
    outbox.lineOpened();
    write("c1");
    clock.pass(9_000);
    assert.deepEqual(sent, [["chat_a", "c1"]]);
    clock.pass(2_000);
    assert.equal(sent.length, 2);
    receive({ t: "ack", cmid: "c1", chat: "chat_a", seq: 1, id: "", at: "" });
    clock.pass(60_000);
    assert.equal(sent.length, 2);
    assert.equal(clock.waiting, 0);
  });

  it("goes out again on every new line, with the same cmid", () => {
    outbox.lineOpened();
    write("c1");
    outbox.lineClosed();
    outbox.lineOpened();
    assert.deepEqual(sent, [["chat_a", "c1"], ["chat_a", "c1"]]);
  });

  it("waits as long as the server asks", () => {
    outbox.lineOpened();
    write("c1");
    receive({ t: "err", code: "busy", text: "", cmid: "c1", retry_ms: 3_000 });
    clock.pass(2_000);
    assert.equal(sent.length, 1);
    clock.pass(2_000); // and not until RESEND_AFTER_MS, which is for lost answers
    assert.equal(sent.length, 2);
  });

  it("does not overtake an earlier one that waits", () => {
    outbox.lineOpened();
    write("c1");
    receive({ t: "err", code: "busy", text: "", cmid: "c1", retry_ms: 3_000 });
    write("c2");
    assert.equal(sent.length, 1);
  });

  it("that was refused is not sent again, until its writer asks", () => {
    outbox.lineOpened();
    write("c1");
    receive({ t: "err", code: "text_too_long", text: "", cmid: "c1" });
    outbox.lineOpened();
    assert.equal(sent.length, 1);
    state = retryPending(state, "c1", clock.now());
    outbox.flush();
    assert.equal(sent.length, 2);
  });

  it("is late after 15 s, and not when confirmed or refused", () => {
    const pending = { cmid: "c1", text: "", at: 0 };
    assert.equal(isLate(pending, 14_999), false);
    assert.equal(isLate(pending, 15_000), true);
    assert.equal(isLate({ ...pending, sent: true }, 15_000), false);
    assert.equal(isLate({ ...pending, failed: "read_only" }, 15_000), false);
  });
});

describe("before the first chat", () => {
  it("only the first message starts one; the others follow into it", () => {
    state = apply(initial(), { t: "welcome", v: 1, sid: "s", epoch: "e", me: { kind: "visitor" }, online: true }, 0);
    for (const cmid of ["c1", "c2"]) state = addPending(state, null, { cmid, text: "Hi", at: 0 });
    assert.deepEqual(due(state, 0, 1).map((one) => [one.chat, one.pending.cmid]), [[null, "c1"]]);
    state = apply(state, { t: "own_chat", chat: { id: "chat_b", state: "waiting", last: 0, started_at: "", read: {} } }, 0);
    state = apply(state, { t: "ack", cmid: "c1", chat: "chat_b", seq: 1, id: "", at: "" }, 0);
    assert.equal(state.chats[NEW_CHAT], undefined);
    assert.deepEqual(due(state, 0, 1).map((one) => [one.chat, one.pending.cmid]), [["chat_b", "c2"]]);
  });
});

describe("what is kept for a reload", () => {
  it("is the unsent text, wiped when it is confirmed", () => {
    open = false;
    write("c1");
    assert.deepEqual(kept, [{ chat: "chat_a", cmid: "c1", text: "text of c1" }]);
    receive({ t: "ack", cmid: "c1", chat: "chat_a", seq: 1, id: "", at: "" });
    assert.deepEqual(kept, []);
  });
});

it("makes cmids that are UUIDs of version 4", () => {
  assert.match(newCmid(webcrypto), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

function write(cmid) {
  state = addPending(state, "chat_a", { cmid, text: `text of ${cmid}`, at: clock.now() });
  outbox.flush();
}

function receive(frame) {
  state = apply(state, frame, clock.now());
  outbox.flush();
}
