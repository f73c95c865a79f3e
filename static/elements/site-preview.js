// <site-preview data-form="id">: the chat as visitors will see it, redrawn on every change of the form.

import { brandColors } from "../shared/color.js";

class SitePreview extends HTMLElement {
  connectedCallback() {
    const form = document.getElementById(this.dataset["form"] ?? "");
    const frame = this.querySelector("iframe");
    if (!(form instanceof HTMLFormElement) || !frame) return;

    const show = () => {
      const look = lookOf(form);
      const { fill, onFill } = brandColors(look.color, "#ffffff");
      this.dataset["position"] = look.position;
      this.style.setProperty("--brand", fill);
      this.style.setProperty("--on-brand", onFill);
      frame.contentWindow?.postMessage({ chatsite: 1, type: "look", look }, location.origin);
    };
    form.addEventListener("input", show);
    frame.addEventListener("load", show);
    // The frame says when its script stands; what was posted before then nobody heard.
    window.addEventListener("message", (event) => {
      if (event.source === frame.contentWindow && event.origin === location.origin && event.data?.chatsite === 1) show();
    });
    show();
  }
}

/** @param {HTMLFormElement} form */
function lookOf(form) {
  const data = new FormData(form);
  /** @param {string} name */
  const value = (name) => String(data.get(name) ?? valueOf(form, name));
  return { name: value("name"), color: value("color").trim(), greeting: value("greeting"), position: value("position") === "left" ? "left" : "right" };
}

/** Fields that may not be changed are not part of the form's data. @param {HTMLFormElement} form @param {string} name */
function valueOf(form, name) {
  const field = form.elements.namedItem(name);
  return field instanceof RadioNodeList || field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement ? field.value : "";
}

customElements.define("site-preview", SitePreview);
