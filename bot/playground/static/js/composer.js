// Where people write: text, commands with their menu, replies, edits and attachments.
import { Component, html } from "./view.js";
import { get } from "./api.js";
import { AttachMenu } from "./attach.js";
import { nameOf, snippet, t } from "./format.js";
import { Icon } from "./icons.js";
import { senderOf } from "./message.js";
import { act, attempt, changed, party, store } from "./store.js";

const LONGEST_TEXT = 4096; // Telegram's limit for one message
const TALLEST_PX = 160;

const place = (chatId, threadId, person) => `${chatId}:${threadId ?? ""}:${person}`;

/** Start answering or editing a message where `person` writes. `mode`: {reply} or {edit} with a message. */
export function setMode(chatId, threadId, person, mode) {
  const key = place(chatId, threadId, person);
  store.modes.set(key, mode);
  if (mode?.edit) store.drafts.set(key, mode.edit.text ?? mode.edit.caption ?? "");
  changed();
  requestAnimationFrame(() => document.querySelector(`[data-place="${key}"]`)?.focus());
}

/** What the bot asks to be answered now: its newest message, if that opens the reply box. */
function forced(messages, person) {
  const last = messages[messages.length - 1];
  const wants = last?.reply_markup?.force_reply && last.from?.id !== person;
  return wants && !store.dismissed.has(`${last.chat.id}:${last.message_id}`) ? last : null;
}

/** Props: `chatId`, `threadId`, `person` (id), `messages` of this place, `showsMenu` (the command button). */
export class Composer extends Component {
  constructor(props) {
    super(props);
    this.state = { commands: null, chosen: -1, isListOpen: false };
    this.attach = (element) => { this.box = element; };
    this.onKey = (event) => this.key(event);
    this.onInput = (event) => this.typed(event.target.value);
    this.onLeave = (event) => {
      if (!event.currentTarget.contains(event.relatedTarget)) this.setState({ isListOpen: false });
    };
  }

  get where() { return place(this.props.chatId, this.props.threadId, this.props.person); }
  get draft() { return store.drafts.get(this.where) ?? ""; }

  get mode() {
    const mode = store.modes.get(this.where);
    if (mode) return mode;
    const message = forced(this.props.messages, this.props.person);
    return message ? { reply: message, isForced: true } : {};
  }

  componentDidMount() { this.fit(); }

  componentDidUpdate() {
    this.fit();
    const prompt = this.mode.isForced ? this.mode.reply.message_id : null;
    if (prompt && prompt !== this.prompted && document.activeElement?.closest(".pane") === this.box.closest(".pane")) {
      this.box.focus();
    }
    this.prompted = prompt;
  }

  fit() {
    this.box.style.height = "auto";
    this.box.style.height = `${Math.min(this.box.scrollHeight, TALLEST_PX)}px`;
  }

  typed(text) {
    store.drafts.set(this.where, text);
    const isCommand = text.startsWith("/") && !text.startsWith("//") && !/\s/.test(text);
    if (isCommand && !this.state.isListOpen) this.loadCommands();
    this.setState({ isListOpen: isCommand, chosen: -1 });
    changed();
  }

  async loadCommands() {
    const { chatId, person } = this.props;
    const answer = await attempt(() => get(`/api/commands?chat_id=${chatId}&person_id=${person}`));
    this.setState({ commands: answer?.commands ?? [] });
  }

  toggleMenu() {
    if (!this.state.isListOpen) this.loadCommands();
    this.setState({ isListOpen: !this.state.isListOpen, chosen: -1 });
    this.box.focus();
  }

  matching() {
    if (!this.state.isListOpen) return [];
    const typed = this.draft.startsWith("/") ? this.draft.slice(1).toLowerCase() : "";
    return (this.state.commands ?? []).filter((command) => command.command.startsWith(typed));
  }

