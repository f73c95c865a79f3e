// Starts the console: takes what the page gave, connects, draws. Everything that touches the browser is handed in here.

import { initial } from "../shared/chat_state.js";
import { browserClock, browserSurroundings } from "../shared/clock.js";
import { Refusal, connect } from "../shared/socket.js";
import { loadTexts, t } from "../shared/texts.js";
import { computed, effect, html, render, signal } from "../vendor/ui.js";
import { followAddress } from "./address.js";
import { badge } from "./alerts.js";
import { COLUMNS_MAX } from "./columns.js";
import { createDesk } from "./desk.js";
import { createEnded } from "./ended.js";
import { createKeep, loadPreferences, savePreferences } from "./keep.js";
import { commandOf } from "./keys.js";
import { createScreen } from "./screen.js";
import { createSounds } from "./sounds.js";
import { App } from "./views/app.js";
import { fetchAhead } from "./views/later.js";
import { createWords } from "./words.js";

const TICK_MS = 10_000; // waiting times are read, not watched
const AHEAD_MS = 10_000; // after the start, when the first screen has all that it needs and nothing else is loading
const COLUMN_PX = 400; // narrower, a conversation breaks into words
const PANES_PX = 336 + 76; // list and rail beside the conversations

/** Below this the details lie over the conversation; the same width stands in console.css and over.css. */
const THREE_PANES = "(min-width: 75.01rem)";

/** @typedef {import("./desk.js").Boot} Boot */

const boot = /** @type {Boot} */ (JSON.parse(document.getElementById("boot")?.textContent ?? "null"));
await loadTexts(boot.texts_url, boot.language);
start();

function start() {
  const clock = browserClock();
  const keep = createKeep(storageOf("sessionStorage"), boot.me.id);
  const browser = storageOf("localStorage");
  const arranged = signal(loadPreferences(browser));
  const muted = signal(arranged.peek().muted);
  effect(() => savePreferences(browser, { ...arranged.value, muted: muted.value }));

  const sounds = createSounds({ AudioContextClass: window.AudioContext, muted, clock });
  const looking = lookingAt(window);
  const wide = matching(window.matchMedia(THREE_PANES));
  const desk = createDesk({ boot, initial: initial(), connect: connectTo, keep, onNews, clock, random: crypto });
  const ended = createEnded({ url: boot.ended_url, fetchJson, clock });
  const screen = createScreen({ desk, ended, sounds, arranged, looking, wide, focus });
  // The language is the page's; of its regions the reader's own, which decides between 14:05 and 2:05 PM.
  const language = navigator.languages.find((tag) => tag.split("-")[0] === boot.language) ?? boot.language;
  const words = createWords({ language, now: () => desk.now.value, justNow: t("now") });

  /** @param {ReturnType<typeof import("./alerts.js").news>} found */
  function onNews({ chats, messages }) {
    if (chats.length && desk.accepting.peek()) sounds.chat();
    else if (messages.some((chat) => !looking.peek() || !desk.columns.peek().open.includes(chat.id))) sounds.message();
    if (!looking.peek()) for (const { id } of messages) desk.mark(id);
    const chat = chats[0] ?? messages[0];
    const key = chats.length ? "spoken.chat" : "spoken.message";
    if (chat) desk.spoken.value = t(key, { name: chat.visitor?.name ?? t("visitor"), text: chat.preview?.text ?? "" });
  }

  const root = /** @type {HTMLElement} */ (document.getElementById("console"));
  root.replaceChildren();
  render(html`<${App} screen=${screen} words=${words} />`, root);

  desk.start();
  followAddress(desk, window);
  effect(() => badge(document, t("title"), desk.count.value));
  setInterval(desk.tick, TICK_MS);
  fitColumns(desk);
  setTimeout(fetchAhead, AHEAD_MS);

  document.addEventListener("keydown", (event) => pressed(event, screen));
  for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, sounds.unlock, { passive: true, capture: true });
  window.addEventListener("pagehide", desk.leave);
  document.querySelector("form[data-sign-out]")?.addEventListener("submit", () => {
    desk.leave();
    desk.forgetTexts();
  });
}

