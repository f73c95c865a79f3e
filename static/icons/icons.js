// Made by update.py from lucide-static 1.62.0 (ISC, parts MIT; see LICENSE here): do not edit.
import { h } from "../vendor/ui.js";

/** @typedef {keyof typeof SHAPES} IconName */

/** Shapes of each icon on a 24 × 24 grid: [element, attributes]. */
const SHAPES = {
  "archive": [["rect", {"width": "20", "height": "5", "x": "2", "y": "3", "rx": "1"}], ["path", {"d": "M4 8v11a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2V8"}], ["path", {"d": "M10 12h4"}]],
  "arrow-down": [["path", {"d": "M12 5v14"}], ["path", {"d": "m19 12-7 7-7-7"}]],
  "back": [["path", {"d": "m12 19-7-7 7-7"}], ["path", {"d": "M19 12H5"}]],
  "bell": [["path", {"d": "M10.268 21a2 2 0 0 0 3.464 0"}], ["path", {"d": "M3.262 15.326A1 1 0 0 0 4 17h16a1 1 0 0 0 .74-1.673C19.41 13.956 18 12.499 18 8A6 6 0 0 0 6 8c0 4.499-1.411 5.956-2.738 7.326"}]],
  "bell-off": [["path", {"d": "M10.268 21a2 2 0 0 0 3.464 0"}], ["path", {"d": "M17 17H4a1 1 0 0 1-.74-1.673C4.59 13.956 6 12.499 6 8a6 6 0 0 1 .258-1.742"}], ["path", {"d": "m2 2 20 20"}], ["path", {"d": "M8.668 3.01A6 6 0 0 1 18 8c0 2.687.77 4.653 1.707 6.05"}]],
  "browser": [["rect", {"x": "2", "y": "4", "width": "20", "height": "16", "rx": "2"}], ["path", {"d": "M10 4v4"}], ["path", {"d": "M2 8h20"}], ["path", {"d": "M6 4v4"}]],
  "chats": [["path", {"d": "M16 10a2 2 0 0 1-2 2H6.828a2 2 0 0 0-1.414.586l-2.202 2.202A.71.71 0 0 1 2 14.286V4a2 2 0 0 1 2-2h10a2 2 0 0 1 2 2z"}], ["path", {"d": "M20 9a2 2 0 0 1 2 2v10.286a.71.71 0 0 1-1.212.502l-2.202-2.202A2 2 0 0 0 17.172 19H10a2 2 0 0 1-2-2v-1"}]],
  "check": [["path", {"d": "M20 6 9 17l-5-5"}]],
  "check-all": [["path", {"d": "M18 6 7 17l-5-5"}], ["path", {"d": "m22 10-7.5 7.5L13 16"}]],
  "chevron-down": [["path", {"d": "m6 9 6 6 6-6"}]],
  "clock": [["circle", {"cx": "12", "cy": "12", "r": "10"}], ["path", {"d": "M12 6v6l4 2"}]],
  "close": [["path", {"d": "M18 6 6 18"}], ["path", {"d": "m6 6 12 12"}]],
  "code": [["path", {"d": "m16 18 6-6-6-6"}], ["path", {"d": "m8 6-6 6 6 6"}]],
  "columns": [["rect", {"width": "18", "height": "18", "x": "3", "y": "3", "rx": "2"}], ["path", {"d": "M12 3v18"}]],
  "command": [["path", {"d": "M15 6v12a3 3 0 1 0 3-3H6a3 3 0 1 0 3 3V6a3 3 0 1 0-3 3h12a3 3 0 1 0-3-3"}]],
  "done": [["circle", {"cx": "12", "cy": "12", "r": "10"}], ["path", {"d": "m16 9-5.5 5.5L8 12"}]],
  "external": [["path", {"d": "M15 3h6v6"}], ["path", {"d": "M10 14 21 3"}], ["path", {"d": "M18 13v6a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2h6"}]],
  "failed": [["circle", {"cx": "12", "cy": "12", "r": "10"}], ["line", {"x1": "12", "x2": "12", "y1": "8", "y2": "12"}], ["line", {"x1": "12", "x2": "12.01", "y1": "16", "y2": "16"}]],
  "globe": [["circle", {"cx": "12", "cy": "12", "r": "10"}], ["path", {"d": "M12 2a14.5 14.5 0 0 0 0 20 14.5 14.5 0 0 0 0-20"}], ["path", {"d": "M2 12h20"}]],
  "inbox": [["polyline", {"points": "22 12 16 12 14 15 10 15 8 12 2 12"}], ["path", {"d": "M5.45 5.11 2 12v6a2 2 0 0 0 2 2h16a2 2 0 0 0 2-2v-6l-3.45-6.89A2 2 0 0 0 16.76 4H7.24a2 2 0 0 0-1.79 1.11z"}]],
  "info": [["circle", {"cx": "12", "cy": "12", "r": "10"}], ["path", {"d": "M12 16v-4"}], ["path", {"d": "M12 8h.01"}]],
  "keyboard": [["path", {"d": "M10 8h.01"}], ["path", {"d": "M12 12h.01"}], ["path", {"d": "M14 8h.01"}], ["path", {"d": "M16 12h.01"}], ["path", {"d": "M18 8h.01"}], ["path", {"d": "M6 8h.01"}], ["path", {"d": "M7 16h10"}], ["path", {"d": "M8 12h.01"}], ["rect", {"width": "20", "height": "16", "x": "2", "y": "4", "rx": "2"}]],
  "language": [["path", {"d": "m5 8 6 6"}], ["path", {"d": "m4 14 6-6 2-3"}], ["path", {"d": "M2 5h12"}], ["path", {"d": "M7 2h1"}], ["path", {"d": "m22 22-5-10-5 10"}], ["path", {"d": "M14 18h6"}]],
  "lock": [["rect", {"width": "18", "height": "11", "x": "3", "y": "11", "rx": "2", "ry": "2"}], ["path", {"d": "M7 11V7a5 5 0 0 1 10 0v4"}]],
  "offline": [["path", {"d": "M12 20h.01"}], ["path", {"d": "M8.5 16.429a5 5 0 0 1 7 0"}], ["path", {"d": "M5 12.859a10 10 0 0 1 5.17-2.69"}], ["path", {"d": "M19 12.859a10 10 0 0 0-2.007-1.523"}], ["path", {"d": "M2 8.82a15 15 0 0 1 4.177-2.643"}], ["path", {"d": "M22 8.82a15 15 0 0 0-11.288-3.764"}], ["path", {"d": "m2 2 20 20"}]],
  "panel": [["rect", {"width": "18", "height": "18", "x": "3", "y": "3", "rx": "2"}], ["path", {"d": "M15 3v18"}]],
  "retry": [["path", {"d": "M3 12a9 9 0 0 1 9-9 9.75 9.75 0 0 1 6.74 2.74L21 8"}], ["path", {"d": "M21 3v5h-5"}], ["path", {"d": "M21 12a9 9 0 0 1-9 9 9.75 9.75 0 0 1-6.74-2.74L3 16"}], ["path", {"d": "M8 16H3v5"}]],
  "search": [["path", {"d": "m21 21-4.34-4.34"}], ["circle", {"cx": "11", "cy": "11", "r": "8"}]],
  "send": [["path", {"d": "m5 12 7-7 7 7"}], ["path", {"d": "M12 19V5"}]],
  "sites": [["rect", {"width": "18", "height": "7", "x": "3", "y": "3", "rx": "1"}], ["rect", {"width": "9", "height": "7", "x": "3", "y": "14", "rx": "1"}], ["rect", {"width": "5", "height": "7", "x": "16", "y": "14", "rx": "1"}]],
  "system": [["rect", {"width": "20", "height": "14", "x": "2", "y": "3", "rx": "2"}], ["line", {"x1": "8", "x2": "16", "y1": "21", "y2": "21"}], ["line", {"x1": "12", "x2": "12", "y1": "17", "y2": "21"}]],
  "take": [["path", {"d": "M18 11V6a2 2 0 0 0-2-2a2 2 0 0 0-2 2"}], ["path", {"d": "M14 10V4a2 2 0 0 0-2-2a2 2 0 0 0-2 2v2"}], ["path", {"d": "M10 10.5V6a2 2 0 0 0-2-2a2 2 0 0 0-2 2v8"}], ["path", {"d": "M18 8a2 2 0 1 1 4 0v6a8 8 0 0 1-8 8h-2c-2.8 0-4.5-.86-5.99-2.34l-3.6-3.6a2 2 0 0 1 2.83-2.82L7 15"}]],
  "team": [["path", {"d": "M16 21v-2a4 4 0 0 0-4-4H6a4 4 0 0 0-4 4v2"}], ["path", {"d": "M16 3.128a4 4 0 0 1 0 7.744"}], ["path", {"d": "M22 21v-2a4 4 0 0 0-3-3.87"}], ["circle", {"cx": "9", "cy": "7", "r": "4"}]],
  "user": [["path", {"d": "M19 21v-2a4 4 0 0 0-4-4H9a4 4 0 0 0-4 4v2"}], ["circle", {"cx": "12", "cy": "7", "r": "4"}]],
  "warning": [["path", {"d": "m21.73 18-8-14a2 2 0 0 0-3.48 0l-8 14A2 2 0 0 0 4 21h16a2 2 0 0 0 1.73-3"}], ["path", {"d": "M12 9v4"}], ["path", {"d": "M12 17h.01"}]],
  "waiting": [["path", {"d": "M5 22h14"}], ["path", {"d": "M5 2h14"}], ["path", {"d": "M17 22v-4.172a2 2 0 0 0-.586-1.414L12 12l-4.414 4.414A2 2 0 0 0 7 17.828V22"}], ["path", {"d": "M7 2v4.172a2 2 0 0 0 .586 1.414L12 12l4.414-4.414A2 2 0 0 0 17 6.172V2"}]],
};

const MIRRORED = ["back", "external", "panel"];

/**
 * An icon as a vnode. It is decoration: the words beside it, or the button's aria-label, carry the meaning.
 *
 * @param {IconName} name
 */
export function icon(name) {
  const shapes = /** @type {[string, Record<string, string>][]} */ (SHAPES[name]);
  return h(
    "svg",
    { class: MIRRORED.includes(name) ? "icon icon-mirrored" : "icon", viewBox: "0 0 24 24", "aria-hidden": "true" },
    shapes.map(([element, attributes]) => h(element, attributes)),
  );
}