  key(event) {
    const list = this.matching();
    const { chosen } = this.state;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.isComposing) return; // Enter ends the choice of hanzi there, not the message
    if (step && list.length) {
      event.preventDefault();
      this.setState({ chosen: (chosen + step + list.length + (chosen < 0 && step < 0 ? 1 : 0)) % list.length });
    } else if (event.key === "ArrowUp" && !this.draft) {
      const own = this.props.messages.findLast((m) => m.from?.id === this.props.person && m.text);
      if (own) { event.preventDefault(); setMode(this.props.chatId, this.props.threadId, this.props.person, { edit: own }); }
    } else if (event.key === "Tab" && list.length && !event.shiftKey) {
      event.preventDefault();
      this.typed(`/${list[Math.max(chosen, 0)].command} `);
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      if (chosen >= 0 && list[chosen]) this.send(`/${list[chosen].command}`);
      else this.send(this.draft);
    } else if (event.key === "Escape") {
      if (this.state.isListOpen) { event.stopPropagation(); this.setState({ isListOpen: false }); } else this.leaveMode();
    }
  }

  leaveMode() {
    const { mode } = this;
    if (mode.isForced) store.dismissed.add(`${mode.reply.chat.id}:${mode.reply.message_id}`);
    if (mode.edit) store.drafts.delete(this.where);
    store.modes.delete(this.where);
    changed();
  }

  async send(raw) {
    const text = raw.trim();
    if (!text) return;
    const { chatId, threadId, person } = this.props;
    const { mode, where } = this;
    store.drafts.delete(where);
    store.modes.delete(where);
    this.setState({ isListOpen: false, chosen: -1 });
    changed();
    const body = mode.edit ? { text: mode.edit.text === undefined ? undefined : text, caption: mode.edit.text === undefined ? text : undefined } : { text };
    const answer = mode.edit
      ? await act(person, "edit", { chat_id: chatId, message_id: mode.edit.message_id, ...body })
      : await act(person, "say", { chat_id: chatId, thread_id: threadId, reply_to: mode.reply?.message_id, ...body });
    if (!answer && !store.drafts.has(where)) { store.drafts.set(where, raw); changed(); }
  }

  render({ chatId, threadId, person, showsMenu }) {
    const { mode } = this;
    const list = this.matching();
    const about = mode.reply ?? mode.edit;
    const hint = mode.isForced && mode.reply.reply_markup.input_field_placeholder;
    const name = nameOf(party(person));
    return html`<div class="composer" onFocusout=${this.onLeave}>
      ${list.length > 0 && html`<ul class="commands" role="listbox" aria-label=${t("chat.commands")}>
        ${list.map((command, i) => html`<li role="option" aria-selected=${i === this.state.chosen} tabindex="-1"
          onMouseDown=${(event) => event.preventDefault()} onClick=${() => this.send(`/${command.command}`)}>
          <span class="accent">/${command.command}</span><span class="faint" dir="auto">${command.description}</span></li>`)}</ul>`}
      ${about && html`<div class="mode"><${Icon} name=${mode.edit ? "edit" : "reply"} /><span class="pinned-words">
        <span class="accent">${mode.edit ? t("chat.editing") : t("chat.reply_to", { name: nameOf(senderOf(about)) })}</span>
        <span class="faint" dir="auto">${snippet(about)}</span></span>
        <button type="button" class="quiet" aria-label=${t("act.cancel")} onClick=${() => this.leaveMode()}><${Icon} name="close" /></button></div>`}
      <form class="write" onSubmit=${(event) => { event.preventDefault(); this.send(this.draft); }}>
        ${showsMenu && html`<button type="button" class="quiet" data-testid="commands" aria-label=${t("chat.command_menu")}
          aria-expanded=${this.state.isListOpen} onClick=${() => this.toggleMenu()}><${Icon} name="menu" /></button>`}
        <${AttachMenu} chatId=${chatId} threadId=${threadId} person=${person} />
        <textarea ref=${this.attach} rows="1" dir="auto" maxlength=${LONGEST_TEXT} data-testid="composer" data-place=${this.where}
          aria-label=${t("chat.place", { name })} placeholder=${hint || t("chat.place", { name })} value=${this.draft}
          onInput=${this.onInput} onKeyDown=${this.onKey}></textarea>
        <button type="submit" class="send" data-testid="send" aria-label=${t("act.send")} disabled=${!this.draft.trim()}><${Icon} name="send" /></button>
      </form>
    </div>`;
  }
}
