// A launcher and our chat window in a frame, on a page that is not ours: only our own element is changed, and nothing
// is stored or told before the visitor opens the window.
(() => {
  /** @type {any} */
  const page = window;
  const script = page.document.currentScript;
  const early = page.chatsite;
  // Included twice.
  if (!script?.dataset.site || early?.v) return;

  const { origin } = new URL(script.src);
  const base = `${origin}/w/${script.dataset.site}/`;
  const lang = document.documentElement.lang || navigator.language;
  const words = { de: "Chat öffnen|Chat schließen|neu", ar: "فتح المحادثة|إغلاق المحادثة|جديد" }[lang.slice(0, 2)];
  const [toOpen = "", toClose = "", fresh] = (words || "Open chat|Close chat|new").split("|");
  const phone = matchMedia("(max-width:480px)");
  const view = page.visualViewport;
  /** @type {Record<string, Function[]>} */
  const listeners = {};
  /** @type {any} */
  let none;
  let timer = none, root = none, frame = none;
  let open = false, shown = true, wanted = false, ready = false, unread = 0, handle = "", told = "";

  /** @type {any} */
  const parts = new DocumentFragment();
  const add = (tag = "", into = parts, values = {}) => into.appendChild(Object.assign(document.createElement(tag), values));
  const panel = add("div");
  const button = add("button");
  const badge = add("span", button);

  const style = `
    div,button{all:initial;position:fixed;z-index:2147483000;bottom:20px;SIDE:20px;color-scheme:light dark;box-shadow:0 8px 40px #0a102848;transition:.18s}
    button{width:56px;height:56px;border-radius:50%;cursor:pointer;background:COLOR}
    button:hover{transform:scale(1.05)}
    button:focus-visible{outline:3px solid COLOR;outline-offset:3px}
    button::before{content:"";position:absolute;inset:14px;background:INK;clip-path:path("M14 3c6 0 11 4 11 9s-5 9-11 9q-2 0-4-.6L4 24l1-5q-2-3-2-7c0-5 5-9 11-9z")}
    [aria-expanded=true]::before{clip-path:path("M4 10l2-2 8 8 8-8 2 2-10 10z")}
    span{position:absolute;top:-4px;right:-4px;min-width:22px;border-radius:11px;background:#c4342f;color:#fff;font:600 12px/22px system-ui;text-align:center}
    div{bottom:92px;width:400px;height:min(680px,100% - 112px);border-radius:18px;overflow:hidden;background:linear-gradient(COLOR 72px,Canvas 0);opacity:0;visibility:hidden;transform:translateY(12px)}
    .on{opacity:1;visibility:visible;transform:none}
    iframe{width:100%;height:100%;border:0;opacity:0}
    .in iframe{opacity:1}
    [hidden]{display:none!important}
    @media(max-width:480px){div{inset:0;width:100%;height:100%;border-radius:0}.on~button{visibility:hidden}}
    @media(prefers-reduced-motion){*{transition:none!important}}
    @media(forced-colors:active){div,button{outline:2px solid}button::before{forced-color-adjust:none;background:ButtonText}}
    @media print{div,button{display:none}}`;

  const post = (type = "", more = {}) => ready && frame.contentWindow?.postMessage({ chatsite: 1, type, ...more }, origin);

  // Not in our stack.
  const emit = (name = "", value = 0) => listeners[name]?.forEach((run) => setTimeout(run, 0, value));

  const postPage = () => {
    // Query and fragment may tell what the visitor did not mean to say.
    const url = location.origin + location.pathname;
    const title = document.title.slice(0, 200);
    if (ready && told !== (told = url + title)) post("page", { page: { url, title } });
  };

  // On a phone the window is what the keyboard leaves of the screen.
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
    button.ariaExpanded = String(open);
    button.ariaLabel = open ? toClose : toOpen + (unread ? `, ${unread} ${fresh}` : "");
    fit();
  };

  // `focus`: the visitor did it himself, so the caret may move.
  const turn = (state = false, focus = true) => {
    wanted = state && focus;
    if (!root || open === state) return;
    open = state;
    clearInterval(timer);
    if (open) {
      load();
      // For pages that change their address without loading.
      timer = setInterval(postPage, 1000);
      if (focus) frame.focus();
    } else if (focus) button.focus();
    draw();
    postPage();
    post(open ? "open" : "close", { focus });
    emit(open ? "open" : "close");
  };

  // Our one key in the page's storage, only while a chat lasts. Where storage is denied nothing is kept.
  const kept = (text = "?") => {
    try {
      const store = sessionStorage;
      if (!text) store.removeItem("chatsite");
      else if (text !== "?") store.chatsite = text;
      return store.chatsite || "";
    } catch {
      return "";
    }
  };

  addEventListener("message", ({ data, source, origin: from }) => {
    if (!frame || source !== frame.contentWindow || from !== origin || data?.chatsite !== 1) return;
    if (data.type === "close") turn(false);
    if (data.type === "unread" && unread !== data.count) {
      unread = data.count;
      draw();
      emit("unread", unread);
    }
    if (data.type === "state") {
      handle = data.handle || "";
      kept(data.state === "none" ? "" : data.state + (handle && "." + handle));
    }
  });

  page.chatsite = (what = "", name = "", run = Boolean) => {
    if (what === "open") turn(true);
    if (what === "close") turn(false);
    if (what === "show" || what === "hide") {
      shown = what === "show";
      if (root) draw();
    }
    if (what === "on") (listeners[name] ||= []).push(run);
    if (what === "off") listeners[name] = listeners[name]?.filter((one) => one !== run) || [];
  };
  page.chatsite.v = 1;
  for (const call of early?.q || []) page.chatsite(...call);

  fetch(`${base}config.json`, { credentials: "omit" })
    .then((answer) => answer.json())
    .then(({ show, reason, color, position }) => {
      if (!show) return console.info("Chatsite is not shown:", reason);
      const rgb = parseInt(color.slice(1), 16);
      // As bright as it looks, to 2550.
      const light = (rgb >> 16) * 3 + ((rgb >> 8) & 255) * 6 + (rgb & 255);
      // Made by script, so the page's style policy does not stop it.
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(style.replaceAll("COLOR", color).replace("INK", light > 1300 ? "#111" : "#fff").replace("SIDE", position));
      // The body may not be there yet.
      root = add("chatsite-widget", document.documentElement);
      const shadow = root.attachShadow({ mode: "closed" });
      shadow.adoptedStyleSheets = [sheet];
      shadow.append(parts);
      for (const name of ["pointerenter", "focus", "touchstart"]) button.addEventListener(name, load, { passive: true });
      button.onclick = () => turn(!open);
      phone.onchange = view.onresize = view.onscroll = fit;
      draw();
      // A chat from an earlier page comes back as it was left.
      const [state, ...rest] = kept().split(".");
      handle = rest.join(".");
      if (wanted) turn(true);
      else if (state === "open" && !phone.matches) turn(true, false);
      else if (state) {
        wanted = true;
        load();
      }
    })
    .catch(() => console.info("Chatsite is out of reach."));
})();
