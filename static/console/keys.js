// What a key press means. Pure. key_list.js says the same in words, for the help; a test compares them.

/**
 * @typedef {"next" | "previous" | "next_for_me" | "reply" | "take" | "end" | "undo" | "beside" | "close" | "search"
 *   | "palette" | "help" | "panel" | "accepting" | "sound" | "number" | "leave"} Command
 */

/** @type {Record<string, Command>} */
const PLAIN = {
  j: "next", ArrowDown: "next", k: "previous", ArrowUp: "previous", n: "next_for_me", t: "take", r: "reply",
  Enter: "reply", e: "end", z: "undo", b: "beside", x: "close", i: "panel", a: "accepting", m: "sound", "/": "search", "?": "help",
};

/** @typedef {Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">} Press */

/**
 * What a key press means, or null where it belongs to the browser or to the text being written.
 *
 * @param {Press} press
 * @param {{writing: boolean, on: "nothing" | "row" | "control", plainKeys: boolean}} where  `on`: what has the focus;
 *   Enter belongs to rows and controls, the arrows to controls
 * @returns {{command: Command, number?: number} | null}
 */
export function commandOf(press, { writing, on, plainKeys }) {
  const { key, code, ctrlKey, metaKey, altKey } = press;
  if ((ctrlKey || metaKey) && !altKey) return key.toLowerCase() === "k" && !press.shiftKey ? { command: "palette" } : null;
  if (altKey && !ctrlKey && !metaKey) return altCommand(key, code);
  if (ctrlKey || metaKey) return null;
  if (key === "Escape") return { command: "leave" };
  if (writing || !plainKeys) return null;
  if (key === "Enter" && on !== "nothing") return null;
  if (key.startsWith("Arrow") && on === "control") return null;
  const command = PLAIN[key.length === 1 ? key.toLowerCase() : key];
  return command ? { command } : null;
}

/** By place of the key, because Alt makes other letters of the digits on a Mac. @param {string} key @param {string} code */
function altCommand(key, code) {
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(code);
  if (digit) return { command: /** @type {const} */ ("number"), number: Number(digit[1]) };
  if (key === "ArrowDown") return { command: /** @type {const} */ ("next") };
  if (key === "ArrowUp") return { command: /** @type {const} */ ("previous") };
  return null;
}
