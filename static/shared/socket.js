// One line to the server that heals itself: ticket, hello, heartbeat, reconnect. It knows nothing of chats.

import { CLOSE, PROTOCOL_VERSION } from "./protocol.js";

/** @typedef {import("./clock.js").Clock} Clock */
/** @typedef {import("./clock.js").Surroundings} Surroundings */
/** @typedef {import("./protocol.js").ServerFrame} ServerFrame */
/** @typedef {import("./protocol.js").VisitorFrame | import("./protocol.js").AgentFrame} ClientFrame */

/**
 * `open` means that the server has welcomed us. `waiting` tries again at `retry_at`; `offline` does too, but the
 * device says that it has no network. The other three are final until `kick`.
 * @typedef {"connecting" | "open" | "waiting" | "offline" | "signed_out" | "forbidden" | "outdated" | "closed"} LineState
 * @typedef {{retry_at?: number, close?: number, code?: string}} LineFacts
 */

const SILENCE_MS = 45_000; // three heartbeats: the line is dead, whatever the system thinks
const WELCOME_WITHIN_MS = 10_000; // from opening the socket to the first frame, on a slow phone
const PONG_WITHIN_MS = 5_000;
const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 30_000;
const STEADY_AFTER_MS = 10_000; // a line that lived this long was a good one: the next pause is short again
const BUFFER_MAX_BYTES = 1024 * 1024; // what the network has not taken yet; more would only grow

/** `getTicket` may reject with an error of this kind to say that trying again is of no use. */
export class Refusal extends Error {
  /** @param {"signed_out" | "forbidden" | "outdated"} state @param {string} [code] */
  constructor(state, code = state) {
    super(code);
    this.state = state;
    this.code = code;
  }
}

/**
 * @param {{
 *   url: string,
 *   getTicket: () => Promise<string>,
 *   onFrame: (frame: ServerFrame) => void,
 *   onState: (state: LineState, facts: LineFacts) => void,
 *   clock: Clock,
 *   surroundings: Surroundings,
 *   WebSocketClass?: typeof WebSocket,
 * }} parts
 */
