// The settings page shows the chat window as it will look: sample people, sample words, no session, no line.

const MINUTE_MS = 60_000;

/**
 * Imports nothing, so that it can be loaded beside the packed modules and share their state.
 * @param {import("./store.js").Store} store
 * @param {{now: number, t: (key: string) => string, apply: typeof import("../shared/chat_state.js").apply}} parts
 */
export function fill(store, { now, t, apply }) {
  const agent = { kind: /** @type {const} */ ("agent"), id: "mem_sample", name: t("preview.agent") };
  const visitor = { kind: /** @type {const} */ ("visitor"), id: "vis_sample" };
  /** @param {number} minutes */
  const ago = (minutes) => new Date(now - minutes * MINUTE_MS).toISOString();
  const message = { id: "evt_sample", kind: /** @type {const} */ ("message") };
  /** @type {import("../shared/protocol.js").Event[]} */
  const events = [
    { ...message, seq: 1, sender: visitor, at: ago(4), cmid: "sample-1", text: t("preview.question") },
    { ...message, seq: 2, kind: "assigned", sender: agent, at: ago(3), cmid: "sample-2", data: { member: agent.id, name: agent.name } },
    { ...message, seq: 3, sender: agent, at: ago(2), cmid: "sample-3", text: t("preview.answer") },
    { ...message, seq: 4, sender: visitor, at: ago(1), cmid: "sample-4", text: t("preview.thanks") },
  ];
  /** @type {import("../shared/protocol.js").ServerFrame[]} */
  const frames = [
    { t: "welcome", v: 1, sid: "", epoch: "", me: visitor, online: true,
      chat: { id: "chat_sample", state: "waiting", last: 0, started_at: ago(4), read: { agent: 4, visitor: 4 } } },
    { t: "events", chat: "chat_sample", events, more: false, after: 0 },
  ];
  store.chat.value = frames.reduce((state, frame) => apply(state, frame, now), store.chat.value);
}
