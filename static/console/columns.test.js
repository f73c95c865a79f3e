import assert from "node:assert/strict";
import { it } from "node:test";

import { NONE, closed, fitted, opened, openedBeside } from "./columns.js";

const two = openedBeside(opened(NONE, "a"), "b");

it("a chat takes the active column", () => assert.deepEqual(opened(two, "c"), { open: ["a", "c"], active: "c" }));
it("a chat that is open becomes active where it is", () => assert.deepEqual(opened(two, "a"), { open: ["a", "b"], active: "a" }));
it("where there is no room, the first leaves", () => assert.deepEqual(openedBeside(two, "c", 2), { open: ["b", "c"], active: "c" }));
it("with room for one, beside means instead", () => assert.deepEqual(openedBeside(opened(NONE, "a"), "b", 1), { open: ["b"], active: "b" }));
it("closing makes the neighbour active", () => {
  assert.deepEqual(closed(two, "b"), { open: ["a"], active: "a" });
  assert.deepEqual(closed(opened(NONE, "a"), "a"), NONE);
  assert.equal(closed(two, "z"), two);
});
it("a narrower window keeps the active one", () => {
  assert.deepEqual(fitted(opened(two, "a"), 1), { open: ["a"], active: "a" });
  assert.deepEqual(fitted({ open: ["a", "b", "c"], active: "a" }, 2), { open: ["a", "c"], active: "a" });
  assert.equal(fitted(two, 3), two);
});
