// <local-time><time datetime="2026-11-22T17:50:00Z">22 Nov., 17:50</time></local-time>: the reader's zone and language.

class LocalTime extends HTMLElement {
  static observedAttributes = ["datetime"];

  connectedCallback() {
    this.#show();
  }

  attributeChangedCallback() {
    this.#show();
  }

  #show() {
    const time = this.querySelector("time");
    if (!time) return;
    const given = this.getAttribute("datetime");
    if (given) time.dateTime = given;
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) return; // what the server wrote stays
    const language = document.documentElement.lang || undefined;
    time.textContent = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(at);
  }
}

customElements.define("local-time", LocalTime);
