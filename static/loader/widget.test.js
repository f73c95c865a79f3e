// What the loader does in a page is tried in browsers (tests/e2e); here: how it looks as it is served.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";
import { gzipSync } from "node:zlib";

const MAX_BYTES = 3 * 1024; // gzip; every page view of every customer pays it

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const served = execFileSync("python3", [path("../vendor/pack.py"), "--strip", path("widget.js")], { encoding: "utf8" });

it("is a classic script of at most 3 KiB", () => {
  new Script(served); // throws where it does not parse, or imports
  const size = gzipSync(served, { level: 9 }).length;
  assert.ok(size <= MAX_BYTES, `${size} bytes`);
});

it("asks nothing that a page's policy or a visitor would have to allow", () => {
  assert.doesNotMatch(served, /innerHTML|document\.cookie|localStorage|eval|onmessage\s*=|postMessage\([^)]*"\*"/);
});
