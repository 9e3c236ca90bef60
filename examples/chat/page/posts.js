// The conversation: posts, what plugins did to them, and what only you see.

import { marks, statusOf } from "./acts.js";
import { bytes, clock, h, hue, post as ask, quick } from "./dom.js";

/** Posts of one author within this time stand together. */
const TOGETHER = 3 * 60 * 1000;

const skips = {
  timeout: "too slow",
  error: "its handler failed",
  protocol: "it answered what it may not",
  breaker: "resting after several misses",
  unavailable: "it is down",
  suspended: "what it depends on is down",
  over_limit: "too busy",
  not_granted: "permission missing",
  not_kept: "what it would hold could not be kept",
};

/** Shows the posts of one channel, oldest first. */
export function showPosts(list, posts, pinned = []) {
  const open = new Set([...list.querySelectorAll("details[open]")].map((it) => it.dataset.id));
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  list.replaceChildren(...posts.map((post, i) => row(post, posts[i - 1], open.has(post.id), pinned.includes(post.id))));
  if (!posts.length) list.append(h("li.empty", {}, "Nobody has said anything here yet."));
  if (atEnd) list.scrollTop = list.scrollHeight;
}

function row(post, before, open, pinned) {
  const name = post.author.name;
  const plugin = post.author.kind === "plugin";
  const joined = before && before.author.name === name && before.kind === post.kind
    && post.at_ms - before.at_ms < TOGETHER;
  return h(
    `li.post${joined ? ".joined" : ""}${post.kind ? `.${post.kind}` : ""}`,
    { "data-post": post.kind || post.stage?.is !== "said" ? undefined : post.id },
    joined ? h("time.aside", {}, clock(post.at_ms)) : face(name, plugin),
    h("div", {},
      !joined && h("p.who", {},
        h("b", {}, name),
        plugin && h("span.tag", {}, "plugin"),
        plugin && statusOf(name) && h("span.edited", {}, statusOf(name)),
        h("time", {}, clock(post.at_ms)),
        (post.only || (post.kind && post.kind !== "pending"))
          && h("span.only", {}, "only you see this")),
      (post.text || !post.files?.length)
        && h("p.text", {}, post.text, post.stage?.is === "typing" && h("i.caret", { "aria-hidden": "true" })),
      attached(post.files),
      marks(post, pinned),
      under(post),
      post.reason && h("p.reason", {}, h("b", {}, post.by),
        `${post.kind === "refused" ? " refused it: " : ": "}${post.reason}`),
      post.passage && passage(post.passage, post.id, open)),
  );
}

const pictures = new Map();

/** Files beside a post: images to be seen, everything else to be had. */
function attached(files = []) {
  if (!files.length) return null;
  return h("div.files", {}, ...files.map((file) => (file.image ? picture(file) : link(file))));
}

/** Drawn once, so that it neither flickers nor moves what stands below it. */
function picture(file) {
  if (pictures.size > 200) pictures.clear();
  const known = pictures.get(file.id);
  if (known) return known;
  const source = `/files/${encodeURIComponent(file.id)}`;
  const image = h("img", { src: source, alt: file.name, title: file.name });
  image.addEventListener("load", () => {
    const list = image.closest("#posts");
    if (list && list.scrollHeight - list.scrollTop - list.clientHeight < 320) list.scrollTop = list.scrollHeight;
  });
  const drawn = h("a.seen", { href: source, target: "_blank", rel: "noopener noreferrer" }, image);
  pictures.set(file.id, drawn);
  return drawn;
}

const link = (file) => h("a.file", file.id
  ? { href: `/files/${encodeURIComponent(file.id)}`, download: file.name } : {},
  h("b", {}, file.name), h("span", {}, bytes(file.size)));

/** What is still to come of a post, and the way to have enough of it. */
function under(post) {
  const stop = () => h("button.stop", { type: "button", onclick: () => ask("/api/stop", { id: post.id }).catch(() => {}) }, "stop");
  switch (post.stage?.is) {
    case "typing": return h("p.stage", {}, "is writing ", stop());
    case "working": return h("p.stage", {}, h("i.spin", { "aria-hidden": "true" }), "working… ", stop());
    case "held": return h("p.stage", {}, h("i.spin", { "aria-hidden": "true" }), `held for review: ${post.stage.why}`);
    case "dropped": return h("p.reason", {}, `not posted: ${post.stage.why}`);
    case "broken": return h("p.reason", {}, `broke off: ${post.stage.why}`);
    default: return null;
  }
}

function face(name, plugin) {
  const letter = [...name][0] || "?";
  const face = h(`span.face${plugin ? ".plugin" : ""}`, { "aria-hidden": "true" }, letter.toUpperCase());
  face.style.setProperty("--hue", hue(name));
  return face;
}

/** How a message came through: loud where something happened, a whisper where nothing did. */
function passage(it, id, open) {
  const notes = remarks(it);
  const asked = it.steps.filter((step) => step.did !== "not_concerned").length;
  const quiet = asked ? `passed ${asked} ${asked === 1 ? "plugin" : "plugins"}` : "no plugin asked";
  const head = notes.length ? notes : [h("span", {}, quiet)];
  const summary = h("summary", {}, ...head, h("span.took", {}, quick(it.took_us)));
  const kept = { "data-id": id, open: open ? "" : undefined };
  return h(`details.passage${notes.length ? "" : ".quiet"}`, kept, summary,
    h("ul", {}, ...it.steps.map((step) => h("li", {},
      h("b", {}, step.plugin), ` ${deed(step)} `, h("span.took", {}, quick(step.took_us))))));
}

function remarks(it) {
  const notes = it.steps.flatMap((step) => {
    if (step.did === "replaced") return [h("span.note.changed", {}, `rewritten by ${step.plugin}`)];
    if (step.did === "skipped") {
      return [h("span.note.skipped", {}, `${step.plugin} skipped: ${step.why.replaceAll("_", " ")}`)];
    }
    return [];
  });
  if (it.by.who === "policy") {
    notes.push(h("span.note.skipped", {}, `not checked: ${it.by.why}`));
  }
  return notes;
}

function deed(step) {
  switch (step.did) {
    case "continued": return "let it pass";
    case "replaced": return "rewrote it";
    case "rejected": return "rejected it";
    case "held": return "holds it";
    case "not_concerned": return "was not concerned";
    case "skipped": return `was skipped, ${skips[step.why] || step.why}`;
    default: return step.did;
  }
}
