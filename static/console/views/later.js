// Views that the first screen does not need are fetched when they are asked for, or when the browser has time.

import { t } from "../../shared/texts.js";
import { html, useEffect, useSignal } from "../../vendor/ui.js";

/** @typedef {(props: any) => unknown} View */

/** The dialogs' styles; the page says where they are, because only it knows the file's name. */
function fetchStyles() {
  const href = document.getElementById("console")?.dataset["later"];
  if (!href || document.querySelector("link[data-later]")) return;
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.dataset["later"] = "";
  link.href = href;
  document.head.append(link);
}

/** By name, because a dynamic import must stand alone for its address to be rewritten. */
export const LATER = {
  async palette() {
    fetchStyles();
    const module = await import("./palette.js");
    return /** @type {View} */ (module.Palette);
  },
  async help() {
    fetchStyles();
    const module = await import("./help.js");
    return /** @type {View} */ (module.Help);
  },
  async panel() {
    const module = await import("./panel.js");
    return /** @type {View} */ (module.Panel);
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
