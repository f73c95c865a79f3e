// A person as two letters on a tint, with a dot where it matters whether he is here.

import { html } from "../../vendor/ui.js";
import { initials, tint } from "../select.js";

/**
 * @param {{id: string, name: string, small?: boolean, online?: boolean | null}} props  `online` null: not shown
 */
export function Face({ id, name, small = false, online = null }) {
  const size = small ? "avatar avatar-small" : "avatar";
  return html`<span class="face" aria-hidden="true">
    <span class=${`${size} avatar-${tint(id)}`}>${initials(name)}</span>
    ${online !== null && html`<span class=${online ? "dot dot-on" : "dot"}></span>`}
  </span>`;
}
