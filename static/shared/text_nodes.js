// A message's text as nodes: links are found, everything else stays text. Line breaks are the style's
// (`white-space: pre-wrap`). Linear in the length of the text, whatever is written.

import { h } from "../vendor/ui.js";

/** @typedef {{text: string, href?: string}} Segment */

const SCHEME = /https?:\/\/|mailto:/i;
const OPENING = "([{<\"'«“‘„‚";
const CLOSING = ".,;:!?)]}>\"'»”’“‘…،؛؟。，";
const LINK_MAX_CHARS = 2_000; // longer is no address that anybody would follow

/** @param {string} text @returns {Segment[]} */
export function segments(text) {
  /** @type {Segment[]} */
  const found = [];
  let plain = "";
  for (const word of text.split(/(\s+)/)) {
    const link = linkIn(word);
    if (!link) {
      plain += word;
      continue;
    }
    plain += word.slice(0, link.from);
    if (plain) found.push({ text: plain });
    found.push({ text: link.label, href: link.href });
    plain = word.slice(link.to);
  }
  if (plain) found.push({ text: plain });
  return found;
}

/** The nodes of a text, to be put into an element with `dir="auto"`. @param {string} text */
export function textNodes(text) {
  return segments(text).map((segment) =>
    segment.href
      ? h("a", { href: segment.href, target: "_blank", rel: "noopener noreferrer nofollow ugc", dir: "ltr" }, segment.text)
      : segment.text);
}

/** @param {string} word @returns {{from: number, to: number, href: string, label: string} | null} */
function linkIn(word) {
  const match = SCHEME.exec(word);
  if (!match) return null;
  const from = match.index;
  const before = word[from - 1];
  if (before !== undefined && !OPENING.includes(before) && !CLOSING.includes(before)) return null; // xhttp://
  const to = from + trimmed(word.slice(from));
  const address = word.slice(from, to);
  if (to - from > LINK_MAX_CHARS) return null;
  try {
    const url = new URL(address);
    if (url.protocol === "mailto:") return url.pathname.includes("@") ? { from, to, href: url.href, label: address } : null;
    if (!url.hostname.includes(".") && url.hostname !== "localhost") return null;
    if (url.username || url.password) return null; // https://bank.example@evil.example is written to deceive
    return { from, to, href: url.href, label: honest(url, address) };
  } catch {
    return null;
  }
}

/** Letters of other scripts may imitate a known name: such a host is shown as it is looked up, xn--….
 * @param {URL} url @param {string} address */
const honest = (url, address) => (/(^|\.)xn--/.test(url.hostname) ? url.href : address);

/** The length without the punctuation that belongs to the sentence; a closing bracket stays where it was opened inside.
 * @param {string} address */
function trimmed(address) {
  let open = count(address, "(") - count(address, ")");
  let end = address.length;
  while (end > 0) {
    const last = /** @type {string} */ (address[end - 1]);
    if (!CLOSING.includes(last) || (last === ")" && open >= 0)) break;
    if (last === ")") open += 1;
    end -= 1;
  }
  return end;
}

/** @param {string} text @param {string} character */
const count = (text, character) => text.split(character).length - 1;
