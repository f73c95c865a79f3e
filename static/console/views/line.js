// One line of a conversation: a message, a day, a notice, the mark above what is new.

import { icon } from "../../icons/icons.js";
import { isLate } from "../../shared/outbox.js";
import { textNodes } from "../../shared/text_nodes.js";
import { t } from "../../shared/texts.js";
import { html } from "../../vendor/ui.js";
import { progress } from "../select.js";

/** @typedef {import("../desk.js").LiveChat} LiveChat */
/** @typedef {import("../screen.js").Screen} Screen */
/** @typedef {import("../words.js").Words} Words */
/** @typedef {{chat: LiveChat, screen: Screen, words: Words}} Around */

/** @param {Around & {line: import("../select.js").Line, tells: boolean}} props  `tells`: my last one, which says how far it has come */
export function LineOf({ line, chat, screen, words, tells }) {
  if (line.kind === "day") return html`<p class="line-day"><time datetime=${line.at}>${words.day(line.at)}</time></p>`;
  if (line.kind === "unread") return html`<p class="line-unread"><span>${t("talk.unread")}</span></p>`;
  if (line.kind === "notice") return html`<p class="line-notice" title=${words.full(line.event.at)}>${noticeOf(line.event, chat, screen)} <span>· ${words.clock(line.event.at)}</span></p>`;
  return html`<${Message} message=${line.message} chat=${chat} screen=${screen} words=${words} tells=${tells} />`;
}

/** @param {Around & {message: import("../select.js").MessageLine, tells: boolean}} props */
function Message({ message, chat, screen, words, tells }) {
  const { desk } = screen;
  const side = message.mine ? "mine" : message.side;
  const step = progress(chat, message);
  const late = message.pending && isLate(message.pending, desk.now.value);
  const classes = ["message", `message-${side}`, message.first && "message-first", message.last && "message-last", step === "sending" && message.mine && "message-sending", step === "failed" && "message-failed"];
  return html`<div class=${classes.filter(Boolean).join(" ")}>
    ${message.first && !message.mine && html`<p class="message-by">${message.side === "visitor" ? (chat.visitor?.name ?? t("visitor")) : (message.sender.name ?? t("agent"))}</p>`}
    <div class="bubble" dir="auto" title=${words.full(message.at)}>${textNodes(message.text)}</div>
    ${(message.last || (tells && message.mine) || step === "failed") && html`<p class="message-foot">
      <time datetime=${message.at}>${words.clock(message.at)}</time>
      ${message.mine && (tells || step === "sending") && html`<${Progress} step=${step} late=${Boolean(late)} />`}
      ${step === "failed" && html`<${Failed} message=${message} chat=${chat} screen=${screen} />`}
    </p>`}
  </div>`;
}

/** @param {{step: ReturnType<typeof progress>, late: boolean}} props */
function Progress({ step, late }) {
  if (step === "failed") return null;
  if (late) return html`<span class="progress">${icon("retry")}${t("progress.late")}</span>`;
  if (step === "sending") return html`<span class="progress">${icon("clock")}${t("progress.sending")}</span>`;
  return html`<span class=${`progress progress-${step}`}>${icon(step === "seen" ? "check-all" : "check")}${t(`progress.${step}`)}</span>`;
}

/** @param {{message: import("../select.js").MessageLine, chat: LiveChat, screen: Screen}} props */
function Failed({ message, chat, screen }) {
  const code = message.pending?.failed ?? "internal";
  /** Back into the composer, and the caret with it. */
  const takeBack = () => {
    screen.desk.takeBack(chat.id, message.cmid);
    screen.focus("composer", chat.id);
  };
  return html`<span class="progress-failed" role="alert">${icon("failed")}${t("progress.failed", { reason: t(`error.${code}`) })}</span>
    <button class="link" type="button" onClick=${() => screen.desk.retry(message.cmid)}>${t("retry")}</button>
    <button class="link" type="button" onClick=${takeBack}>${t("message.edit")}</button>`;
}

/** @param {import("../desk.js").LiveChat["events"][number]} event @param {LiveChat} chat @param {Screen} screen */
function noticeOf(event, chat, screen) {
  const { desk } = screen;
  const name = chat.visitor?.name ?? t("visitor");
  if (event.kind === "assigned") {
    const member = event.data?.["member"];
    if (!member) return t("notice.released");
    return member === desk.me.id ? t("notice.taken_by_me") : t("notice.taken", { name: event.data?.["name"] ?? t("agent") });
  }
  if (event.kind === "ended") {
    const by = event.data?.["by"];
    if (by === "visitor") return t("notice.ended_visitor", { name });
    if (by === "system") return t("notice.ended_system");
    return event.sender.id === desk.me.id ? t("notice.ended_by_me") : t("notice.ended", { name: event.sender.name ?? t("agent") });
  }
  return t("notice.other");
}
