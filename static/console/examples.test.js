// Small frames and chats for the tests beside this file. It ends in .test.js so that it is not served; it holds no test itself.

/** @param {string} id @param {object} [fields] @returns {any} */
export function chat(id, fields = {}) {
  return {
    id, state: "waiting", last: 1, started_at: "2026-11-22T10:00:00Z", site: { id: "site_1", name: "Shop" },
    visitor: { id: `vis_${id}`, name: `Visitor ${id}`, online: true }, read: {}, preview: { text: `Question ${id}`, by: "visitor", at: "2026-11-22T10:00:00Z" },
    ...fields,
  };
}

/** @param {any[]} chats @returns {any} */
export function inbox(...chats) {
  const me = { id: "mem_me", name: "Anna" };
  return { t: "inbox", v: 1, sid: "", epoch: "1", me, members: [{ ...me, online: true }, { id: "mem_2", name: "Sam", online: true }], chats };
}

/** @param {number} seq @param {object} [fields] @returns {any} */
export function said(seq, fields = {}) {
  return { seq, id: `evt_${seq}`, kind: "message", sender: { kind: "visitor", id: "vis_a", name: "Visitor" }, at: `2026-11-22T10:00:0${seq}Z`, cmid: `c${seq}`, text: `Text ${seq}`, ...fields };
}

export const MINE = { state: "active", assignee: { id: "mem_me", name: "Anna" } };
export const SAMS = { state: "active", assignee: { id: "mem_2", name: "Sam" } };
