import assert from "node:assert/strict";
import { it } from "node:test";

import { KEYS } from "./key_list.js";
import { commandOf } from "./keys.js";

const none = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, code: "" };
const list = { writing: false, on: "row", plainKeys: true };
const press = (key, where = {}, with_ = {}) => commandOf({ ...none, key, ...with_ }, { ...list, ...where })?.command ?? null;

it("letters are commands in the list, with Caps Lock too", () => assert.deepEqual(["j", "K", "t", "?", "/"].map((key) => press(key)), ["next", "previous", "take", "help", "search"]));
it("letters are text while somebody writes", () => assert.equal(press("j", { writing: true }), null));
it("letters can be switched off, and Escape still works", () => assert.deepEqual([press("j", { plainKeys: false }), press("Escape", { plainKeys: false })], [null, "leave"]));
it("Enter belongs to what has the focus", () => assert.deepEqual([press("Enter"), press("Enter", { on: "control" }), press("Enter", { on: "nothing" })], [null, null, "reply"]));
it("arrows move in the list, not on a switch", () => assert.deepEqual([press("ArrowDown"), press("ArrowDown", { on: "control" })], ["next", null]));
it("Ctrl or ⌘ with K works everywhere", () => {
  assert.equal(press("k", { writing: true }, { ctrlKey: true }), "palette");
  assert.equal(press("K", {}, { metaKey: true }), "palette");
  assert.equal(press("j", {}, { ctrlKey: true }), null);
});
it("Alt works while writing, by the place of the key", () => {
  assert.deepEqual(commandOf({ ...none, key: "¡", code: "Digit1", altKey: true }, { ...list, writing: true }), { command: "number", number: 1 });
  assert.equal(press("ArrowUp", { writing: true }, { altKey: true }), "previous");
  assert.equal(press("j", {}, { altKey: true }), null);
});
it("AltGr writes characters and is no command", () => assert.equal(press("@", {}, { altKey: true, ctrlKey: true }), null));
it("every letter of the help does what the help says", () => {
  for (const { command, keys, plain } of KEYS.filter((key) => key.plain)) {
    for (const [key] of keys) {
      const name = { "↓": "ArrowDown", "↑": "ArrowUp" }[key] ?? key;
      assert.equal(press(name, { on: "nothing" }), command, `${key} (${plain})`);
    }
  }
});
