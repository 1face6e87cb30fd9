// What the page knows: the server's state, kept up to date by /events, and what the reader looks at.
// Nothing here draws; main.js asks to be told of changes and draws then.
import { post } from "./api.js";
import { closestLanguage, t } from "./format.js";

const QUERY_PATIENCE_MS = 30_000; // a press that no answer comes to stops turning, as in the apps
const TOAST_MS = 4000;

const kept = (name, fallback) => {
  try { return localStorage.getItem(`ces.${name}`) ?? fallback; } catch { return fallback; }
};
const keep = (name, value) => {
  try { localStorage.setItem(`ces.${name}`, value); } catch { /* private windows may refuse; the choice lasts the visit */ }
};

export const store = {
  isReady: false, isConnected: true, stage: null, clockOffset: 0,
  chats: new Map(), // chat id → Map(message id → message)
  topics: new Map(), // chat id → [topic]
  pinned: new Map(), // chat id → [message id]
  pressed: new Map(), // "chat:message:data" → callback id, or null while the server has not said
  answered: new Map(), // callback id → answer that came before our press knew its id
  read: new Map(), // "chat:thread" → last message id seen
  drafts: new Map(), // "chat:thread:person" → text
  modes: new Map(), // "chat:thread:person" → {reply} or {edit}: a message
  dismissed: new Set(), // "chat:message" of reply boxes that the reader closed
  done: new Set(), // steps of the guide that were seen done
  toasts: [], dialog: null,
  shown: { customer: null, admin: null, agent: null, staffChat: null, topic: null }, // ids
  lastActive: ["customer", "forum", "staff", "admin"], // panes, newest first; decides which tab a column shows
  language: kept("language", closestLanguage(navigator.languages)),
  theme: kept("theme", "auto"),
  isGuideHidden: kept("guide", "") === "hidden",
};

const NONE = [];
const sorted = new Map(); // chat id → Map(thread, or undefined for all → messages), made anew after a change
const listeners = new Set();
let isDrawDue = false;

/** Call `listener` after changes, at most once per frame. */
export function onChange(listener) {
  listeners.add(listener);
}

/** Say that something changed. */
export function changed() {
  if (isDrawDue) return;
  isDrawDue = true;
  const draw = () => { isDrawDue = false; listeners.forEach((listener) => listener()); };
  if (document.hidden) setTimeout(draw, 50);
  else requestAnimationFrame(draw);
}

/** The playground's time, in milliseconds. */
export function now() {
  return Date.now() + store.clockOffset;
}

/** A person or chat by id, as JSON of the Bot API. */
export function party(id) {
  return store.stage.people[id] ?? store.stage.chats[id];
}

/** Messages of a chat (of one thread, if given; `null` is General), oldest first. Not to be changed. */
export function messagesOf(chatId, threadId) {
  let threads = sorted.get(chatId);
  if (!threads) {
    const all = [...(store.chats.get(chatId)?.values() ?? [])].sort((a, b) => a.message_id - b.message_id);
    threads = new Map([[undefined, all]]);
    for (const message of all) {
      const thread = threadOf(message);
      if (!threads.has(thread)) threads.set(thread, []);
      threads.get(thread).push(message);
    }
    sorted.set(chatId, threads);
  }
  return threads.get(threadId) ?? NONE;
}

/** The topic a message stands in; `null` outside topics and in General. */
export function threadOf(message) {
  return message.is_topic_message || message.forum_topic_created ? message.message_thread_id ?? null : null;
}

const readKey = (chatId, threadId) => `${chatId}:${threadId ?? ""}`;

/** How many messages of a thread `viewer` has not seen; their own never count. */
export function unread(messages, chatId, threadId, viewer) {
  const seen = store.read.get(readKey(chatId, threadId)) ?? 0;
  return messages.filter((m) => m.message_id > seen && m.from?.id !== viewer && !m.forum_topic_created).length;
}

/** Mark a thread as seen up to a message. */
export function markRead(chatId, threadId, messageId) {
  const key = readKey(chatId, threadId);
  if ((store.read.get(key) ?? 0) >= messageId) return;
  store.read.set(key, messageId);
  changed();
}

/** Bring a pane to the front of its column. */
export function activate(pane) {
  store.lastActive = [pane, ...store.lastActive.filter((name) => name !== pane)];
  changed();
}

/** Look at something else: any of the ids in `store.shown`. */
export function show(choice) {
  Object.assign(store.shown, choice);
  changed();
}

/** Open a topic of the support forum, wherever the forum is shown. */
export function openTopic(threadId) {
  store.shown.topic = threadId;
  activate("forum");
}

/** Change a kept choice of the reader: language, theme or guide. */
export function choose(name, value) {
  keep(name, value);
  if (name === "guide") store.isGuideHidden = value === "hidden";
  else store[name] = value;
  changed();
}

/** Show a dark note for a moment. `pane` places it over one chat; without, over the page. */
export function toast(text, pane = null) {
  const note = { text, pane };
  store.toasts.push(note);
  setTimeout(() => { store.toasts = store.toasts.filter((other) => other !== note); changed(); }, TOAST_MS);
  changed();
}

