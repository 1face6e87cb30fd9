// The bar above the chats: time, the week, the helpdesk, the rules, and how the page looks.
import { Component, html, useState } from "./view.js";
import { post } from "./api.js";
import { LANGUAGES, longMoment, t } from "./format.js";
import { Icon } from "./icons.js";
import { attempt, choose, now, setDialog, store, toast } from "./store.js";

const TICK_MS = 1000;
const THEMES = ["auto", "light", "dark"];

/** Move the playground's time by "5m", "1h" or "1d". */
export function move(span) {
  return attempt(() => post("/api/time", { move: span }));
}

class Clock extends Component {
  componentDidMount() { this.timer = setInterval(() => this.setState({}), TICK_MS); }
  componentWillUnmount() { clearInterval(this.timer); }
  render() {
    return html`<span class="clock" data-testid="clock" title=${t("control.now")}><${Icon} name="clock" />
      <time dateTime=${new Date(now()).toISOString()}>${longMoment(now())}</time></span>`;
  }
}

function Week({ isBusy }) {
  const [seed, setSeed] = useState("7");
  const run = async () => {
    const result = await attempt(() => post("/api/week", { seed: Number(seed) || 0 }));
    if (result) toast(t("done.week"));
  };
  return html`<span class="joined"><button type="button" data-testid="week" disabled=${isBusy} onClick=${run}>
      <${Icon} name="calendar" />${t("control.week")}</button>
    <label class="seed"><span class="faint">${t("control.seed")}</span>
      <input type="number" min="0" max="9999" data-testid="seed" value=${seed} onInput=${(event) => setSeed(event.target.value)} /></label></span>`;
}

function Rules({ isBusy }) {
  const { production_rules: isProduction } = store.stage;
  const turn = () => attempt(() => post("/api/rules", { production: !isProduction }));
  return html`<button type="button" role="switch" class="switch" data-testid="production-rules" aria-checked=${isProduction}
    disabled=${isBusy} onClick=${turn}><span class="knob"></span>${t("control.production")}</button>`;
}

function Looks() {
  const next = THEMES[(THEMES.indexOf(store.theme) + 1) % THEMES.length];
  const icon = { auto: "half", light: "sun", dark: "moon" }[store.theme];
  const label = `${t("control.theme")}: ${t(`control.theme_${store.theme}`)}`;
  return html`<span class="looks">
    <select data-testid="language" aria-label=${t("control.language")} value=${store.language} onChange=${(event) => choose("language", event.target.value)}>
      ${Object.entries(LANGUAGES).map(([tag, name]) => html`<option value=${tag} lang=${tag} selected=${tag === store.language}>${name}</option>`)}</select>
    <button type="button" class="quiet" data-testid="theme" data-theme=${store.theme} title=${label} aria-label=${label}
      onClick=${() => choose("theme", next)}><${Icon} name=${icon} /></button>
    <button type="button" class="quiet" data-testid="shortcuts" aria-label=${t("control.shortcuts")} title=${t("control.shortcuts")}
      onClick=${() => setDialog({ kind: "keys" })}><${Icon} name="keyboard" /></button></span>`;
}

/** The control bar with the settings in force below it. On a phone all but the clock folds away. */
export function ControlBar() {
  const [isOpen, setOpen] = useState(false);
  const { busy, production_rules: isProduction, settings } = store.stage;
  const isBusy = busy !== null;
  const jump = (span, label, id) => html`<button type="button" data-testid=${id} disabled=${isBusy} onClick=${() => move(span)}>${label}</button>`;
  return html`<header class=${`bar ${isOpen ? "unfolded" : ""}`}>
    <div class="bar-first"><h1><span class="logo" aria-hidden="true"><i></i><i></i><i></i></span>${t("title")}</h1><${Clock} />
      <button type="button" class="quiet only-phone" data-testid="controls" aria-expanded=${isOpen} aria-label=${t("control.menu")}
        onClick=${() => setOpen(!isOpen)}><${Icon} name=${isOpen ? "close" : "menu"} /></button></div>
    <div class="bar-controls">
      <span class="joined" role="group" aria-label=${t("control.time")}>
        ${jump("5m", t("control.five"), "time-5m")}${jump("1h", t("control.hour"), "time-1h")}${jump("1d", t("control.day"), "time-1d")}</span>
      <${Week} isBusy=${isBusy} />
      <button type="button" data-testid="helpdesk" disabled=${isBusy} onClick=${() => setDialog({ kind: "desk" })}><${Icon} name="desk" />${t("control.helpdesk")}</button>
      <button type="button" data-testid="reset" disabled=${isBusy} title=${t("control.reset")} aria-label=${t("control.reset")}
        onClick=${() => setDialog({ kind: "reset" })}><${Icon} name="reset" /></button>
      <${Looks} />
    </div>
    <div class="rules"><${Rules} isBusy=${isBusy} />
      <dl class="settings" data-testid="settings" aria-label=${t(isProduction ? "rules.production" : "rules.play")}>
        ${Object.entries(settings).map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${String(value)}</dd></div>`)}</dl></div>
    <div class="progress" role="status" aria-live="polite">${isBusy && html`<span class="working">${t(`working.${busy}`)}</span>`}</div>
  </header>`;
}
