// <color-field>: a colour as text, as the system's picker and as suggestions, with a word on how well it can be seen.

import { brandColors, contrast, isColor } from "../shared/color.js";

/** A button needs this against the page behind it (WCAG 1.4.11). */
const EDGE_CONTRAST = 3;
const WHITE = "#ffffff";

class ColorField extends HTMLElement {
  connectedCallback() {
    const text = this.querySelector('input[type="text"]');
    const picker = this.querySelector("input[data-picker]");
    if (!(text instanceof HTMLInputElement) || !(picker instanceof HTMLInputElement)) return;
    const swatches = this.#swatches(text);

    const show = () => {
      const color = text.value.trim();
      const good = isColor(color);
      if (good) picker.value = sixDigits(color);
      for (const swatch of swatches) swatch.setAttribute("aria-pressed", String(swatch.dataset["color"] === color.toLowerCase()));
      this.#say(good ? (contrast(color, WHITE) < EDGE_CONTRAST ? "pale" : "good") : color ? "wrong" : "rest", color);
    };
    text.addEventListener("input", show);
    picker.addEventListener("input", () => choose(text, picker.value));
    show();
  }

  /** @param {HTMLInputElement} text */
  #swatches(text) {
    const row = this.querySelector("[data-swatches]");
    return (this.dataset["palette"] ?? "").split(" ").filter(isColor).map((color) => {
      const swatch = document.createElement("button");
      swatch.type = "button";
      swatch.className = "swatch";
      swatch.dataset["color"] = color;
      swatch.setAttribute("aria-label", color);
      swatch.style.setProperty("--swatch", color);
      swatch.disabled = text.matches(":disabled");
      swatch.addEventListener("click", () => choose(text, color));
      row?.append(swatch);
      return swatch;
    });
  }

  /** @param {"good" | "pale" | "wrong" | "rest"} what @param {string} color */
  #say(what, color) {
    for (const hint of this.querySelectorAll("[data-when]")) hint.toggleAttribute("hidden", hint.getAttribute("data-when") !== what);
    if (what !== "good" && what !== "pale") return;
    const { fill, onFill } = brandColors(color, WHITE);
    const ratio = what === "good" ? contrast(fill, onFill) : contrast(color, WHITE);
    const words = new Intl.NumberFormat(document.documentElement.lang || undefined, { maximumFractionDigits: 1 }).format(ratio);
    for (const place of this.querySelectorAll("[data-ratio]")) place.textContent = `${words} : 1`;
  }
}

/** As if it had been typed, so that whoever listens hears of it. @param {HTMLInputElement} text @param {string} color */
function choose(text, color) {
  text.value = color;
  text.dispatchEvent(new Event("input", { bubbles: true }));
}

/** The system's picker knows no short form. @param {string} color */
function sixDigits(color) {
  return (color.length === 4 ? color.replace(/[0-9a-f]/gi, "$&$&") : color).toLowerCase();
}

customElements.define("color-field", ColorField);
