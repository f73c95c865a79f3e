// From one brand colour, the colours that a page needs, each with the contrast that WCAG 2.2 AA asks for.

const TEXT_CONTRAST = 4.5; // normal text
const EDGE_CONTRAST = 3; // focus rings, icons, large text
const VISIBLE_CONTRAST = 1.3; // a filled bubble against the surface behind it
const WHITE = "#ffffff";
const BLACK = "#101418"; // ink rather than black: softer, and far above what is asked
const FALLBACK = "#2f6fed"; // where the stored value is no colour

/** @typedef {[number, number, number]} Rgb  0…255 */

/**
 * `fill`/`onFill`: buttons and own bubbles; `text`: links and names on `surface`; `ring`: focus on `surface`.
 * @param {string} brand  #rgb or #rrggbb
 * @param {string} surface  what lies behind
 */
export function brandColors(brand, surface) {
  const base = isColor(brand) ? brand : FALLBACK;
  const distinct = moved(base, surface, VISIBLE_CONTRAST);
  const { fill, onFill } = filled(distinct);
  return { fill, onFill, text: moved(base, surface, TEXT_CONTRAST), ring: moved(base, surface, EDGE_CONTRAST) };
}

/** @param {string} text */
export const isColor = (text) => /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.test(text);

/** WCAG's ratio, 1 to 21. @param {string} one @param {string} other */
export function contrast(one, other) {
  const [light, dark] = [luminance(rgb(one)), luminance(rgb(other))].sort((a, b) => b - a);
  return (/** @type {number} */ (light) + 0.05) / (/** @type {number} */ (dark) + 0.05);
}

/** White on the brand is what people expect to see, so a fill that nearly carries it is darkened a little.
 * @param {string} color */
function filled(color) {
  if (contrast(color, WHITE) >= TEXT_CONTRAST) return { fill: color, onFill: WHITE };
  if (contrast(color, WHITE) >= EDGE_CONTRAST) return { fill: moved(color, WHITE, TEXT_CONTRAST), onFill: WHITE };
  return { fill: color, onFill: BLACK };
}

/** The colour, mixed with black or white until it stands out from `surface` as asked.
 * @param {string} color @param {string} surface @param {number} wanted */
function moved(color, surface, wanted) {
  const towards = luminance(rgb(surface)) > 0.18 ? "#000000" : WHITE; // 0.18: as far from black as from white
  for (let share = 0; share < 1; share += 0.04) {
    const mixed = mix(color, towards, share);
    if (contrast(mixed, surface) >= wanted) return mixed;
  }
  return towards;
}

/** @param {string} one @param {string} other @param {number} share */
function mix(one, other, share) {
  const [a, b] = [rgb(one), rgb(other)];
  const parts = a.map((part, index) => Math.round(part + (/** @type {number} */ (b[index]) - part) * share));
  return `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

/** @param {string} color @returns {Rgb} */
function rgb(color) {
  const hex = color.length === 4 ? color.replace(/[0-9a-f]/gi, "$&$&") : color;
  return /** @type {Rgb} */ ([1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
}

/** @param {Rgb} color */
function luminance(color) {
  const [r, g, b] = /** @type {Rgb} */ (color.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
