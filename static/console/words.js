// Times, lengths of time and names of languages, as the reader says them.

import { createTimes } from "../shared/time.js";

/** Below this nobody reads seconds; it is also how often the console's clocks turn. */
const NOW_MS = 10_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const WITH_MINUTES_BELOW_MS = 6 * HOUR_MS; // "2 hr 10 min" helps, "9 hr 10 min" does not

/** @typedef {ReturnType<typeof createWords>} Words */

/**
 * @param {{language: string, now: () => number, justNow: string, timeZone?: string}} reader
 */
export function createWords({ language, now, justNow, timeZone }) {
  const narrow = unitsOf(language, "narrow");
  const wide = unitsOf(language, "short");
  const stamp = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short", timeZone });
  const names = namesOfLanguages(language);
  const times = createTimes({ language, now, timeZone });

  return {
    ...times,
    /** How long, in steps that do not fidget: "4m" for a row. @param {number} ms @param {typeof narrow} [units] */
    length(ms, units = narrow) {
      if (ms < NOW_MS) return justNow;
      if (ms < MINUTE_MS) return units.second.format(Math.floor(ms / NOW_MS) * 10);
      if (ms < HOUR_MS) return units.minute.format(Math.floor(ms / MINUTE_MS));
      if (ms >= DAY_MS) return units.day.format(Math.floor(ms / DAY_MS));
      const minutes = Math.floor((ms % HOUR_MS) / MINUTE_MS);
      const hours = units.hour.format(Math.floor(ms / HOUR_MS));
      return minutes && ms < WITH_MINUTES_BELOW_MS ? `${hours} ${units.minute.format(minutes)}` : hours;
    },
    /** "4 min", where there is room. @param {number} ms */
    wideLength(ms) {
      return this.length(ms, wide);
    },
    /** With its day, where that is not today. @param {string} at */
    stamp: (at) => (times.dayKey(at) === times.dayKey(now()) ? times.clock(at) : stamp.format(new Date(at))),
    /** "de-AT" as the reader calls it. @param {string} code */
    languageName(code) {
      try {
        return (code && names?.of(code)) || code;
      } catch {
        return code; // browsers send all sorts of things
      }
    },
  };
}

/** @param {string} language @param {"narrow" | "short"} unitDisplay */
function unitsOf(language, unitDisplay) {
  /** @param {string} unit */
  const unit = (unit) => new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay, maximumFractionDigits: 0 });
  return { second: unit("second"), minute: unit("minute"), hour: unit("hour"), day: unit("day") };
}

/** @param {string} language */
function namesOfLanguages(language) {
  try {
    return new Intl.DisplayNames(language, { type: "language" });
  } catch {
    return null;
  }
}
