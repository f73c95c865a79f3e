// The frame's half of the talk with the loader on the customer's page. Both sides check origin and source; the page's
// origin is learned from the first message of our own parent, which frame-ancestors has already approved.

/** @typedef {{url: string, title: string}} Page */
/**
 * @typedef {{
 *   open: (message: {focus: boolean}) => void, resume: () => void, close: () => void,
 *   page: (page: Page) => void, handle: (handle: string) => void, prefs: (prefs: {full: boolean}) => void,
 *   look: (look: Partial<{name: string, color: string, greeting: string, position: string}>) => void,
 * }} Heard
 */

/**
 * @param {Window} window
 * @param {Partial<Heard>} heard
 */
export function joinHost(window, heard) {
  /** @type {string | null} */
  let origin = null;

  window.addEventListener("message", ({ source, origin: from, data }) => {
    if (source !== window.parent || source === window || data?.chatsite !== 1) return;
    if (origin !== null && from !== origin) return;
    origin = from;
    switch (data.type) {
      case "open":
        return heard.open?.({ focus: data.focus === true });
      case "resume":
        return heard.resume?.();
      case "close":
        return heard.close?.();
      case "page":
        return heard.page?.({ url: text(data.page?.url, 2048), title: text(data.page?.title, 200) });
      case "handle":
        return heard.handle?.(text(data.handle, 1024));
      case "prefs":
        return heard.prefs?.({ full: data.full === true });
      case "look":
        return heard.look?.(data.look ?? {});
    }
  });

  /** @param {string} type @param {object} [more] */
  function post(type, more) {
    if (origin !== null) window.parent.postMessage({ chatsite: 1, type, ...more }, origin);
  }

  let told = ""; // the loader writes it down: only changes are worth that
  return {
    close: () => post("close"),
    /** @param {number} count */
    unread: (count) => post("unread", { count }),
    /** @param {"open" | "min" | "none"} state @param {string} handle  only where storage is denied to us */
    state(state, handle) {
      if (origin === null || told === (told = `${state} ${handle}`)) return;
      post("state", handle ? { state, handle } : { state });
    },
  };
}

/** @typedef {ReturnType<typeof joinHost>} Host */

/** @param {unknown} value @param {number} max */
const text = (value, max) => (typeof value === "string" ? value.slice(0, max) : "");
