// The lower edge of a conversation: the composer, or the reason why there is none and what can be done.

import { icon } from "../../icons/icons.js";
import { TEXT_MAX_CHARS } from "../../shared/protocol.js";
import { t } from "../../shared/texts.js";
import { createTyping } from "../../shared/typing.js";
import { html, useEffect, useLayoutEffect, useMemo, useRef } from "../../vendor/ui.js";
import { Waits } from "./row.js";

/** The count appears when it begins to matter. */
const COUNT_FROM_CHARS = TEXT_MAX_CHARS - 500;
const LINES_PX = 220; // about ten lines; then the field scrolls

/** @typedef {import("../desk.js").LiveChat} LiveChat */
/** @typedef {{chat: LiveChat, name: string, screen: import("../screen.js").Screen, words: import("../words.js").Words}} Props */

/** @param {Props} props */
export function Answer(props) {
  const { chat, screen } = props;
  const { desk } = screen;
  if (chat.state === "ended") return html`<${Ended} ...${props} />`;
  if (!desk.mayAnswer) return html`<${Bar}>${icon("lock")}<p>${t("answer.viewer")}</p><//>`;
  if (desk.isMine(chat) || desk.taking.value[chat.id]) return html`<${Composer} ...${props} />`;
  if (chat.state === "waiting") return html`<${Takes} ...${props} />`;
  return html`<${Bar}>${icon("user")}<p>${t("answer.colleague", { member: chat.assignee?.name ?? t("agent") })}</p><//>`;
}

/** @param {{children?: unknown}} props */
function Bar({ children }) {
  return html`<footer class="answer-bar">${children}</footer>`;
}

/** @param {Props} props */
function Takes({ chat, screen, words }) {
  const { desk } = screen;
  /** The caret goes where the answer will be written. */
  const take = () => {
    desk.take(chat.id);
    screen.focus("composer", chat.id);
  };
  return html`<${Bar}>
    <p>${t("take.waits")} <${Waits} chat=${chat} now=${desk.now} words=${words} /></p>
    <button class="button button-primary" type="button" onClick=${take}>${icon("take")}${t("take.button")} <kbd class="key-on">T</kbd></button>
  <//>`;
}

/** @param {Props} props */
function Ended({ chat, name, screen, words }) {
  const draft = screen.desk.drafts.value[chat.id];
  const at = chat.ended_at ? words.stamp(chat.ended_at) : "";
  const last = chat.events.findLast((event) => event.kind === "ended");
  const by = last?.sender.kind === "agent" ? last.sender : null;
  const agents = by?.id === screen.desk.me.id ? t("ended.by_me", { at }) : by?.name ? t("ended.by_name", { name: by.name, at }) : t("ended.by_agent", { at });
  const text = chat.ended_by === "visitor" ? t("ended.by_name", { name, at }) : chat.ended_by === "system" ? t("ended.by_system", { at }) : agents;
  return html`<footer class="answer-bar answer-ended">
    ${icon("archive")}
    <p role="status">${text}${draft && html`<br /><span class="hint">${t("ended.draft")} <q dir="auto">${draft}</q></span>`}</p>
  </footer>`;
}

/** @param {Props} props */
function Composer({ chat, name, screen }) {
  const { desk } = screen;
  const field = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const text = desk.drafts.value[chat.id] ?? "";
  const taking = !desk.isMine(chat);
  const length = Array.from(text).length;
  const tooLong = length > TEXT_MAX_CHARS;
  const ready = text.trim() !== "" && !tooLong && !taking;

  const typing = useMemo(
    () => createTyping({
      tell: (on) => desk.typing(chat.id, on),
      clock: { now: Date.now, random: Math.random, setTimeout: (run, ms) => setTimeout(run, ms), clearTimeout: (timer) => clearTimeout(timer) },
    }),
    [chat.id],
  );
  useEffect(() => () => typing.stop(), [typing]);
  useLayoutEffect(() => {
    const area = field.current;
    if (!area) return;
    area.style.blockSize = "auto";
    area.style.blockSize = `${Math.min(area.scrollHeight + 2, LINES_PX)}px`;
  }, [text, chat.id]);

  function send() {
    if (!ready) return;
    desk.write(chat.id, text);
    typing.sent();
    field.current?.focus();
  }

  /** @param {KeyboardEvent} event */
  function pressed(event) {
    // While letters of another script are being put together, Enter chooses among them (229: how Safari says so).
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    send();
  }

  /** @param {Event} event */
  function typed(event) {
    const area = /** @type {HTMLTextAreaElement} */ (event.currentTarget);
    desk.setDraft(chat.id, area.value);
    if (!taking) typing.input(area.value);
  }

  return html`<footer class="composer">
    ${desk.endings.list.value[chat.id] && html`<p class="composer-note" role="status">${icon("done")}<span>${t("end.running")}</span>${!desk.endings.list.value[chat.id]?.done && html`<button class="link" type="button" onClick=${() => desk.endings.undo(chat.id)}>${t("undo")}</button>`}</p>`}
    ${!chat.visitor?.online && !taking && html`<p class="composer-note">${icon("info")}<span>${t("answer.offline")}</span></p>`}
    <div class="composer-box">
      <textarea ref=${field} rows="1" dir="auto" data-composer=${chat.id} value=${text} aria-label=${t("composer.label", { name })} placeholder=${t(taking ? "composer.taking" : "composer.placeholder")} aria-invalid=${tooLong ? "true" : null} enterkeyhint="send" onInput=${typed} onKeyDown=${pressed} onBlur=${() => typing.stop()}></textarea>
      <button class="button button-primary button-icon composer-send" type="button" aria-label=${t("composer.send")} title=${t("composer.send")} aria-disabled=${ready ? null : "true"} onClick=${send}>${icon("send")}</button>
    </div>
    <p class="composer-hint">
      <span class="only-keyboard">${t("composer.hint")}</span>
      ${(length > COUNT_FROM_CHARS || tooLong) && html`<span class=${tooLong ? "count count-over" : "count"} role="status">${t("composer.count", { n: length, most: TEXT_MAX_CHARS })}</span>`}
    </p>
  </footer>`;
}
