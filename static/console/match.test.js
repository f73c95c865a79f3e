import assert from "node:assert/strict";
import { it } from "node:test";

import { found } from "./match.js";

const entries = [
  { id: "1", title: "Show ended chats" },
  { id: "2", title: "End the chat" },
  { id: "3", title: "Ruby Kestrel", detail: "my parcel did not end up here" },
];
const ids = (query, most = 9) => found(entries, query, most).map((entry) => entry.id);

it("nothing typed shows all in their order", () => assert.deepEqual(ids(""), ["1", "2", "3"]));
it("the beginning of a title comes first, the text of a chat last", () => assert.deepEqual(ids("end"), ["2", "1", "3"]));
it("every word must fit", () => assert.deepEqual(ids("end parcel"), ["3"]));
it("shows no more than asked for", () => assert.equal(ids("", 2).length, 2));
