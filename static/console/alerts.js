// Nobody may wait unseen: what makes a sound, what the tab's title and icon say. The decisions are pure.

import { isMine } from "./select.js";

/** @typedef {import("../shared/chat_state.js").State} State */
/** @typedef {import("../shared/chat_state.js").LiveChat} LiveChat */

/**
 * What is new between two states: chats that wait, and messages in my own chats.
 *
 * @param {State} before
 * @param {State} after
 * @returns {{chats: LiveChat[], messages: LiveChat[]}}
 */
export function news(before, after) {
  /** @type {{chats: LiveChat[], messages: LiveChat[]}} */
  const found = { chats: [], messages: [] };
  if (before.chats === after.chats) return found;
  for (const chat of Object.values(after.chats)) {
    const known = before.chats[chat.id];
    if (known === chat || !chat.visitor) continue;
    if (chat.state === "waiting" && known?.state !== "waiting") found.chats.push(chat);
    else if (isMine(chat, after.me?.id) && chat.unread > (known?.unread ?? 0)) found.messages.push(chat);
  }
  return found;
}

/**
 * @param {string} title @param {{waiting: number, unread: number}} counts
 */
export function titleWith(title, { waiting, unread }) {
  const sum = waiting + unread;
  return sum ? `(${sum}) ${title}` : title;
}

/**
 * The tab's title, icon and (installed) the app's badge.
 *
 * @param {Document} document
 * @param {string} title
 * @param {{waiting: number, unread: number}} counts
 */
export function badge(document, title, counts) {
  document.title = titleWith(title, counts);
  const icon = document.querySelector('link[rel="icon"]');
  if (icon instanceof HTMLLinkElement) {
    icon.dataset["calm"] ??= icon.href;
    const alert = icon.dataset["alert"];
    const href = counts.waiting + counts.unread && alert ? alert : icon.dataset["calm"];
    if (icon.getAttribute("href") !== href) icon.setAttribute("href", href);
  }
  const navigator = /** @type {Navigator & {setAppBadge?: (n: number) => Promise<void>}} */ (document.defaultView?.navigator);
  navigator.setAppBadge?.(counts.waiting + counts.unread).catch(() => {}); // refused where not installed
}
