// What the console keeps in this tab: drafts and unsent texts, so that a reload or a new sign-in loses no word; and in
// this browser: how the screen is arranged. A member finds only his own; signing out wipes the texts.

/** @typedef {{chat: string | null, cmid: string, text: string}} Unsent */
/** @typedef {{drafts: Record<string, string>, unsent: Unsent[]}} Kept */
/** @typedef {{plainKeys: boolean, panel: boolean, team: boolean, muted: boolean}} Preferences */

const PREFIX = "chatsite:console:";
const PREFERENCES = "chatsite:console"; // holds no text and nobody's name

/** @type {Preferences} */
const USUAL = { plainKeys: true, panel: true, team: true, muted: false };

/**
 * @param {Storage | null} tab  sessionStorage, or null where the browser denies it
 * @param {string} memberId
 */
export function createKeep(tab, memberId) {
  const key = PREFIX + memberId;

  return {
    /** @returns {Kept} */
    load() {
      wipeTexts(tab, key); // another member's texts on the same machine are not ours to keep
      const found = /** @type {Partial<Kept> | null} */ (read(tab, key));
      return { drafts: found?.drafts ?? {}, unsent: found?.unsent ?? [] };
    },
    /** @param {Kept} kept */
    save(kept) {
      const drafts = Object.fromEntries(Object.entries(kept.drafts).filter(([, text]) => text.trim()));
      if (!Object.keys(drafts).length && !kept.unsent.length) remove(tab, key);
      else write(tab, key, { drafts, unsent: kept.unsent });
    },
    wipe: () => wipeTexts(tab, null),
  };
}

/** @param {Storage | null} browser  localStorage @returns {Preferences} */
export function loadPreferences(browser) {
  return { ...USUAL, .../** @type {Partial<Preferences> | null} */ (read(browser, PREFERENCES)) };
}

/** @param {Storage | null} browser @param {Preferences} preferences */
export function savePreferences(browser, preferences) {
  write(browser, PREFERENCES, preferences);
}

/** @param {Storage | null} tab @param {string | null} except */
function wipeTexts(tab, except) {
  try {
    const keys = Array.from({ length: tab?.length ?? 0 }, (_, at) => tab?.key(at) ?? "");
    for (const key of keys) if (key.startsWith(PREFIX) && key !== except) tab?.removeItem(key);
  } catch {
    // a storage that cannot be read holds nothing of ours
  }
}

/** @param {Storage | null} storage @param {string} key @returns {unknown} */
function read(storage, key) {
  try {
    return JSON.parse(storage?.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

/** @param {Storage | null} storage @param {string} key @param {unknown} value */
function write(storage, key, value) {
  try {
    storage?.setItem(key, JSON.stringify(value));
  } catch {
    // full or denied: the texts live in memory as long as the page does
  }
}

/** @param {Storage | null} storage @param {string} key */
function remove(storage, key) {
  try {
    storage?.removeItem(key);
  } catch {
    // as above
  }
}
