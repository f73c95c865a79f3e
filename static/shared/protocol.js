// Made from chats/protocol.py by `manage.py write_protocol`: do not edit.

/** @typedef {"waiting" | "active" | "ended"} ChatState */
/** @typedef {"visitor" | "agent" | "system"} SenderKind */
/** @typedef {"message" | "file" | "assigned" | "ended"} EventKind */

/**
 * Who did it. `name` is what the other side may see: an agent's public alias, a visitor's handle.
 *
 * @typedef {{
 *   kind: "visitor" | "agent" | "system";
 *   id?: string | null;
 *   name?: string | null;
 * }} Sender
 */

/**
 * One entry of a chat's gapless list. `data` by kind: assigned {member, name}; ended {by}.
 *
 * @typedef {{
 *   seq: number;
 *   id: string;
 *   kind: "message" | "file" | "assigned" | "ended";
 *   sender: Sender;
 *   at: string;
 *   cmid: string;
 *   text?: string | null;
 *   data?: Record<string, any>;
 * }} Event
 */

/**
 * An agent as colleagues see him.
 *
 * @typedef {{
 *   id: string;
 *   name: string;
 *   online?: boolean;
 *   accepting?: boolean;
 * }} Member
 */

/**
 * @typedef {{
 *   id: string;
 *   name: string;
 * }} Assignee
 */

/**
 * @typedef {{
 *   id: string;
 *   name: string;
 * }} SiteRef
 */

/**
 * What the agent sees of a visitor; the address is cut before `?` and `#` in the browser.
 *
 * @typedef {{
 *   id: string;
 *   name: string;
 *   browser?: string;
 *   system?: string;
 *   language?: string;
 *   page_url?: string;
 *   page_title?: string;
 *   online?: boolean;
 * }} VisitorInfo
 */

/**
 * The last message, for the list of chats.
 *
 * @typedef {{
 *   text: string;
 *   by: "visitor" | "agent" | "system";
 *   at: string;
 * }} Preview
 */

/**
 * The highest seq that each side has seen.
 *
 * @typedef {{
 *   visitor?: number;
 *   agent?: number;
 * }} ReadMarks
 */

/**
 * A chat without its events, as agents see it. `unread` counts visitor's messages beyond read.agent.
 *
 * @typedef {{
 *   id: string;
 *   state: "waiting" | "active" | "ended";
 *   last: number;
 *   started_at: string;
 *   site: SiteRef;
 *   visitor: VisitorInfo;
 *   read: ReadMarks;
 *   assignee?: Assignee | null;
 *   unread?: number;
 *   preview?: Preview | null;
 *   ended_at?: string | null;
 *   ended_by?: "visitor" | "agent" | "system" | null;
 * }} Chat
 */

/**
 * A chat without its events, as its visitor sees it. `unread` counts agents' messages beyond read.visitor.
 *
 * @typedef {{
 *   id: string;
 *   state: "waiting" | "active" | "ended";
 *   last: number;
 *   started_at: string;
 *   read: ReadMarks;
 *   assignee?: Assignee | null;
 *   unread?: number;
 *   ended_at?: string | null;
 *   ended_by?: "visitor" | "agent" | "system" | null;
 * }} OwnChat
 */

/**
 * The page a visitor is on, without query and fragment.
 *
 * @typedef {{
 *   url?: string;
 *   title?: string;
 * }} PageRef
 */

/**
 * Where a chat stands, for the repair of lost hints.
 *
 * @typedef {{
 *   last: number;
 *   state: "waiting" | "active" | "ended";
 *   read: ReadMarks;
 * }} Head
 */

/**
 * The first frame, within HELLO_WITHIN_S. The ticket comes from an authenticated HTTP call and works once.
 *
 * @typedef {{
 *   t: "hello";
 *   v: number;
 *   ticket: string;
 * }} Hello
 */

/**
 * Visitor: open a chat with its first message. Answered by chat, ack, event. Same cmid again: same chat.
 *
 * @typedef {{
 *   t: "start";
 *   cmid: string;
 *   text: string;
 *   page?: PageRef;
 * }} Start
 */

/**
 * Write a message. The cmid is reused on every retry. A visitor's send to an ended chat opens a new one.
 *
 * @typedef {{
 *   t: "send";
 *   chat: string;
 *   cmid: string;
 *   text: string;
 * }} Send
 */

