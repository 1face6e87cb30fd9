// One message as people know it: bubble with tail, name, quote, text, buttons, time; or a line for service news.
import { Component, html, useState } from "./view.js";
import { clockTime, dayKey, dayLabel, hue, initials, kindOf, nameOf, snippet, t } from "./format.js";
import { Icon } from "./icons.js";
import { Media, Photo } from "./media.js";
import { rich } from "./rich.js";
import { press, store } from "./store.js";

/** A round picture with initials. */
export function Avatar({ party, small }) {
  return html`<span class=${`avatar ${hue(party?.id ?? 0)} ${small ? "small" : ""}`} aria-hidden="true">${initials(party)}</span>`;
}

const SERVICE = {
  forum_topic_created: (m, who) => t("service.created", { name: who, topic: m.forum_topic_created.name }),
  forum_topic_closed: (_, who) => t("service.closed", { name: who }),
  forum_topic_reopened: (_, who) => t("service.reopened", { name: who }),
  forum_topic_edited: (m, who) => t("service.renamed", { name: who, topic: m.forum_topic_edited.name ?? "" }),
  pinned_message: (_, who) => t("service.pinned", { name: who }),
  new_chat_members: (m) => m.new_chat_members.map((user) => t("service.joined", { name: nameOf(user) })).join("\n"),
  left_chat_member: (m) => t("service.left", { name: nameOf(m.left_chat_member) }),
  group_chat_created: (m, who) => t("service.group", { name: who, topic: m.chat.title }),
  new_chat_title: (m, who) => t("service.title", { name: who, topic: m.new_chat_title }),
  migrate_to_chat_id: () => t("service.migrated"),
  migrate_from_chat_id: () => t("service.migrated"),
};

/** The words of a service message; `null` for a message that people wrote. */
export function serviceText(message) {
  const kind = Object.keys(SERVICE).find((name) => message[name] !== undefined);
  return kind ? SERVICE[kind](message, `\u2068${nameOf(senderOf(message))}\u2069`) : null;
}

/** Who a message is shown from: a channel or anonymous admins speak as their chat. */
export function senderOf(message) {
  return message.sender_chat ?? message.from ?? message.chat;
}

/** The message that this one answers, unless it is only the root of its topic. */
export function repliedTo(message) {
  const other = message.reply_to_message;
  return other && !other.forum_topic_created && other.message_id !== message.message_thread_id ? other : null;
}

function Keyboard({ message, viewer }) {
  const rows = message.reply_markup?.inline_keyboard;
  if (!rows?.length) return null;
  return html`<div class="keyboard" dir="ltr">${rows.map((row) => html`<div class="keys">
    ${row.map((button) => html`<${Key} button=${button} message=${message} viewer=${viewer} />`)}</div>`)}</div>`;
}

function Key({ button, message, viewer }) {
  if (button.url) {
    return html`<a class="key" dir="auto" href=${/^(https?|tg):/i.test(button.url) ? button.url : "#"} target="_blank"
      rel="noopener noreferrer">${button.text}</a>`;
  }
  const data = button.callback_data;
  const isTurning = store.pressed.has(`${message.chat.id}:${message.message_id}:${data}`);
  return html`<button type="button" class=${`key ${isTurning ? "turning" : ""} ${button.style ?? ""}`} dir="auto"
    data-callback=${data} disabled=${data === undefined} aria-busy=${isTurning} title=${isTurning ? t("message.pressed") : undefined}
    onClick=${() => press(viewer, message, data)}>${button.text}</button>`;
}

function Quoted({ message, onJump }) {
  const author = senderOf(message);
  return html`<button type="button" class=${`quoted ${hue(author.id)}`} onClick=${() => onJump(message.message_id)}>
    <bdi class="quoted-name">${nameOf(author)}</bdi><span class="quoted-text" dir="auto">${snippet(message)}</span></button>`;
}

function Actions({ message, isOwn, on }) {
  const [isOpen, setOpen] = useState(false);
  const pick = (run) => () => { setOpen(false); run(message); };
  const leave = (event) => { if (!event.currentTarget.contains(event.relatedTarget)) setOpen(false); };
  const escape = (event) => { if (event.key === "Escape" && isOpen) { event.stopPropagation(); setOpen(false); } };
  const item = (run, icon, label) => run && html`<button type="button" role="menuitem" onClick=${pick(run)}>
    <${Icon} name=${icon} />${label}</button>`;
  return html`<span class="actions" onFocusout=${leave} onKeyDown=${escape}>
    <button type="button" class="quiet" aria-label=${t("act.more")} aria-haspopup="menu" aria-expanded=${isOpen}
      onClick=${() => setOpen(!isOpen)}><${Icon} name="more" /></button>
    ${isOpen && html`<span class="menu" role="menu">
      ${item(on.reply, "reply", t("act.reply"))}
      ${isOwn && item(on.edit, "edit", t("act.edit"))}
      ${isOwn && message.location?.live_period && item(on.walk, "place", t("act.walk"))}
      ${isOwn && message.location?.live_period && item(on.stop, "close", t("act.stop"))}
      ${item(on.pin, "pin", t("act.pin"))}
      ${item(on.copy, "file", t("act.address"))}</span>`}</span>`;
}