/** @param {{onFrame: (frame: import("../shared/protocol.js").ServerFrame) => void, onState: (state: import("../shared/socket.js").LineState, facts: import("../shared/socket.js").LineFacts) => void}} parts */
function connectTo({ onFrame, onState }) {
  return connect({ url: boot.ws_url, getTicket, onFrame, onState, clock: browserClock(), surroundings: browserSurroundings(window) });
}

async function getTicket() {
  const answer = await fetch(boot.ticket_url, { method: "POST", headers: { "X-CSRFToken": boot.csrf, accept: "application/json" } });
  if (answer.ok) return /** @type {{ticket: string}} */ (await answer.json()).ticket;
  if (answer.status === 401) throw new Refusal("signed_out");
  // Without a code of ours it is the form's token: somebody signed in again in another tab, and this page is of the old session.
  if (answer.status === 403) throw new Refusal((await codeOf(answer)) ? "forbidden" : "outdated");
  throw new Error(`ticket: ${answer.status}`);
}

/** @param {Response} answer @returns {Promise<string | null>} */
async function codeOf(answer) {
  try {
    return /** @type {{code?: string}} */ (await answer.json()).code ?? null;
  } catch {
    return null;
  }
}

/** @param {string} url */
async function fetchJson(url) {
  const answer = await fetch(url, { headers: { accept: "application/json" } });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return answer.json();
}

/** @param {KeyboardEvent} event @param {import("./screen.js").Screen} screen */
function pressed(event, screen) {
  if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
  const target = /** @type {Element} */ (event.target);
  const writing = target.matches("input:not([type=checkbox]), textarea, select, [contenteditable]");
  const on = target.matches("[data-row]") ? "row" : target.matches("a, button, input, summary") ? "control" : "nothing";
  const what = commandOf(event, { writing, on, plainKeys: screen.arranged.peek().plainKeys });
  if (what && screen.run(what.command, { number: what.number, writing })) event.preventDefault();
}

/**
 * After the next drawing, because what gets the focus may only appear with it.
 * @param {"composer" | "search" | "row" | "log"} what @param {string | null} id
 */
function focus(what, id) {
  const attribute = what === "search" ? "[data-search]" : `[data-${what}="${CSS.escape(id ?? "")}"]`;
  setTimeout(() => {
    const found = document.querySelector(attribute) ?? document.querySelector(`[data-log="${CSS.escape(id ?? "")}"]`);
    if (!(found instanceof HTMLElement)) return;
    found.focus({ preventScroll: what !== "row" });
    if (what === "row") found.scrollIntoView({ block: "nearest" });
  });
}

/** How many conversations fit beside each other. @param {import("./desk.js").Desk} desk */
function fitColumns(desk) {
  const fit = () => desk.fit(Math.max(1, Math.min(COLUMNS_MAX, Math.floor((window.innerWidth - PANES_PX) / COLUMN_PX))));
  window.addEventListener("resize", fit, { passive: true });
  fit();
}

/** Is somebody looking? A page in a hidden tab or behind another window is not read. @param {Window} window */
function lookingAt(window) {
  const { document } = window;
  const visible = signal(document.visibilityState === "visible");
  const focused = signal(document.hasFocus());
  document.addEventListener("visibilitychange", () => (visible.value = document.visibilityState === "visible"));
  window.addEventListener("focus", () => (focused.value = true));
  window.addEventListener("blur", () => (focused.value = document.hasFocus()));
  return computed(() => visible.value && focused.value);
}

/** @param {MediaQueryList} query */
function matching(query) {
  const matches = signal(query.matches);
  query.addEventListener("change", () => (matches.value = query.matches));
  return matches;
}

/** @param {"localStorage" | "sessionStorage"} name @returns {Storage | null} */
function storageOf(name) {
  try {
    return window[name];
  } catch {
    return null; // denied by the browser's settings
  }
}
