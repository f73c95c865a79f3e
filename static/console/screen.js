// How the screen is arranged, and what each command does with it: the keyboard, the palette and the buttons all end here.

import { t } from "../shared/texts.js";
import { computed, signal } from "../vendor/ui.js";
import { neighbour } from "./select.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {ReturnType<typeof createScreen>} Screen */

/**
 * @param {{
 *   desk: Desk, ended: ReturnType<typeof import("./ended.js").createEnded>,
 *   sounds: ReturnType<typeof import("./sounds.js").createSounds>,
 *   arranged: import("../vendor/ui.js").Signal<import("./keep.js").Preferences>,
 *   looking: import("../vendor/ui.js").ReadonlySignal<boolean>,
 *   wide: import("../vendor/ui.js").ReadonlySignal<boolean>,
 *   focus: (what: "composer" | "search" | "row" | "log", id: string | null) => void,
 * }} parts  `looking`: the page is visible and has the focus; `wide`: there is room for a third pane
 */
export function createScreen({ desk, ended, sounds, arranged, looking, wide, focus }) {
  const tab = signal(/** @type {"open" | "ended"} */ ("open"));
  const dialog = signal(/** @type {"palette" | "help" | null} */ (null));
  const drawn = signal(false); // the details were asked for where they lie over the conversation
  const besides = computed(() => wide.value && desk.columns.value.open.length === 1);
  /** Where the visitor's details are: a third pane, over the others, or put away. */
  const panel = computed(() => {
    if (besides.value) return arranged.value.panel ? "beside" : "none";
    return drawn.value ? "over" : "none";
  });
  /** The rows as they stand in the list, for going up and down. */
  const order = computed(() => {
    if (tab.value === "ended") return ended.list.value.chats.map((chat) => chat.id);
    const { waiting, mine, team } = desk.lists.value;
    return [...waiting, ...mine, ...(arranged.value.team ? team : [])].map((chat) => chat.id);
  });

  /** @param {Partial<import("./keep.js").Preferences>} changes */
  function arrange(changes) {
    arranged.value = { ...arranged.peek(), ...changes };
  }

  /** @param {string} id */
  function open(id) {
    const chat = ended.list.peek().chats.find((one) => one.id === id);
    if (!desk.state.peek().chats[id] && chat) desk.openEnded(chat);
    else desk.open(id);
  }

  /** @param {"open" | "ended"} next */
  function turnTo(next) {
    tab.value = next;
    if (next === "ended") void ended.refresh();
  }

  /** @param {1 | -1} by @param {boolean} writing */
  function step(by, writing) {
    const next = neighbour(order.peek(), desk.active.peek(), by);
    if (!next) return;
    open(next);
    focus(writing ? "composer" : "row", next);
  }

  /** Into the text field; where the chat waits for somebody, first take it. @param {string | null} id */
  function reply(id) {
    const chat = id ? desk.state.peek().chats[id] : undefined;
    if (!chat) return;
    if (chat.state === "waiting") desk.take(chat.id);
    focus("composer", id);
  }

  function toggleSound() {
    const muted = !sounds.muted.peek();
    sounds.mute(muted);
    desk.toasts.show(t(muted ? "sound.is_off" : "sound.is_on"));
    if (!muted) sounds.test();
  }

  /**
   * @param {import("./keys.js").Command} command
   * @param {{number?: number, writing?: boolean}} [how]
   * @returns {boolean} false: nothing was done, and the key belongs to the browser
   */
  function run(command, { number = 0, writing = false } = {}) {
    const id = desk.active.peek();
    switch (command) {
      case "next":
        step(1, writing);
        return true;
      case "previous":
        step(-1, writing);
        return true;
      case "next_for_me":
        if (desk.goNext()) focus("log", desk.active.peek());
        else desk.toasts.show(t("next.nothing"));
        return true;
      case "number": {
        const chat = desk.lists.peek().mine[number - 1];
        if (!chat) return false;
        desk.open(chat.id);
        focus("composer", chat.id);
        return true;
      }
      case "reply":
        reply(id);
        return id !== null;
      case "take":
        if (id && desk.state.peek().chats[id]?.state === "waiting") reply(id);
        return id !== null;
      case "end":
        if (id) desk.end(id);
        return id !== null;
      case "undo":
        return desk.endings.undoLast();
      case "beside": {
        const next = neighbour(order.peek(), id, 1);
        if (next) desk.openBeside(next);
        focus("row", next);
        return next !== null;
      }
      case "close":
        if (id) desk.close(id);
        return id !== null;
      case "search":
        focus("search", null);
        return true;
      case "palette":
      case "help":
        dialog.value = command;
        return true;
      case "panel":
        togglePanel();
        return true;
      case "accepting":
        desk.setAccepting(!desk.accepting.peek());
        return desk.mayAnswer;
      case "sound":
        toggleSound();
        return true;
      case "leave":
        return leave(id, writing);
      default:
        return false;
    }
  }

  /** Escape goes one step outwards: over-lying pane, composer, search. @param {string | null} id @param {boolean} writing */
  function leave(id, writing) {
    if (panel.peek() === "over") {
      drawn.value = false;
      return true;
    }
    if (writing) focus("row", id);
    return writing;
  }

  /** A part of the page could not be fetched: back to what is here. @param {string} text */
  function failedToLoad(text) {
    dialog.value = null;
    tab.value = "open";
    desk.toasts.show(text);
  }

  function togglePanel() {
    if (besides.peek()) arrange({ panel: !arranged.peek().panel });
    else drawn.value = !drawn.peek();
  }

  return { desk, ended, sounds, tab, dialog, arranged, panel, order, looking, arrange, open, turnTo, run, togglePanel, toggleSound, failedToLoad, focus };
}
