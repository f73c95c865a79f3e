// The chat window: header, transcript, composer, and the sheet over them.

import { t } from "../../shared/texts.js";
import { html, useEffect, useRef } from "../../vendor/ui.js";
import { initials } from "../timeline.js";
import { Composer } from "./composer.js";
import { Icon } from "./icon.js";
import { Sheet } from "./sheet.js";
import { Thread } from "./thread.js";

/** @typedef {import("../store.js").Store} Store */
/** @typedef {import("../../shared/time.js").Times} Times */

const SWIPE_PX = 90; // further down than a scroll that has run out
const TEAM_SHOWN = 3;

/** @param {{store: Store, times: Times}} props */
export function App({ store, times }) {
  useEffect(() => {
    /** @param {KeyboardEvent} event */
    const escape = (event) => event.key === "Escape" && !event.isComposing && store.minimise();
    document.addEventListener("keydown", escape);
    return () => document.removeEventListener("keydown", escape);
  }, []);
  const covered = store.sheet.value !== "closed";
  return html`<div class=${store.full.value ? "chat full" : "chat"}>
    <main class="main" inert=${covered || store.boot.preview}>
      <${Header} store=${store} />
      <${Notice} store=${store} />
      <${Thread} store=${store} times=${times} />
      <${Composer} store=${store} />
    </main>
    ${covered && html`<${Sheet} store=${store} />`}
  </div>`;
}

/** @param {{store: Store}} props */
function Header({ store }) {
  const { name, team } = store.site.value;
  const agent = store.open_chat.value?.assignee ?? null;
  const online = store.online.value;
  const people = agent ? [agent.name] : team.slice(0, TEAM_SHOWN);
  const swipe = useSwipeDown(store.full.value, () => store.minimise());
  return html`<header class="header" ...${swipe}>
    <div class="who">
      ${people.length > 0 && html`<div class="faces" aria-hidden="true">
        ${people.map((one) => html`<span class="face" key=${one}>${initials(one)}</span>`)}
      </div>`}
      <div class="names">
        <h1>${agent ? agent.name : name}</h1>
        <p>
          ${!agent && html`<span class=${online ? "dot on" : "dot"}></span>`}
          <span>${agent ? name : online ? t("header.online") : t("header.away")}</span>
        </p>
      </div>
    </div>
    <button type="button" class="tool" aria-label=${t("header.menu")} title=${t("header.menu")} onClick=${() => (store.sheet.value = "open")}>
      <${Icon} name="shield" />
    </button>
    <button type="button" class="tool" aria-label=${t("header.minimise")} title=${t("header.minimise")} onClick=${() => store.minimise()}>
      <${Icon} name="down" />
    </button>
  </header>`;
}

/** @param {boolean} on @param {() => void} done */
function useSwipeDown(on, done) {
  const from = useRef(/** @type {number | null} */ (null));
  if (!on) return {};
  return {
    /** @param {TouchEvent} event */
    onTouchStart: (event) => (from.current = event.touches[0]?.clientY ?? null),
    /** @param {TouchEvent} event */
    onTouchEnd: (event) => {
      const moved = (event.changedTouches[0]?.clientY ?? 0) - (from.current ?? Infinity);
      from.current = null;
      if (moved > SWIPE_PX) done();
    },
  };
}

/** What is wrong with the line, what is safe, and what can be done. @param {{store: Store}} props */
function Notice({ store }) {
  const { state, retry_at } = store.line.value;
  const refused = store.refusal.value;
  const seconds = retry_at === undefined ? 0 : Math.max(0, Math.ceil((retry_at - store.now.value) / 1000));
  /** @type {[string, string, () => void] | [string] | null} */
  let said = null;
  if (refused) said = [t("notice.refused")];
  else if (state === "offline") said = [t("notice.offline")];
  else if (state === "waiting" && seconds > 2) said = [t("notice.waiting", { n: seconds }), t("notice.now"), () => store.kick()];
  else if (state === "waiting") said = [t("notice.reconnecting")];
  else if (state === "outdated") said = [t("notice.outdated"), t("notice.reload"), () => location.reload()];
  else if (state === "signed_out") said = [t("notice.signed_out"), t("notice.again"), () => store.startAgain()];
  return html`<div class="notice" role="status">
    ${said && html`<p>${said[0]}${" "}${said.length > 1 && html`<button type="button" class="link" onClick=${said[2]}>${said[1]}</button>`}</p>`}
  </div>`;
}
