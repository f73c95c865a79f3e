// The keys as the help and the palette show them. It is fetched with them, not with the first screen.

/** @typedef {import("./keys.js").Command} Command */

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
