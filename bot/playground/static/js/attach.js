// What a person can send besides text: files of the reader's own, and samples of every kind that the relay copies.
import { html, useRef, useState } from "./view.js";
import { base64Of } from "./api.js";
import { t } from "./format.js";
import { Icon } from "./icons.js";
import { act, toast } from "./store.js";

const MOST_BYTES = 8_000_000;

const SAMPLES = [
  ["photo", "picture"], ["album", "picture"], ["voice", "voice"], ["video", "play"], ["sticker", "sticker"],
  ["location", "place"], ["live", "place"], ["contact", "contact"], ["poll", "poll"],
];

/** A picture drawn here, so that a sample needs no file: a parcel, in one of a few colours. */
async function samplePicture(hue) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [640, 420];
  const draw = canvas.getContext("2d");
  const sky = draw.createLinearGradient(0, 0, 640, 420);
  sky.addColorStop(0, `hsl(${hue} 65% 78%)`);
  sky.addColorStop(1, `hsl(${hue + 40} 60% 58%)`);
  draw.fillStyle = sky;
  draw.fillRect(0, 0, 640, 420);
  draw.fillStyle = "hsl(32 45% 55%)";
  draw.fillRect(190, 130, 260, 200);
  draw.fillStyle = "hsl(32 45% 45%)";
  draw.fillRect(190, 130, 260, 46);
  draw.fillStyle = "hsl(44 70% 82%)";
  draw.fillRect(300, 130, 40, 200);
  const blob = await new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
  return { content: await base64Of(blob), file_name: "parcel.png" };
}

const MAKE = {
  photo: async () => [{ kind: "photo", ...await samplePicture(200) }],
  album: async () => {
    const media_group_id = String(Date.now());
    return [{ kind: "photo", media_group_id, ...await samplePicture(30) }, { kind: "photo", media_group_id, ...await samplePicture(280) }];
  },
  voice: () => [{ kind: "voice", duration: 7 }],
  video: () => [{ kind: "video", duration: 12, width: 640, height: 360 }],
  sticker: () => [{ kind: "sticker", emoji: "🙂" }],
  location: () => [{ kind: "location", latitude: 52.5163, longitude: 13.3777 }],
  live: () => [{ kind: "location", latitude: 31.2304, longitude: 121.4737, live_period: 900 }],
  contact: () => [{ kind: "contact", phone_number: "+1 202 555 0143", first_name: "Noor", last_name: "Sample" }],
  poll: () => [{ kind: "poll", question: t("attach.poll_question"), options: ["first", "second"].map((name, i) => (
    { persistent_id: String(i), text: t(`attach.poll_${name}`), voter_count: 0 })) }],
};

/** The paper clip and its menu. */
export function AttachMenu({ chatId, threadId, person }) {
  const [isOpen, setOpen] = useState(false);
  const picker = useRef(null);
  const wanted = useRef("document");
  const send = async (letters) => {
    for (const fields of letters) await act(person, "send", { chat_id: chatId, thread_id: threadId, ...fields });
  };
  const sample = async (kind) => { setOpen(false); await send(await MAKE[kind]()); };
  const choose = (kind) => {
    setOpen(false);
    wanted.current = kind;
    picker.current.accept = kind === "photo" ? "image/png,image/jpeg" : "";
    picker.current.click();
  };
  const picked = async (event) => {
    const file = event.target.files[0];
    event.target.value = "";
    if (!file) return;
    if (file.size > MOST_BYTES) { toast(t("attach.too_large", { limit: MOST_BYTES / 1e6 })); return; }
    await send([{ kind: wanted.current, content: await base64Of(file), file_name: file.name }]);
  };
  const leave = (event) => { if (!event.currentTarget.contains(event.relatedTarget)) setOpen(false); };
  const escape = (event) => { if (event.key === "Escape" && isOpen) { event.stopPropagation(); setOpen(false); } };
  return html`<span class="attach" onFocusout=${leave} onKeyDown=${escape}>
    <button type="button" class="quiet" data-testid="attach" aria-label=${t("act.attach")} aria-haspopup="menu" aria-expanded=${isOpen}
      onClick=${() => setOpen(!isOpen)}><${Icon} name="attach" /></button>
    <input type="file" hidden ref=${picker} onChange=${picked} />
    ${isOpen && html`<span class="menu up" role="menu">
      <button type="button" role="menuitem" onClick=${() => choose("photo")}><${Icon} name="picture" />${t("attach.picture")}</button>
      <button type="button" role="menuitem" onClick=${() => choose("document")}><${Icon} name="file" />${t("attach.file")}</button>
      <span class="menu-title">${t("attach.sample")}</span>
      ${SAMPLES.map(([kind, icon]) => html`<button type="button" role="menuitem" data-testid=${`attach-${kind}`} onClick=${() => sample(kind)}>
        <${Icon} name=${icon} />${t(`attach.${kind}`)}</button>`)}</span>`}
  </span>`;
}
