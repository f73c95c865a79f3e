// Made from chats/protocol by `manage.py write_protocol`: do not edit.

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
