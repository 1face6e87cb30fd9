// The four panes: a customer's chat, the support forum's open topic, the staff's chat and an admin's chat.
import { html, useState } from "./view.js";
import { ChatLog } from "./chat.js";
import { Composer, setMode } from "./composer.js";
import { nameOf, t } from "./format.js";
import { Icon } from "./icons.js";
import { Avatar } from "./message.js";
import { TopicList } from "./topics.js";
import { act, messagesOf, openTopic, party, show, store, unread } from "./store.js";

function Badge({ n }) {
  return n > 0 ? html`<span class="count" aria-label=${t("message.unread", { n })}>${n > 99 ? "99+" : n}</span>` : null;
}

function PersonTabs({ people, shown, onPick, role }) {
  return html`<div class="people" role="group" aria-label=${t(`pane.${role}`)}>${people.map((id) => html`
    <button type="button" class=${`person ${id === shown ? "on" : ""}`} data-testid=${`${role}-${id}`} aria-pressed=${id === shown}
      onClick=${() => onPick(id)}><${Avatar} party=${party(id)} small /><bdi>${party(id).first_name}</bdi>
      <span class="tag">${party(id).language_code}</span>
      <${Badge} n=${id === shown ? 0 : unread(messagesOf(id), id, undefined, id)} /></button>`)}</div>`;
}

/** Choose who writes, where several people may. */
function Writer({ people, shown }) {
  if (people.length < 2) return null;
  return html`<label class="writer"><span class="faint">${t("chat.write_as")}</span>
    <select data-testid="agent" value=${shown} onChange=${(event) => show({ agent: Number(event.target.value) })}>
      ${people.map((id) => html`<option value=${id} selected=${id === shown}>${nameOf(party(id))}</option>`)}</select></label>`;
}

const STEP_DEGREES = 0.002; // about 200 m to the north

const relocate = (person, message, location) => act(person, "edit", { chat_id: message.chat.id, message_id: message.message_id, location });

const handlers = (chatId, threadId, person, extra = {}) => ({
  reply: (message) => setMode(chatId, threadId, person, { reply: message }),
  edit: (message) => setMode(chatId, threadId, person, { edit: message }),
  walk: (message) => relocate(person, message, { latitude: message.location.latitude + STEP_DEGREES }),
  stop: (message) => relocate(person, message, { live_period: null }),
  command: (text) => act(person, "say", { chat_id: chatId, thread_id: threadId, text }),
  topic: (chat, thread) => { if (chat === store.stage.roles.support_forum) openTopic(thread); },
  ...extra,
});

/** The private chat of one person with the bot, as that person sees it. */
function PrivateChat({ person, pane }) {
  const bot = store.stage.bot;
  const messages = messagesOf(person);
  const who = nameOf(party(person));
  const isBlocked = store.stage.blocked.includes(person);
  const hasStarted = store.stage.started.includes(person);
  const start = html`<button type="button" class="big" data-testid="start" onClick=${() => act(person, "start")}>${t("act.start")}</button>`;
  return html`<header class="chat-head"><${Avatar} party=${bot} /><div class="head-words"><bdi class="head-title">${nameOf(bot)}</bdi>
      <span class="faint">@${bot.username}</span></div>
      ${hasStarted && html`<button type="button" class="quiet small" data-testid=${isBlocked ? "unblock" : "block"}
        onClick=${() => act(person, isBlocked ? "unblock" : "block")}>${t(isBlocked ? "act.unblock" : "act.block")}</button>`}</header>
    <${ChatLog} key=${person} chatId=${person} threadId=${null} messages=${messages} viewer=${person} title=${nameOf(bot)}
      showsNames=${false} pane=${pane} on=${handlers(person, null, person)}>
      <div class="card"><${Avatar} party=${bot} /><strong>${t("chat.hello", { name: who })}</strong>
        ${pane === "customer" && html`<span class="faint">${t("chat.hello_more", { name: who })}</span>`}</div></${ChatLog}>
    ${isBlocked ? html`<div class="instead"><p class="faint">${t("chat.blocked", { name: who })}</p></div>`
      : hasStarted ? html`<${Composer} key=${person} chatId=${person} threadId=${null} person=${person} messages=${messages} showsMenu />`
      : html`<div class="instead">${start}</div>`}`;
}

function CustomerPane() {
  const { customers } = store.stage.roles;
  return html`<${PersonTabs} people=${customers} shown=${store.shown.customer} role="customer" onPick=${(id) => show({ customer: id })} />
    <${PrivateChat} person=${store.shown.customer} pane="customer" />`;
}

function AdminPane() {
  const { admins } = store.stage.roles;
  return html`${admins.length > 1 && html`<${PersonTabs} people=${admins} shown=${store.shown.admin} role="admin" onPick=${(id) => show({ admin: id })} />`}
    <${PrivateChat} person=${store.shown.admin} pane="admin" />`;
}

