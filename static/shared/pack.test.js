import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const STATIC = fileURLToPath(new URL("../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "pack-"));
after(() => rmSync(folder, { recursive: true }));

const pack = (entry) => execFileSync("python3", [join(STATIC, "../chatsite/kit/pack_modules.py"), entry], { encoding: "utf8", stdio: "pipe" });

/** @param {Record<string, string>} files @returns the path of the first */
function written(files) {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return join(folder, Object.keys(files)[0]);
}

describe("a pack", () => {
  it("does what its modules do, each once and in order of need", async () => {
    const packed = pack(written({
      "entry.js": 'import { one, twice as again } from "./a.js";\nimport { steps } from "./b.js";\nglobalThis.packed = { sum: again(one), steps };\n',
      "a.js": 'import { steps } from "./b.js";\n/** Why. */\nexport const one = 21; // half\nexport function twice(/** @type {number} */ n) {\n  // not said\n  steps.push("https://x // y");\n  return n * 2;\n}\n',
      "b.js": "export const steps = [];\nsteps.push(1);\n",
    }));
    writeFileSync(join(folder, "packed.mjs"), packed);
    await import(join(folder, "packed.mjs"));
    assert.deepEqual(globalThis.packed, { sum: 42, steps: [1, "https://x // y"] });
    assert.doesNotMatch(packed, /Why|half|not said|@type/);
  });

  it("refuses what it does not know", () => {
    assert.throws(() => pack(written({ "c.js": 'import x from "./b.js";\n' })), /import x/);
    assert.throws(() => pack(written({ "d.js": "export default 1;\n" })), /export default/);
    assert.throws(() => pack(written({ "e.js": 'import { f } from "./f.js";\n', "f.js": 'import { e } from "./e.js";\nexport const f = 1;\n' })), /itself/);
  });

  it("of the widget is a module that parses, without a comment of ours", () => {
    const packed = pack(join(STATIC, "widget/main.js"));
    writeFileSync(join(folder, "check.mjs"), packed);
    execFileSync(process.execPath, ["--check", join(folder, "check.mjs")]);
    assert.doesNotMatch(packed, /^\s*\/\/(?!.*(MIT|Apache|Made by))|\/\*\*/m);
  });
});
