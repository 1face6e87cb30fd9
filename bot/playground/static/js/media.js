// The parts of a message that are no text: pictures, files, places and the rest.
import { html } from "./view.js";
import { fileSize, kindOf, playTime, t } from "./format.js";
import { Icon } from "./icons.js";
import { setDialog } from "./store.js";

const fileUrl = (id) => `/file/${encodeURIComponent(id)}`;

/** A picture in its bubble; it opens large. Width and height keep its place while it loads. */
export function Photo({ message }) {
  const sizes = message.photo;
  const best = sizes[sizes.length - 1];
  const url = fileUrl(best.file_id);
  return html`<button type="button" class="photo" data-message-id=${message.message_id} aria-label=${t("message.open_picture")}
    onClick=${() => setDialog({ kind: "picture", url, caption: message.caption })}>
    <img src=${url} width=${best.width} height=${best.height} alt=${message.caption ?? t("kind.photo")} /></button>`;
}

function File({ file, icon, name, note }) {
  return html`<a class="file" href=${fileUrl(file.file_id)} download=${name}>
    <span class="disc"><${Icon} name=${icon} /></span>
    <span class="file-words"><bdi class="file-name">${name}</bdi><span class="faint">${note}</span></span></a>`;
}

function Voice({ voice }) {
  const bars = Array.from({ length: 28 }, (_, i) => 4 + Math.round(9 * Math.abs(Math.sin(i * 1.7) * Math.cos(i * 0.6))));
  return html`<div class="file"><span class="disc"><${Icon} name="play" /></span>
    <span class="file-words"><svg class="wave" viewBox="0 0 112 18" aria-hidden="true">
      ${bars.map((height, i) => html`<rect x=${i * 4} y=${(18 - height) / 2} width="2.4" height=${height} rx="1.2" />`)}</svg>
    <span class="faint">${t("kind.voice")} · ${playTime(voice.duration)}</span></span></div>`;
}

function Place({ location, title, isLive }) {
  const where = `${location.latitude.toFixed(4)}, ${location.longitude.toFixed(4)}`;
  return html`<div class="place"><div class="map"><${Icon} name="place" /></div>
    <div class="file-words"><bdi>${title}</bdi><span class="faint">${where}${isLive ? ` · ${playTime(location.live_period)}` : ""}</span></div></div>`;
}

function Poll({ poll }) {
  return html`<div class="poll"><strong dir="auto">${poll.question}</strong><span class="faint">${t("poll.anonymous")}</span>
    <ul>${poll.options.map((option) => html`<li dir="auto">${option.text}</li>`)}</ul></div>`;
}

const PARTS = {
  photo: (m) => html`<${Photo} message=${m} />`,
  video: (m) => html`<${File} file=${m.video} icon="play" name=${m.video.file_name ?? t("kind.video")} note=${playTime(m.video.duration)} />`,
  video_note: (m) => html`<${File} file=${m.video_note} icon="play" name=${t("kind.video_note")} note=${playTime(m.video_note.duration)} />`,
  animation: (m) => html`<${File} file=${m.animation} icon="play" name=${t("kind.animation")} note=${playTime(m.animation.duration)} />`,
  audio: (m) => html`<${File} file=${m.audio} icon="play" name=${m.audio.title ?? m.audio.file_name ?? t("kind.audio")} note=${playTime(m.audio.duration)} />`,
  voice: (m) => html`<${Voice} voice=${m.voice} />`,
  document: (m) => html`<${File} file=${m.document} icon="file" name=${m.document.file_name ?? t("kind.document")} note=${fileSize(m.document.file_size)} />`,
  sticker: (m) => html`<div class="sticker" role="img" aria-label=${t("kind.sticker")}>${m.sticker.emoji ?? "🙂"}</div>`,
  location: (m) => html`<${Place} location=${m.location} title=${t("kind.location")} />`,
  live: (m) => html`<${Place} location=${m.location} title=${t("kind.live")} isLive />`,
  venue: (m) => html`<${Place} location=${m.venue.location} title=${m.venue.title} />`,
  contact: (m) => html`<div class="file"><span class="disc"><${Icon} name="contact" /></span><span class="file-words">
    <bdi>${[m.contact.first_name, m.contact.last_name].filter(Boolean).join(" ")}</bdi><bdi class="faint">${m.contact.phone_number}</bdi></span></div>`,
  poll: (m) => html`<${Poll} poll=${m.poll} />`,
  dice: (m) => html`<div class="sticker">${m.dice.emoji} ${m.dice.value}</div>`,
  unknown: () => html`<em class="faint">${t("kind.unknown")}</em>`,
};

/** The media part of a message, or nothing for plain text. */
export function Media({ message }) {
  const kind = kindOf(message);
  return kind === "text" ? null : PARTS[kind](message);
}
