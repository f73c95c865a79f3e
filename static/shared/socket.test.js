import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";

import { fakeClock } from "./fake_clock.js";
import { Refusal, connect } from "./socket.js";

const WELCOME = { t: "welcome", v: 1, sid: "s", epoch: "e", me: { kind: "visitor" }, online: true };
let clock, sockets, states, frames, tickets, wake, online, line, ticket;

beforeEach(() => {
  clock = fakeClock();
  [sockets, states, frames, tickets] = [[], [], [], 0];
  online = true;
  ticket = async () => `ticket ${(tickets += 1)}`;
});

describe("opening", () => {
  it("says hello with a ticket, and is open with the welcome, which comes first", async () => {
    await start();
    assert.deepEqual(last().sent, [{ t: "hello", v: 1, ticket: "ticket 1" }]);
    assert.equal(state(), "connecting");
    last().say(WELCOME);
    assert.equal(state(), "open");
    assert.equal(frames.length, 1);
  });

  it("sends nothing before it is open", async () => {
    await start();
    assert.equal(line.send({ t: "alive" }), false);
    last().say(WELCOME);
    assert.equal(line.send({ t: "ping", n: 1 }), true);
  });

  it("gives up on a server that does not welcome", async () => {
    await start();
    clock.pass(10_000);
    assert.equal(state(), "waiting");
  });

  it("tries again when the ticket cannot be had", async () => {
    ticket = async () => {
      throw new TypeError("network");
    };
    await start();
    assert.equal(state(), "waiting");
    assert.equal(sockets.length, 0);
  });

  it("does not try again when the ticket is refused for good", async () => {
    ticket = async () => {
      throw new Refusal("forbidden", "read_only");
    };
    await start();
    assert.deepEqual([state(), states.at(-1)[1].code, clock.waiting], ["forbidden", "read_only", 0]);
  });
});

describe("an open line", () => {
  it("answers the heartbeat at once", async () => {
    await opened();
    last().say({ t: "hb" });
    assert.deepEqual(last().sent.at(-1), { t: "alive" });
  });

  it("that falls silent is taken for dead after 45 s", async () => {
    await opened();
    clock.pass(44_000);
    assert.equal(state(), "open");
    clock.pass(1_000);
    assert.equal(state(), "waiting");
  });

  it("is asked at once when the device wakes, and taken for dead after 5 s", async () => {
    await opened();
    wake();
    assert.equal(last().sent.at(-1).t, "ping");
    clock.pass(4_900);
    last().say({ t: "pong", n: 1 });
    clock.pass(200);
    assert.equal(state(), "open");
    wake();
    clock.pass(5_000);
    assert.equal(state(), "waiting");
  });

  it("ignores what is not a frame", async () => {
    await opened();
    last().onmessage({ data: "nonsense" });
    last().onmessage({ data: "null" });
    assert.equal(frames.length, 1);
  });

  it("does not hand over more than the network takes", async () => {
    await opened();
    last().bufferedAmount = 2 * 1024 * 1024;
    assert.equal(line.send({ t: "ping" }), false);
  });
});

describe("coming back", () => {
  it("waits longer each time, up to 30 s, and less again after a good line", async () => {
    await opened();
    const pauses = [];
    for (let round = 0; round < 8; round += 1) {
      last().die(1006);
      pauses.push(states.at(-1)[1].retry_at - clock.now());
      clock.pass(pauses.at(-1));
      await settle();
    }
    assert.deepEqual(pauses, [750, 1250, 2250, 4250, 8250, 15250, 15250, 15250]); // random is 0.5 here
    last().say(WELCOME);
    clock.pass(11_000);
    last().die(1006);
    assert.equal(states.at(-1)[1].retry_at - clock.now(), 750);
  });

  it("honours the pause that a bye asks for, even when kicked", async () => {
    await opened();
    last().say({ t: "bye", code: "restart", text: "", retry_ms: 8_000 });
    last().die(1012);
    wake();
    clock.pass(7_900);
    assert.equal(sockets.length, 1);
    clock.pass(200);
    await settle();
    assert.equal(sockets.length, 2);
  });

  it("after a bye without a pause stays away", async () => {
    await opened();
    last().say({ t: "bye", code: "signed_out", text: "" });
    last().die(4401);
    assert.deepEqual([state(), clock.waiting], ["signed_out", 0]);
  });

  it("takes one new ticket after 4401, then is signed out", async () => {
    await opened();
    last().die(4401);
    assert.equal(state(), "waiting");
    clock.pass(1_000);
    await settle();
    assert.equal(tickets, 2);
    last().die(4401);
    assert.equal(state(), "signed_out");
  });

  it("does not come back after 4403 and 4426, unless restarted", async () => {
    await opened();
    last().die(4403);
    assert.deepEqual([state(), clock.waiting], ["forbidden", 0]);
    line.restart();
    clock.pass(0);
    await settle();
    last().die(4426);
    assert.equal(state(), "outdated");
  });

  it("tells offline from waiting, and tries in both", async () => {
    await opened();
    online = false;
    last().die(1006);
    assert.equal(state(), "offline");
    assert.equal(clock.waiting, 1);
  });

  it("does not let an old socket speak for the new one", async () => {
    await opened();
    const old = last();
    line.restart();
    clock.pass(1_000);
    await settle();
    old.onmessage?.({ data: JSON.stringify({ t: "pong" }) });
    assert.equal(frames.length, 1);
  });
});

describe("a frame that the transport refuses", () => {
  it("is named: the largest that was not answered", async () => {
    await opened();
    line.send({ t: "send", chat: "c", cmid: "small", text: "x" });
    line.send({ t: "send", chat: "c", cmid: "big", text: "x".repeat(200) });
    last().die(1009);
    assert.deepEqual([frames.at(-1).t, frames.at(-1).code, frames.at(-1).cmid], ["err", "too_big", "big"]);
    assert.equal(state(), "waiting");
  });

  it("is not one that was confirmed", async () => {
    await opened();
    line.send({ t: "send", chat: "c", cmid: "big", text: "x".repeat(200) });
    line.send({ t: "send", chat: "c", cmid: "small", text: "x" });
    last().say({ t: "ack", cmid: "big", chat: "c", seq: 1, id: "", at: "" });
    last().die(1007);
    assert.deepEqual([frames.at(-1).code, frames.at(-1).cmid], ["bad_frame", "small"]);
  });
});

it("closed, does nothing more", async () => {
  await opened();
  line.close();
  wake();
  clock.pass(100_000);
  assert.equal(clock.waiting, 0);
  assert.equal(sockets.length, 1);
});

// -- a server that does as it is told ---------------------------------------------------------------------------

class FakeSocket {
  sent = [];
  bufferedAmount = 0;
  constructor() {
    sockets.push(this);
    queueMicrotask(() => this.onopen?.());
  }
  send(text) {
    this.sent.push(JSON.parse(text));
  }
  close() {}
  say(frame) {
    this.onmessage({ data: JSON.stringify(frame) });
  }
  die(code) {
    this.onclose({ code });
  }
}

const last = () => sockets.at(-1);
const state = () => states.at(-1)[0];
const settle = () => new Promise((done) => setImmediate(done));

async function start() {
  line = connect({
    url: "ws://x", clock, WebSocketClass: FakeSocket,
    getTicket: () => ticket(),
    onFrame: (frame) => frames.push(frame),
    onState: (...told) => states.push(told),
    surroundings: { online: () => online, onWake: (run) => { wake = run; return () => (wake = () => {}); } },
  });
  await settle();
}

async function opened() {
  await start();
  last().say(WELCOME);
}
