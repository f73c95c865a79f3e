// The transcript: greeting, days, notes, runs of bubbles, and what our last message has come to.

import { followEnd } from "../../shared/scroll.js";
import { textNodes } from "../../shared/text_nodes.js";
import { t } from "../../shared/texts.js";
import { html, useEffect, useLayoutEffect, useRef } from "../../vendor/ui.js";
import { initials, lastOwn, timeline } from "../timeline.js";
import { Icon } from "./icon.js";

/** @typedef {import("../store.js").Store} Store */
/** @typedef {import("../../shared/time.js").Times} Times */
/** @typedef {import("../timeline.js").Bubble} BubbleFacts */

/** @param {{store: Store, times: Times}} props */
export function Thread({ store, times }) {
  const chats = store.chats.value;
  const items = timeline(chats, { now: store.now.value, dayKey: times.dayKey });
  const more = chats.some((chat) => chat.first > 1);
  const { box, follower } = useFollowing(store, items);
  const last = lastOwn(items);
  const empty = items.length === 0 && !more;
  return html`<div class="stage">
    <div class="scroller" ref=${box} tabindex="0" role="region" aria-label=${t("thread.label")}>
      <div class="thread" role="log" aria-live="polite" aria-relevant="additions" aria-busy=${store.earlier.value || more && items.length === 0}>
        ${more && html`<${Earlier} key="earlier" store=${store} loading=${store.earlier.value || items.length === 0} />`}
        ${(empty || !more) && html`<${Greeting} key="greeting" store=${store} large=${empty} />`}
        ${items.map((item) => {
          if (item.kind === "day") return html`<p class="day" key=${item.key}><span>${times.day(item.at)}</span></p>`;
          if (item.kind === "note") return html`<p class="note" key=${item.key}>${t(`note.${item.text}`, { name: item.name })}</p>`;
          return html`<${Run} key=${item.key} run=${item} last=${last} store=${store} times=${times} />`;
        })}
        <${Status} key="status" store=${store} />
      </div>
    </div>
    <${Pill} store=${store} onClick=${() => follower.current?.jump()} />
  </div>`;
}

/** Keeps the place in the transcript over every change. @param {Store} store @param {import("../timeline.js").Item[]} items */
function useFollowing(store, items) {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const follower = useRef(/** @type {import("../../shared/scroll.js").Follower | null} */ (null));
  const before = useRef({ first: "", own: "" });
  useEffect(() => {
    if (!box.current) return undefined;
    follower.current = followEnd(box.current, {
      onEnd(atEnd) {
        store.atEnd.value = atEnd;
        if (atEnd) store.below.value = 0;
      },
      onTop: () => store.loadEarlier(),
    });
    return () => follower.current?.stop();
  }, []);
  useLayoutEffect(() => {
    const first = items.find((item) => item.kind === "run")?.key ?? "";
    const own = lastOwn(items) ?? "";
    if (own && own !== before.current.own && store.live.has(own)) follower.current?.jump(); // who sends wants to see it
    else if (before.current.first && first !== before.current.first) follower.current?.prepended();
    else follower.current?.added();
    before.current = { first, own };
  });
  return { box, follower };
}

/** @param {{store: Store, loading: boolean}} props */
function Earlier({ store, loading }) {
  if (loading) return html`<div class="earlier" aria-hidden="true"><i class="bone"></i><i class="bone own"></i><i class="bone"></i></div>`;
  return html`<div class="earlier"><button type="button" class="quiet" onClick=${() => store.loadEarlier()}>${t("thread.earlier")}</button></div>`;
}

/** @param {{store: Store, large: boolean}} props */
function Greeting({ store, large }) {
  const { greeting, name } = store.site.value;
  const online = store.online.value;
  if (!large && !greeting) return null;
  return html`<div class=${large ? "greeting large" : "greeting"}>
    ${large && html`<span class="hello"><${Icon} name="hello" /></span>`}
    <p class="words" dir="auto">${greeting || t("greeting.default", { site: name })}</p>
    ${large && !online && html`<p class="away">${t("greeting.away")}</p>`}
    ${large && html`<p class="honest">${t("greeting.honest", { site: name })}${" "}
      <button type="button" class="link" onClick=${() => (store.sheet.value = "open")}>${t("greeting.more")}</button>
    </p>`}
  </div>`;
}

