// <seen-tick data-url="…">: asks whether the site's script has been seen, and turns green by itself.

/** Somebody who has just pasted the script looks here at once; a slower answer would feel broken. */
const ASK_EVERY_MS = 3000;

/** @typedef {{seen: boolean, at: string | null, origin?: string}} Seen */

class SeenTick extends HTMLElement {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  connectedCallback() {
    document.addEventListener("visibilitychange", this.#wake);
    this.#wake();
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.#wake);
    clearTimeout(this.#timer);
  }

  #wake = () => {
    clearTimeout(this.#timer);
    if (document.visibilityState === "visible") void this.#ask();
  };

  async #ask() {
    const seen = await answer(this.dataset["url"] ?? "");
    if (seen) this.#show(seen);
    if (!this.isConnected || document.visibilityState !== "visible") return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), ASK_EVERY_MS);
  }

  /** @param {Seen} seen */
  #show(seen) {
    for (const part of this.querySelectorAll("[data-when]")) {
      part.toggleAttribute("hidden", (part.getAttribute("data-when") === "seen") !== seen.seen);
    }
    const origin = this.querySelector("[data-origin]");
    const host = hostOf(seen.origin);
    if (origin && origin.textContent !== host) origin.textContent = host;
    if (seen.at) this.querySelector("local-time")?.setAttribute("datetime", seen.at);
  }
}

/**
 * @param {string} url
 * @returns {Promise<Seen | null>} null where the server could not be asked: the last state stays
 */
async function answer(url) {
  try {
    const response = await fetch(url, { headers: { accept: "application/json" } });
    return response.ok ? /** @type {Seen} */ (await response.json()) : null;
  } catch {
    return null;
  }
}

/** @param {string | undefined} origin */
function hostOf(origin) {
  try {
    return origin ? new URL(origin).host : "";
  } catch {
    return "";
  }
}

customElements.define("seen-tick", SeenTick);