/**
 * Ask for the events after `after`, oldest first; answered by `events`.
 *
 * @typedef {{
 *   t: "sync";
 *   chat: string;
 *   after: number;
 * }} Sync
 */

/**
 * Ask for the events before `before`, newest page; answered by `events`.
 *
 * @typedef {{
 *   t: "history";
 *   chat: string;
 *   before: number;
 * }} History
 */

/**
 * All up to `seq` was on the screen. Only the assignee's reading counts for the agents' side.
 *
 * @typedef {{
 *   t: "read";
 *   chat: string;
 *   seq: number;
 * }} Read
 */

/**
 * Writing now; repeated every 3 s while it lasts, `on: false` when it stops.
 *
 * @typedef {{
 *   t: "typing";
 *   chat: string;
 *   on: boolean;
 * }} Typing
 */

/**
 * Visitor: is on this page now.
 *
 * @typedef {{
 *   t: "viewing";
 *   page: PageRef;
 * }} Viewing
 */

/**
 * Agent: answer this waiting chat.
 *
 * @typedef {{
 *   t: "take";
 *   chat: string;
 *   cmid: string;
 * }} Take
 */

/**
 * End the chat.
 *
 * @typedef {{
 *   t: "end";
 *   chat: string;
 *   cmid: string;
 * }} End
 */

/**
 * Agent: accept new chats or not.
 *
 * @typedef {{
 *   t: "availability";
 *   accepting: boolean;
 * }} Availability
 */

/**
 * The answer to `hb`, sent from the message handler: timers of hidden tabs sleep.
 *
 * @typedef {{
 *   t: "alive";
 * }} Alive
 */

/**
 * Is the line alive? Answered by `pong` with the same number.
 *
 * @typedef {{
 *   t: "ping";
 *   n?: number;
 * }} Ping
 */

/**
 * The socket is open. `chat` is the visitor's open chat, else his last one of the past day.
 *
 * @typedef {{
 *   t: "welcome";
 *   v: number;
 *   sid: string;
 *   epoch: string;
 *   me: Sender;
 *   online: boolean;
 *   hb_s?: number;
 *   chat?: OwnChat | null;
 * }} VisitorWelcome
 */

/**
 * The socket is open. `chats` are all open chats of the account, longest waiting first.
 *
 * @typedef {{
 *   t: "inbox";
 *   v: number;
 *   sid: string;
 *   epoch: string;
 *   me: Member;
 *   members: Member[];
 *   chats: Chat[];
 *   hb_s?: number;
 *   more?: boolean;
 * }} AgentWelcome
 */

/**
 * What was sent with `cmid` is stored for good as `seq` of `chat`. `dup`: it already was.
 *
 * @typedef {{
 *   t: "ack";
 *   cmid: string;
 *   chat: string;
 *   seq: number;
 *   id: string;
 *   at: string;
 *   dup?: boolean;
 * }} Ack
 */

/**
 * The next event of a chat; a gap before it means that a hint was lost: ask `sync`.
 *
 * @typedef {{
 *   t: "event";
 *   chat: string;
 *   event: Event;
 * }} EventFrame
 */

/**
 * A page of events in order. Forward pages answer `sync` and carry `after`; backward ones `history` and `before`.
 *
 * @typedef {{
 *   t: "events";
 *   chat: string;
 *   events: Event[];
 *   more: boolean;
 *   after?: number | null;
 *   before?: number | null;
 * }} Events
 */

/**
 * To agents: a chat as it is now; sent when one begins. Older than what the client has: to be ignored.
 *
 * @typedef {{
 *   t: "chat";
 *   chat: Chat;
 * }} AgentChat
 */

/**
 * To its visitor: a chat as it is now.
 *
 * @typedef {{
 *   t: "own_chat";
 *   chat: OwnChat;
 * }} VisitorChat
 */

/**
 * One side has seen all up to `seq`; `unread` is what remains unread for that side.
 *
 * @typedef {{
 *   t: "read";
 *   chat: string;
 *   by: "visitor" | "agent";
 *   seq: number;
 *   unread?: number;
 * }} ReadFrame
 */

/**
 * Somebody writes; goes out by itself after TYPING_LEASE_S.
 *
 * @typedef {{
 *   t: "typing";
 *   chat: string;
 *   sender: Sender;
 *   on?: boolean;
 * }} TypingFrame
 */

