// Whatever is lost, doubled, late or out of order between server and client: once the line is quiet, the client has
// exactly the server's log, each of its own messages stands in it once, and nothing is asked any more.

import assert from "node:assert/strict";
import { it } from "node:test";

import { apply, initial, markRead, show, wants } from "./chat_state.js";
import { NEW_CHAT, addPending, due } from "./outbox.js";

const RUNS = 400; // of 120 steps each: two seconds in all
const PAGE = 4; // small, so that pages have to be joined

for (const side of /** @type {const} */ (["agent", "visitor"])) {
  it(`converges to the log (${side})`, () => {
    for (let seed = 1; seed <= RUNS; seed += 1) {
      try {
        play(side, seed);
      } catch (error) {
        throw new Error(`seed ${seed}: ${error.message}`, { cause: error });
      }
    }
  });
}

function play(side, seed) {
  const random = mulberry32(seed);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const server = createServer(side);
  let state = apply(initial(), server.welcome(), 0);
  let wire = [];
  let written = 0;

  const receive = (frame) => {
    state = apply(state, structuredClone(frame), 0);
    check(state, server, side);
  };
  const steps = [
    () => wire.push(...server.happen(pick, random)),
    () => wire.push(...server.happen(pick, random)),
    () => wire.length && receive(wire.splice(Math.floor(random() * Math.min(wire.length, 3)), 1)[0]), // late by up to 2
    () => wire.length && receive(wire.shift()),
    () => wire.length && wire.shift(), // lost
    () => wire.length && wire.splice(0, 0, wire[0]), // doubled
    () => wants(state).forEach((question) => random() < 0.7 && wire.push(...server.answer(question))),
    () => wire.push(server.heartbeat()),
    () => { // the connection breaks; a fresh welcome is the first frame of the next one
      wire = [];
      receive(server.welcome());
    },
    () => { // something is written
      const chat = pick([...Object.keys(state.chats).filter((id) => id !== NEW_CHAT), ...(side === "visitor" ? [null] : [])]);
      if (chat !== undefined) state = addPending(state, chat, { cmid: `own_${written++}`, text: "mine", at: 0 });
    },
    () => { // and sent, perhaps again; the ack may be lost with the rest of the wire
      for (const { chat, pending } of due(state, 0, written)) {
        if (random() < 0.7) wire.push(...server.accept(chat, pending));
      }
    },
    () => (state = show(state, pick([null, ...Object.keys(state.chats).filter((id) => id !== NEW_CHAT)]))),
    () => { // reading
      const chat = state.shown && state.chats[state.shown];
      if (!chat || !chat.events.length) return;
      wire.push(...server.readBy(side, chat.id, chat.last));
      state = markRead(state, chat.id, chat.last);
    },
    () => random() < 0.1 && server.chats.size && wire.push({ t: "reset", chat: pick([...server.chats.keys()]) }),
  ];
  for (let step = 0; step < 120; step += 1) pick(steps)();

  // The line is good again. On even seeds it did not break: the heartbeat alone must repair it.
  if (seed % 2) receive(server.welcome());
  for (const frame of wire) receive(frame);
  for (let round = 0; round < 200; round += 1) {
    receive(server.heartbeat());
    if (state.missing.length) receive(server.welcome());
    for (const question of wants(state)) server.answer(question).forEach(receive);
    for (const { chat, pending } of due(state, 0, 1000 + round)) server.accept(chat, pending).forEach(receive);
    const quiet = !wants(state).length && Object.values(state.chats).every((chat) => !chat.pending.length);
    if (quiet) break;
    assert.ok(round < 199, "the client never came to rest");
  }
  for (const chat of Object.values(state.chats)) {
    const truth = server.chats.get(chat.id);
    assert.equal(chat.last, truth.events.length, "last");
    assert.equal(chat.head, chat.last, "head");
    const want = server.summary(chat.id);
    for (const field of ["state", "assignee", "ended_at", "ended_by"]) assert.deepEqual(chat[field] ?? null, want[field] ?? null, field);
    assert.deepEqual(chat.read, want.read, "read");
    if (side === "agent") assert.deepEqual(chat.preview, want.preview ?? null, "preview");
    if (chat.first <= chat.read[side] + 1) assert.equal(chat.unread, want.unread, "unread");
  }
  for (let number = 0; number < written; number += 1) {
    const copies = [...server.chats.values()].flatMap((chat) => chat.events).filter((event) => event.cmid === `own_${number}`);
    assert.ok(copies.length <= 1, "a message is doubled");
    assert.equal(copies.length, 1, `own_${number} is lost`);
  }
  receive(server.welcome());
  for (const chat of Object.values(state.chats)) {
    if (chat.last === server.chats.get(chat.id).events.length && server.listed(chat.id)) {
      assert.equal(chat.unread, server.summary(chat.id).unread, "unread after a welcome");
    }
  }
}

