// The first pane: am I accepting, the open chats in three groups, the ended ones.

import { icon } from "../../icons/icons.js";
import { t } from "../../shared/texts.js";
import { html, useLayoutEffect, useRef } from "../../vendor/ui.js";
import { Later } from "./later.js";
import { Row } from "./row.js";

/** @typedef {import("../screen.js").Screen} Screen */
/** @typedef {import("../words.js").Words} Words */

/** @param {{screen: Screen, words: Words}} props */
export function Inbox({ screen, words }) {
  const { desk, tab, ended } = screen;
  const isOpen = tab.value === "open";
  const query = isOpen ? desk.query.value : ended.list.value.query;
  /** @param {string} text */
  const search = (text) => (isOpen ? (desk.query.value = text) : ended.search(text));
  return html`<section class="pane inbox" aria-label=${t("inbox.title")}>
    <header class="inbox-head">
      <div class="inbox-top">
        <h1 title=${desk.boot.account.name}>${desk.boot.account.name}</h1>
        <${SoundButton} screen=${screen} />
        <button class="button button-quiet button-icon" type="button" title=${t("keys.title")} aria-label=${t("keys.title")} onClick=${() => screen.run("help")}>${icon("keyboard")}</button>
      </div>
      ${desk.mayAnswer ? html`<${Accepting} screen=${screen} />` : html`<p class="hint">${t("viewer.hint")}</p>`}
      <div class="search">
        ${icon("search")}
        <input class="input" type="search" data-search value=${query} placeholder=${t(isOpen ? "inbox.filter" : "ended.search")} aria-label=${t(isOpen ? "inbox.filter" : "ended.search")} onInput=${(/** @type {any} */ event) => search(event.currentTarget.value)} />
      </div>
      <div class="tabs" role="group" aria-label=${t("inbox.which")}>
        <button type="button" class="tab" aria-pressed=${isOpen} onClick=${() => screen.turnTo("open")}>${t("inbox.open")}</button>
        <button type="button" class="tab" aria-pressed=${!isOpen} onClick=${() => screen.turnTo("ended")}>${t("inbox.ended")}</button>
      </div>
    </header>
    ${isOpen ? html`<${OpenChats} screen=${screen} words=${words} />` : html`<${Later} view="ended" screen=${screen} words=${words} />`}
    <${Team} screen=${screen} />
  </section>`;
}

/** @param {{screen: Screen}} props */
function Accepting({ screen }) {
  const { desk } = screen;
  const on = desk.accepting.value;
  const { muted, blocked } = screen.sounds;
  const hint = !on ? "accepting.off_hint" : muted.value ? "accepting.muted_hint" : blocked.value ? "accepting.blocked_hint" : "accepting.on_hint";
  return html`<label class=${on ? "accepting accepting-on" : "accepting"}>
    <span class="accepting-words">
      <b>${t(on ? "accepting.on" : "accepting.off")}</b>
      <span class="hint">${t(hint)}</span>
    </span>
    <input class="switch" type="checkbox" role="switch" checked=${on} onChange=${(/** @type {any} */ event) => desk.setAccepting(event.currentTarget.checked)} />
  </label>`;
}

/** @param {{screen: Screen}} props */
function SoundButton({ screen }) {
  const { muted, blocked } = screen.sounds;
  const label = t(muted.value ? "sound.turn_on" : blocked.value ? "sound.blocked" : "sound.turn_off");
  const off = muted.value || blocked.value;
  return html`<button class="button button-quiet button-icon sound" type="button" aria-label=${label} title=${label} onClick=${() => (blocked.value && !muted.value ? screen.sounds.test() : screen.toggleSound())}>
    ${icon(off ? "bell-off" : "bell")}
  </button>`;
}

