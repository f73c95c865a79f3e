import assert from "node:assert/strict";
import { it } from "node:test";

import { dir, loadTexts, setTexts, t } from "./texts.js";

it("fills in names and chooses the plural form of the language", () => {
  setTexts({ hello: "Hello {name}", new: { one: "{n} message", other: "{n} messages" } }, "en");
  assert.equal(t("hello", { name: "{n} $& Anna" }), "Hello {n} $& Anna");
  assert.equal(t("new", { n: 1 }), "1 message");
  assert.equal(t("new", { n: 1200 }), "1,200 messages");
  setTexts({ new: { zero: "z", one: "o", two: "t", few: "f", many: "m", other: "x" } }, "ar");
  assert.equal([0, 1, 2, 3, 11, 100].map((n) => t("new", { n })).join(""), "zotfmx");
});

it("shows the key where a text is missing, and leaves unknown names alone", () => {
  setTexts({ a: "{who} writes" }, "en");
  assert.equal(t("no.such"), "no.such");
  assert.equal(t("a"), "{who} writes");
});

it("keeps a name of the other direction apart from the sentence", () => {
  setTexts({ joined: "{name}: 1" }, "en");
  assert.equal(t("joined", { name: "Anna" }), "Anna: 1");
  assert.equal(t("joined", { name: "سارة" }), "\u2068سارة\u2069: 1");
  setTexts({ joined: "{name} هنا" }, "ar");
  assert.equal(t("joined", { name: "Anna" }), "\u2068Anna\u2069 هنا");
});

it("loads a language's file", async () => {
  await loadTexts("/x.json", "de", async () => new Response('{"a": "Hallo"}'));
  assert.equal(t("a"), "Hallo");
  await loadTexts("/x.json", "de", async () => new Response("", { status: 404 }));
  assert.equal(t("a"), "a");
});

it("knows the direction", () => {
  assert.deepEqual([dir("ar-EG"), dir("he"), dir("de")], ["rtl", "rtl", "ltr"]);
});