/** Open a dialog ({kind, …}) or close it (null). */
export function setDialog(dialog) {
  store.dialog = dialog;
  changed();
}

/** Do something for a person; a refusal becomes a toast. Returns the answer, or null when refused. */
export async function act(who, what, fields = {}) {
  return attempt(() => post("/api/act", { who, do: what, ...fields }));
}

/** Run a request; what goes wrong becomes a toast and null. */
export async function attempt(request) {
  try {
    return await request();
  } catch (error) {
    toast(t("error.failed", { reason: error.message }));
    return null;
  }
}

/** Press an inline button as `who`; it turns until the bot answers the query. Whoever pressed sees the answer. */
export async function press(who, message, data) {
  const key = `${message.chat.id}:${message.message_id}:${data}`;
  if (store.pressed.has(key)) return;
  store.pressed.set(key, null);
  changed();
  const answer = await act(who, "press", { chat_id: message.chat.id, message_id: message.message_id, data });
  const id = answer?.callback_query_id;
  store.pressed.set(key, id);
  const early = store.answered.get(id);
  if (early || !id) settle(key, early);
  else setTimeout(() => { if (store.pressed.get(key) === id) settle(key); }, QUERY_PATIENCE_MS);
}

function answerCame(event) {
  const key = [...store.pressed.keys()].find((pressed) => store.pressed.get(pressed) === event.callback_query_id);
  if (key) settle(key, event);
  else if ([...store.pressed.values()].includes(null)) store.answered.set(event.callback_query_id, event);
}

function settle(key, answer) {
  store.pressed.delete(key);
  if (store.pressed.size === 0) store.answered.clear();
  if (answer?.text && answer.show_alert) store.dialog = { kind: "alert", text: answer.text };
  else if (answer?.text) toast(answer.text, paneOf(answer.chat_id, answer.person_id));
  changed();
}

function paneOf(chatId, personId) {
  const { roles } = store.stage;
  if (chatId === roles.support_forum) return "forum";
  if (roles.staff_chats.includes(chatId)) return "staff";
  return roles.admins.includes(personId) ? "admin" : "customer";
}

function put(message) {
  if (!store.chats.has(message.chat.id)) store.chats.set(message.chat.id, new Map());
  store.chats.get(message.chat.id).set(message.message_id, message);
  sorted.delete(message.chat.id);
}

function remove(chatId, messageIds) {
  messageIds.forEach((id) => store.chats.get(chatId)?.delete(id));
  sorted.delete(chatId);
}

const UPDATES = {
  message: (event) => put(event.message),
  edited: (event) => put({ ...event.message, justEdited: event.seq }),
  deleted: (event) => remove(event.chat_id, event.message_ids),
  toast: answerCame,
  topic: (event) => store.topics.set(event.chat_id, event.topics),
  pinned: (event) => store.pinned.set(event.chat_id, event.pinned),
  chat: () => {},
};

/** Take one event of the stand-in's feed into the store. */
export function take(event) {
  UPDATES[event.type]?.(event);
  setNow(event.now);
  if (event.stage) takeStage(event.stage);
}

function setNow(moment) {
  store.clockOffset = Date.parse(moment) - Date.now();
}

function takeStage(stage) {
  store.stage = stage;
  setNow(stage.now);
  const { roles } = stage;
  const { shown } = store;
  if (!roles.customers.includes(shown.customer)) shown.customer = roles.customers[0] ?? null;
  if (!roles.admins.includes(shown.admin)) shown.admin = roles.admins[0] ?? null;
  if (!roles.agents.includes(shown.agent)) shown.agent = roles.agents[0] ?? null;
  if (!roles.staff_chats.includes(shown.staffChat)) shown.staffChat = roles.staff_chats[0] ?? null;
}

function takeSnapshot(snapshot) {
  const isNewWorld = store.stage?.epoch !== snapshot.stage.epoch;
  takeStage(snapshot.stage);
  store.chats = new Map();
  sorted.clear();
  snapshot.messages.forEach(put);
  store.topics = new Map(Object.entries(snapshot.topics).map(([id, topics]) => [Number(id), topics]));
  store.pinned = new Map(Object.entries(snapshot.pinned).map(([id, pinned]) => [Number(id), pinned]));
  if (isNewWorld) {
    store.pressed.clear();
    store.answered.clear();
    store.done.clear();
    store.drafts.clear();
    store.modes.clear();
    store.dismissed.clear();
    store.read.clear();
    store.shown.topic = null;
    snapshot.messages.forEach((m) => store.read.set(readKey(m.chat.id, threadOf(m)), m.message_id));
  }
  store.isReady = true;
}

/** Follow the server's events for as long as the page is open; EventSource takes up where it was cut off. */
export function follow() {
  const stream = new EventSource("/events");
  const on = (name, handle) => stream.addEventListener(name, (event) => { handle(JSON.parse(event.data)); changed(); });
  on("snapshot", takeSnapshot);
  on("update", take);
  on("stage", takeStage);
  stream.onopen = () => { store.isConnected = true; changed(); };
  stream.onerror = () => { store.isConnected = false; changed(); };
}