/** @param {{screen: Screen, words: Words}} props */
function OpenChats({ screen, words }) {
  const { desk } = screen;
  const { waiting, mine, team } = desk.lists.value;
  const list = useFocusThatMoves();
  const none = !waiting.length && !mine.length && !team.length;
  if (none && desk.query.value) return html`<div class="list"><div class="empty">${icon("search")}<h2>${t("inbox.no_match")}</h2><p>${t("inbox.no_match_hint")}</p></div></div>`;
  if (none) return html`<div class="list"><${Nobody} screen=${screen} /></div>`;
  return html`<div class="list" data-list ref=${list}>
    <${Group} name="waiting" title=${t("inbox.waiting")} chats=${waiting} screen=${screen} words=${words} />
    ${desk.mayAnswer && html`<${Group} name="mine" title=${t("inbox.mine")} chats=${mine} screen=${screen} words=${words} />`}
    <${Group} name="team" title=${t("inbox.team")} chats=${team} screen=${screen} words=${words} />
    ${desk.state.value.more && html`<p class="hint list-end">${t("inbox.more")}</p>`}
  </div>`;
}

/** A row that goes to another group, because somebody took the chat, is a new element there: the keyboard goes with it. */
function useFocusThatMoves() {
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  const before = list.current?.querySelector("[data-row]:focus")?.getAttribute("data-row"); // asked before it is drawn
  useLayoutEffect(() => {
    if (!before || document.activeElement !== document.body) return;
    const row = list.current?.querySelector(`[data-row="${CSS.escape(before)}"]`);
    if (row instanceof HTMLElement) row.focus({ preventScroll: true });
  });
  return list;
}

/**
 * @param {{name: "waiting" | "mine" | "team", title: string, chats: import("../desk.js").LiveChat[], screen: Screen, words: Words}} props
 */
function Group({ name, title, chats, screen, words }) {
  const { desk, arranged } = screen;
  const folds = name === "team";
  const unfolded = !folds || arranged.value.team;
  const unread = name === "mine" ? chats.reduce((sum, chat) => sum + chat.unread, 0) : 0;
  if (!chats.length && name !== "mine") return null;
  const active = desk.active.value;
  const open = desk.columns.value.open;
  const first = screen.order.value[0];
  const drafts = desk.drafts.value;
  const endings = desk.endings.list.value;
  const room = desk.room.value > 1 && open.length > 0;
  return html`<section class="group" data-group=${name} aria-label=${title}>
    <h2 class="group-title">
      ${folds
        ? html`<button type="button" class="fold" aria-expanded=${unfolded} onClick=${() => screen.arrange({ team: !unfolded })}>${title} <span class="group-count">${chats.length}</span>${icon("chevron-down")}</button>`
        : html`<span>${title} <span class=${name === "waiting" ? "group-count group-count-warm" : "group-count"}>${chats.length}</span></span>`}
      ${unread > 0 && html`<span class="badge badge-count" aria-hidden="true">${unread}</span>`}
    </h2>
    ${!chats.length && html`<p class="group-empty">${t("inbox.mine_empty")}</p>`}
    ${unfolded && chats.length > 0 && html`<ul class="rows">
      ${chats.map((chat, at) => html`<${Row} key=${chat.id} chat=${chat} screen=${screen} words=${words} active=${chat.id === active} shown=${open.includes(chat.id)} reachable=${active ? chat.id === active : chat.id === first} number=${name === "mine" && at < 9 ? at + 1 : 0} beside=${room && !open.includes(chat.id)} draft=${drafts[chat.id] ?? ""} ending=${chat.id in endings} />`)}
    </ul>`}
  </section>`;
}

/** Nobody has written: say how that changes, to those who can change it. @param {{screen: Screen}} props */
function Nobody({ screen }) {
  const { boot } = screen.desk;
  return html`<div class="empty">
    ${icon("chats")}
    <h2>${t("empty.title")}</h2>
    <p>${t(boot.settings_url ? "empty.teach_admin" : "empty.teach")}</p>
    ${boot.settings_url && html`<a class="button" href=${boot.settings_url}>${icon("code")}${t("empty.sites")}</a>`}
  </div>`;
}

/** @param {{screen: Screen}} props */
function Team({ screen }) {
  const { desk } = screen;
  const members = Object.values(desk.state.value.members).filter((member) => member.online && member.id !== desk.me.id);
  return html`<footer class="inbox-foot">
    <span class="hint foot-team" title=${members.map((member) => member.name).join(", ")}>
      ${icon("team")}${members.length ? t("team.here", { n: members.length }) : t("team.alone")}
    </span>
    <button type="button" class="foot-palette" onClick=${() => screen.run("palette")}>${t("palette.open")} <kbd class="key">${t("key.ctrl")} K</kbd></button>
  </footer>`;
}
