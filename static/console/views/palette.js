// Ctrl+K: every chat and every command by its name.

import { icon } from "../../icons/icons.js";
import { t } from "../../shared/texts.js";
import { html, useEffect, useRef, useSignal } from "../../vendor/ui.js";
import { KEYS } from "../key_list.js";
import { found } from "../match.js";
import { Face } from "./face.js";

/** As many as are seen without scrolling on a laptop; typing one more letter is faster than scrolling. */
const SHOWN_MAX = 9;

/** @typedef {import("../match.js").Entry & {run: () => void, face?: {id: string, name: string}, keys?: string[], icon?: import("../../icons/icons.js").IconName}} Item */
/** @typedef {import("../screen.js").Screen} Screen */

/** @param {{screen: Screen}} props */
export function Palette({ screen }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const query = useSignal("");
  const at = useSignal(0);
  useEffect(() => dialog.current?.showModal(), []);
  const items = found(allItems(screen), query.value, SHOWN_MAX);
  const chosen = Math.min(at.value, Math.max(0, items.length - 1));

  const close = () => (screen.dialog.value = null);

  /** Closed first, so that the command may move the focus. @param {Item | undefined} item */
  function choose(item) {
    if (!item) return;
    dialog.current?.close();
    close();
    setTimeout(item.run);
  }

  /** @param {KeyboardEvent} event */
  function pressed(event) {
    if (event.key === "ArrowDown") at.value = (chosen + 1) % Math.max(1, items.length);
    else if (event.key === "ArrowUp") at.value = (chosen + items.length - 1) % Math.max(1, items.length);
    else if (event.key === "Enter" && !event.isComposing) choose(items[chosen]);
    else return;
    event.preventDefault();
  }

  return html`<dialog class="dialog palette" ref=${dialog} aria-label=${t("palette.title")} onClose=${close} onClick=${(/** @type {any} */ event) => event.target === dialog.current && dialog.current?.close()}>
    <div class="palette-field">
      ${icon("search")}
      <input class="palette-input" type="text" role="combobox" aria-expanded="true" aria-controls="palette-list" aria-activedescendant=${items[chosen] ? `palette-${chosen}` : null} aria-label=${t("palette.title")} placeholder=${t("palette.placeholder")} autocomplete="off" spellcheck=${false} autofocus value=${query.value} onInput=${(/** @type {any} */ event) => {
        query.value = event.currentTarget.value;
        at.value = 0;
      }} onKeyDown=${pressed} />
      <kbd class="key">Esc</kbd>
    </div>
    <ul class="palette-list" id="palette-list" role="listbox" aria-label=${t("palette.title")}>
      ${items.map((item, index) => html`<li key=${item.id} id=${`palette-${index}`} class="palette-item" role="option" aria-selected=${index === chosen} onPointerMove=${() => (at.value = index)} onClick=${() => choose(item)}>
        ${item.face ? html`<${Face} id=${item.face.id} name=${item.face.name} small=${true} />` : html`<span class="palette-icon">${icon(item.icon ?? "command")}</span>`}
        <span class="palette-words"><span class="palette-title">${item.title}</span>${item.detail && html`<span class="hint" dir="auto">${item.detail}</span>`}</span>
        ${item.keys?.map((key) => html`<kbd class="key" key=${key}>${key === "Ctrl" ? t("key.ctrl") : key}</kbd>`)}
      </li>`)}
      ${!items.length && html`<li class="palette-none">${t("palette.none")}</li>`}
    </ul>
  </dialog>`;
}

/** Chats first: they are what one looks for. @param {Screen} screen @returns {Item[]} */
function allItems(screen) {
  const { desk } = screen;
  const { waiting, mine, team } = desk.lists.value;
  const id = desk.active.value;
  const chat = id ? desk.state.value.chats[id] : undefined;
  /** @type {Item[]} */
  const commands = [];
  /** @param {import("../keys.js").Command} command @param {string} title @param {import("../../icons/icons.js").IconName} name */
  const add = (command, title, name) => commands.push({ id: command, title, icon: name, keys: keysOf(command), run: () => screen.run(command) });
  if (chat?.state === "waiting" && desk.mayAnswer) add("take", t("keys.take"), "take");
  if (chat && desk.mayEnd(chat)) add("end", t("keys.end"), "done");
  add("next_for_me", t("keys.next_for_me"), "inbox");
  if (desk.mayAnswer) add("accepting", t(desk.accepting.value ? "palette.stop_accepting" : "palette.start_accepting"), desk.accepting.value ? "offline" : "done");
  add("sound", t(screen.sounds.muted.value ? "sound.turn_on" : "sound.turn_off"), screen.sounds.muted.value ? "bell" : "bell-off");
  add("panel", t("keys.panel"), "panel");
  commands.push({ id: "open_tab", title: t("palette.open_chats"), icon: "chats", run: () => screen.turnTo("open") });
  commands.push({ id: "ended_tab", title: t("palette.ended_chats"), icon: "archive", run: () => screen.turnTo("ended") });
  add("help", t("keys.help"), "keyboard");
  const { settings_url: settings } = desk.boot;
  if (settings) commands.push({ id: "sites", title: t("empty.sites"), icon: "sites", run: () => location.assign(settings) });
  const chats = [...mine, ...waiting, ...team].map((one) => ({
    id: one.id, title: one.visitor?.name ?? t("visitor"), detail: one.preview?.text ?? "", words: one.site?.name ?? "",
    face: { id: one.visitor?.id ?? one.id, name: one.visitor?.name ?? "" }, run: () => {
      screen.open(one.id);
      screen.focus(desk.isMine(one) ? "composer" : "log", one.id);
    },
  }));
  return [...commands.filter(({ id: name }) => name === "take" || name === "end"), ...chats.slice(0, 3), ...commands.filter(({ id: name }) => name !== "take" && name !== "end"), ...chats.slice(3)];
}

/** @param {import("../keys.js").Command} command */
const keysOf = (command) => KEYS.find((key) => key.command === command)?.keys[0];
