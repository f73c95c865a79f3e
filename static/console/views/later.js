// Views that the first screen does not need are fetched when they are asked for, or when the browser has time.

import { t } from "../../shared/texts.js";
import { html, useEffect, useSignal } from "../../vendor/ui.js";

/** @typedef {(props: any) => unknown} View */

/** By name, because a dynamic import must stand alone for its address to be rewritten. */
export const LATER = {
  async palette() {
    const module = await import("./palette.js");
    return /** @type {View} */ (module.Palette);
  },
  async help() {
    const module = await import("./help.js");
    return /** @type {View} */ (module.Help);
  },
  async ended() {
    const module = await import("./ended.js");
    return /** @type {View} */ (module.Ended);
  },
};

/** Once the first screen stands: a key press should not wait for the network, least of all when it is gone. */
export const fetchAhead = () => Object.values(LATER).forEach((load) => void load().catch(() => {}));

/** @param {{view: keyof typeof LATER, screen: import("../screen.js").Screen, words: import("../words.js").Words}} props */
export function Later({ view, screen, words }) {
  const found = useSignal(/** @type {{draw: View} | null} */ (null));
  useEffect(() => {
    LATER[view]().then(
      (draw) => (found.value = { draw }),
      () => screen.failedToLoad(t("later.failed")),
    );
  }, [view]);
  return found.value && html`<${found.value.draw} screen=${screen} words=${words} />`;
}