/**
 * To agents: what is known of the chat's visitor has changed.
 *
 * @typedef {{
 *   t: "visitor";
 *   chat: string;
 *   visitor: VisitorInfo;
 * }} VisitorFrameInfo
 */

/**
 * To agents: who of the team is here.
 *
 * @typedef {{
 *   t: "presence";
 *   members: Member[];
 * }} Presence
 */

/**
 * To visitors: is somebody there to answer?
 *
 * @typedef {{
 *   t: "online";
 *   online: boolean;
 * }} Online
 */

/**
 * Every HEARTBEAT_EVERY_S; to be answered with `alive`. `heads` of the chats that changed lately.
 *
 * @typedef {{
 *   t: "hb";
 *   heads?: Record<string, Head>;
 * }} Heartbeat
 */

/**
 * Drop the local copy of the chat and load it anew (a restored database, an erased text).
 *
 * @typedef {{
 *   t: "reset";
 *   chat: string;
 * }} Reset
 */

/**
 * The chat may no longer be seen from here.
 *
 * @typedef {{
 *   t: "gone";
 *   chat: string;
 * }} Gone
 */

/**
 * @typedef {{
 *   t: "pong";
 *   n?: number;
 * }} Pong
 */

/**
 * The server closes this socket now; come back after `retry_ms`, or not at all where it is missing.
 *
 * @typedef {{
 *   t: "bye";
 *   code: string;
 *   text: string;
 *   retry_ms?: number | null;
 * }} Bye
 */

/**
 * What was asked did not happen. `cmid`/`chat` tell which; with `retry_ms` the same frame may be sent again.
 *
 * @typedef {{
 *   t: "err";
 *   code: string;
 *   text: string;
 *   cmid?: string | null;
 *   chat?: string | null;
 *   retry_ms?: number | null;
 * }} Err
 */

/** @typedef {Hello | Start | Send | Sync | History | Read | Typing | Viewing | End | Alive | Ping} VisitorFrame */
/** @typedef {Hello | Send | Sync | History | Read | Typing | Take | End | Availability | Alive | Ping} AgentFrame */
/** @typedef {VisitorWelcome | AgentWelcome | Ack | EventFrame | Events | AgentChat | VisitorChat | ReadFrame | TypingFrame | VisitorFrameInfo | Presence | Online | Heartbeat | Reset | Gone | Pong | Bye | Err} ServerFrame */

export const PROTOCOL_VERSION = 1;
export const FRAME_MAX_BYTES = 65536;
export const TEXT_MAX_CHARS = 8000;
export const SYNC_PAGE_EVENTS = 100;
export const HELLO_WITHIN_S = 5;
export const HEARTBEAT_EVERY_S = 15;
export const LEASE_S = 40;
export const TYPING_LEASE_S = 6;

/** Close codes of the sockets. */
export const CLOSE = Object.freeze({
  PROTOCOL: 4400,
  UNAUTHENTICATED: 4401,
  FORBIDDEN: 4403,
  SLOW: 4408,
  OUTDATED: 4426,
  RATE: 4429,
});

/** What each err code means, in English. @type {Readonly<Record<string, string>>} */
export const ERROR_CODES = Object.freeze({
  bad_frame: "The frame is not one of ours, or a field has the wrong type.",
  too_big: "The frame is over 64 KiB.",
  empty_text: "There is nothing to read in the message.",
  text_too_long: "The message is over 8,000 characters.",
  bad_cmid: "The cmid is not a UUID.",
  not_found: "There is no such chat here.",
  not_permitted: "This role may not do that.",
  chat_ended: "The chat has ended.",
  chat_taken: "A colleague answers this chat already.",
  not_yours: "Only the agent who answers this chat may do that.",
  cmid_conflict: "This cmid was used before, with another text.",
  busy: "The chat is busy; the same frame may be sent again.",
  rate_limited: "Too many messages in a short time.",
  read_only: "The account takes no new chats now.",
  internal: "Something failed on the server; the same frame may be sent again.",
  hello_expected: "The first frame must be hello.",
  bad_ticket: "The ticket is unknown, used or too old.",
  outdated: "This page speaks an old version; it must be reloaded.",
  signed_out: "The session or the membership has ended.",
  slow: "The connection is too slow to follow; what was missed is loaded on return.",
  restart: "The server restarts.",
});
