import assert from "node:assert/strict";
import { beforeEach, it } from "node:test";

import { fakeClock } from "./fake_clock.js";
import { createTyping } from "./typing.js";

let clock, told, typing;

beforeEach(() => {
  clock = fakeClock();
  told = [];
  typing = createTyping({ tell: (on) => told.push(on), clock });
});

it("is told at most every 3 s while the keys go", () => {
  for (let key = 0; key < 10; key += 1) {
    typing.input("abc");
    clock.pass(500);
  }
  assert.deepEqual(told, [true, true]);
});

it("ends after 5 s without a key", () => {
  typing.input("a");
  clock.pass(5_000);
  assert.deepEqual(told, [true, false]);
});

it("ends when the field is emptied, and is told once", () => {
  typing.input("a");
  typing.input(" ");
  typing.stop();
  assert.deepEqual(told, [true, false]);
});

it("says nothing after sending: the message itself tells", () => {
  typing.input("a");
  typing.sent();
  clock.pass(10_000);
  assert.deepEqual(told, [true]);
});
