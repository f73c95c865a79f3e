// Who this visitor is to the server: an opaque token, in memory and, where the browser lets us, in the frame's
// sessionStorage, so that it ends with the tab. Nothing here runs before the visitor has opened the chat.

import { Refusal } from "../shared/socket.js";

/** @typedef {{chat: string | null, cmid: string, text: string}} Unsent */
/** What one tab keeps. @typedef {{token?: string, unsent?: Unsent[], draft?: string, muted?: boolean}} Kept */

const ANSWER_WITHIN_MS = 120; // another tab of this site answers in a few ms or not at all

/**
 * @param {{
 *   boot: import("./main.js").Boot, get: typeof fetch, storage: () => Storage,
 *   channel: (name: string) => BroadcastChannel | null, clock: import("../shared/clock.js").Clock,
 *   page: () => {url: string, title: string}, onForgotten: () => void,
 * }} parts  `storage` may throw
 */
export function createSession({ boot, get, storage, channel, clock, page, onForgotten }) {
  const KEY = `chatsite:${boot.site.id}`;
  /** @type {Kept} */
  let kept = {};
  let denied = false;
  /** What the loader keeps for us where storage is denied: the token, sealed for the server. */
  let handle = "";
  /** @type {BroadcastChannel | null} */
  let tabs = null;

  function recall() {
    try {
      kept = { ...JSON.parse(storage().getItem(KEY) ?? "{}"), ...kept };
    } catch (error) {
      denied = !(error instanceof SyntaxError);
    }
  }

  /** @param {Kept} changes */
  function keep(changes) {
    kept = { ...kept, ...changes };
    if (denied) return;
    try {
      storage().setItem(KEY, JSON.stringify(kept));
    } catch {
      denied = true; // full or forbidden meanwhile: memory is what remains
    }
  }

  /** @returns {Promise<string | null>} the token of another tab of this site, which shows the same chat then */
  function askTabs() {
    return new Promise((done) => {
      tabs ??= channel(KEY);
      if (!tabs) return done(null);
      tabs.onmessage = ({ data }) => {
        if (data?.ask && kept.token) tabs?.postMessage({ token: kept.token });
        if (typeof data?.token === "string") done(data.token);
        if (data?.forgotten) onForgotten();
      };
      if (kept.token) return done(null);
      tabs.postMessage({ ask: "who" });
      clock.setTimeout(() => done(null), ANSWER_WITHIN_MS);
    });
  }

  /** @param {string} url @param {object | null} body @param {string} [token] */
  function post(url, body, token) {
    const headers = { "Content-Type": "application/json", ...(token ? { Authorization: `Bearer ${token}` } : {}) };
    return get(url, { method: "POST", headers, body: body && JSON.stringify(body), credentials: "omit", cache: "no-store" });
  }

  /** @param {Response} answer @returns {Promise<never>} */
  async function refuse(answer) {
    const { code = "" } = await answer.json().catch(() => ({}));
    // 429 and 5xx pass: the line tries again. The rest is an answer.
    if (answer.status === 403 || answer.status === 404) throw new Refusal("forbidden", code);
    throw new Error(`${answer.status} ${code}`);
  }

  /** Begin, or take up again with the token that we have. @returns {Promise<string>} the first ticket */
  async function begin() {
    const answered = tabs ? null : await askTabs();
    const known = kept.token ?? answered;
    const body = { site: boot.site.id, language: boot.language, page: page(), ...(known ? { token: known } : handle ? { handle } : {}) };
    const answer = await post(boot.session_url, body);
    if (!answer.ok) return refuse(answer);
    const given = await answer.json();
    handle = given.handle;
    keep({ token: given.token });
    return given.ticket;
  }

  let first = true;
  return {
    recall,
    keep,
    get kept() {
      return kept;
    },
    get denied() {
      return denied;
    },
    get handle() {
      return handle;
    },
    /** @param {string} sealed */
    takeHandle(sealed) {
      handle ||= sealed;
    },
    /** For socket.js: a ticket for the next connection. @returns {Promise<string>} */
    async getTicket() {
      if (first || !kept.token) {
        const ticket = await begin();
        first = false;
        return ticket;
      }
      const answer = await post(boot.ticket_url, null, kept.token);
      if (answer.ok) return (await answer.json()).ticket;
      if (answer.status !== 401) return refuse(answer);
      keep({ token: undefined }); // ended on the server: a new one begins by itself
      return begin();
    },
    /** Ends the session on the server and wipes what this device has. @returns {Promise<boolean>} did the server hear it? */
    async forget() {
      const { token, muted } = kept;
      tabs?.postMessage({ forgotten: true });
      this.wipe();
      if (muted) kept = { muted };
      const answer = token ? await post(boot.forget_url, null, token).catch(() => null) : null;
      return !token || Boolean(answer?.ok || answer?.status === 401);
    },
    wipe() {
      kept = {};
      handle = "";
      first = true;
      try {
        storage().removeItem(KEY);
      } catch {
        denied = true;
      }
    },
  };
}

/** @typedef {ReturnType<typeof createSession>} Session */
