// One conversation: who it is, what was said, and the place to answer.

import { icon } from "../../icons/icons.js";
import { followEnd } from "../../shared/scroll.js";
import { t } from "../../shared/texts.js";
import { html, useEffect, useLayoutEffect, useRef, useSignal } from "../../vendor/ui.js";
import { lines } from "../select.js";
import { Answer } from "./answer.js";
import { Face } from "./face.js";
import { LineOf } from "./line.js";

/** A glance in passing does not count as having read. */
const READ_AFTER_MS = 600;

/** @typedef {import("../screen.js").Screen} Screen */
/** @typedef {import("../words.js").Words} Words */
/** @typedef {import("../desk.js").LiveChat} LiveChat */

/** @param {{id: string, screen: Screen, words: Words, alone: boolean}} props */
export function Talk({ id, screen, words, alone }) {
  const { desk } = screen;
  const chat = desk.state.value.chats[id];
  const active = desk.active.value === id;
  if (!chat) return html`<section class="pane talk" data-active=${active}><${Gone} id=${id} screen=${screen} /></section>`;
  const name = chat.visitor?.name ?? t("visitor");
  return html`<section class="pane talk" data-active=${active} data-talk=${id} aria-label=${t("talk.with", { name })} onFocusIn=${() => desk.open(id)} onPointerDown=${() => desk.open(id)}>
    <${Head} chat=${chat} name=${name} screen=${screen} alone=${alone} />
    <${Transcript} chat=${chat} name=${name} screen=${screen} words=${words} />
    <${Answer} chat=${chat} name=${name} screen=${screen} words=${words} />
  </section>`;
}

/** @param {{chat: LiveChat, name: string, screen: Screen, alone: boolean}} props */
function Head({ chat, name, screen, alone }) {
  const { desk } = screen;
  const online = chat.visitor?.online ?? false;
  return html`<header class="talk-head">
    <button class="button button-quiet button-icon only-narrow" type="button" aria-label=${t("back")} onClick=${() => desk.close(chat.id)}>${icon("back")}</button>
    <${Face} id=${chat.visitor?.id ?? chat.id} name=${name} online=${online} />
    <div class="talk-who">
      <h2 title=${name}>${name}</h2>
      <p class="hint">${t(online ? "visitor.online" : "visitor.offline")}${chat.site && html` · ${chat.site.name}`}</p>
    </div>
    ${desk.mayEnd(chat) && html`<button class="button button-quiet" type="button" title=${t("end.button_hint")} disabled=${Boolean(desk.endings.list.value[chat.id])} onClick=${() => desk.end(chat.id)}>${icon("done")}<span class="button-words">${t("end.button")}</span></button>`}
    <button class="button button-quiet button-icon panel-button" type="button" aria-label=${t("panel.toggle")} title=${t("panel.toggle")} aria-expanded=${screen.panel.value !== "none"} onClick=${screen.togglePanel}>${icon("panel")}</button>
    ${!alone && html`<button class="button button-quiet button-icon" type="button" aria-label=${t("talk.close")} title=${t("talk.close")} onClick=${() => desk.close(chat.id)}>${icon("close")}</button>`}
  </header>`;
}

/** @param {{chat: LiveChat, name: string, screen: Screen, words: Words}} props */
function Transcript({ chat, name, screen, words }) {
  const { desk } = screen;
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const follower = useRef(/** @type {import("../../shared/scroll.js").Follower | null} */ (null));
  const before = useRef({ id: "", first: 0, size: 0 });
  const below = useSignal(false); // the reader has gone up

  useLayoutEffect(() => {
    if (!box.current) return undefined;
    below.value = false;
    follower.current = followEnd(box.current, {
      onEnd: (atEnd) => (below.value = !atEnd),
      onTop: () => desk.loadEarlier(chat.id),
    });
    return () => follower.current?.stop();
  }, [chat.id]);

  const size = chat.events.length + chat.pending.length;
  useLayoutEffect(() => {
    const known = before.current;
    before.current = { id: chat.id, first: chat.first, size };
    if (known.id !== chat.id) return;
    const own = chat.pending.length > 0 && size > known.size && !chat.pending[chat.pending.length - 1]?.tried_at;
    if (chat.first < known.first && known.size > 0) follower.current?.prepended();
    else if (own) follower.current?.jump();
    else follower.current?.added();
  }, [chat.id, chat.first, size, Object.keys(chat.typing).length]);

  useReading(chat, screen, below.value);

  const all = lines(chat, { me: desk.me.id, name: desk.me.name, unreadAfter: desk.marks.value[chat.id] ?? null, dayOf: words.dayKey });
  const lastOwn = all.findLast((line) => line.kind === "message" && line.message.mine)?.key;
  const loading = !chat.events.length && chat.first > 1;
  return html`<div class="transcript">
    <div class="scroll" ref=${box} data-log=${chat.id} role="log" aria-busy=${loading} aria-label=${t("talk.with", { name })} tabindex="0">
      <div class="said">
        ${chat.first > 1 && !loading && html`<button class="button button-quiet earlier" type="button" onClick=${() => desk.loadEarlier(chat.id)}>${t("talk.earlier")}</button>`}
        ${loading ? html`<${Bones} />` : all.map((line) => html`<${LineOf} key=${line.key} line=${line} chat=${chat} screen=${screen} words=${words} tells=${line.key === lastOwn} />`)}
        <${Writing} chat=${chat} name=${name} me=${desk.me.id} />
      </div>
    </div>
    ${below.value && html`<button class="button to-end" type="button" onClick=${() => follower.current?.jump()}>${icon("arrow-down")}${chat.unread > 0 ? t("talk.new", { n: chat.unread }) : t("talk.to_end")}</button>`}
  </div>`;
}

/**
 * What is on the screen of somebody who looks at it has been read.
 * @param {LiveChat} chat @param {Screen} screen @param {boolean} away  the reader has gone up
 */
function useReading(chat, screen, away) {
  const { desk, looking } = screen;
  const looks = looking.value && !away;
  const open = desk.line.value.state === "open";
  useEffect(() => {
    if (!looks || !open || !chat.unread) return undefined;
    const timer = setTimeout(() => desk.read(chat.id), READ_AFTER_MS);
    return () => clearTimeout(timer);
  }, [chat.id, chat.last, chat.unread, looks, open]);
}

/** @param {{chat: LiveChat, name: string, me: string}} props */
function Writing({ chat, name, me }) {
  const sign = Object.values(chat.typing).find(({ sender }) => sender.id !== me || sender.kind === "visitor");
  const who = sign && (sign.sender.kind === "visitor" ? name : (sign.sender.name ?? ""));
  return html`<p class="writing" aria-live="polite">${who && html`<span class="writing-dots" aria-hidden="true"><i></i><i></i><i></i></span>${t("typing.name", { name: who })}`}</p>`;
}

function Bones() {
  return html`<div class="said-bones" aria-label=${t("loading")} role="status">
    ${[1, 2, 3, 4].map((at) => html`<span key=${at} class=${`skeleton said-bone said-bone-${at}`}></span>`)}
  </div>`;
}

/** @param {{id: string, screen: Screen}} props */
function Gone({ id, screen }) {
  return html`<div class="empty">
    ${icon("chats")}
    <h2>${t("gone.title")}</h2>
    <p>${t("gone.text")}</p>
    <button class="button" type="button" onClick=${() => screen.desk.close(id)}>${t("close")}</button>
  </div>`;
}
