// The page: what it knows, what it hears from the server, what it draws.

import { h, post, share } from "./dom.js";
import { seenBy, stands, types, typingIn } from "./acts.js";
import { composer } from "./composer.js";
import { sample, showMoments, showPlugins, summary } from "./engine.js";
import { showPosts } from "./posts.js";
import { settings } from "./settings.js";
import { ui } from "./ui.js";

const NAMES = ["Robin", "Kim", "Alex", "Noor", "Juno", "Sascha"];
const KEPT = 200;
const at = (id) => document.getElementById(id);

const know = {
  channels: [], posts: [], plugins: new Map(), moments: [], commands: [],
  daemon: { connected: false, says: "" },
  here: "", mine: [], unread: new Set(), live: false,
};

// --- Who and where --------------------------------------------------------------------------

const nameField = at("name");
nameField.value = localStorage.getItem("name") || NAMES[Math.floor(Math.random() * NAMES.length)];
nameField.addEventListener("change", () => {
  nameField.value = nameField.value.trim() || NAMES[0];
  localStorage.setItem("name", nameField.value);
  enter();
});
const me = () => nameField.value.trim() || NAMES[0];

function go(channel) {
  know.here = channel;
  know.unread.delete(channel);
  enter();
  drawChannels();
  drawPosts();
  contributions.moved();
}

function enter() {
  if (know.here) post("/api/enter", { name: me(), channel: know.here }).catch(() => {});
}

const contributions = ui(me, () => know.here, () => know.channels);
settings(at("open-settings"), at("settings"), { me, here: () => know.here, beside: contributions.beside });

// --- Saying ---------------------------------------------------------------------------------

composer(say, () => know.commands, async (command, argument, prefix) => {
  const typed = { name: me(), channel: know.here, command, argument, prefix };
  return (await post("/api/offer", typed).catch(() => ({}))).choices || [];
});

async function say(text, file) {
  const channel = know.here;
  const files = file ? [{ name: file.name, size: file.size }] : [];
  const mine = { id: crypto.randomUUID(), kind: "pending", channel, text, files, at_ms: Date.now(), author: { kind: "person", name: me() } };
  keep(know.mine, mine);
  at("posts").scrollTop = at("posts").scrollHeight;
  // Fast answers never show it.
  const shown = setTimeout(drawPosts, 120);
  try {
    const about = { name: me(), channel, text };
    settle(mine, await (file ? share(file, about) : post("/api/say", about)));
  } catch (error) {
    Object.assign(mine, { kind: "failed", by: "The chat", reason: error.message });
  }
  clearTimeout(shown);
  drawPosts();
}

/** Turns what is pending into what only you see, or nothing where everyone sees it. */
function settle(mine, told) {
  switch (told.outcome) {
    case "refused":
      return Object.assign(mine, { kind: "refused", by: told.by || "The chat", reason: told.reason, passage: told.passage });
    case "failed":
      return Object.assign(mine, { kind: "failed", by: told.by, reason: told.reason });
    case "whispered":
      return Object.assign(mine, { kind: "whisper", text: told.text, author: { kind: "plugin", name: told.by } });
    default:
      know.mine = know.mine.filter((it) => it !== mine);
  }
}

// --- Hearing --------------------------------------------------------------------------------

const take = {
  post(it) {
    const known = know.posts.findIndex((post) => post.id === it.id);
    if (known >= 0) {
      know.posts[known] = it;
      return it.channel === know.here && drawPosts();
    }
    keep(know.posts, it);
    if (it.channel === know.here) return drawPosts();
    know.unread.add(it.channel);
    drawChannels();
  },
  plugin(it) { know.plugins.set(it.name, it); drawPlugins(); },
  gone(name) { know.plugins.delete(name); drawPlugins(); },
  moment(it) { keep(know.moments, it); showMoments(at("moments"), know.moments); },
  commands(it) { know.commands = it; },
  ui(it) { contributions.show(it); },
  daemon(it) { know.daemon = it; drawDaemon(); },
  deleted(id) { know.posts = know.posts.filter((post) => post.id !== id); drawPosts(); },
  channel(it) {
    const known = know.channels.findIndex((channel) => channel.name === it.name);
    if (known >= 0) know.channels[known] = it;
    else know.channels.push(it);
    drawChannels();
    drawPosts();
  },
  typing(it) { types(it, drawChannels); },
  status(it) { stands(it, drawPosts); },
};

function everything(it) {
  Object.assign(know, it, { plugins: new Map(it.plugins.map((plugin) => [plugin.name, plugin])) });
  know.live = true;
  contributions.show(it.ui);
  go(know.here || know.channels[0].name);
  drawPlugins();
  drawDaemon();
  showMoments(at("moments"), know.moments);
}

const live = new EventSource("/api/live");
live.addEventListener("everything", (event) => everything(JSON.parse(event.data)));
live.addEventListener("change", (event) => {
  const { kind, it } = JSON.parse(event.data);
  take[kind]?.(it);
});
live.addEventListener("error", () => { know.live = false; drawDaemon(); });

function keep(list, it) {
  list.push(it);
  if (list.length > KEPT) list.shift();
}

// --- Drawing --------------------------------------------------------------------------------

function drawChannels() {
  at("channels").replaceChildren(...seenBy(know.channels, me()).map((channel) =>
    h(`button${know.unread.has(channel.name) ? ".unread" : ""}`, {
      "aria-current": channel.name === know.here ? "true" : undefined,
      onclick: () => go(channel.name),
    }, channel.name)));
  const here = know.channels.find((channel) => channel.name === know.here);
  at("channel").textContent = here?.name || "";
  at("topic").textContent = typingIn(know.here, me()) || here?.topic || "";
}

function drawPosts() {
  const both = [...know.posts, ...know.mine]
    .filter((it) => it.channel === know.here && (!it.only || it.only === me()));
  const here = know.channels.find((channel) => channel.name === know.here);
  showPosts(at("posts"), both.sort((a, b) => a.at_ms - b.at_ms), here?.pinned);
}

function drawPlugins() {
  showPlugins(at("plugins"), know.plugins, me);
  at("summary").textContent = summary(know.plugins);
  at("alarm").hidden = [...know.plugins.values()].every((plugin) => plugin.state === "running");
}

function drawDaemon() {
  const up = know.live && know.daemon.connected;
  const pill = at("daemon");
  pill.className = `pill ${up ? "good" : "bad"}`;
  pill.textContent = !know.live ? "chat is gone" : up ? "daemon connected" : "daemon away";
  pill.title = know.daemon.says;
  document.body.classList.toggle("adrift", !up);
}

for (const button of document.querySelectorAll(".tabs button")) {
  button.addEventListener("click", () => { document.body.dataset.tab = button.dataset.tab; });
}

setInterval(() => { sample(know.plugins); drawPlugins(); }, 500);
