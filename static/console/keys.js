// The keyboard: one table says what each key does; the help shows the same table. Pure.

/**
 * @typedef {"next" | "previous" | "next_for_me" | "reply" | "take" | "end" | "undo" | "beside" | "close" | "search"
 *   | "palette" | "help" | "panel" | "accepting" | "sound" | "number" | "leave"} Command
 */

/**
 * `plain`: works only while no text is being written, and can be switched off, because dictation software may press
 * letters (WCAG 2.1.4). The others hold a modifier and always work.
 *
 * @typedef {{command: Command, keys: string[][], text: string, plain: boolean}} Key
 */

/** @type {Key[]} `keys`: alternatives, each a chord as it is shown */
export const KEYS = [
  { command: "next", keys: [["J"], ["↓"]], text: "keys.next", plain: true },
  { command: "previous", keys: [["K"], ["↑"]], text: "keys.previous", plain: true },
  { command: "next_for_me", keys: [["N"]], text: "keys.next_for_me", plain: true },
  { command: "take", keys: [["T"]], text: "keys.take", plain: true },
  { command: "reply", keys: [["R"], ["Enter"]], text: "keys.reply", plain: true },
  { command: "end", keys: [["E"]], text: "keys.end", plain: true },
  { command: "undo", keys: [["Z"]], text: "keys.undo", plain: true },
  { command: "beside", keys: [["B"]], text: "keys.beside", plain: true },
  { command: "close", keys: [["X"]], text: "keys.close", plain: true },
  { command: "panel", keys: [["I"]], text: "keys.panel", plain: true },
  { command: "accepting", keys: [["A"]], text: "keys.accepting", plain: true },
  { command: "sound", keys: [["M"]], text: "keys.sound", plain: true },
  { command: "search", keys: [["/"]], text: "keys.search", plain: true },
  { command: "help", keys: [["?"]], text: "keys.help", plain: true },
  { command: "leave", keys: [["Esc"]], text: "keys.leave", plain: false },
  { command: "next", keys: [["Alt", "↓"]], text: "keys.next_typing", plain: false },
  { command: "previous", keys: [["Alt", "↑"]], text: "keys.previous_typing", plain: false },
  { command: "number", keys: [["Alt", "1…9"]], text: "keys.number", plain: false },
  { command: "palette", keys: [["Ctrl", "K"]], text: "keys.palette", plain: false },
];

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
