// Five steps for a first visit; each is ticked when the chats show that it was done.
import { html } from "./view.js";
import { t } from "./format.js";
import { Icon } from "./icons.js";
import { choose, messagesOf, store } from "./store.js";

function steps() {
  const { roles, settings, bot } = store.stage;
  const forum = messagesOf(roles.support_forum);
  const fromCustomers = roles.customers.flatMap((id) => messagesOf(id));
  const question = fromCustomers.filter((m) => m.from.id === bot.id && m.reply_markup?.inline_keyboard?.[0]?.length >= 3);
  const delay = settings["survey.delay"] ?? "";
  return [
    ["guide.write", fromCustomers.some((m) => m.from.id === m.chat.id && !m.text?.startsWith("/"))],
    ["guide.reply", forum.some((m) => roles.agents.includes(m.from?.id) && (m.text || m.photo) && !m.text?.startsWith("/"))],
    ["guide.close", forum.some((m) => m.forum_topic_closed)],
    ["guide.tap", question.some((m) => m.edit_date), { delay }],
    ["guide.read", roles.staff_chats.some((id) => messagesOf(id).some((m) => m.from?.id === bot.id || m.sender_chat))],
  ];
}

/** The strip of steps, until the reader hides it. */
export function Guide() {
  if (store.isGuideHidden) return null;
  const all = steps().map(([key, isDone, values]) => {
    if (isDone) store.done.add(key); // a question's keyboard goes in the end; the step stays done
    return [key, store.done.has(key), values];
  });
  const next = all.findIndex(([, isDone]) => !isDone);
  return html`<aside class="guide" aria-label=${t("guide.title")}><strong>${t("guide.title")}</strong>
    <ol>${all.map(([key, isDone, values], i) => html`<li class=${isDone ? "done" : i === next ? "next" : ""} aria-current=${i === next ? "step" : undefined}>
      <span class="step">${isDone ? html`<${Icon} name="check" />` : i + 1}</span>${t(key, values)}</li>`)}</ol>
    <button type="button" class="quiet" aria-label=${t("guide.hide")} title=${t("guide.hide")} onClick=${() => choose("guide", "hidden")}><${Icon} name="close" /></button></aside>`;
}
