// "?": what the keys do, and what sounds.

import { icon } from "../../icons/icons.js";
import { t } from "../../shared/texts.js";
import { html, useEffect, useRef } from "../../vendor/ui.js";
import { KEYS } from "../key_list.js";

/** @param {{screen: import("../screen.js").Screen}} props */
export function Help({ screen }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const { sounds, arranged } = screen;
  useEffect(() => dialog.current?.showModal(), []);
  return html`<dialog class="dialog help" ref=${dialog} aria-labelledby="help-title" onClose=${() => (screen.dialog.value = null)} onClick=${(/** @type {any} */ event) => event.target === dialog.current && dialog.current?.close()}>
    <div class="dialog-body">
      <header class="dialog-head">
        <h2 id="help-title">${t("keys.title")}</h2>
        <button class="button button-quiet button-icon" type="button" aria-label=${t("close")} onClick=${() => dialog.current?.close()}>${icon("close")}</button>
      </header>
      <section class="help-part">
        <label class="help-switch">
          <span><b>${t("sound.switch")}</b><span class="hint">${t(sounds.blocked.value && !sounds.muted.value ? "sound.blocked" : "sound.switch_hint")}</span></span>
          <button class="button" type="button" disabled=${sounds.muted.value} onClick=${sounds.test}>${t("sound.test")}</button>
          <input class="switch" type="checkbox" role="switch" checked=${!sounds.muted.value} onChange=${screen.toggleSound} />
        </label>
        <label class="help-switch">
          <span><b>${t("keys.plain")}</b><span class="hint">${t("keys.plain_hint")}</span></span>
          <input class="switch" type="checkbox" role="switch" checked=${arranged.value.plainKeys} onChange=${(/** @type {any} */ event) => screen.arrange({ plainKeys: event.currentTarget.checked })} />
        </label>
      </section>
      <dl class="keys">
        ${KEYS.map((key) => html`<div class="keys-row" key=${key.text} data-off=${key.plain && !arranged.value.plainKeys}>
          <dt>${t(key.text)}</dt>
          <dd>${key.keys.map((chord, at) => html`${at > 0 && html`<span class="hint">${t("keys.or")}</span>`}<span class="chord">${chord.map((one) => html`<kbd class="key" key=${one}>${one === "Ctrl" ? t("key.ctrl") : one}</kbd>`)}</span>`)}</dd>
        </div>`)}
      </dl>
    </div>
  </dialog>`;
}