/** What must hold after every single frame: the run is a piece of the log, in order and without a gap. */
function check(state, server) {
  for (const chat of Object.values(state.chats)) {
    if (chat.id === NEW_CHAT) continue;
    const log = server.chats.get(chat.id).events;
    const seqs = chat.events.map((event) => event.seq);
    assert.deepEqual(seqs, seqs.map((_, index) => chat.first + index), "contiguous from first");
    if (seqs.length) assert.equal(seqs[seqs.length - 1], chat.last, "up to last");
    for (const event of chat.events) assert.deepEqual(event, log[event.seq - 1]);
    const shown = new Set(chat.events.map((event) => event.cmid));
    assert.ok(chat.pending.every((pending) => !shown.has(pending.cmid)), "nothing is shown twice");
    assert.ok(chat.last <= chat.head, "last beyond head");
    assert.ok(chat.unread >= 0);
  }
}

/** The server's rules, as small as they can be said. */
function createServer(side) {
  const chats = new Map();
  const stored = new Map(); // cmid → {chat, seq}
  let clock = 0;
  const other = (one) => (one === "agent" ? "visitor" : "agent");
  const at = () => new Date(Date.UTC(2026, 0, 1) + (clock += 1000)).toISOString();

  function open() {
    const id = `chat_${chats.size}`;
    chats.set(id, { id, started_at: at(), events: [], state: "waiting", assignee: null, ended: null, read: { visitor: 0, agent: 0 } });
    return id;
  }
  function append(id, part) {
    const chat = chats.get(id);
    const seq = chat.events.length + 1;
    const event = { seq, id: `evt_${id}_${seq}`, at: at(), cmid: `srv_${id}_${seq}`, ...part };
    chat.events.push(event);
    if (event.kind === "assigned") {
      const { member, name } = event.data;
      Object.assign(chat, member ? { state: "active", assignee: { id: member, name } } : { state: "waiting", assignee: null });
    }
    if (event.kind === "ended") Object.assign(chat, { state: "ended", ended: event });
    return event;
  }
  function summary(id) {
    const chat = chats.get(id);
    const last = chat.events.findLast((event) => event.kind === "message");
    const unread = chat.events.filter((event) => event.kind === "message" && event.sender.kind === other(side) && event.seq > chat.read[side]);
    const base = {
      id, state: chat.state, last: chat.events.length, started_at: chat.started_at, read: { ...chat.read }, unread: unread.length,
      ...(chat.assignee ? { assignee: chat.assignee } : {}),
      ...(chat.ended ? { ended_at: chat.ended.at, ended_by: chat.ended.data.by } : {}),
    };
    if (side === "visitor") return base;
    const preview = last && { text: last.text, by: last.sender.kind, at: last.at };
    return { ...base, site: { id: "s", name: "S" }, visitor: { id: "v", name: "V" }, ...(preview ? { preview } : {}) };
  }
  const newest = () => [...chats.keys()].at(-1);
  const listed = (id) => (side === "agent" ? chats.get(id).state !== "ended" : id === newest());
  const announce = (id) => (side === "agent" ? { t: "chat", chat: summary(id) } : { t: "own_chat", chat: summary(id) });
  const frame = (id, event) => ({ t: "event", chat: id, event });

  return {
    chats, summary, listed,
    welcome() {
      const ids = [...chats.keys()].filter(listed);
      if (side === "agent") {
        return { t: "inbox", v: 1, sid: "s", epoch: "e", me: { id: "m", name: "M" }, members: [], chats: ids.map(summary) };
      }
      return { t: "welcome", v: 1, sid: "s", epoch: "e", me: { kind: "visitor" }, online: true, ...(ids[0] ? { chat: summary(ids[0]) } : {}) };
    },
    heartbeat() {
      const heads = [...chats.values()].map((chat) => [chat.id, { last: chat.events.length, state: chat.state, read: { ...chat.read } }]);
      return { t: "hb", heads: Object.fromEntries(heads) };
    },
    /** Something that others do. */
    happen(pick, random) {
      const openOnes = [...chats.values()].filter((chat) => chat.state !== "ended");
      if (!openOnes.length || (side === "agent" && random() < 0.1)) {
        const id = open();
        const early = announce(id);
        return [early, frame(id, append(id, { kind: "message", sender: { kind: "visitor" }, text: "first" }))];
      }
      const chat = pick(openOnes);
      const kind = pick(["message", "message", "message", "assigned", "ended", "read"]);
      if (kind === "read") return this.readBy(pick(["agent", "visitor"]), chat.id, Math.floor(random() * (chat.events.length + 1)));
      const sender = { kind: pick(["visitor", "agent"]), id: "x" };
      const data = kind === "assigned" ? { member: pick(["m", "n", null]), name: "M" } : kind === "ended" ? { by: "agent" } : undefined;
      const event = append(chat.id, { kind, sender, ...(kind === "message" ? { text: `t${clock}` } : { data }) });
      return random() < 0.3 ? [{ t: "typing", chat: chat.id, sender, on: true }, frame(chat.id, event)] : [frame(chat.id, event)];
    },
    readBy(by, id, seq) {
      const chat = chats.get(id);
      chat.read[by] = Math.max(chat.read[by], seq);
      const unread = by === side ? summary(id).unread : 0;
      return [{ t: "read", chat: id, by, seq: chat.read[by], ...(unread ? { unread } : {}) }];
    },
    answer({ t, chat, after, before }) {
      const events = chats.get(chat).events;
      if (t === "sync") {
        const found = events.filter((event) => event.seq > after);
        return [{ t: "events", chat, after, events: found.slice(0, PAGE), more: found.length > PAGE }];
      }
      const found = events.filter((event) => event.seq < before);
      return [{ t: "events", chat, before, events: found.slice(-PAGE), more: found.length > PAGE }];
    },
    /** A message of the client: stored once, whatever number of times it comes. */
    accept(id, { cmid, text }) {
      const known = stored.get(cmid);
      if (known) return [{ t: "ack", cmid, chat: known.chat, seq: known.event.seq, id: known.event.id, at: known.event.at, dup: true }];
      const frames = [];
      let target = id;
      if (side === "visitor" && (!target || chats.get(target).state === "ended")) {
        const current = newest();
        target = current && chats.get(current).state !== "ended" ? current : open();
        if (target !== current) frames.push(announce(target));
      }
      const event = append(target, { kind: "message", sender: { kind: side, id: "me" }, text, cmid });
      stored.set(cmid, { chat: target, event });
      return [...frames, { t: "ack", cmid, chat: target, seq: event.seq, id: event.id, at: event.at }, frame(target, event)];
    },
  };
}

/** A small seeded generator, so that a failure can be played again. */
function mulberry32(seed) {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
