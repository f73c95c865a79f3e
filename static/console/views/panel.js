// The third pane: what is known of the visitor and of the chat.

import { icon } from "../../icons/icons.js";
import { t } from "../../shared/texts.js";
import { html } from "../../vendor/ui.js";
import { Face } from "./face.js";

const SHORT_MS = 10_000; // the console's clocks turn no faster

/** @typedef {import("../desk.js").LiveChat} LiveChat */

/** @param {{screen: import("../screen.js").Screen, words: import("../words.js").Words}} props */
export function Panel({ screen, words }) {
  const { desk } = screen;
  const id = desk.active.value;
  const chat = id ? desk.state.value.chats[id] : undefined;
  if (!chat) return null;
  const { visitor } = chat;
  const name = visitor?.name ?? t("visitor");
  const waited = waitedFor(chat, desk.now.value);
  return html`<aside class="pane panel" aria-label=${t("panel.title", { name })}>
    <button class="button button-quiet button-icon panel-close" type="button" aria-label=${t("close")} onClick=${screen.togglePanel}>${icon("close")}</button>
    <div class="panel-who">
      <${Face} id=${visitor?.id ?? chat.id} name=${name} />
      <h2 title=${name}>${name}</h2>
      <p class="panel-presence"><span class=${visitor?.online ? "dot dot-on" : "dot"} aria-hidden="true"></span>${t(visitor?.online ? "visitor.online" : "visitor.offline")}</p>
    </div>
    <section class="panel-part">
      <h3>${t("panel.now")}</h3>
      ${visitor?.page_url && isAddress(visitor.page_url)
        ? html`<a class="panel-page" href=${visitor.page_url} target="_blank" rel="noopener noreferrer" title=${visitor.page_url}>
            <span class="panel-page-title" dir="auto">${visitor.page_title || t("panel.page")}</span>
            <span class="panel-page-url" dir="ltr">${shortAddress(visitor.page_url)}</span>
            ${icon("external")}
          </a>`
        : html`<p class="hint">${t("panel.no_page")}</p>`}
    </section>
    <section class="panel-part">
      <h3>${t("panel.visitor")}</h3>
      <dl class="facts">
        <${Fact} name="language" label=${t("panel.language")} value=${words.languageName(visitor?.language ?? "")} />
        <${Fact} name="browser" label=${t("panel.browser")} value=${visitor?.browser} />
        <${Fact} name="system" label=${t("panel.system")} value=${visitor?.system} />
        <${Fact} name="globe" label=${t("panel.site")} value=${chat.site?.name} />
      </dl>
    </section>
    <section class="panel-part">
      <h3>${t("panel.chat")}</h3>
      <dl class="facts">
        <${Fact} name="clock" label=${t("panel.started")} value=${words.stamp(chat.started_at)} />
        ${waited !== null && html`<${Fact} name="waiting" label=${t(chat.state === "waiting" ? "panel.waits" : "panel.waited")} value=${waited < SHORT_MS ? t("panel.moment") : words.wideLength(waited)} />`}
        <${Fact} name="user" label=${t("panel.answers")} value=${chat.assignee && (desk.isMine(chat) ? t("panel.me") : chat.assignee.name)} />
        ${chat.ended_at && html`<${Fact} name="archive" label=${t("panel.ended")} value=${words.stamp(chat.ended_at)} />`}
      </dl>
    </section>
  </aside>`;
}

/** @param {{name: import("../../icons/icons.js").IconName, label: string, value: string | null | undefined}} props */
function Fact({ name, label, value }) {
  if (!value) return null;
  return html`<div class="fact">${icon(name)}<dt>${label}</dt><dd title=${value} dir="auto">${value}</dd></div>`;
}

/**
 * How long the visitor has waited, or had waited when somebody took the chat; null where the events do not tell.
 * @param {LiveChat} chat @param {number} now
 */
function waitedFor(chat, now) {
  if (chat.state === "waiting") return Math.max(0, now - Date.parse(chat.started_at));
  const taken = chat.events.find((event) => event.kind === "assigned");
  return taken ? Math.max(0, Date.parse(taken.at) - Date.parse(chat.started_at)) : null;
}

/** The visitor's browser tells the address, so it may be anything; only pages become links. @param {string} address */
function isAddress(address) {
  return /^https?:\/\//i.test(address);
}

/** Host and path, as an address bar would show it. @param {string} address */
function shortAddress(address) {
  try {
    const { host, pathname } = new URL(address);
    return host + (pathname === "/" ? "" : decodeURI(pathname));
  } catch {
    return address;
  }
}
