// Made from chats/protocol by `manage.py write_protocol`: do not edit.

export type ChatState = "waiting" | "active" | "ended";
export type SenderKind = "visitor" | "agent" | "system";
export type EventKind = "message" | "file" | "assigned" | "ended";

/** Who did it. `name` is what the other side may see: an agent's public alias, a visitor's handle. */
export interface Sender {
  kind: "visitor" | "agent" | "system";
  id?: string | null;
  name?: string | null;
}

/** One entry of a chat's gapless list. `data` by kind: assigned {member, name}; ended {by}. */
export interface Event {
  seq: number;
  id: string;
  kind: "message" | "file" | "assigned" | "ended";
  sender: Sender;
  at: string;
  cmid: string;
  text?: string | null;
  data?: Record<string, any>;
}

/** An agent as colleagues see him. */
export interface Member {
  id: string;
  name: string;
  online?: boolean;
  accepting?: boolean;
}


export interface Assignee {
  id: string;
  name: string;
}


export interface SiteRef {
  id: string;
  name: string;
}

/** What the agent sees of a visitor; the address is cut before `?` and `#` in the browser. */
export interface VisitorInfo {
  id: string;
  name: string;
  browser?: string;
  system?: string;
  language?: string;
  page_url?: string;
  page_title?: string;
  online?: boolean;
}

/** The last message, for the list of chats. */
export interface Preview {
  text: string;
  by: "visitor" | "agent" | "system";
  at: string;
}

/** The highest seq that each side has seen. */
export interface ReadMarks {
  visitor?: number;
  agent?: number;
}

/** A chat without its events, as agents see it. `unread` counts visitor's messages beyond read.agent. */
export interface Chat {
  id: string;
  state: "waiting" | "active" | "ended";
  last: number;
  started_at: string;
  site: SiteRef;
  visitor: VisitorInfo;
  read: ReadMarks;
  assignee?: Assignee | null;
  unread?: number;
  preview?: Preview | null;
  ended_at?: string | null;
  ended_by?: "visitor" | "agent" | "system" | null;
}

/** A chat without its events, as its visitor sees it. `unread` counts agents' messages beyond read.visitor. */
export interface OwnChat {
  id: string;
  state: "waiting" | "active" | "ended";
  last: number;
  started_at: string;
  read: ReadMarks;
  assignee?: Assignee | null;
  unread?: number;
  ended_at?: string | null;
  ended_by?: "visitor" | "agent" | "system" | null;
}

/** The page a visitor is on, without query and fragment. */
export interface PageRef {
  url?: string;
  title?: string;
}

/** Where a chat stands, for the repair of lost hints. */
export interface Head {
  last: number;
  state: "waiting" | "active" | "ended";
  read: ReadMarks;
}

/** The first frame, within HELLO_WITHIN_S. The ticket comes from an authenticated HTTP call and works once. */
export interface Hello {
  t: "hello";
  v: number;
  ticket: string;
}

/** Visitor: open a chat with its first message. Answered by chat, ack, event. Same cmid again: same chat. */
export interface Start {
  t: "start";
  cmid: string;
  text: string;
  page?: PageRef;
}

/** Write a message. The cmid is reused on every retry. A visitor's send to an ended chat opens a new one. */
export interface Send {
  t: "send";
  chat: string;
  cmid: string;
  text: string;
}

/** Ask for the events after `after`, oldest first; answered by `events`. */
export interface Sync {
  t: "sync";
  chat: string;
  after: number;
}

/** Ask for the events before `before`, newest page; answered by `events`. */
export interface History {
  t: "history";
  chat: string;
  before: number;
}

/** All up to `seq` was on the screen. Only the assignee's reading counts for the agents' side. */
export interface Read {
  t: "read";
  chat: string;
  seq: number;
}

/** Writing now; repeated every 3 s while it lasts, `on: false` when it stops. */
export interface Typing {
  t: "typing";
  chat: string;
  on: boolean;
}

/** Visitor: is on this page now. */
export interface Viewing {
  t: "viewing";
  page: PageRef;
}

/** Agent: answer this waiting chat. */
export interface Take {
  t: "take";
  chat: string;
  cmid: string;
}

/** End the chat. */
export interface End {
  t: "end";
  chat: string;
  cmid: string;
}

/** Agent: accept new chats or not. */
export interface Availability {
  t: "availability";
  accepting: boolean;
}

/** The answer to `hb`, sent from the message handler: timers of hidden tabs sleep. */
export interface Alive {
  t: "alive";
}

