import assert from "node:assert/strict";
import { it } from "node:test";

import { createTimes } from "./time.js";

const NOW = Date.parse("2026-03-29T10:30:00Z"); // the day on which Berlin's clocks go forward
const times = createTimes({ language: "en", now: () => NOW, timeZone: "Europe/Berlin" });

it("names days by the reader's calendar", () => {
  assert.equal(times.day("2026-03-29T00:10:00Z"), "Today");
  assert.equal(times.day("2026-03-28T23:10:00Z"), "Today"); // already the 29th in Berlin
  assert.equal(times.day("2026-03-28T20:00:00Z"), "Yesterday");
  assert.equal(times.day("2026-03-25T12:00:00Z"), "Wednesday");
  assert.equal(times.day("2026-01-03T12:00:00Z"), "January 3");
  assert.equal(times.day("2024-01-03T12:00:00Z"), "January 3, 2024");
});

it("says clock, brief, ago and elapsed", () => {
  assert.match(times.clock("2026-03-29T10:05:00Z"), /^12:05\sPM$/);
  assert.equal(times.brief("2026-03-28T20:00:00Z"), "Yesterday");
  assert.equal(times.ago(NOW - 5_000), "now");
  assert.match(times.ago(NOW - 180_000), /3\s?m/);
  assert.equal(times.elapsed(NOW - 7_000), "0:07");
  assert.equal(times.elapsed(NOW - 3_909_000), "1:05:09");
  assert.equal(times.elapsed(NOW + 60_000), "0:00"); // a device whose clock is slow
});
