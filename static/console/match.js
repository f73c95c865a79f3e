// Which entries of the command palette fit what was typed, best first. Pure.

/**
 * @typedef {{id: string, title: string, detail?: string, words?: string}} Entry
 */

/**
 * How well a text fits: every word typed must begin a word of it, or stand inside. 0: not at all.
 *
 * @param {string} text
 * @param {string} query
 */
export function fit(text, query) {
  const hay = text.toLowerCase();
  let score = 1;
  for (const word of query.toLowerCase().split(/\s+/).filter(Boolean)) {
    const at = hay.indexOf(word);
    if (at < 0) return 0;
    if (at === 0) score += 3;
    else if (/[\s·–-]/.test(hay[at - 1] ?? "")) score += 2;
  }
  return score;
}

/**
 * @template {Entry} T
 * @param {T[]} entries  in their natural order, which decides between equals
 * @param {string} query
 * @param {number} most
 * @returns {T[]}
 */
export function found(entries, query, most) {
  return entries
    .map((entry, at) => ({ entry, at, score: Math.max(fit(entry.title, query) * 2, fit(`${entry.title} ${entry.detail ?? ""} ${entry.words ?? ""}`, query)) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || a.at - b.at)
    .slice(0, most)
    .map(({ entry }) => entry);
}