/**
 * One bubble. `album`: the further messages of its media group; `isFirst`, `isLast`: its place among neighbours of
 * one sender; `on`: reply, edit, walk and stop (of a live
 * location), pin, copy (message), command (text), topic (chat, thread), jump (message id).
 */
export class Bubble extends Component {
  shouldComponentUpdate(next) {
    const now = this.props;
    const hasButtons = next.message.reply_markup !== undefined; // they turn and stop without a change of the message
    return hasButtons || next.album.length !== now.album.length
      || ["message", "isFirst", "isLast", "viewer", "language", "showsNames"].some((name) => next[name] !== now[name]);
  }

  render({ message, album, viewer, isFirst, isLast, showsNames, on }) {
    const author = senderOf(message);
    const isOwn = !message.sender_chat && author.id === viewer;
    const pictures = [message, ...album].filter((m) => m.photo);
    const words = message.text ?? [message, ...album].map((m) => m.caption).find(Boolean);
    const entities = message.text !== undefined ? message.entities
      : [message, ...album].find((m) => m.caption)?.caption_entities;
    const other = repliedTo(message);
    const kind = kindOf(message);
    const classes = ["bubble", isOwn ? "own" : "", isLast ? "last" : "", kind === "sticker" ? "bare" : "",
      pictures.length && !words ? "only-picture" : "", message.justEdited ? `flash-${message.justEdited % 2}` : ""];
    const origin = message.forward_origin;
    const meta = html`<span class="meta">${message.edit_date && `${t("message.edited")} `}<time>${clockTime(message.date)}</time></span>`;
    return html`<li class=${`row ${isOwn ? "own" : ""} ${isFirst ? "first" : ""}`} data-message-id=${message.message_id}>
      ${showsNames && !isOwn && html`<span class="side">${isLast && html`<${Avatar} party=${author} small />`}</span>`}
      <div class="stack">
        <article class=${classes.join(" ")} aria-label=${t("message.at", { name: nameOf(author), time: clockTime(message.date) })}>
          ${showsNames && !isOwn && isFirst && html`<bdi class=${`author ${hue(author.id)}`}>${nameOf(author)}
            ${author.is_bot && html`<span class="badge">${t("message.bot")}</span>`}</bdi>`}
          ${origin && html`<em class="faint">${t("message.forwarded", { name: nameOf(origin.sender_user ?? origin.chat) })}</em>`}
          ${other && html`<${Quoted} message=${other} onJump=${on.jump} />`}
          ${pictures.length > 1
            ? html`<div class="album">${pictures.map((m) => html`<${Photo} message=${m} key=${m.message_id} />`)}</div>`
            : html`<${Media} message=${message} />`}
          ${album.filter((m) => !m.photo).map((m) => html`<${Media} message=${m} key=${m.message_id} />`)}
          ${words ? html`<div class="words" dir="auto">${rich(words, entities, on)}${meta}</div>` : meta}
        </article>
        <${Keyboard} message=${message} viewer=${viewer} />
      </div>
      <${Actions} message=${message} isOwn=${isOwn} on=${on} />
    </li>`;
  }
}

function Day({ date, now, children }) {
  return html`<li class="day-rows"><div class="day"><span>${dayLabel(date, now)}</span></div><ol>${children}</ol></li>`;
}

/** The days of a log, each with its service lines, and its bubbles with their albums. `now` in milliseconds. */
export function days(messages, { viewer, showsNames, on, now }) {
  const all = new Map(); // day key → {date, rows}
  for (let i = 0; i < messages.length; i += 1) {
    const message = messages[i];
    const key = dayKey(message.date * 1000);
    if (!all.has(key)) all.set(key, { date: message.date, rows: [] });
    const service = serviceText(message);
    const album = [];
    while (message.media_group_id && messages[i + 1]?.media_group_id === message.media_group_id) album.push(messages[++i]);
    const before = messages[i - album.length - 1];
    all.get(key).rows.push(service
      ? html`<li class="service" key=${message.message_id} data-message-id=${message.message_id}><span>${service}</span></li>`
      : html`<${Bubble} key=${message.message_id} message=${message} album=${album} viewer=${viewer} isFirst=${!joins(before, message)}
          isLast=${!joins(message, messages[i + 1])} showsNames=${showsNames} on=${on} language=${store.language} />`);
  }
  return [...all].map(([key, { date, rows }]) => html`<${Day} key=${key} date=${date} now=${now}>${rows}</${Day}>`);
}

const NEIGHBOUR_SECONDS = 600;

function joins(first, second) {
  return Boolean(first && second) && !serviceText(first) && !serviceText(second)
    && senderOf(first).id === senderOf(second).id && second.date - first.date < NEIGHBOUR_SECONDS
    && dayKey(first.date * 1000) === dayKey(second.date * 1000);
}
