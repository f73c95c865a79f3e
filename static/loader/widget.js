// Chatsite on a customer's page: a launcher, and our chat window in a frame. The page is not ours: until the visitor
// opens the window there is no storage and no identifier, and nothing is changed but our own element.
(() => {
  const script = /** @type {HTMLScriptElement} */ (document.currentScript);
  const page = /** @type {any} */ (window);
  const early = page.chatsite;
  if (!script?.dataset.site || early?.v) return; // included twice

  const { origin } = new URL(script.src);
  const base = `${origin}/w/${script.dataset.site}/`;
  const lang = document.documentElement.lang || navigator.language;
  const words = { de: "Chat öffnen|Chat schließen|neu", ar: "فتح المحادثة|إغلاق المحادثة|جديد" }[lang.slice(0, 2)] || "Open chat|Close chat|new";
  const [toOpen = "", toClose = "", fresh] = words.split("|");
  const phone = matchMedia("(max-width:480px)");
  const view = /** @type {VisualViewport} */ (window.visualViewport);
  /** @type {Record<string, Function[]>} */
  const listeners = {};
  /** @type {any} */ let timer;
  /** @type {HTMLElement} */ let root;
  /** @type {HTMLIFrameElement} */ let frame;
  let open = false, shown = true, wanted = false, ready = false, unread = 0, handle = "", told = "";

  /** @param {string} tag @param {Node} parent @param {object} [values] @returns {any} */
  const add = (tag, parent, values) => parent.appendChild(Object.assign(document.createElement(tag), values));
  const panel = document.createElement("div");
  const button = document.createElement("button");
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = icon.appendChild(document.createElementNS(icon.namespaceURI, "path"));
  const badge = add("span", button);
  button.append(icon);
  icon.setAttribute("viewBox", "0 0 24 24");

  const style =
    "div,button{all:initial;position:fixed;z-index:2147483000;bottom:20px;SIDE:20px;color-scheme:light dark}" +
    "button{width:56px;height:56px;border-radius:50%;cursor:pointer;background:COLOR;box-shadow:0 4px 20px #0a102848;transition:.16s}" +
    "button:hover{transform:scale(1.05)}" +
    "button:focus-visible{outline:3px solid COLOR;outline-offset:3px}" +
    "svg{margin:14px;width:28px;fill:none;stroke:INK;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}" +
    "span{position:absolute;top:-4px;right:-4px;min-width:22px;border-radius:11px;background:#c4342f;color:#fff;font:600 12px/22px system-ui;text-align:center}" +
    "div{bottom:92px;width:400px;height:min(680px,100% - 112px);border-radius:18px;overflow:hidden;background:Canvas;box-shadow:0 12px 56px #0a102848;opacity:0;visibility:hidden;transform:translateY(12px);transition:.18s}" +
    "div::before{content:'';display:block;height:72px;background:COLOR}" +
    ".on{opacity:1;visibility:visible;transform:none}" +
    "iframe{position:absolute;inset:0;width:100%;height:100%;border:0;opacity:0}.in iframe{opacity:1}" +
    "[hidden]{display:none!important}" +
    "@media(max-width:480px){div{inset:0;width:100%;height:100%;border-radius:0}.on~button{visibility:hidden}}" +
    "@media(prefers-reduced-motion){*{transition:none!important}}" +
    "@media(forced-colors:active){div,button{outline:2px solid}}" +
    "@media print{div,button{display:none}}";

  /** @param {string} type @param {object} [more] */
  const post = (type, more) => ready && frame.contentWindow?.postMessage({ chatsite: 1, type, ...more }, origin);

  /** The page's own code runs outside of ours. @param {string} name @param {number} [value] */
  const emit = (name, value) => listeners[name]?.forEach((run) => setTimeout(run, 0, value));

  const postPage = () => {
    const url = location.origin + location.pathname; // query and fragment may tell what the visitor did not mean to say
    const title = document.title.slice(0, 200);
    if (ready && told !== (told = url + title)) post("page", { page: { url, title } });
  };

  /** On a phone the window is what the keyboard leaves of the screen. */
  const fit = () => {
    const full = phone.matches;
    const tight = full && open && view.scale === 1;
    post("prefs", { full });
    panel.style.height = tight ? `${view.height}px` : "";
    panel.style.top = tight ? `${view.offsetTop}px` : "";
  };

  const load = () => {
    if (frame) return;
    frame = add("iframe", panel, { title: "Chat", allow: "autoplay;clipboard-write", src: `${base}frame?lang=${lang}` });
    frame.onload = () => {
      ready = true;
      told = "";
      panel.classList.add("in");
      fit();
      postPage();
      if (handle) post("handle", { handle });
      if (open || wanted) post(open ? "open" : "resume", { focus: open && wanted });
    };
  };

  const draw = () => {
    root.hidden = !shown;
    panel.classList.toggle("on", open);
    badge.hidden = open || !unread;
    badge.textContent = unread > 9 ? "9+" : unread;
    path.setAttribute("d", open ? "M5 9l7 7 7-7" : "M12 4c5 0 8 3 8 7s-3 7-8 7q-1 0-2-.3L5 20l1-4c-4-4-2-12 6-12z");
    button.ariaExpanded = String(open);
    button.ariaLabel = open ? toClose : toOpen + (unread ? `, ${unread} ${fresh}` : "");
    fit();
  };

  /** @param {boolean} state @param {boolean} focus  the visitor did it himself, so the caret may move */
  const turn = (state, focus) => {
    wanted = state && focus;
    if (!root || open === state) return;
    open = state;
    clearInterval(timer);
    if (open) {
      load();
      timer = setInterval(postPage, 1000); // for pages that change their address without loading
      if (focus) frame.focus();
    } else if (focus) button.focus();
    draw();
    postPage();
    post(open ? "open" : "close", { focus });
    emit(open ? "open" : "close");
  };

  /** Our one key in the page's storage, only while a chat lasts. @param {string} [text] */
  const kept = (text) => {
    try {
      const store = sessionStorage;
      if (text) store.chatsite = text;
      else if (text === "") store.removeItem("chatsite");
      return store.chatsite || "";
    } catch {
      return ""; // denied: memory only
    }
  };

  addEventListener("message", ({ data, source, origin: from }) => {
    if (!frame || source !== frame.contentWindow || from !== origin || data?.chatsite !== 1) return;
    if (data.type === "close") turn(false, true);
    if (data.type === "unread" && unread !== data.count) {
      unread = data.count;
      draw();
      emit("unread", unread);
    }
    if (data.type === "state") {
      handle = data.handle || "";
      kept(data.state === "none" ? "" : `${data.state}.${handle}`);
    }
  });

  page.chatsite = (/** @type {string} */ what, /** @type {any} */ name, /** @type {any} */ run) => {
    if (what === "open" || what === "close") turn(what === "open", true);
    if (what === "show" || what === "hide") {
      shown = what === "show";
      if (root) draw();
    }
    if (what === "on") (listeners[name] ||= []).push(run);
    if (what === "off") listeners[name] = listeners[name]?.filter((one) => run && one !== run) || [];
  };
  page.chatsite.v = 1;
  early?.q?.forEach((/** @type {any} */ call) => page.chatsite(...call));

  /** @param {any} look */
  const build = ({ show, reason, color, position }) => {
    if (!show) return console.info("Chatsite is not shown:", reason);
    const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => (parseInt(color.slice(at, at + 2), 16) / 255) ** 2.2);
    const ink = 0.21 * r + 0.72 * g + 0.07 * b > 0.3 ? "#101418" : "#fff";
    const sheet = new CSSStyleSheet(); // made by script, so the page's style policy does not stop it
    sheet.replaceSync(style.replaceAll("COLOR", color).replace("INK", ink).replace("SIDE", position));
    root = add("chatsite-widget", document.body);
    const shadow = root.attachShadow({ mode: "closed" });
    shadow.adoptedStyleSheets = [sheet];
    shadow.append(panel, button);
    for (const name of ["pointerenter", "focus", "touchstart"]) button.addEventListener(name, load, { passive: true });
    button.onclick = () => turn(!open, true);
    phone.onchange = view.onresize = view.onscroll = fit;
    draw();
    const [state, ...rest] = kept().split("."); // a chat that began on an earlier page comes back as it was left
    handle = rest.join(".");
    if (wanted) turn(true, true);
    else if (state === "open" && !phone.matches) turn(true, false);
    else if (state) {
      wanted = true;
      load();
    }
  };

  fetch(`${base}config.json`, { credentials: "omit" })
    .then((answer) => answer.json())
    .then(build)
    .catch(() => console.info("Chatsite is out of reach."));
})();