/** Is the line alive? Answered by `pong` with the same number. */
export interface Ping {
  t: "ping";
  n?: number;
}

/** The socket is open. `chat` is the visitor's open chat, else his last one of the past day. */
export interface VisitorWelcome {
  t: "welcome";
  v: number;
  sid: string;
  epoch: string;
  me: Sender;
  online: boolean;
  hb_s?: number;
  chat?: OwnChat | null;
}

/** The socket is open. `chats` are all open chats of the account, longest waiting first. */
export interface AgentWelcome {
  t: "inbox";
  v: number;
  sid: string;
  epoch: string;
  me: Member;
  members: Member[];
  chats: Chat[];
  hb_s?: number;
  more?: boolean;
}

/** What was sent with `cmid` is stored for good as `seq` of `chat`. `dup`: it already was. */
export interface Ack {
  t: "ack";
  cmid: string;
  chat: string;
  seq: number;
  id: string;
  at: string;
  dup?: boolean;
}

/** The next event of a chat; a gap before it means that a hint was lost: ask `sync`. */
export interface EventFrame {
  t: "event";
  chat: string;
  event: Event;
}

/** A page of events in order: `after` names the `sync` that it answers, `before` the `history`. */
export interface Events {
  t: "events";
  chat: string;
  events: Event[];
  more: boolean;
  after?: number | null;
  before?: number | null;
}

/** To agents: a chat as it is now; sent when one begins. Older than what the client has: to be ignored. */
export interface AgentChat {
  t: "chat";
  chat: Chat;
}

/** To its visitor: a chat as it is now. */
export interface VisitorChat {
  t: "own_chat";
  chat: OwnChat;
}

/** One side has seen all up to `seq`; `unread` is what remains unread for that side. */
export interface ReadFrame {
  t: "read";
  chat: string;
  by: "visitor" | "agent";
  seq: number;
  unread?: number;
}

/** Somebody writes; goes out by itself after TYPING_LEASE_S. */
export interface TypingFrame {
  t: "typing";
  chat: string;
  sender: Sender;
  on?: boolean;
}

/** To agents: what is known of the chat's visitor has changed. */
export interface VisitorFrameInfo {
  t: "visitor";
  chat: string;
  visitor: VisitorInfo;
}

/** To agents: who of the team is here. */
export interface Presence {
  t: "presence";
  members: Member[];
}

/** To visitors: is somebody there to answer? */
export interface Online {
  t: "online";
  online: boolean;
}

/** Every HEARTBEAT_EVERY_S; to be answered with `alive`. `heads` of the chats that changed lately. */
export interface Heartbeat {
  t: "hb";
  heads?: Record<string, Head>;
}

/** Drop the local copy of the chat and load it anew (a restored database, an erased text). */
export interface Reset {
  t: "reset";
  chat: string;
}

/** The chat may no longer be seen from here. */
export interface Gone {
  t: "gone";
  chat: string;
}


export interface Pong {
  t: "pong";
  n?: number;
}

/** The server closes this socket now; come back after `retry_ms`, or not at all where it is missing. */
export interface Bye {
  t: "bye";
  code: string;
  text: string;
  retry_ms?: number | null;
}

/** What was asked did not happen. `cmid`/`chat` tell which; with `retry_ms` the same frame may be sent again. */
export interface Err {
  t: "err";
  code: string;
  text: string;
  cmid?: string | null;
  chat?: string | null;
  retry_ms?: number | null;
}

export type VisitorFrame = Hello | Start | Send | Sync | History | Read | Typing | Viewing | End | Alive | Ping;
export type AgentFrame = Hello | Send | Sync | History | Read | Typing | Take | End | Availability | Alive | Ping;
export type ServerFrame = VisitorWelcome | AgentWelcome | Ack | EventFrame | Events | AgentChat | VisitorChat | ReadFrame | TypingFrame | VisitorFrameInfo | Presence | Online | Heartbeat | Reset | Gone | Pong | Bye | Err;

export const PROTOCOL_VERSION: 1;
export const FRAME_MAX_BYTES: 65536;
export const TEXT_MAX_CHARS: 8000;
export const SYNC_PAGE_EVENTS: 100;
export const HELLO_WITHIN_S: 5;
export const HEARTBEAT_EVERY_S: 15;
export const LEASE_S: 40;
export const TYPING_LEASE_S: 6;
export const CLOSE: Readonly<{ PROTOCOL: 4400; UNAUTHENTICATED: 4401; FORBIDDEN: 4403; SLOW: 4408; OUTDATED: 4426; RATE: 4429; }>;
