// The page's own icons, 24 × 24, drawn with strokes in the text's colour.
import { html } from "./view.js";

const PATHS = {
  attach: "M8 12.5l6.2-6.2a3 3 0 014.3 4.3l-8 8a5 5 0 01-7.1-7.1l7.6-7.6",
  back: "M15 5l-7 7 7 7",
  calendar: "M5 6h14v14H5zM5 10h14M9 3v4M15 3v4",
  check: "M5 12.5l4.5 4.5L19 7.5",
  clock: "M12 3a9 9 0 100 18 9 9 0 000-18zM12 7v5l3.5 2",
  close: "M6 6l12 12M18 6L6 18",
  contact: "M12 4a4 4 0 100 8 4 4 0 000-8zM4.5 20c.8-4 4-5.5 7.5-5.5s6.7 1.5 7.5 5.5",
  desk: "M4 13v-1a8 8 0 0116 0v1M4 13h3v6H5a1 1 0 01-1-1zM20 13h-3v6h2a1 1 0 001-1zM17 19c0 1.5-2 2-4 2",
  down: "M6 9l6 6 6-6",
  edit: "M4 20l1-4L16 5l3 3L8 19z",
  file: "M7 3h7l5 5v13H7zM14 3v5h5",
  half: "M12 3a9 9 0 100 18 9 9 0 000-18zM12 3v18M12 7h4M12 12h9M12 17h4",
  keyboard: "M3 7h18v10H3zM7 11h.01M11 11h.01M15 11h.01M8 14h8",
  lock: "M7 11V8a5 5 0 0110 0v3M5.5 11h13v9h-13z",
  menu: "M4 7h16M4 12h16M4 17h16",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  moon: "M20 14.500A8.5 8.5 0 019.5 4 8.5 8.5 0 1020 14.500z",
  pause: "M9 6v12M15 6v12",
  picture: "M4 5h16v14H4zM4 16l5-5 5 5 2.5-2.500L20 17M15.5 9h.01",
  pin: "M9 4h6l-1 6 3 3H7l3-3zM12 13v7",
  place: "M12 21s7-6.5 7-11.500a7 7 0 00-14 0C5 14.5 12 21 12 21zM12 7.500a2.3 2.3 0 100 4.6 2.3 2.3 0 000-4.600z",
  play: "M8 5l11 7-11 7z",
  poll: "M5 20V10M12 20V4M19 20v-7",
  reply: "M10 7L4 12l6 5v-3.500c5 0 8 1 10 4 0-6-4-8.5-10-8.500z",
  reset: "M5 12a7 7 0 107-7H7M10 2L7 5l3 3",
  send: "M4 12l16-8-5 17-3.5-7z",
  sticker: "M12 3a9 9 0 109 9l-9-9zM12 3c0 5 2 9 9 9M9 15c1 1.2 3.5 1.5 5 .3",
  sun: "M12 8a4 4 0 100 8 4 4 0 000-8zM12 2v2M12 20v2M4 12H2M22 12h-2M5 5l1.5 1.500M17.5 17.500L19 19M5 19l1.5-1.500M17.5 6.500L19 5",
  topic: "M4 5h16v11H9l-5 4z",
  voice: "M12 3a3 3 0 00-3 3v5a3 3 0 006 0V6a3 3 0 00-3-3zM6 11a6 6 0 0012 0M12 17v4",
};

/** An icon by name; decoration only, so whoever uses it says in words what it means. */
export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;
}
