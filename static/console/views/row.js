// One chat in the list. Rows are cheap: no timers, no effects, no measuring; the clock is one signal for all of them.

import { icon } from "../../icons/icons.js";
import { t } from "../../shared/texts.js";
import { html, useSignal } from "../../vendor/ui.js";
import { waitsSince, warmth } from "../select.js";
import { Face } from "./face.js";

/**
 * @param {{
 *   chat: import("../desk.js").LiveChat, screen: import("../screen.js").Screen, words: import("../words.js").Words,
 *   active: boolean, shown: boolean, beside: boolean, reachable: boolean, number: number, draft: string, ending: boolean,
 * }} props  `reachable`: the one row that Tab stops at; the arrows reach the others. All that changes often comes in
 *   here, and not as a signal, so that a key press in one draft redraws one row.
 */
export function Row({ chat, screen, words, active, shown, beside, reachable, number, draft, ending }) {
  const { desk } = screen;
  const pointed = useSignal(false); // two hundred hidden buttons would cost more than the one that is looked at
  const name = chat.visitor?.name ?? t("visitor");
  const writing = Object.values(chat.typing).some((sign) => sign.sender.kind === "visitor");
  const unread = desk.isMine(chat) ? chat.unread : 0;
  /** @param {MouseEvent} event */
  const open = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a tab of its own, as with every link
    event.preventDefault();
    screen.open(chat.id);
    // A finger wants to read first; the on-screen keyboard would cover half of it.
    const touch = /** @type {PointerEvent} */ (event).pointerType === "touch";
    screen.focus(desk.isMine(chat) && !touch ? "composer" : "log", chat.id);
  };
  return html`<li class="row-item" onPointerEnter=${() => (pointed.value = true)} onPointerLeave=${() => (pointed.value = false)}>
    <a class="row" href=${`#${chat.id}`} data-row=${chat.id} data-unread=${unread > 0} data-shown=${shown} aria-current=${active ? "true" : null} tabindex=${reachable ? 0 : -1} onClick=${open}>
      <${Face} id=${chat.visitor?.id ?? chat.id} name=${name} online=${chat.visitor?.online ?? false} />
      <span class="row-words">
        <span class="row-top">
          <span class="row-name" title=${name}>${name}</span>
          <${Waits} chat=${chat} now=${desk.now} words=${words} most=${chat.state === "active" && !desk.isMine(chat) ? 1 : 2} />
        </span>
        <span class=${chat.state === "waiting" ? "row-text row-question" : "row-text"} dir="auto">
          ${writing
            ? html`<span class="row-writing">${t("typing.visitor")}</span>`
            : draft && !active
              ? html`<span><span class="row-draft">${t("row.draft")}</span> ${draft}</span>`
              : html`<span>${chat.preview?.by === "agent" && html`<span class="row-you">${desk.isMine(chat) ? t("row.you") : (chat.assignee?.name ?? "")}: </span>`}${chat.preview?.text ?? ""}</span>`}
        </span>
        <span class="row-foot">
          <span class="row-site" title=${chat.site?.name ?? ""}>${chat.site?.name ?? ""}${chat.state === "active" && !desk.isMine(chat) && ` · ${chat.assignee?.name ?? ""}`}</span>
          ${ending && html`<span class="row-ending">${t("row.ending")}</span>`}
          ${unread > 0 && html`<span class="badge badge-count"><span aria-hidden="true">${unread}</span><span class="visually-hidden">${t("row.unread", { n: unread })}</span></span>`}
          ${number > 0 && !unread && html`<kbd class="row-number" aria-hidden="true">${number}</kbd>`}
        </span>
      </span>
    </a>
    ${beside && pointed.value && html`<button class="row-beside" type="button" tabindex="-1" title=${t("row.beside")} aria-label=${t("row.beside_name", { name })} onClick=${() => desk.openBeside(chat.id)}>${icon("columns")}</button>`}
  </li>`;
}

/**
 * The waiting time, the only thing here that turns warm; where nobody waits, when something was said last.
 * @param {{chat: import("../desk.js").LiveChat, now: import("../../vendor/ui.js").Signal<number>, words: import("../words.js").Words, most?: number}} props  `most`: how
 *   warm it may turn; who waits for a colleague is the colleague's first
 */
export function Waits({ chat, now, words, most = 2 }) {
  const since = waitsSince(chat);
  if (!since) {
    const at = chat.preview?.at ?? chat.started_at;
    return html`<time class="row-time" datetime=${at}>${words.brief(at)}</time>`;
  }
  const ms = Math.max(0, now.value - Date.parse(since));
  return html`<span class="row-time waits" data-warmth=${Math.min(most, warmth(ms))}>
    <span class="visually-hidden">${t("row.waits")} </span>${words.length(ms)}
  </span>`;
}
