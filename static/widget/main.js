// The chat window's page: put the parts together, draw, and wait. Nothing is stored, asked or connected before the
// loader says that the visitor has opened the chat.

import { apply } from "../shared/chat_state.js";
import { browserClock, browserSurroundings } from "../shared/clock.js";
import { brandColors } from "../shared/color.js";
import { createSound } from "../shared/sound.js";
import { loadTexts, t } from "../shared/texts.js";
import { createTimes } from "../shared/time.js";
import { effect, html, render } from "../vendor/ui.js";
import { joinHost } from "./host.js";
import { createSession } from "./session.js";
import { createStore } from "./store.js";
import { App } from "./views/app.js";

/**
 * What the server writes into the page.
 * @typedef {{id: string, name: string, color: string, greeting: string, team: string[], online: boolean}} Site
 * @typedef {{
 *   v: number, site: Site, language: string, dir: "ltr" | "rtl", texts_url: string, session_url: string, ticket_url: string,
 *   forget_url: string, ws_url: string, preview: boolean, origin: string,
 * }} Boot
 */

/** What the panel's colours are worked out against; the same values as --color-surface in tokens.css. */
const SURFACE = { light: "#ffffff", dark: "#171a22" };

const boot = /** @type {Boot} */ (JSON.parse(document.getElementById("boot")?.textContent ?? "{}"));
const clock = browserClock();

let page = { url: "", title: "" };
const session = createSession({
  boot, clock,
  get: (url, options) => fetch(url, options),
  storage: () => window.sessionStorage,
  channel: openChannel,
  page: () => page,
  onForgotten: () => store.forgotten(),
});
const host = joinHost(window, {
  prefs: (prefs) => (store.full.value = prefs.full),
  page(seen) {
    page = seen;
    store.setPage(seen);
  },
  handle: (handle) => session.takeHandle(handle),
  open: ({ focus }) => boot.preview || store.open(focus),
  resume: () => boot.preview || store.begin(),
  close() {
    store.opened.value = false;
    store.stopTyping();
  },
  look: (look) => boot.preview && (store.site.value = { ...store.site.value, ...look }),
});
const sound = createSound({
  AudioContextClass: window.AudioContext,
  remembered: { get: () => false, set: () => {} }, // the store remembers, once there is a session
});
const store = createStore({
  boot, session, host, sound, clock,
  surroundings: browserSurroundings(window),
  random: window.crypto,
  watched: () => document.visibilityState === "visible" && document.hasFocus(),
});
const times = createTimes({ language: boot.language, now: clock.now });

effect(() => {
  const { color } = store.site.value;
  for (const theme of /** @type {const} */ (["light", "dark"])) {
    const { fill, onFill, text, ring } = brandColors(color, SURFACE[theme]);
    const style = document.documentElement.style;
    for (const [name, value] of Object.entries({ fill, "on-fill": onFill, text, ring })) style.setProperty(`--${theme}-brand-${name}`, value);
  }
});
document.addEventListener("visibilitychange", () => (store.visible.value = document.visibilityState === "visible"));
for (const touch of ["pointerdown", "keydown"]) document.addEventListener(touch, () => sound.unlock(), { passive: true });

start();

async function start() {
  await loadTexts(boot.texts_url, boot.language).catch(() => {}); // keys instead of words, but the chat works
  document.title = t("chat.title", { site: boot.site.name });
  if (boot.preview) (await import("./preview.js")).fill(store, { now: clock.now(), t, apply });
  else if (window.parent === window) store.open(true); // opened as a page of its own
  render(html`<${App} store=${store} times=${times} />`, /** @type {Element} */ (document.getElementById("app")));
}

/** Where storage is denied, channels are too. @param {string} name */
function openChannel(name) {
  try {
    return new BroadcastChannel(name);
  } catch {
    return null;
  }
}
