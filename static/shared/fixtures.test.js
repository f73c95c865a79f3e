// For each action of the server: what a client had, plus the frames that it got, is what a new client is told.
// The files are written by pytest from the real server: {name, audience, before: [frame…], frames: [frame…], after: frame}.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { it } from "node:test";

import { apply, initial } from "./chat_state.js";

const FOLDER = new URL("../../tests/fixtures/state/", import.meta.url);

const files = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.endsWith(".json")) : [];

for (const file of files) {
  const { name, before, frames, after } = JSON.parse(readFileSync(new URL(file, FOLDER), "utf8"));
  it(`${file}: ${name}`, () => {
    const lived = [before].flat().concat(frames).reduce((state, frame) => apply(state, frame, 0), initial());
    const told = [after].flat().reduce((state, frame) => apply(state, frame, 0), initial());
    // A chat that has ended leaves the list of a new client; who saw it end still has it.
    const left = Object.values(lived.chats).filter((chat) => !told.chats[chat.id]);
    assert.ok(left.every((chat) => chat.state === "ended"), "a chat is gone that has not ended");
    assert.deepEqual(shared(lived, told.chats), shared(told, told.chats));
    for (const chat of Object.values(lived.chats)) assert.equal(chat.head, chat.last, `${chat.id} waits for a repair`);
  });
}

it("has files to replay, where pytest has written them", (test) => {
  if (!files.length) test.diagnostic("none in tests/fixtures/state");
});

/** Without what only this client knows: which events it has loaded, what it sends, who types. */
function shared(state, named) {
  const { shown: _shown, missing: _missing, chats, ...rest } = state;
  const summaries = Object.keys(named).sort().map((id) => {
    const { head: _h, first: _f, events: _e, pending: _p, typing: _t, stale: _s, ...summary } = chats[id] ?? {};
    return summary;
  });
  return { ...rest, summaries };
}
