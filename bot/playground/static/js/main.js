// The page: its columns for the width at hand, the keyboard, and the drawing after each change.
import { html, render } from "./view.js";
import { ControlBar, move } from "./controls.js";
import { Dialog } from "./dialogs.js";
import { speak, t } from "./format.js";
import { Guide } from "./guide.js";
import { Icon } from "./icons.js";
import { PANES } from "./panes.js";
import { activate, changed, follow, onChange, setDialog, store } from "./store.js";

// From the widest on: the first layout whose width fits is used. A column with several panes shows tabs.
const LAYOUTS = [
  [1800, [["customer"], ["forum"], ["staff"], ["admin"]]],
  [1100, [["customer"], ["forum"], ["staff", "admin"]]],
  [720, [["customer"], ["forum", "staff", "admin"]]],
  [0, [["customer", "forum", "staff", "admin"]]],
].map(([width, columns]) => ({ query: window.matchMedia(`(min-width: ${width}px)`), columns }));

function Tabs({ panes, active }) {
  return html`<div class="tabs" role="tablist" aria-label=${t("tabs")}>${panes.map((name) => {
    const waiting = name === active ? 0 : PANES[name].waiting();
    return html`<button type="button" role="tab" id=${`tab-${name}`} data-testid=${`tab-${name}`} aria-selected=${name === active}
      aria-controls=${`pane-${name}`} onClick=${() => activate(name)}><${Icon} name=${PANES[name].icon} /><span>${t(`pane.${name}`)}</span>
      ${waiting > 0 && html`<span class="count" aria-label=${t("message.unread", { n: waiting })}>${waiting > 99 ? "99+" : waiting}</span>`}</button>`;
  })}</div>`;
}

function Column({ panes }) {
  const active = store.lastActive.find((name) => panes.includes(name));
  const { View } = PANES[active];
  return html`<div class=${`column holds-${panes[0]}`}>${panes.length > 1 && html`<${Tabs} panes=${panes} active=${active} />`}
    <section class="pane" key=${active} id=${`pane-${active}`} data-pane=${active} aria-label=${t(`pane.${active}`)}><${View} /></section></div>`;
}

function Page() {
  if (!store.isReady) return html`<p class="waiting" aria-live="polite">${store.isConnected ? "…" : t("error.offline")}</p>`;
  const { columns } = LAYOUTS.find(({ query }) => query.matches);
  return html`<${ControlBar} /><${Guide} />
    ${!store.isConnected && html`<p class="offline" role="alert">${t("error.offline")}</p>`}
    <main class=${`columns of-${columns.length}`}>${columns.map((panes) => html`<${Column} key=${panes[0]} panes=${panes} />`)}</main>
    <div class="page-toasts" aria-live="assertive">${store.toasts.filter((note) => !note.pane).map((note) => html`<div class="toast" role="status" dir="auto">${note.text}</div>`)}</div>
    <${Dialog} />`;
}

function draw() {
  const root = document.documentElement;
  speak(store.language);
  root.lang = store.language;
  if (store.theme === "auto") delete root.dataset.theme;
  else root.dataset.theme = store.theme;
  document.title = t("title");
  render(html`<${Page} />`, document.getElementById("page"));
}

function focusIn(name) {
  const pane = document.querySelector(`[data-pane="${name}"]`);
  const places = ["textarea", "[data-testid=start]", ".topic-row", ".log"];
  places.map((place) => pane?.querySelector(place)).find(Boolean)?.focus();
  return pane !== null;
}

function goTo(name) {
  activate(name);
  if (!focusIn(name)) requestAnimationFrame(() => focusIn(name)); // behind a tab: it is drawn with the next frame
}

const SPANS = { KeyM: "5m", KeyH: "1h", KeyD: "1d" };

document.addEventListener("keydown", (event) => {
  if (!store.isReady || store.dialog) return;
  const isWriting = event.target.closest("input, textarea, select");
  const pane = Object.keys(PANES)[Number(event.code.replace("Digit", "")) - 1];
  if (event.altKey && pane) { event.preventDefault(); goTo(pane); }
  else if (event.altKey && SPANS[event.code] && store.stage.busy === null) { event.preventDefault(); move(SPANS[event.code]); }
  else if (event.key === "?" && !isWriting) { event.preventDefault(); setDialog({ kind: "keys" }); }
});

LAYOUTS.forEach(({ query }) => query.addEventListener("change", changed));
onChange(draw);
draw();
follow();
