// Names, times and sizes as people read them. Everything here is a function of its arguments and of the page's
// language, which main.js sets before it draws.
import { WORDS } from "./words.js";

export const LANGUAGES = { "en": "English", "zh-Hans": "中文" };

let language = "en";
let locale = "en"; // the language with the reader's own region: 25 Nov or Nov 25

/** Which of our languages a browser that prefers `wanted` should see. */
export function closestLanguage(wanted) {
  return (wanted ?? []).some((tag) => /^(en|zh)/i.test(tag)) && /^zh/i.test(wanted.find((tag) => /^(en|zh)/i.test(tag)))
    ? "zh-Hans" : "en";
}

/** Set the language of everything that follows. */
export function speak(tag) {
  language = tag in WORDS ? tag : "en";
  locale = navigator.languages.find((wanted) => wanted.split("-")[0] === language.split("-")[0]) ?? language;
}

/** The text of `key`, its {placeholders} filled in. An unknown key is a mistake of ours and says so. */
export function t(key, values = {}) {
  const text = WORDS[language][key];
  if (text === undefined) throw new Error(`no such text: ${key}`);
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** First and last name of a user, or the title of a chat. */
export function nameOf(party) {
  if (!party) return "?";
  return party.title ?? [party.first_name, party.last_name].filter(Boolean).join(" ");
}

/** One or two letters for an avatar. */
export function initials(party) {
  const words = nameOf(party).split(/[\s·_-]+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const letters = words.slice(0, 2).map((word) => [...word].find((char) => /[\p{L}\p{N}]/u.test(char)));
  return /\p{Script=Han}|\p{Script=Arabic}/u.test(letters[0] ?? "") ? letters[0] : letters.join("").toUpperCase();
}

/** One of seven colours, always the same for the same id. */
export function hue(id) {
  return `hue-${(Math.abs(Number(id)) % 1009) % 7}`; // ids of one cast often share their last digits
}

/** Hours and minutes of a Unix time. */
export function clockTime(seconds) {
  return new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" })
    .format(seconds * 1000);
}

/** Date, weekday and time of a moment in milliseconds, for the control bar. */
export function longMoment(milliseconds) {
  return new Intl.DateTimeFormat(locale, {
    weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit",
    hourCycle: "h23",
  }).format(milliseconds);
}

/** The day a message belongs to, for the separators; `now` in milliseconds. */
export function dayLabel(seconds, now) {
  const day = dayKey(seconds * 1000);
  if (day === dayKey(now)) return t("today");
  if (day === dayKey(now - 86_400_000)) return t("yesterday");
  const isThisYear = new Date(seconds * 1000).getFullYear() === new Date(now).getFullYear();
  return new Intl.DateTimeFormat(locale, {
    day: "numeric", month: "long", weekday: "short", ...(isThisYear ? {} : { year: "numeric" }),
  }).format(seconds * 1000);
}

/** A key that two moments (milliseconds) of one local day share. */
export function dayKey(milliseconds) {
  const date = new Date(milliseconds);
  return `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`;
}

/** How a topic's last message is dated in the list: a time today, else a short date. */
export function shortMoment(seconds, now) {
  if (dayKey(seconds * 1000) === dayKey(now)) return clockTime(seconds);
  return new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" }).format(seconds * 1000);
}

/** A file's size in a unit that fits. */
export function fileSize(bytes) {
  if (!Number.isFinite(bytes)) return "";
  if (bytes < 1000) return t("file.size.b", { n: bytes });
  if (bytes < 1_000_000) return t("file.size.kb", { n: (bytes / 1000).toFixed(bytes < 10_000 ? 1 : 0) });
  return t("file.size.mb", { n: (bytes / 1_000_000).toFixed(1) });
}

/** Seconds as m:ss. */
export function playTime(seconds = 0) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}

/** What a message is, in one line of plain text: for quotes, lists and the pinned bar. */
export function snippet(message) {
  const text = message.text ?? message.caption;
  if (text) return text.replace(/\s+/g, " ").slice(0, 160);
  const kind = kindOf(message);
  if (kind === "sticker") return `${message.sticker.emoji ?? ""} ${t("kind.sticker")}`.trim();
  if (kind === "document") return message.document.file_name ?? t("kind.document");
  return t(`kind.${kind}`);
}

const KINDS = [
  "photo", "video", "voice", "audio", "animation", "video_note", "sticker", "document", "venue", "location",
  "contact", "poll", "dice",
];

/** The kind of a message's content: "text", a media kind, or "unknown". */
export function kindOf(message) {
  if (message.text !== undefined) return "text";
  const kind = KINDS.find((name) => message[name] !== undefined) ?? "unknown";
  if (kind === "document" && message.animation) return "animation";
  return kind === "location" && message.location.live_period ? "live" : kind;
}
