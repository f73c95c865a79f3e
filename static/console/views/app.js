// The console as a whole: three panes, and what lies over them.

import { icon } from "../../icons/icons.js";
import { t } from "../../shared/texts.js";
import { html } from "../../vendor/ui.js";
import { Inbox } from "./inbox.js";
import { Later } from "./later.js";
import { Notice } from "./notice.js";
import { Talk } from "./talk.js";

/** @typedef {import("../screen.js").Screen} Screen */

/** @param {{screen: Screen, words: import("../words.js").Words}} props */
export function App({ screen, words }) {
  const { desk, panel } = screen;
  const { open, active } = desk.columns.value;
  return html`<div class="desk" data-chosen=${active !== null} data-panel=${active === null ? "none" : panel.value}>
    <${Notice} screen=${screen} />
    <${Inbox} screen=${screen} words=${words} />
    <main class="talks" id="main" tabindex="-1" data-columns=${open.length}>
      ${open.length ? open.map((id) => html`<${Talk} key=${id} id=${id} screen=${screen} words=${words} alone=${open.length === 1} />`) : html`<${NothingOpen} screen=${screen} />`}
    </main>
    ${active !== null && panel.value !== "none" && html`<${Later} view="panel" screen=${screen} words=${words} />`}
    ${active !== null && panel.value === "over" && html`<button class="veil" type="button" tabindex="-1" aria-label=${t("close")} onClick=${screen.togglePanel}></button>`}
    ${screen.dialog.value && html`<${Later} key=${screen.dialog.value} view=${screen.dialog.value} screen=${screen} words=${words} />`}
    <${Toasts} screen=${screen} />
    <p class="visually-hidden" role="status">${desk.spoken.value}</p>
  </div>`;
}

/** @param {{screen: Screen}} props */
function NothingOpen({ screen }) {
  const { desk } = screen;
  const { waiting, unread } = desk.count.value;
  const busy = waiting + unread > 0;
  return html`<div class="empty nothing">
    ${icon(busy ? "inbox" : "done")}
    <h2>${waiting ? t("nothing.waiting", { n: waiting }) : unread ? t("nothing.unread", { n: unread }) : t("nothing.title")}</h2>
    <p>${t(busy ? "nothing.busy_hint" : "nothing.hint")}</p>
    ${busy && html`<button class="button button-primary" type="button" onClick=${() => screen.run("next_for_me")}>${t("nothing.next")} <kbd class="key-on">N</kbd></button>`}
    <p class="hint only-keyboard"><kbd class="key">?</kbd> ${t("nothing.keys")}</p>
  </div>`;
}

/** @param {{screen: Screen}} props */
function Toasts({ screen }) {
  const { toasts } = screen.desk;
  return html`<div class="toasts" role="status">
    ${toasts.list.value.map((toast) => html`<${Toast} key=${toast.id} toast=${toast} onDone=${() => toasts.dismiss(toast.id)} />`)}
  </div>`;
}

/** @param {{toast: import("../toasts.js").Toast, onDone: () => void}} props */
function Toast({ toast, onDone }) {
  const run = () => {
    toast.run?.();
    onDone();
  };
  return html`<div class="toast"><span>${toast.text}</span>${toast.label ? html`<button class="button" type="button" onClick=${run}>${toast.label}</button>` : html`<button class="button button-icon" type="button" aria-label=${t("close")} onClick=${onDone}>${icon("close")}</button>`}</div>`;
}
