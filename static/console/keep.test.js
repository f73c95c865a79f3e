import assert from "node:assert/strict";
import { it } from "node:test";

import { createKeep, loadPreferences, savePreferences } from "./keep.js";

/** @param {Record<string, string>} [values] */
function storage(values = {}) {
  const map = new Map(Object.entries(values));
  return {
    map,
    get length() {
      return map.size;
    },
    key: (at) => [...map.keys()][at] ?? null,
    getItem: (key) => map.get(key) ?? null,
    setItem: (key, value) => void map.set(key, value),
    removeItem: (key) => void map.delete(key),
  };
}

const kept = { drafts: { a: "Hello", b: "  " }, unsent: [{ chat: "a", cmid: "c1", text: "Hi" }] };

it("drafts and unsent texts come back to the same member", () => {
  const tab = storage();
  createKeep(tab, "mem_1").save(kept);
  assert.deepEqual(createKeep(tab, "mem_1").load(), { drafts: { a: "Hello" }, unsent: kept.unsent });
});

it("another member finds nothing, and what was there is gone", () => {
  const tab = storage({ other: "stays" });
  createKeep(tab, "mem_1").save(kept);
  assert.deepEqual(createKeep(tab, "mem_2").load(), { drafts: {}, unsent: [] });
  assert.deepEqual([...tab.map.keys()], ["other"]);
});

it("signing out wipes the texts and keeps the arrangement", () => {
  const tab = storage();
  savePreferences(tab, { ...loadPreferences(tab), panel: false });
  const keep = createKeep(tab, "mem_1");
  keep.save(kept);
  keep.wipe();
  assert.deepEqual([...tab.map.keys()], ["chatsite:console"]);
  assert.equal(loadPreferences(tab).panel, false);
});

it("nothing to keep leaves nothing behind", () => {
  const tab = storage();
  const keep = createKeep(tab, "mem_1");
  keep.save(kept);
  keep.save({ drafts: {}, unsent: [] });
  assert.equal(tab.map.size, 0);
});

it("works where storage is denied, full or nonsense", () => {
  const angry = { get length() { throw new Error("denied"); }, key() { throw new Error(); }, getItem() { throw new Error(); }, setItem() { throw new Error(); }, removeItem() { throw new Error(); } };
  for (const tab of [null, angry, storage({ "chatsite:console:mem_1": "{nonsense" })]) {
    const keep = createKeep(tab, "mem_1");
    assert.deepEqual(keep.load(), { drafts: {}, unsent: [] });
    keep.save(kept);
    keep.wipe();
  }
  assert.equal(loadPreferences(null).plainKeys, true);
});
