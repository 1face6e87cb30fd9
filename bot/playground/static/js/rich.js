// Message text as DOM nodes: text plus entities in, never HTML. Offsets are UTF-16 units, as in JavaScript.
import { Icon } from "./icons.js";
import { html, useState } from "./view.js";

const LONGEST_SHORT_QUOTE = 140; // characters, about three lines: a shorter quote has nothing to unfold
const MOST_LINES_SHOWN = 3;
const BLOCKS = new Set(["blockquote", "expandable_blockquote", "pre"]);
const SAFE_LINK = /^(https?|tg|mailto|tel):/i;
const TAGS = { bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", pre: "pre" };

function Spoiler({ children }) {
  const [isOpen, setOpen] = useState(false);
  return html`<span class=${`spoiler ${isOpen ? "open" : ""}`} role="button" tabindex="0" onClick=${() => setOpen(true)}
    onKeyDown=${(event) => event.key === "Enter" && setOpen(true)}>${children}</span>`;
}

function LongQuote({ children }) {
  const [isOpen, setOpen] = useState(false);
  const turn = () => setOpen(!isOpen);
  return html`<blockquote class=${`long ${isOpen ? "" : "folded"}`} role="button" tabindex="0" aria-expanded=${isOpen} onClick=${turn}
    onKeyDown=${(event) => event.key === "Enter" && turn()}>${children}<${Icon} name="down" /></blockquote>`;
}

const isLong = (text) => text.length > LONGEST_SHORT_QUOTE || text.split("\n").length > MOST_LINES_SHOWN;

function Link({ to, onTopic, children }) {
  const topic = to.match(/^(?:https?:\/\/)?t\.me\/c\/(\d+)\/(\d+)(?:\/(\d+))?$/i);
  if (topic && onTopic) {
    const go = (event) => { event.preventDefault(); onTopic(Number(`-100${topic[1]}`), Number(topic[2])); };
    return html`<a href="#" onClick=${go}>${children}</a>`;
  }
  const href = SAFE_LINK.test(to) ? to : `https://${to}`;
  return html`<a href=${href} target="_blank" rel="noopener noreferrer">${children}</a>`;
}

function node(entity, children, text, on) {
  const tag = TAGS[entity.type];
  if (tag) return html`<${tag}>${children}</${tag}>`;
  switch (entity.type) {
    case "spoiler": return html`<${Spoiler}>${children}</${Spoiler}>`;
    case "expandable_blockquote":
      if (isLong(text)) return html`<${LongQuote}>${children}</${LongQuote}>`;
      return html`<blockquote>${children}</blockquote>`;
    case "blockquote": return html`<blockquote>${children}</blockquote>`;
    case "text_link": return html`<${Link} to=${entity.url} onTopic=${on.topic}>${children}</${Link}>`;
    case "url": return html`<${Link} to=${text} onTopic=${on.topic}>${children}</${Link}>`;
    case "email": return html`<${Link} to=${`mailto:${text}`}>${children}</${Link}>`;
    case "bot_command":
      return on.command
        ? html`<button type="button" class="command" onClick=${() => on.command(text)}>${children}</button>`
        : html`<span class="command">${children}</span>`;
    case "mention": case "text_mention": case "hashtag": case "cashtag": case "phone_number":
      return html`<span class="mention">${children}</span>`;
    default: return children;
  }
}

/**
 * The nodes of `text` under its `entities`. `on.command(text)` and `on.topic(chatId, threadId)` are told of
 * clicks on commands and on links to topics.
 */
export function rich(text, entities = [], on = {}) {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  let next = 0;
  const within = (from, to) => {
    const nodes = [];
    let at = from;
    while (next < sorted.length && sorted[next].offset < to) {
      const entity = sorted[next++];
      const start = Math.max(entity.offset, at);
      const end = Math.min(entity.offset + entity.length, to);
      if (end <= start) continue;
      if (start > at) nodes.push(text.slice(at, start));
      nodes.push(node(entity, within(start, end), text.slice(start, end), on));
      at = BLOCKS.has(entity.type) && text[end] === "\n" ? end + 1 : end; // a block ends its line by itself
    }
    if (at < to) nodes.push(text.slice(at, to));
    return nodes;
  };
  return within(0, text.length);
}