/** @param {{run: import("../timeline.js").Run, last: string | undefined, store: Store, times: Times}} props */
function Run({ run, last, store, times }) {
  return html`<div class=${run.own ? "run own" : "run"}>
    ${!run.own && html`<span class="face" aria-hidden="true">${initials(run.name)}</span>`}
    <div class="said">
      ${!run.own && html`<p class=${run.named ? "name" : "hidden"} dir="auto">${run.name}</p>`}
      ${run.bubbles.map((bubble) => html`<${Bubble} key=${bubble.key} bubble=${bubble} own=${run.own} isLast=${bubble.key === last} store=${store} times=${times} />`)}
      ${!run.own && html`<p class="at" title=${times.full(end(run).at)}>${times.clock(end(run).at)}</p>`}
    </div>
  </div>`;
}

/** @param {import("../timeline.js").Run} run @returns {BubbleFacts} */
const end = (run) => /** @type {BubbleFacts} */ (run.bubbles[run.bubbles.length - 1]);

/** @param {{bubble: BubbleFacts, own: boolean, isLast: boolean, store: Store, times: Times}} props */
function Bubble({ bubble, own, isLast, store, times }) {
  const { progress } = bubble;
  const troubled = progress === "failed" || progress === "late";
  return html`<div class=${`item ${progress ?? ""} ${store.live.has(bubble.key) ? "live" : ""}`}>
    <div class="bubble" dir="auto" title=${times.full(bubble.at)}>
      <span class="hidden">${own ? t("bubble.you") : ""}</span>${textNodes(bubble.text)}
    </div>
    ${own && progress && (troubled || isLast) && html`<${Progress} bubble=${bubble} store=${store} times=${times} />`}
  </div>`;
}

/** @param {{bubble: BubbleFacts, store: Store, times: Times}} props */
function Progress({ bubble, store, times }) {
  if (bubble.progress === "failed") return html`<${Failed} bubble=${bubble} store=${store} />`;
  const icon = { sending: "clock", late: "clock", sent: "sent", seen: "seen", failed: "alert" }[bubble.progress ?? "sending"];
  return html`<p class="progress">
    ${bubble.progress !== "sending" && bubble.progress !== "late" && html`<span class="at">${times.clock(bubble.at)}</span>`}
    <${Icon} name=${icon} />${t(`progress.${bubble.progress}`)}
  </p>`;
}

/** Why it was not taken; the text stays until the writer decides. @param {{bubble: BubbleFacts, store: Store}} props */
function Failed({ bubble, store }) {
  const known = ["text_too_long", "too_big", "read_only", "rate_limited", "bad_frame"];
  const why = bubble.failed && known.includes(bubble.failed) ? bubble.failed : "other";
  return html`<div class="progress bad" role="alert">
    <p><${Icon} name="alert" />${t(`failed.${why}`)}</p>
    <p class="ways">
      <button type="button" class="link" onClick=${() => store.retry(bubble.key)}>${t("failed.retry")}</button>
      <button type="button" class="link" onClick=${() => navigator.clipboard?.writeText(bubble.text).catch(() => {})}>${t("failed.copy")}</button>
      <button type="button" class="link" onClick=${() => store.discard(bubble.key)}>${t("failed.discard")}</button>
    </p>
  </div>`;
}

/** What happens now: somebody writes, everybody is away, the chat is over. @param {{store: Store}} props */
function Status({ store }) {
  const typing = store.typing.value;
  const chat = store.current.value;
  const arrived = store.line.value.state === "open" && !store.writing.value;
  const waiting = arrived && store.open_chat.value?.state === "waiting" && store.open_chat.value.events.length > 0;
  if (typing.length) {
    return html`<div class="run typing">
      <span class="face" aria-hidden="true">${initials(typing[0] ?? "")}</span>
      <div class="bubble" role="status" aria-label=${t("status.typing", { name: typing[0] ?? "" })}><i></i><i></i><i></i></div>
    </div>`;
  }
  if (waiting) return html`<p class="note wait">${t(store.online.value ? "status.waiting" : "status.away")}</p>`;
  const over = chat?.state === "ended" && store.chats.value[store.chats.value.length - 1] === chat;
  if (!over) return null;
  return html`<div class="over"><button type="button" class="button" onClick=${() => store.startAnew()}>${t("status.anew")}</button></div>`;
}

/** @param {{store: Store, onClick: () => void}} props */
function Pill({ store, onClick }) {
  if (store.atEnd.value) return null;
  const count = store.below.value;
  return html`<button type="button" class=${count ? "pill new" : "pill"} onClick=${onClick} aria-label=${count ? undefined : t("thread.end")}>
    <${Icon} name="down" />${count ? t("thread.below", { n: count }) : ""}
  </button>`;
}
