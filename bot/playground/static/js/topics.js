// The forum's list of topics: newest first, open or closed, how many messages wait.
import { html, useState } from "./view.js";
import { hue, initials, shortMoment, snippet, t } from "./format.js";
import { Icon } from "./icons.js";
import { serviceText } from "./message.js";
import { messagesOf, now, store, unread } from "./store.js";

const SEARCH_FROM = 9; // a short list needs no search box

function Row({ chatId, topic, isShown, onPick }) {
  const messages = messagesOf(chatId, topic.thread_id);
  const last = messages[messages.length - 1];
  const waiting = isShown ? 0 : unread(messages, chatId, topic.thread_id, store.shown.agent);
  const general = topic.thread_id === null;
  return html`<li><button type="button" class=${`topic-row ${isShown ? "on" : ""}`} data-testid=${`topic-${topic.thread_id ?? "general"}`}
      data-thread-id=${topic.thread_id ?? ""} data-closed=${String(topic.is_closed)} aria-current=${isShown ? "true" : undefined} onClick=${() => onPick(topic)}>
    <span class=${`avatar small square ${general ? "plain" : hue(topic.thread_id)}`} aria-hidden="true">${general ? "#" : initials({ title: topic.name })}</span>
    <span class="topic-words"><span class="topic-top"><bdi class="topic-name">${topic.name}</bdi>
        ${topic.is_closed && html`<span class="lock" title=${t("forum.closed")}><${Icon} name="lock" /><span class="unseen">${t("forum.closed")}</span></span>`}
        ${last && html`<time class="faint">${shortMoment(last.date, now())}</time>`}</span>
      <span class="topic-top"><span class="faint topic-last" dir="auto">${last ? serviceText(last) ?? snippet(last) : ""}</span>
        ${waiting > 0 && html`<span class="count" aria-label=${t("message.unread", { n: waiting })}>${waiting}</span>`}</span></span>
  </button></li>`;
}

/** Props: `chatId`, `topics` (General first), `shown` (the open one), `onPick(topic)`. */
export function TopicList({ chatId, topics, shown, onPick }) {
  const [search, setSearch] = useState("");
  const lastOf = (topic) => messagesOf(chatId, topic.thread_id).at(-1)?.date ?? 0;
  const found = topics.filter((topic) => topic.name.toLowerCase().includes(search.toLowerCase()));
  const dated = found.map((topic) => [lastOf(topic), topic]);
  const sorted = dated.sort(([a, first], [b, second]) =>
    (second.thread_id === null) - (first.thread_id === null) || b - a || second.thread_id - first.thread_id);
  return html`<nav class="topics" aria-label=${t("forum.topics")}>
    ${topics.length > SEARCH_FROM && html`<input class="search" type="search" dir="auto" placeholder=${t("forum.search")} aria-label=${t("forum.search")}
      value=${search} onInput=${(event) => setSearch(event.target.value)} />`}
    <ul aria-live="polite">${sorted.map(([, topic]) => html`<${Row} key=${topic.thread_id} chatId=${chatId} topic=${topic}
      isShown=${topic === shown} onPick=${onPick} />`)}</ul>
    ${topics.length === 1 && html`<p class="faint hint"><strong>${t("forum.none")}</strong><br />${t("forum.none_more")}</p>`}
  </nav>`;
}
