// What is kept of the chat, where, and the ways to silence it, end it and wipe it.

import { t } from "../../shared/texts.js";
import { html, useEffect, useRef } from "../../vendor/ui.js";
import { Icon } from "./icon.js";

/** @typedef {import("../store.js").Store} Store */

/** @param {{store: Store}} props */
export function Sheet({ store }) {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const done = store.sheet.value !== "open";
  useEffect(() => box.current?.focus({ preventScroll: true }), [done]);
  return html`<div class="cover" onClick=${() => store.closeSheet()}>
    <section class="sheet" ref=${box} tabindex="-1" role="dialog" aria-modal="true" aria-labelledby="sheet-title"
      onClick=${(/** @type {Event} */ event) => event.stopPropagation()} onKeyDown=${keepInside}>
      <header>
        <h2 id="sheet-title">${t(done ? "sheet.done" : "sheet.title")}</h2>
        <button type="button" class="tool" aria-label=${t("sheet.close")} onClick=${() => store.closeSheet()}><${Icon} name="close" /></button>
      </header>
      ${done ? html`<${Done} store=${store} />` : html`<${Facts} store=${store} />`}
    </section>
  </div>`;
}

/** @param {{store: Store}} props */
function Facts({ store }) {
  const { name } = store.site.value;
  const stored = keptHere(store);
  return html`<div class="facts">
    <h3><${Icon} name="device" />${t("sheet.here")}</h3>
    <ul>${stored.map((one) => html`<li key=${one}>${t(one)}</li>`)}</ul>
    <h3><${Icon} name="people" />${t("sheet.there")}</h3>
    <ul><li>${t("sheet.there.messages", { site: name })}</li><li>${t("sheet.there.facts")}</li></ul>
    <div class="acts">
      <button type="button" class="row" role="switch" aria-checked=${!store.muted.value} onClick=${() => store.mute(!store.muted.value)}>
        <${Icon} name=${store.muted.value ? "muted" : "bell"} /><span>${t("sheet.sound")}</span><i class="switch"></i>
      </button>
      <button type="button" class="row" disabled=${!store.open_chat.value || store.line.value.state !== "open"} onClick=${() => store.endChat()}>
        <${Icon} name="close" /><span>${t("sheet.end")}</span>
      </button>
      <button type="button" class="row bad" onClick=${() => store.forget()}>
        <${Icon} name="shield" /><span>${t("sheet.forget")}<small>${t("sheet.forget.more")}</small></span>
      </button>
    </div>
  </div>`;
}

/** @param {{store: Store}} props */
function Done({ store }) {
  return html`<div class="facts">
    <p>${t(store.sheet.value === "forgotten" ? "sheet.forgotten" : "sheet.forgotten_here")}</p>
    <button type="button" class="button" onClick=${() => { store.closeSheet(); store.minimise(); }}>${t("sheet.leave")}</button>
  </div>`;
}

/** What this browser holds at this moment, by name. @param {Store} store @returns {string[]} */
function keptHere({ session, chat, draft, muted, line }) {
  if (line.value.state === "silent") return ["sheet.here.nothing"];
  const writing = draft.value !== "" || Object.values(chat.value.chats).some((one) => one.pending.some((pending) => !pending.sent));
  if (session.denied) return [session.handle ? "sheet.here.handle" : "sheet.here.memory"];
  return ["sheet.here.key", ...(writing ? ["sheet.here.texts"] : []), ...(muted.value ? ["sheet.here.muted"] : [])];
}

/** Tab goes round inside the sheet. @param {KeyboardEvent} event */
function keepInside(event) {
  if (event.key !== "Tab") return;
  const box = /** @type {HTMLElement} */ (event.currentTarget);
  const stops = [...box.querySelectorAll("button:not(:disabled)")];
  const first = /** @type {HTMLElement | undefined} */ (stops[0]);
  const last = /** @type {HTMLElement | undefined} */ (stops[stops.length - 1]);
  const at = document.activeElement;
  if (event.shiftKey && (at === first || at === box)) (event.preventDefault(), last?.focus());
  else if (!event.shiftKey && at === last) (event.preventDefault(), first?.focus());
}
