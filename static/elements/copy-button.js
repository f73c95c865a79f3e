// <copy-button data-for="id"><button><span data-label>Copy</span><span data-done hidden>Copied</span></button></copy-button>

/** How long "Copied" stands: long enough to be read, short enough not to be mistaken for a state. */
const DONE_MS = 2000;

class CopyButton extends HTMLElement {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  connectedCallback() {
    this.querySelector("button")?.addEventListener("click", () => void this.#copy());
  }

  async #copy() {
    const source = document.getElementById(this.dataset["for"] ?? "");
    if (!source) return;
    if (!(await copied(source))) return; // the text is selected now: Ctrl+C does the rest
    this.#show(true);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#show(false), DONE_MS);
  }

  /** @param {boolean} done */
  #show(done) {
    this.querySelector("[data-label]")?.toggleAttribute("hidden", done);
    this.querySelector("[data-done]")?.toggleAttribute("hidden", !done);
    this.querySelector("[data-done]")?.setAttribute("role", "status");
  }
}

/**
 * Copy the text of an element. Pages on plain http (a first try on a local network) have no clipboard object.
 *
 * @param {HTMLElement} source
 */
async function copied(source) {
  try {
    await navigator.clipboard.writeText(source.textContent ?? "");
    return true;
  } catch {
    getSelection()?.selectAllChildren(source);
    return document.execCommand("copy");
  }
}

customElements.define("copy-button", CopyButton);
