import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { beforeEach, describe, it } from "node:test";

import { initial } from "../shared/chat_state.js";
import { fakeClock } from "../shared/fake_clock.js";
import { createDesk } from "./desk.js";
import { MINE, SAMS, chat, inbox, said } from "./examples.test.js";

let clock, desk, line, sent, kept, heard;

beforeEach(() => sitDown({}, chat("w"), chat("m", { ...MINE, unread: 1 })));

describe("taking a chat", () => {
  it("is asked once, whatever is pressed, and again on a new line with the same cmid", () => {
    desk.take("w");
    desk.take("w");
    const [first, ...others] = sent.filter((frame) => frame.t === "take");
    assert.deepEqual([others.length, Boolean(desk.taking.value.w)], [0, true]);
    reconnect();
    assert.deepEqual(sent.filter((frame) => frame.t === "take").map((frame) => frame.cmid), [first.cmid, first.cmid]);
  });

  it("is over when the event says so", () => {
    desk.take("w");
    line.onFrame({ t: "event", chat: "w", event: said(2, { kind: "assigned", sender: { kind: "agent", id: "mem_me" }, data: { member: "mem_me", name: "Anna" } }) });
    assert.deepEqual([desk.taking.value, desk.lists.value.mine.map((one) => one.id)], [{}, ["m", "w"]]);
    sent.length = 0;
    reconnect();
    assert.equal(sent.filter((frame) => frame.t === "take").length, 0);
  });

  it("tells when a colleague was faster", () => {
    desk.take("w");
    line.onFrame({ t: "event", chat: "w", event: said(2, { kind: "assigned", sender: { kind: "agent", id: "mem_2" }, data: { member: "mem_2", name: "Sam" } }) });
    assert.deepEqual(desk.toasts.list.value.map((toast) => toast.text), ["take.taken"]);
    line.onFrame({ t: "err", code: "chat_taken", text: "", cmid: sent.find((frame) => frame.t === "take").cmid });
    assert.equal(desk.toasts.list.value.length, 1);
  });

  it("tries again when the server is busy, and says so when it may not", () => {
    desk.take("w");
    const { cmid } = sent.at(-1);
    line.onFrame({ t: "err", code: "busy", text: "", cmid, retry_ms: 300 });
    clock.pass(301);
    assert.equal(sent.filter((frame) => frame.t === "take").length, 2);
    line.onFrame({ t: "err", code: "not_permitted", text: "", cmid });
    assert.deepEqual([desk.taking.value, desk.toasts.list.value.length], [{}, 1]);
  });

  it("is not for viewers", () => {
    sitDown({ permissions: ["chat.view"] }, chat("w"));
    desk.take("w");
    desk.end("w");
    desk.setAccepting(true);
    assert.deepEqual(sent.filter((frame) => !["history", "sync"].includes(frame.t)), []);
  });
});

describe("ending a chat", () => {
  const ends = () => sent.filter((frame) => frame.t === "end").length;

  it("waits five seconds for a second thought", () => {
    desk.end("m");
    clock.pass(4_900);
    assert.deepEqual([ends(), desk.toasts.list.value.length], [0, 1]);
    clock.pass(200);
    assert.deepEqual([ends(), desk.toasts.list.value.length], [1, 0]);
  });

  it("is taken back by undo, and by writing on", () => {
    desk.end("m");
    assert.equal(desk.endings.undoLast(), true);
    desk.end("m");
    desk.write("m", "One more thing");
    clock.pass(60_000);
    assert.deepEqual([ends(), desk.endings.list.value], [0, {}]);
  });

  it("is carried out when the page goes away", () => {
    desk.end("m");
    desk.leave();
    assert.equal(ends(), 1);
  });

  it("is forgotten when the visitor ends first", () => {
    desk.end("m");
    line.onFrame({ t: "event", chat: "m", event: said(2, { kind: "ended", data: { by: "visitor" } }) });
    clock.pass(60_000);
    assert.deepEqual([ends(), desk.endings.list.value], [0, {}]);
  });

  it("of a colleague's chat needs the right to it", () => {
    sitDown({}, chat("s", SAMS));
    assert.equal(desk.mayEnd(desk.state.value.chats.s), false);
    sitDown({ permissions: ["chat.view", "chat.answer", "chat.end_any"] }, chat("s", SAMS));
    assert.equal(desk.mayEnd(desk.state.value.chats.s), true);
  });
});

