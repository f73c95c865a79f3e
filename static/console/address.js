// The open chat stands in the address (#chat_…): a reload finds it again, and on a phone "back" leaves it.

import { effect } from "../vendor/ui.js";

/** Below this a conversation covers the list; the same width stands in console.css. */
export const ONE_PANE = "(max-width: 47.99rem)";

/**
 * @param {import("./desk.js").Desk} desk
 * @param {Window} window
 */
export function followAddress(desk, window) {
  const { history, location } = window;
  const wanted = () => decodeURIComponent(location.hash.slice(1));

  const first = wanted();
  if (first && desk.state.peek().chats[first]) desk.open(first);

  effect(() => {
    const id = desk.active.value;
    if ((id ?? "") === wanted()) return;
    const address = location.pathname + location.search + (id ? `#${encodeURIComponent(id)}` : "");
    // A step of its own only where a pane covers the list; beside the list, changing chats is no journey.
    if (id && !wanted() && window.matchMedia(ONE_PANE).matches) history.pushState(null, "", address);
    else history.replaceState(null, "", address);
  });

  window.addEventListener("popstate", () => {
    const id = wanted();
    const active = desk.active.peek();
    if (id && desk.state.peek().chats[id]) desk.open(id);
    else if (!id && active) desk.close(active);
  });
}
