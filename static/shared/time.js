// Times as the reader says them: his language, his zone, and no more precise than he needs.

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** @typedef {string | number | Date} Moment  ISO 8601 as the server writes it, or ms */

/** @type {Record<string, Intl.DateTimeFormatOptions>} */
const FORMATS = {
  clock: { hour: "numeric", minute: "2-digit" },
  weekday: { weekday: "long" },
  date: { day: "numeric", month: "long" },
  dated: { day: "numeric", month: "long", year: "numeric" },
  full: { dateStyle: "full", timeStyle: "medium" },
  key: { year: "numeric", month: "2-digit", day: "2-digit" },
};
/** @type {Intl.RelativeTimeFormatOptions} */
const WORDS = { numeric: "auto" };
/** @type {Intl.RelativeTimeFormatOptions} */
const SHORT = { numeric: "always", style: "narrow" };

/**
 * @param {{language: string, now: () => number, timeZone?: string}} reader  without a zone, that of the device
 */
export function createTimes({ language, now, timeZone }) {
  const zone = timeZone ? { timeZone } : {};
  /** Formats are slow to make, and most pages need few. @type {Map<string, Intl.DateTimeFormat>} */
  const made = new Map();
  /** @param {string} name @param {Moment} at @param {string} [tag] */
  function say(name, at, tag = language) {
    const format = made.get(name) ?? new Intl.DateTimeFormat(tag, { ...FORMATS[name], ...zone });
    made.set(name, format);
    return format.format(new Date(at));
  }

  /** @type {Map<Intl.RelativeTimeFormatOptions, Intl.RelativeTimeFormat>} */
  const relatives = new Map();
  /** @param {number} value @param {Intl.RelativeTimeFormatUnit} unit @param {Intl.RelativeTimeFormatOptions} style */
  function relative(value, unit, style) {
    const format = relatives.get(style) ?? new Intl.RelativeTimeFormat(language, style);
    relatives.set(style, format);
    return format.format(value, unit);
  }

  /** The calendar day in the reader's zone, as 2026-11-22: to compare, not to show. @param {Moment} at */
  const dayKey = (at) => say("key", at, "en-CA");

  /** Whole calendar days from then to now; noon avoids the hours that daylight saving takes or gives.
   * @param {Moment} at */
  const daysAgo = (at) =>
    Math.round((Date.parse(`${dayKey(now())}T12:00Z`) - Date.parse(`${dayKey(at)}T12:00Z`)) / DAY_MS);

  /** "14:05" @param {Moment} at */
  const clock = (at) => say("clock", at);

  /** "Today", "Yesterday", "Monday", "3 March", "3 March 2024" @param {Moment} at */
  function day(at) {
    const ago = daysAgo(at);
    if (ago === 0 || ago === 1) return capital(relative(-ago, "day", WORDS), language);
    if (ago > 1 && ago < 7) return say("weekday", at);
    return say(dayKey(at).slice(0, 4) === dayKey(now()).slice(0, 4) ? "date" : "dated", at);
  }

  /** "14:05" today, else with its day: for a list. @param {Moment} at */
  const brief = (at) => (daysAgo(at) === 0 ? clock(at) : day(at));

  /** "now", "3 min. ago" in the language's shortest form. @param {Moment} at */
  function ago(at) {
    const ms = Math.max(0, now() - new Date(at).getTime());
    if (ms < MINUTE_MS) return relative(0, "second", WORDS);
    if (ms < HOUR_MS) return relative(-Math.floor(ms / MINUTE_MS), "minute", SHORT);
    if (ms < DAY_MS) return relative(-Math.floor(ms / HOUR_MS), "hour", SHORT);
    return relative(-Math.floor(ms / DAY_MS), "day", SHORT);
  }

  /** A waiting time that runs: "0:07", "12:40", "1:05:09". @param {Moment} since */
  function elapsed(since) {
    const seconds = Math.max(0, Math.floor((now() - new Date(since).getTime()) / 1000));
    const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
    const shown = parts[0] ? parts : parts.slice(1);
    return shown.map((part, index) => (index ? String(part).padStart(2, "0") : String(part))).join(":");
  }

  /** For a tooltip and for screen readers. @param {Moment} at */
  const full = (at) => say("full", at);

  return { clock, day, dayKey, brief, ago, elapsed, full };
}

/** @typedef {ReturnType<typeof createTimes>} Times */

/** @param {string} text @param {string} language */
const capital = (text, language) => text.charAt(0).toLocaleUpperCase(language) + text.slice(1);
