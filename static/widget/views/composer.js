// The field, and the line under it.

import { TEXT_MAX_CHARS } from "../../shared/protocol.js";
import { t } from "../../shared/texts.js";
import { html, useEffect, useLayoutEffect, useRef } from "../../vendor/ui.js";
import { Icon } from "./icon.js";

const COUNT_FROM_CHARS = TEXT_MAX_CHARS - 500; // nearer, the writer wants to know
const TALLEST_PX = 140; // about six lines; then the field scrolls

/** @param {{store: import("../store.js").Store}} props */
export function Composer({ store }) {
  const field = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const text = store.draft.value;
  // Units are never fewer than code points, so short texts need no counting.
  const left = text.length < COUNT_FROM_CHARS ? Infinity : TEXT_MAX_CHARS - [...text].length;
  const refused = store.refusal.value !== null;
  const ready = text.trim() !== "" && left >= 0 && !refused;

  useEffect(() => {
    if (store.focusWanted.value) field.current?.focus({ preventScroll: true });
  }, [store.focusWanted.value]);
  useLayoutEffect(() => {
    if (!field.current) return;
    field.current.style.height = "auto";
    field.current.style.height = `${Math.min(TALLEST_PX, field.current.scrollHeight)}px`;
  }, [text]);

  function send() {
    if (ready && store.send(text)) field.current?.focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    const composing = event.isComposing || event.keyCode === 229; // an input method takes this Enter for itself
    if (event.key !== "Enter" || event.shiftKey || composing || matchMedia("(pointer: coarse)").matches) return;
    event.preventDefault();
    send();
  }

  return html`<form class="composer" onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); send(); }}>
    <div class="field">
      <textarea ref=${field} rows="1" dir=${text ? "auto" : undefined} placeholder=${t("composer.placeholder")} aria-label=${t("composer.label")}
        aria-describedby=${left < Infinity ? "left" : undefined} aria-invalid=${left < 0} autocomplete="off" enterkeyhint="enter"
        value=${text} onInput=${(/** @type {{currentTarget: HTMLTextAreaElement}} */ event) => store.write(event.currentTarget.value)}
        onKeyDown=${key} onBlur=${() => store.stopTyping()}></textarea>
      <button type="submit" class="send" aria-label=${t("composer.send")} aria-disabled=${!ready}><${Icon} name="send" /></button>
    </div>
    ${left < Infinity && html`<p id="left" class=${left < 0 ? "left bad" : "left"} role="status">
      ${left < 0 ? t("composer.over", { n: -left }) : t("composer.left", { n: left })}
    </p>`}
  </form>`;
}
