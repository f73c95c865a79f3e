import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { segments } from "./text_nodes.js";

const links = (text) => segments(text).filter((one) => one.href).map((one) => one.href);
const whole = (text) => segments(text).map((one) => one.text).join("");

describe("a link", () => {
  for (const [text, href] of [
    ["see https://example.com/a?b=c#d now", "https://example.com/a?b=c#d"],
    ["(https://example.com).", "https://example.com/"],
    ["https://en.wikipedia.org/wiki/Bird_(disambiguation)", "https://en.wikipedia.org/wiki/Bird_(disambiguation)"],
    ["(see https://en.wikipedia.org/wiki/Bird_(animal))", "https://en.wikipedia.org/wiki/Bird_(animal)"],
    ["HTTP://EXAMPLE.COM", "http://example.com/"],
    ["here:https://example.com", "https://example.com/"],
    ["write to mailto:a@example.com!", "mailto:a@example.com"],
    ["„https://example.com/ü“", "https://example.com/%C3%BC"],
  ]) {
    it(`is found in ${text}`, () => assert.deepEqual(links(text), [href]));
  }

  for (const text of [
    "javascript:alert(1)", "data:text/html,x", "xhttp://example.com", "https://", "http://nodots", "mailto:nobody",
    "https://bank.example@evil.example/", "ftp://example.com", "https://" + "a".repeat(3000) + ".com", "https://[::1",
  ]) {
    it(`is not made of ${text.slice(0, 40)}`, () => assert.deepEqual(links(text), []));
  }

  it("shows a host of imitating letters as it is looked up", () => {
    const [segment] = segments("https://аpple.com/"); // the first letter is Cyrillic
    assert.match(segment.text, /^https:\/\/xn--/);
  });
});

it("keeps every character of the text", () => {
  for (const text of ["a\n\n b\t(https://example.com), c", "  ", "", "https://example.com https://example.com\n"]) {
    assert.equal(whole(text), text);
  }
});

it("takes linear time", () => {
  const started = performance.now();
  for (const text of ["https://a.b/".repeat(700), "(".repeat(8000) + "https://a.b/" + ")".repeat(8000), "https://a.b/" + ".".repeat(1900)]) segments(text);
  assert.ok(performance.now() - started < 200);
});
