// Which chats are open beside each other, and which of them has the keyboard. Pure.

/** Three conversations at 1440 px keep a readable line; a fourth would not. */
export const COLUMNS_MAX = 3;

/** @typedef {{open: string[], active: string | null}} Columns */

/** @type {Columns} */
export const NONE = { open: [], active: null };

/** Show a chat in the active column; one that is open already just becomes active. @param {Columns} columns @param {string} id @returns {Columns} */
export function opened(columns, id) {
  if (columns.open.includes(id)) return columns.active === id ? columns : { ...columns, active: id };
  if (!columns.active) return { open: [id], active: id };
  return { open: columns.open.map((one) => (one === columns.active ? id : one)), active: id };
}

/** Add a chat beside the others; where there is no room, the one that was opened first leaves.
 * @param {Columns} columns @param {string} id @param {number} room @returns {Columns} */
export function openedBeside(columns, id, room = COLUMNS_MAX) {
  if (columns.open.includes(id) || room < 2) return opened(columns, id);
  return { open: [...columns.open, id].slice(-room), active: id };
}

/** @param {Columns} columns @param {string} id @returns {Columns} */
export function closed(columns, id) {
  const at = columns.open.indexOf(id);
  if (at < 0) return columns;
  const open = columns.open.filter((one) => one !== id);
  const active = columns.active === id ? (open[Math.min(at, open.length - 1)] ?? null) : columns.active;
  return { open, active };
}

/** The window became narrower: the active one stays. @param {Columns} columns @param {number} room @returns {Columns} */
export function fitted(columns, room) {
  if (columns.open.length <= room) return columns;
  const others = columns.open.filter((id) => id !== columns.active);
  const kept = new Set([...others.slice(others.length - (room - 1)), columns.active]);
  return { open: columns.open.filter((id) => (room > 1 ? kept.has(id) : id === columns.active)), active: columns.active };
}