export function connect({ url, getTicket, onFrame, onState, clock, surroundings, WebSocketClass = WebSocket }) {
  /** @type {WebSocket | null} */
  let socket = null;
  /** @type {LineState} */
  let state = "connecting";
  let round = 0; // the present try; what an earlier one brings late is not ours any more
  let attempt = 0;
  let ticketRefused = false; // 4401 once: the ticket may have been too old; twice: it is us
  let openedAt = 0;
  let notBefore = 0; // the server asked not to come back earlier
  /** @type {LineFacts & {state?: LineState}} what a `bye` said about the close that follows it */
  let farewell = {};
  let pings = 0;
  /** Sent with a cmid and not answered, by size: one of them is to blame when the transport refuses. */
  /** @type {Map<string, {size: number, chat?: string}>} */
  const unanswered = new Map();
  /** @type {{silence: unknown, retry: unknown, pong: unknown}} */
  const timers = { silence: null, retry: null, pong: null };

  /** @param {keyof typeof timers} name @param {(() => void) | null} run @param {number} [ms] */
  function arm(name, run, ms = 0) {
    if (timers[name] !== null) clock.clearTimeout(timers[name]);
    timers[name] = run ? clock.setTimeout(run, ms) : null;
  }

  /** @param {LineState} next @param {LineFacts} [facts] */
  function become(next, facts = {}) {
    state = next;
    onState(next, facts);
  }

  async function open() {
    arm("retry", null);
    farewell = {};
    become("connecting");
    const thisRound = (round += 1);
    let ticket;
    try {
      ticket = await getTicket();
    } catch (error) {
      if (round !== thisRound) return;
      if (error instanceof Refusal) become(error.state, { code: error.code });
      else retry();
      return;
    }
    if (round !== thisRound) return;
    const mine = new WebSocketClass(url);
    socket = mine;
    arm("silence", () => lost({}), WELCOME_WITHIN_MS);
    mine.onopen = () => mine.send(JSON.stringify({ t: "hello", v: PROTOCOL_VERSION, ticket }));
    mine.onmessage = (message) => receive(mine, message);
    mine.onclose = (close) => lost({ close: close.code });
  }

  /** @param {WebSocket} mine @param {MessageEvent} message */
  function receive(mine, message) {
    if (mine !== socket) return;
    arm("silence", () => lost({}), SILENCE_MS);
    arm("pong", null);
    const frame = parsed(message.data);
    if (!frame) return;
    if (frame.t === "hb") mine.send('{"t":"alive"}'); // here, because the timers of a hidden tab sleep
    if (frame.t === "bye") heed(frame);
    if ((frame.t === "ack" || frame.t === "err") && frame.cmid) unanswered.delete(frame.cmid);
    if ((frame.t === "welcome" || frame.t === "inbox") && state === "connecting") {
      openedAt = clock.now();
      ticketRefused = false;
      onFrame(frame); // first, so that whoever hears `open` finds the state
      become("open");
      return;
    }
    onFrame(frame);
  }

  /** @param {import("./protocol.js").Bye} bye */
  function heed(bye) {
    if (bye.retry_ms != null) notBefore = clock.now() + bye.retry_ms;
    else if (bye.code === "outdated" || bye.code === "signed_out") farewell = { state: bye.code, code: bye.code };
    else if (bye.code !== "bad_ticket") farewell = { state: "forbidden", code: bye.code };
  }

  /** @param {LineFacts} facts */
  function lost(facts) {
    const dead = socket;
    if (!dead) return;
    socket = null;
    dead.onopen = dead.onmessage = dead.onclose = null;
    dead.close(); // may take a minute on a dead network, so nobody waits for its event
    arm("silence", null);
    arm("pong", null);
    if (openedAt && clock.now() - openedAt >= STEADY_AFTER_MS) attempt = 0;
    openedAt = 0;
    blame(facts.close);
    unanswered.clear();
    if (farewell.state) become(farewell.state, { ...facts, code: farewell.code });
    else if (facts.close === CLOSE.FORBIDDEN) become("forbidden", facts);
    else if (facts.close === CLOSE.OUTDATED) become("outdated", facts);
    else if (facts.close === CLOSE.UNAUTHENTICATED && ticketRefused) become("signed_out", facts);
    else {
      ticketRefused ||= facts.close === CLOSE.UNAUTHENTICATED;
      retry(facts);
    }
  }

  /** The transport refuses a frame by closing. Sent again it would close again: it is refused here instead, by name.
   * @param {number | undefined} close */
  function blame(close) {
    if (close !== 1009 && close !== 1007) return;
    const suspects = [...unanswered].sort((a, b) => a[1].size - b[1].size);
    const [cmid, { chat }] = suspects[suspects.length - 1] ?? [null, {}];
    if (cmid) onFrame({ t: "err", code: close === 1009 ? "too_big" : "bad_frame", text: "", cmid, chat });
  }

  /** Full jitter: a thousand clients that lost the same server come back spread over the whole pause.
   * @param {LineFacts} [facts] */
  function retry(facts = {}) {
    const ceiling = Math.min(RETRY_MAX_MS, 2 * RETRY_MIN_MS * 2 ** attempt);
    attempt += 1;
    const pause = RETRY_MIN_MS + clock.random() * (ceiling - RETRY_MIN_MS);
    const wait = Math.max(pause, notBefore - clock.now());
    arm("retry", open, wait);
    become(surroundings.online() ? "waiting" : "offline", { ...facts, retry_at: clock.now() + wait });
  }

  /** Is the line alive? Asked when the device wakes up, or by a reader who does not want to wait. */
  function kick() {
    if (state === "open" && socket) {
      socket.send(JSON.stringify({ t: "ping", n: (pings += 1) }));
      if (timers.pong === null) arm("pong", () => lost({}), PONG_WITHIN_MS);
    } else if (state === "waiting" || state === "offline") {
      arm("retry", open, Math.max(0, notBefore - clock.now()));
    }
  }

  const stopWaking = surroundings.onWake(kick);
  open();

  return {
    /** False where it was not handed to the network: not open, or too much waits already.
     * @param {ClientFrame} frame */
    send(frame) {
      if (state !== "open" || !socket || socket.bufferedAmount > BUFFER_MAX_BYTES) return false;
      const text = JSON.stringify(frame);
      if ("cmid" in frame) unanswered.set(frame.cmid, { size: text.length, chat: "chat" in frame ? frame.chat : undefined });
      socket.send(text);
      return true;
    },
    kick,
    /** Begin anew, also after a final state: a fresh welcome tells everything. */
    restart() {
      if (state === "open" || socket) lost({});
      ticketRefused = false;
      round += 1;
      arm("retry", open, 0);
    },
    close() {
      state = "closed";
      round += 1;
      stopWaking();
      for (const name of /** @type {(keyof typeof timers)[]} */ (Object.keys(timers))) arm(name, null);
      if (socket) {
        socket.onopen = socket.onmessage = socket.onclose = null;
        socket.close(1000);
      }
      socket = null;
    },
  };
}

/** @param {unknown} data @returns {ServerFrame | null} */
function parsed(data) {
  try {
    const frame = JSON.parse(String(data));
    return frame && typeof frame.t === "string" ? frame : null;
  } catch {
    return null;
  }
}
