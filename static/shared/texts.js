// What the page says, in its reader's language. The English source is in `widget/texts.py` and `chats/texts.py`;
// one JSON file per language is made from it: a text, or one per plural category.

/** @typedef {string | Partial<Record<Intl.LDMLPluralRule, string>>} Text */

/** @type {Record<string, Text>} */
let texts = {};
let language = "en";
let plurals = new Intl.PluralRules("en");
let numbers = new Intl.NumberFormat("en");

/** @param {Record<string, Text>} loaded @param {string} tag */
export function setTexts(loaded, tag) {
  texts = loaded;
  language = tag;
  plurals = new Intl.PluralRules(tag);
  numbers = new Intl.NumberFormat(tag);
}

/** Where the file cannot be had, keys are shown: ugly, but the chat works.
 * @param {string} url @param {string} tag @param {typeof fetch} [get] */
export async function loadTexts(url, tag, get = fetch) {
  const answer = await get(url);
  setTexts(answer.ok ? await answer.json() : {}, tag);
}

/** The text of a key, with its `{names}` filled in. `n` chooses the plural form and is written as a number.
 * @param {string} key @param {Record<string, string | number>} [values] */
export function t(key, values = {}) {
  const found = texts[key];
  if (found === undefined) return key;
  const form = typeof found === "string" ? found : (found[plurals.select(Number(values.n ?? 0))] ?? found.other ?? key);
  return form.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? numbers.format(value) : isolated(value);
  });
}

const RIGHT_TO_LEFT_LETTER = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** A name of the other direction would turn the signs around it over: it is put between marks that keep it apart.
 * @param {string} value */
function isolated(value) {
  const turns = RIGHT_TO_LEFT_LETTER.test(value) !== (dir() === "rtl");
  return turns ? `\u2068${value}\u2069` : value;
}

export const currentLanguage = () => language;

const RIGHT_TO_LEFT = new Set(["ar", "dv", "fa", "he", "ps", "ur", "yi"]);

/** @param {string} tag @returns {"ltr" | "rtl"} */
export const dir = (tag = language) => (RIGHT_TO_LEFT.has(tag.split("-")[0] ?? "") ? "rtl" : "ltr");