function StaffPane() {
  const { staff_chats: chats, agents } = store.stage.roles;
  const chatId = store.shown.staffChat;
  const chat = party(chatId);
  const isChannel = chat.type === "channel";
  const messages = messagesOf(chatId);
  const agent = store.shown.agent;
  const extra = isChannel ? { reply: null, edit: null, command: null } : { pin: (m) => act(agent, "pin", { chat_id: chatId, message_id: m.message_id }) };
  return html`${chats.length > 1 && html`<div class="people" role="group" aria-label=${t("pane.staff")}>${chats.map((id) => html`
      <button type="button" class=${`person ${id === chatId ? "on" : ""}`} data-testid=${`staff-${id}`} aria-pressed=${id === chatId}
        onClick=${() => show({ staffChat: id })}><${Avatar} party=${party(id)} small /><bdi>${nameOf(party(id))}</bdi>
        <${Badge} n=${id === chatId ? 0 : unread(messagesOf(id), id)} /></button>`)}</div>`}
    <header class="chat-head"><${Avatar} party=${chat} /><div class="head-words"><bdi class="head-title">${nameOf(chat)}</bdi>
      <span class="faint">${t(isChannel ? "chat.channel" : "chat.group")}</span></div>
      ${!isChannel && html`<${Writer} people=${agents} shown=${agent} />`}</header>
    <${ChatLog} key=${chatId} chatId=${chatId} threadId=${null} messages=${messages} viewer=${isChannel ? null : agent} title=${nameOf(chat)}
      showsNames=${!isChannel} pane="staff" on=${handlers(chatId, null, agent, extra)}><div class="card"><${Avatar} party=${chat} />
        <span class="faint">${t("chat.staff_empty")}</span></div></${ChatLog}>
    ${isChannel ? html`<div class="instead"><p class="faint">${t("chat.only_admins")}</p></div>`
      : html`<${Composer} key=${chatId} chatId=${chatId} threadId=${null} person=${agent} messages=${messages} showsMenu />`}`;
}

function Topic({ chatId, topic, onBack }) {
  const agent = store.shown.agent;
  const threadId = topic.thread_id;
  const messages = messagesOf(chatId, threadId);
  const turn = topic.is_closed ? "reopen_topic" : "close_topic";
  const [isAsking, setAsking] = useState(false);
  const change = async () => { setAsking(true); await act(agent, turn, { chat_id: chatId, thread_id: threadId }); setAsking(false); };
  return html`<header class="chat-head"><button type="button" class="quiet only-narrow" aria-label=${t("act.back")} onClick=${onBack}><${Icon} name="back" /></button>
      <div class="head-words"><bdi class="head-title">${topic.name}</bdi>
        <span class=${`state ${topic.is_closed ? "shut" : "open"}`}>${t(topic.is_closed ? "forum.closed" : "forum.open")}</span></div>
      ${threadId !== null && html`<button type="button" class="quiet small" data-testid=${turn.replace("_", "-")} disabled=${isAsking} onClick=${change}>
        <${Icon} name=${topic.is_closed ? "topic" : "check"} />${t(`act.${turn}`)}</button>`}</header>
    <${ChatLog} key=${threadId} chatId=${chatId} threadId=${threadId} messages=${messages} viewer=${agent} title=${topic.name} showsNames
      pane="forum" on=${handlers(chatId, threadId, agent, { pin: (m) => act(agent, "pin", { chat_id: chatId, message_id: m.message_id }) })} />
    <${Composer} key=${threadId} chatId=${chatId} threadId=${threadId} person=${agent} messages=${messages} showsMenu />`;
}

function ForumPane() {
  const chatId = store.stage.roles.support_forum;
  const forum = party(chatId);
  const topics = [{ thread_id: null, name: t("forum.general"), is_closed: false }, ...(store.topics.get(chatId) ?? [])];
  const shown = store.shown.isGeneral ? topics[0] : topics.find((topic) => topic.thread_id !== null && topic.thread_id === store.shown.topic);
  const pick = (topic) => show({ topic: topic.thread_id, isGeneral: topic.thread_id === null });
  return html`<header class="chat-head"><${Avatar} party=${forum} /><div class="head-words"><bdi class="head-title">${nameOf(forum)}</bdi>
      <span class="faint">${t("forum.topics")}: ${topics.length - 1}</span></div>
      <${Writer} people=${store.stage.roles.agents} shown=${store.shown.agent} /></header>
    <div class="forum" data-view=${shown ? "topic" : "list"}>
      <${TopicList} chatId=${chatId} topics=${topics} shown=${shown} onPick=${pick} />
      <div class="topic">${shown
        ? html`<${Topic} chatId=${chatId} topic=${shown} onBack=${() => show({ topic: null, isGeneral: false })} />`
        : html`<div class="empty"><div class="card"><span class="disc"><${Icon} name="topic" /></span>
            <strong>${t("forum.pick")}</strong><span class="faint">${t("forum.pick_more")}</span></div></div>`}</div></div>`;
}

/** The panes in their order, each with its icon, what it draws, and how many messages wait in it. */
export const PANES = {
  customer: {
    icon: "contact", View: CustomerPane,
    waiting: () => store.stage.roles.customers.reduce((sum, id) => sum + unread(messagesOf(id), id, undefined, id), 0),
  },
  forum: {
    icon: "topic", View: ForumPane,
    waiting: () => {
      const id = store.stage.roles.support_forum;
      return [null, ...(store.topics.get(id) ?? []).map((topic) => topic.thread_id)]
        .reduce((sum, thread) => sum + unread(messagesOf(id, thread), id, thread, store.shown.agent), 0);
    },
  },
  staff: {
    icon: "poll", View: StaffPane,
    waiting: () => store.stage.roles.staff_chats.reduce((sum, id) => sum + unread(messagesOf(id), id), 0),
  },
  admin: {
    icon: "lock", View: AdminPane,
    waiting: () => store.stage.roles.admins.reduce((sum, id) => sum + unread(messagesOf(id), id, undefined, id), 0),
  },
};