describe("writing", () => {
  it("is kept until the server has it, and sent again after a lost line", () => {
    desk.setDraft("m", "Hello");
    assert.deepEqual(kept.drafts, { m: "Hello" });
    line.open = false;
    desk.write("m", "Hello");
    assert.deepEqual([kept.drafts, kept.unsent.map((one) => one.text)], [{}, ["Hello"]]);
    reconnect();
    const { cmid } = sent.findLast((frame) => frame.t === "send");
    line.onFrame({ t: "ack", cmid, chat: "m", seq: 2, id: "evt_2", at: "" });
    assert.deepEqual(kept.unsent, []);
  });

  it("comes back after a reload; in a chat that is over it becomes a draft again", () => {
    const before = { drafts: { m: "half a" }, unsent: [{ chat: "m", cmid: "c7", text: "Hi" }, { chat: "gone", cmid: "c8", text: "Too late" }] };
    sitDown({ kept: before }, chat("m", MINE));
    assert.deepEqual(desk.state.value.chats.m.pending.map((one) => one.cmid), ["c7"]);
    assert.deepEqual(desk.drafts.value, { m: "half a", gone: "Too late" });
  });

  it("that was refused can be taken back into the composer", () => {
    desk.write("m", "Hello");
    const { cmid } = sent.findLast((frame) => frame.t === "send");
    line.onFrame({ t: "err", code: "not_yours", text: "", cmid });
    desk.setDraft("m", "more");
    desk.takeBack("m", cmid);
    assert.deepEqual([desk.drafts.value.m, desk.state.value.chats.m.pending], ["Hello\nmore", []]);
  });
});

describe("reading", () => {
  it("counts in my own chats only, and once", () => {
    desk.read("w");
    desk.read("m");
    desk.read("m");
    assert.deepEqual(sent.filter((frame) => frame.t === "read"), [{ t: "read", chat: "m", seq: 1 }]);
  });

  it("leaves a mark above what was new when the chat was opened", () => {
    desk.open("m");
    assert.deepEqual(desk.marks.value, { m: 0 });
    desk.write("m", "Hello");
    assert.deepEqual(desk.marks.value, {});
  });

  it("asks for the events of every open column, and for earlier ones once", () => {
    sitDown({}, chat("m", { ...MINE, last: 300 }), chat("s", { ...SAMS, last: 5 }));
    desk.open("m");
    desk.openBeside("s");
    assert.deepEqual(sent.filter((frame) => frame.t === "history").map((frame) => [frame.chat, frame.before]), [["m", 301], ["s", 6]]);
    desk.loadEarlier("m");
    desk.loadEarlier("m");
    assert.equal(sent.filter((frame) => frame.t === "history").length, 3);
  });
});

describe("the line", () => {
  it("keeps an open column's chat that a new inbox no longer names, and asks why", () => {
    desk.open("w");
    desk.openBeside("m");
    sent.length = 0;
    line.onFrame(inbox());
    assert.deepEqual(Object.keys(desk.state.value.chats).sort(), ["m", "w"]);
    assert.deepEqual(sent.filter((frame) => frame.t === "sync").map((frame) => frame.chat).sort(), ["m", "w"]);
  });

  it("says again whether I accept chats, until the team hears it", () => {
    line.open = false;
    desk.setAccepting(true);
    assert.equal(desk.accepting.value, true);
    reconnect();
    assert.deepEqual(sent.filter((frame) => frame.t === "availability").at(-1), { t: "availability", accepting: true });
    line.onFrame({ t: "presence", members: [{ id: "mem_me", name: "Anna", online: true, accepting: true }] });
    sent.length = 0;
    reconnect();
    assert.equal(sent.filter((frame) => frame.t === "availability").length, 0);
  });

  it("begins anew when hints speak of a chat that nobody named", () => {
    line.onFrame({ t: "event", chat: "unknown", event: said(4) });
    clock.pass(4_000);
    desk.tick();
    assert.equal(line.restarts, 1);
  });

  it("brings news of waiting chats and of my own, and of nothing else", () => {
    line.onFrame({ t: "chat", chat: chat("n") });
    line.onFrame({ t: "event", chat: "m", event: said(2) });
    line.onFrame({ t: "event", chat: "w", event: said(2) });
    assert.deepEqual(heard, [{ chats: ["n"], messages: [] }, { chats: [], messages: ["m"] }]);
  });
});

/** @param {{permissions?: string[], kept?: any}} options @param {any[]} chats */
function sitDown({ permissions = ["chat.view", "chat.answer"], kept: before = { drafts: {}, unsent: [] } }, ...chats) {
  clock = fakeClock();
  [sent, heard, kept] = [[], [], before];
  line = { open: true, restarts: 0 };
  const boot = { v: 1, csrf: "", me: { id: "mem_me", name: "Anna" }, role: "agent", permissions, account: { name: "A", read_only: false }, language: "en", dir: "ltr", texts_url: "", ticket_url: "", ended_url: "", ws_url: "", inbox: inbox(...chats), sign_out_url: "", settings_url: null };
  desk = createDesk({
    boot, initial: initial(), clock, random: webcrypto,
    keep: { load: () => before, save: (what) => (kept = what), wipe() {} },
    onNews: ({ chats: found, messages }) => heard.push({ chats: found.map((one) => one.id), messages: messages.map((one) => one.id) }),
    connect(parts) {
      Object.assign(line, parts);
      return { send: (frame) => line.open && sent.push(frame) > 0, kick() {}, close() {}, restart: () => (line.restarts += 1) };
    },
  });
  desk.start();
  line.onState("open", {});
}

function reconnect() {
  line.open = false;
  line.onState("waiting", {});
  line.open = true;
  line.onState("open", {});
}
