import assert from "node:assert/strict";
import { it } from "node:test";

import { brandColors, contrast, isColor } from "./color.js";

const BRANDS = ["#2f6fed", "#fff", "#000000", "#ff6600", "#ffee00", "#808080", "#e0457b", "#0a0a23", "#00ff88", "#7a5cff", "nonsense"];

for (const surface of ["#ffffff", "#16181d"]) {
  for (const brand of BRANDS) {
    it(`${brand} is readable on ${surface}`, () => {
      const { fill, onFill, text, ring } = brandColors(brand, surface);
      assert.ok(contrast(fill, onFill) >= 4.5, `fill ${fill} ${onFill}`);
      assert.ok(contrast(text, surface) >= 4.5, `text ${text}`);
      assert.ok(contrast(ring, surface) >= 3, `ring ${ring}`);
      assert.ok(contrast(fill, surface) >= 1.29, `fill ${fill} is lost on the surface`);
    });
  }
}

it("leaves a good colour alone", () => {
  assert.equal(brandColors("#2f6fed", "#ffffff").fill, "#2f6fed");
});

it("measures as WCAG does", () => {
  assert.equal(contrast("#000000", "#fff"), 21);
  assert.equal(contrast("#777777", "#ffffff").toFixed(2), "4.48");
  assert.equal(isColor("#12345"), false);
});
