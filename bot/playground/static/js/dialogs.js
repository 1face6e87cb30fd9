// Windows over the page: a large picture, the bot's alert, the helpdesk, the shortcuts, starting over.
import { Component, html, useState } from "./view.js";
import { post } from "./api.js";
import { nameOf, t } from "./format.js";
import { Icon } from "./icons.js";
import { attempt, party, setDialog, store } from "./store.js";

class Window extends Component {
  constructor(props) {
    super(props);
    this.attach = (element) => { this.element = element; };
  }

  componentDidMount() { this.element.showModal(); }

  render({ title, wide, children }) {
    const outside = (event) => { if (event.target === this.element) setDialog(null); };
    return html`<dialog ref=${this.attach} class=${wide ? "wide" : ""} aria-label=${title} onClose=${() => setDialog(null)} onClick=${outside}>
      <div class="window"><header><h2>${title}</h2><button type="button" class="quiet" aria-label=${t("close")} onClick=${() => setDialog(null)}>
        <${Icon} name="close" /></button></header>${children}</div></dialog>`;
  }
}

function Picture({ url, caption }) {
  return html`<${Window} wide title=${t("kind.photo")}><img class="large" src=${url} alt=${caption ?? t("kind.photo")} data-testid="large-picture" />
    ${caption && html`<p dir="auto" class="words">${caption}</p>`}</${Window}>`;
}

function Alert({ text }) {
  return html`<${Window} title=${nameOf(store.stage.bot)}><p dir="auto" class="words">${text}</p>
    <footer><button type="button" class="primary" autofocus onClick=${() => setDialog(null)}>${t("close")}</button></footer></${Window}>`;
}

function Reset() {
  const reset = () => { setDialog(null); attempt(() => post("/api/reset")); };
  return html`<${Window} title=${t("control.reset")}><p>${t("control.reset_ask")}</p><footer>
    <button type="button" onClick=${() => setDialog(null)}>${t("act.cancel")}</button>
    <button type="button" class="primary" data-testid="reset-yes" onClick=${reset}>${t("control.reset")}</button></footer></${Window}>`;
}

const KEYS = [
  ["Enter", "keys.send"], ["Shift Enter", "keys.newline"], ["/", "keys.slash"], ["↑", "keys.edit"], ["Esc", "keys.close"],
  ["Alt 1 … 4", "keys.pane"], ["Alt M, H, D", "keys.time"], ["?", "keys.help"],
];

function Keys() {
  return html`<${Window} title=${t("control.shortcuts")}><dl class="keys-list">${KEYS.map(([keys, text]) => html`
    <div><dt>${keys.split(" ").map((key) => (/^[…,]$/.test(key) ? ` ${key} ` : html`<kbd>${key}</kbd> `))}</dt><dd>${t(text)}</dd></div>`)}</dl></${Window}>`;
}

const TAKEN = { // the form's first values: a usual conversation of the day
  agent: "Olga", team: "tier-1", tags: "billing", language: "", closed_by: "agent", resolved_by: "human",
  first_response: "3", customer_messages: "4", agent_messages: "5",
};

function Desk() {
  const { customers } = store.stage.roles;
  const [form, setForm] = useState({ customer: store.shown.customer, ...TAKEN });
  const [answer, setAnswer] = useState(null);
  const set = (name) => (event) => setForm({ ...form, [name]: event.target.value });
  const send = async (event) => {
    event.preventDefault();
    const result = await attempt(() => post("/api/helpdesk", {
      customer: Number(form.customer), agent: form.agent || null, team: form.team || null, language: form.language || null,
      tags: form.tags.split(/[,，]/).map((tag) => tag.trim()).filter(Boolean), closed_by: form.closed_by, resolved_by: form.resolved_by,
      first_response_seconds: Math.round(Number(form.first_response) * 60),
      customer_messages: Number(form.customer_messages), agent_messages: Number(form.agent_messages),
    }));
    if (result) setAnswer(result);
  };
  const field = (name, label, type = "text") => html`<label>${label}<input type=${type} min="0" dir="auto" name=${name} value=${form[name]} onInput=${set(name)} /></label>`;
  const select = (name, label, options) => html`<label>${label}<select name=${name} value=${form[name]} onChange=${set(name)}>
    ${options.map(([value, text]) => html`<option value=${value} selected=${String(value) === String(form[name])}>${text}</option>`)}</select></label>`;
  const words = (prefix, values) => values.map((value) => [value, t(`${prefix}.${value}`)]);
  return html`<${Window} title=${t("control.helpdesk")}><p class="faint">${t("desk.explain")}</p>
    <form class="desk" onSubmit=${send}>
      ${select("customer", t("desk.customer"), customers.map((id) => [id, nameOf(party(id))]))}
      ${select("language", t("desk.language"), [["", t("desk.language_of")], ["en", "English"], ["zh-Hans", "简体中文"], ["ar", "العربية"]])}
      ${field("agent", t("desk.agent"))}${field("team", t("desk.team"))}
      ${select("closed_by", t("desk.closed_by"), words("desk.by", ["agent", "customer", "bot", "timeout"]))}
      ${select("resolved_by", t("desk.resolved_by"), words("desk.resolved", ["human", "bot", "nobody"]))}
      ${field("customer_messages", t("desk.customer_messages"), "number")}${field("agent_messages", t("desk.agent_messages"), "number")}
      ${field("first_response", t("desk.first_response"), "number")}${field("tags", t("desk.tags"))}
      <footer><button type="submit" class="primary" data-testid="helpdesk-send">${t("desk.send")}</button></footer></form>
    ${answer && html`<h3>${t("desk.answer")}</h3><pre class="answer" data-testid="helpdesk-answer" tabindex="0" dir="ltr">${JSON.stringify(answer, null, 2)}</pre>`}</${Window}>`;
}

const KINDS = { picture: Picture, alert: Alert, reset: Reset, keys: Keys, desk: Desk };

/** Whatever window is open. */
export function Dialog() {
  const { dialog } = store;
  if (!dialog) return null;
  const View = KINDS[dialog.kind];
  return html`<${View} key=${dialog.kind} ...${dialog} />`;
}
