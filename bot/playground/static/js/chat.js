// A chat's log: it stays at its end while the reader is there, and says how many came while they were not.
import { Component, html } from "./view.js";
import { snippet, t } from "./format.js";
import { Icon } from "./icons.js";
import { days } from "./message.js";
import { markRead, now, store, toast, unread } from "./store.js";

const NEAR_END_PX = 60;

/**
 * Props: `chatId`, `threadId` (null: General or no topics), `messages`, `viewer` (person id), `title`,
 * `showsNames`, `on` (see Bubble), `pane`, and what to show while it is empty as children.
 */
export class ChatLog extends Component {
  constructor(props) {
    super(props);
    this.isAtEnd = true;
    this.top = 0; // where the log stood when we last looked, in pixels
    this.attach = (element) => { this.element = element; };
    this.watch = new ResizeObserver(() => this.follow());
    this.onScroll = () => this.scrolled();
  }

  componentDidMount() {
    this.watch.observe(this.element);
    this.watch.observe(this.element.firstElementChild);
    this.toEnd();
  }

  componentWillUnmount() { this.watch.disconnect(); }

  getSnapshotBeforeUpdate(before) {
    const { messages, chatId, threadId, viewer } = this.props;
    const isOther = before.chatId !== chatId || before.threadId !== threadId;
    const last = messages[messages.length - 1];
    const isOwnNew = messages.length > before.messages.length && last?.from?.id === viewer;
    if (isOther || isOwnNew) this.isAtEnd = true;
    return null;
  }

  componentDidUpdate() { this.follow(); }

  follow() {
    if (this.isAtEnd) this.toEnd();
  }

  toEnd() {
    this.isAtEnd = true;
    this.element.scrollTop = this.element.scrollHeight;
    this.top = this.element.scrollTop;
    this.seen();
  }

  scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    const wasAtEnd = this.isAtEnd;
    const isNear = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    if (isNear) this.isAtEnd = true;
    else if (scrollTop < this.top) this.isAtEnd = false; // only people scroll up; a late picture only makes the log longer
    this.top = scrollTop;
    if (isNear) this.seen();
    if (wasAtEnd !== this.isAtEnd) this.setState({});
  }

  seen() {
    const { messages, chatId, threadId } = this.props;
    if (messages.length) markRead(chatId, threadId, messages[messages.length - 1].message_id);
  }

  jump(messageId) {
    const row = this.element.querySelector(`li[data-message-id="${Number(messageId)}"]`);
    if (!row) return;
    row.scrollIntoView({ block: "center", behavior: "smooth" });
    row.classList.add("found");
    setTimeout(() => row.classList.remove("found"), 1600);
  }

  render({ chatId, threadId, messages, viewer, title, showsNames, on, pane, children }) {
    const pinnedIds = store.pinned.get(chatId) ?? [];
    const pinned = messages.filter((m) => pinnedIds.includes(m.message_id)).pop();
    const isNews = !this.isAtEnd && unread(messages, chatId, threadId, viewer);
    const copy = (message) => navigator.clipboard.writeText(message.text ?? message.caption ?? "")
      .then(() => toast(t("message.copied"), pane));
    const handlers = { ...on, copy, jump: (id) => this.jump(id) };
    return html`<div class="log-frame">
      ${pinned && html`<button type="button" class="pinned" onClick=${() => this.jump(pinned.message_id)}>
        <${Icon} name="pin" /><span class="pinned-words"><span class="accent">${t("chat.pinned")}</span>
        <span dir="auto" class="faint">${snippet(pinned)}</span></span></button>`}
      <div class="log" ref=${this.attach} onScroll=${this.onScroll} tabindex="0" role="log" aria-live="polite"
        aria-label=${t("chat.log", { chat: title })}>
        <ol class="messages">${days(messages, { viewer, showsNames, on: handlers, now: now() })}</ol>
        ${messages.length === 0 && html`<div class="empty">${children ?? html`<p>${t("chat.empty")}</p>`}</div>`}
      </div>
      ${!this.isAtEnd && html`<button type="button" class="to-end" aria-label=${t("act.to_end")} onClick=${() => this.toEnd()}>
        <${Icon} name="down" />${isNews > 0 && html`<span class="count">${isNews}</span>`}</button>`}
      <div class="pane-toasts" aria-live="assertive">
        ${store.toasts.filter((note) => note.pane === pane).map((note) => html`<div class="toast" role="status" dir="auto">${note.text}</div>`)}</div>
    </div>`;
  }
}
