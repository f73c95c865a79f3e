// One strip above everything, only while something is wrong with the line: what happened, what is safe, what to do.

import { icon } from "../../icons/icons.js";
import { t } from "../../shared/texts.js";
import { html, useEffect, useSignal } from "../../vendor/ui.js";

/** A line that comes back at once is nobody's concern. */
const PATIENCE_MS = 1500;

/** @param {{screen: import("../screen.js").Screen}} props */
export function Notice({ screen }) {
  const { desk } = screen;
  const { state } = desk.line.value;
  const shown = useSignal(false);
  const well = state === "open" || state === "closed";
  const final = !well && state !== "connecting" && state !== "waiting" && state !== "offline";
  useEffect(() => {
    if (well) shown.value = false;
    if (well || shown.peek()) return undefined;
    const timer = setTimeout(() => (shown.value = true), final ? 0 : PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [well, final]);

  if (!well && shown.value) return html`<div class=${`notice notice-${state}`} role="alert">${contentOf(state, screen)}</div>`;
  if (desk.boot.account.read_only) return html`<div class="notice" role="status">${icon("lock")}<p>${t("notice.read_only")}</p></div>`;
  return null;
}

/** @param {import("../../shared/socket.js").LineState} state @param {import("../screen.js").Screen} screen */
function contentOf(state, screen) {
  const again = () => location.reload();
  switch (state) {
    case "signed_out":
      return html`${icon("lock")}<p>${t("line.signed_out")}</p><button class="button" type="button" onClick=${again}>${t("line.sign_in")}</button>`;
    case "outdated":
      return html`${icon("info")}<p>${t("line.outdated")}</p><button class="button" type="button" onClick=${again}>${t("line.reload")}</button>`;
    case "forbidden":
      return html`${icon("lock")}<p>${t("line.forbidden")}</p>`;
    case "offline":
      return html`${icon("offline")}<p>${t("line.offline")}</p><button class="button" type="button" onClick=${screen.desk.kick}>${t("line.try")}</button>`;
    default:
      return html`${icon("offline")}<p>${t("line.waiting")}</p><button class="button" type="button" onClick=${screen.desk.kick}>${t("line.try")}</button>`;
  }
}
