// Reads tokens.css and works out the contrast of every pair that carries text or marks a control, in both themes.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const css = readFileSync(new URL("./tokens.css", import.meta.url), "utf8");

/** @param {string} start the selector line that opens the block */
function colours(start) {
  const from = css.indexOf(start);
  assert.ok(from >= 0, `${start} is in tokens.css`);
  const block = css.slice(from, css.indexOf("}", from));
  return new Map([...block.matchAll(/--color-([\w-]+):\s*(#[0-9a-f]{6})/g)].map((m) => [m[1], m[2]]));
}

/** @param {string} hex */
function luminance(hex) {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0);
}

/** @param {string} a @param {string} b */
function contrast(a, b) {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return ((high ?? 0) + 0.05) / ((low ?? 0) + 0.05);
}

const TEXT = 4.5; // WCAG 1.4.3
const CONTROL = 3; // WCAG 1.4.11

/** @type {[string, string, number][]} */
const PAIRS = [];
for (const ground of ["canvas", "surface", "sunken", "hover", "selected"]) {
  for (const ink of ["ink", "ink-2", "ink-3", "accent-ink", "good-ink", "bad-ink", "warm-ink"]) PAIRS.push([ink, ground, TEXT]);
}
for (const ground of ["canvas", "surface"]) {
  for (const mark of ["line-strong", "focus", "good", "bad", "accent"]) PAIRS.push([mark, ground, CONTROL]);
}
PAIRS.push(
  ["on-accent", "accent", TEXT],
  ["on-accent", "accent-hover", TEXT],
  ["accent-ink", "accent-soft", TEXT],
  ["good-ink", "good-soft", TEXT],
  ["bad-ink", "bad-soft", TEXT],
  ["warm-ink", "warm-soft", TEXT],
  ["on-tip", "tip", TEXT],
  ["on-bubble", "bubble", TEXT],
  ["ink-3", "bubble", TEXT],
  ["on-bubble-own", "bubble-own", TEXT],
);

for (const [name, start] of [["light", ":root {"], ["dark", ':root[data-theme="dark"] {']]) {
  test(`colours of the ${name} theme can be read`, () => {
    const palette = colours(String(start));
    for (const [front, back, least] of PAIRS) {
      const [a, b] = [palette.get(front), palette.get(back)];
      assert.ok(a && b, `${front} and ${back} are in the ${name} theme`);
      const got = contrast(a, b);
      assert.ok(got >= least, `${name}: ${front} ${a} on ${back} ${b} is ${got.toFixed(2)}, needs ${least}`);
    }
  });
}

test("both dark blocks are the same", () => {
  const [media, forced] = [':root:not([data-theme="light"]) {', ':root[data-theme="dark"] {'].map(colours);
  assert.deepEqual(media, forced);
});
