// What the loader does in a page is tried in browsers (tests/e2e); here: how it looks as it is served.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import { Script } from "node:vm";
import { gzipSync } from "node:zlib";

const MAX_BYTES = 3_000; // gzip; every page view of every customer pays it

const source = readFileSync(new URL("widget.js", import.meta.url), "utf8");
// As chatsite/kit/static_files.py does it: comments that have lines of their own are not served.
const served = source.replace(/^[ \t]*\/\*.*?\*\/[ \t]*\n/gms, "").replace(/^[ \t]*\/\/.*\n/gm, "").replace(/\n{2,}/g, "\n");

it("is a classic script of at most 3 kB", () => {
  new Script(served); // throws where it does not parse, or imports
  const size = gzipSync(served, { level: 9 }).length;
  assert.ok(size <= MAX_BYTES, `${size} bytes`);
});

it("does nothing that a page's policy or a visitor would have to allow", () => {
  assert.doesNotMatch(served, /innerHTML|document\.cookie|localStorage|eval|onmessage\s*=|postMessage\([^)]*"\*"/);
});
