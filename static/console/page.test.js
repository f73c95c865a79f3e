// What must agree between files of different languages: the page's preload list with the imports, the views with the texts.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { it } from "node:test";

const STATIC = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const read = (path) => readFileSync(join(STATIC, path), "utf8");

it("every module of the first screen is preloaded, and nothing else", () => {
  const listed = [...read("../templates/console/modules.html").matchAll(/static '([^']+)'/g)].map((match) => match[1]);
  assert.deepEqual(listed, [...graph("console/main.js")].filter((path) => path !== "console/main.js").sort());
});

it("every text that is shown exists, and every text is shown", () => {
  const source = read("../chats/texts.py");
  const written = new Set([...source.matchAll(/^ {4}"([a-z_.]+)":/gm)].map((match) => match[1]));
  const code = [...modules("console")].map(read).join("\n");
  const asked = new Set([...code.matchAll(/"([a-z_]+(?:\.[a-z_]+)?)"/g)].map((match) => match[1]));
  const called = [...code.matchAll(/\bt\("([a-z_.]+)"/g)].map((match) => match[1]);
  assert.deepEqual(called.filter((key) => !written.has(key)), []);
  const made = /^(error|progress)\.|^(take|end)\.failed$/; // put together where they are used
  assert.deepEqual([...written].filter((key) => !asked.has(key) && !made.test(key)), []);
});

it("nothing writes HTML", () => {
  for (const path of [...modules("console"), ...modules("elements"), ...modules("icons")]) assert.doesNotMatch(read(path), /innerHTML|outerHTML|insertAdjacentHTML|document\.write/, path);
});

it("files stay small enough to be read at once", () => {
  for (const path of [...modules("console"), ...modules("elements")]) assert.ok(read(path).split("\n").length <= 350, path);
});

it("styles stay small enough too, and use the tokens instead of colours of their own", () => {
  for (const name of ["base", "controls", "parts", "shell", "alone", "console", "inbox", "rows", "talk", "composer", "panel", "over", "later", "settings", "preview"]) {
    const css = read(`css/${name}.css`);
    assert.ok(css.split("\n").length <= 350, name);
    if (name !== "parts") assert.doesNotMatch(css.replace(/color: #1d1200|background: #fff;/g, ""), /#[0-9a-f]{3,8}\b/i, name);
  }
});

/** @param {string} path @param {Set<string>} [seen] */
function graph(path, seen = new Set()) {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const [, found] of read(path).matchAll(/^(?:import|export)[^;]*?from\s+"([^"]+)"/gm)) graph(relative(STATIC, resolve(STATIC, dirname(path), found)), seen);
  return seen;
}

/** @param {string} folder */
function* modules(folder) {
  for (const name of readdirSync(join(STATIC, folder), { recursive: true })) {
    const path = join(folder, String(name));
    if (path.endsWith(".js") && !path.includes(".test")) yield path;
  }
}
