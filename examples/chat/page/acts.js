// What plugins do to posts and channels besides posting: reactions, edits, pins, typing.

import { h } from "./dom.js";

/** Under a post: who reacted with what, and that it was edited. */
export function marks(post, pinned) {
  const reactions = Object.entries(post.reactions || {});
  if (!reactions.length && !post.edited && !pinned) return null;
  return h("p.marks", {},
    ...reactions.map(([what, who]) => h("span.reaction", { title: who.join(", ") }, what, h("i", {}, String(who.length)))),
    post.edited && h("span.edited", {}, "edited"),
    pinned && h("span.edited", {}, "pinned"));
}

/** The channels that somebody sees: those between two are for one of them. */
export const seenBy = (channels, me) => channels.filter((it) => !it.only || it.only === me);

const typing = new Map();
const statuses = new Map();

/** Notes that somebody types; `draw` is called now, and again when it is over. */
export function types(it, draw) {
  note(typing, `${it.channel}\n${it.who}`, it, draw);
}

/** Notes what stands beside a bot's name. */
export function stands(it, draw) {
  note(statuses, it.who, it, draw);
}

function note(kept, key, it, draw) {
  const left = it.until_ms - Date.now();
  if (left <= 0 || (kept === statuses && !it.text)) kept.delete(key);
  else {
    kept.set(key, it);
    setTimeout(() => { if (kept.get(key) === it) { kept.delete(key); draw(); } }, Math.min(left, 2 ** 31 - 1));
  }
  draw();
}

/** "Welcome is typing…", or nothing. */
export function typingIn(channel, me) {
  const who = [...typing.values()].filter((it) => it.channel === channel && (!it.only || it.only === me));
  return who.length ? `${who.map((it) => it.who).join(", ")} ${who.length > 1 ? "are" : "is"} typing…` : "";
}

export const statusOf = (name) => statuses.get(name)?.text || "";
