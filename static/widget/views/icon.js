// The few signs of the chat window, drawn on a 24 px grid like the console's.

import { html } from "../../vendor/ui.js";

const PATHS = {
  down: "M6 9l6 6 6-6",
  send: "M5 12h13M12 5l7 7-7 7",
  shield: "M12 3l7 3v5c0 4.6-2.9 8.3-7 10-4.1-1.7-7-5.4-7-10V6zM9 12l2 2 4-4",
  close: "M6 6l12 12M18 6L6 18",
  clock: "M12 3a9 9 0 100 18 9 9 0 000-18zM12 7v5l3 2",
  sent: "M5 12.5l4.5 4.5L19 7.5",
  seen: "M2 12.5l4.5 4.5L16 7.5M11 16l1 1 9.5-9.5",
  alert: "M12 3a9 9 0 100 18 9 9 0 000-18zM12 8v5M12 16h.01",
  device: "M4 5h16v11H4zM9 20h6M12 16v4",
  people: "M9 11a3.5 3.5 0 100-7 3.5 3.5 0 000 7zM2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6M16 4.2a3.5 3.5 0 010 6.6M18 14.3c2.2.8 3.5 2.9 3.5 5.7",
  bell: "M6 10a6 6 0 1112 0c0 5 2 6 2 6H4s2-1 2-6zM10 20h4",
  muted: "M6 10a6 6 0 0110-4.5M18 11c.2 3.7 2 5 2 5H8M4 16s2-1 2-6M10 20h4M4 4l16 16",
  hello: "M12 4c4.7 0 8.5 3.2 8.5 7.2s-3.8 7.2-8.5 7.2c-.9 0-1.8-.1-2.6-.3L5 20.3l.9-3.7c-1.5-1.3-2.4-3.2-2.4-5.4C3.5 7.2 7.3 4 12 4z",
};

/** @param {{name: keyof typeof PATHS}} props */
export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;
}
