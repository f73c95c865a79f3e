// The list of chats that are over: search, pages, open to read.

import { icon } from "../../icons/icons.js";
import { t } from "../../shared/texts.js";
import { html } from "../../vendor/ui.js";
import { Face } from "./face.js";

/** Near the end of the list the next page is fetched before it is missed. */
const AHEAD_PX = 400;

/** @param {{screen: import("../screen.js").Screen, words: import("../words.js").Words}} props */
export function Ended({ screen, words }) {
  const { ended, desk } = screen;
  const { chats, next, loading, failed, query, asked } = ended.list.value;
  /** @param {Event} event */
  const scrolled = (event) => {
    const list = /** @type {HTMLElement} */ (event.currentTarget);
    if (list.scrollHeight - list.scrollTop - list.clientHeight < AHEAD_PX) ended.more();
  };
  return html`<div class="list" data-list onScroll=${scrolled}>
    ${failed && html`<div class="note note-error list-note" role="alert">${icon("warning")}<span>${t("ended.failed")} <button class="link" type="button" onClick=${ended.refresh}>${t("retry")}</button></span></div>`}
    ${asked && !loading && !failed && !chats.length && html`<div class="empty">${icon("archive")}<h2>${t(query ? "inbox.no_match" : "ended.none")}</h2><p>${t(query ? "ended.no_match_hint" : "ended.none_hint")}</p></div>`}
    <ul class="rows">
      ${chats.map((chat) => html`<${EndedRow} key=${chat.id} chat=${chat} screen=${screen} words=${words} active=${desk.active.value === chat.id} reachable=${desk.active.value ? desk.active.value === chat.id : chat === chats[0]} />`)}
    </ul>
    ${loading && html`<${Bones} rows=${chats.length ? 1 : 6} />`}
    ${next && !loading && html`<button class="button button-quiet list-more" type="button" onClick=${ended.more}>${t("ended.more")}</button>`}
  </div>`;
}

/** @param {{chat: import("../../shared/protocol.js").Chat, screen: import("../screen.js").Screen, words: import("../words.js").Words, active: boolean, reachable: boolean}} props */
function EndedRow({ chat, screen, words, active, reachable }) {
  const { desk } = screen;
  const at = chat.ended_at ?? chat.started_at;
  /** @param {MouseEvent} event */
  const open = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    screen.open(chat.id);
    screen.focus("log", chat.id);
  };
  return html`<li class="row-item">
    <a class="row" href=${`#${chat.id}`} data-row=${chat.id} aria-current=${active ? "true" : null} tabindex=${reachable ? 0 : -1} onClick=${open}>
      <${Face} id=${chat.visitor.id} name=${chat.visitor.name} />
      <span class="row-words">
        <span class="row-top">
          <span class="row-name" title=${chat.visitor.name}>${chat.visitor.name}</span>
          <time class="row-time" datetime=${at}>${words.brief(at)}</time>
        </span>
        <span class="row-text" dir="auto">${chat.preview?.text ?? ""}</span>
        <span class="row-foot"><span class="row-site">${chat.site.name}${chat.assignee && ` · ${chat.assignee.name}`}</span></span>
      </span>
    </a>
  </li>`;
}

/** @param {{rows: number}} props */
function Bones({ rows }) {
  return html`<ul class="rows" aria-label=${t("loading")}>
    ${Array.from({ length: rows }, (_, at) => html`<li key=${at} class="row bones" aria-hidden="true"><span class="skeleton bone-face"></span><span class="row-words"><span class="skeleton bone-short"></span><span class="skeleton bone-long"></span></span></li>`)}
  </ul>`;
}
