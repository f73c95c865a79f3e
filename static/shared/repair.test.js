import assert from "node:assert/strict";
import { it } from "node:test";

import { fakeClock } from "./fake_clock.js";
import { createRepair } from "./repair.js";

const sync = (after) => ({ t: "sync", chat: "chat_a", after });

it("asks a question once while its answer is on the way", () => {
  const { repair, sent } = made();
  repair.ask([sync(3)]);
  repair.ask([sync(3)]);
  assert.equal(sent.length, 1);
  repair.ask([sync(103)]);
  assert.equal(sent.length, 2);
});

it("asks again, ever more slowly, where no answer helps", () => {
  const { repair, sent, clock } = made();
  repair.ask([sync(3)]);
  clock.pass(120_000);
  assert.deepEqual(sent.map((one) => (one.at - sent[0].at) / 1000), [0, 2, 6, 14, 30, 60, 90, 120]);
});

it("stops when the question is gone", () => {
  const { repair, sent, clock } = made();
  repair.ask([sync(3)]);
  repair.ask([]);
  clock.pass(120_000);
  assert.equal(sent.length, 1);
});

it("asks at once on a new line", () => {
  const { repair, sent } = made();
  repair.ask([sync(3)]);
  repair.forget();
  repair.ask([sync(3)]);
  assert.equal(sent.length, 2);
});

function made() {
  const clock = fakeClock();
  const sent = [];
  return { clock, sent, repair: createRepair({ send: (question) => sent.push({ ...question, at: clock.now() }) > 0, clock }) };
}
