// The plugins: state, memory, ends; trouble for the troublemaker; what happened.

import { clock, h, mebibytes, post, span, svg } from "./dom.js";

const SAMPLES = 60;
const BUTTONS = [["crash", "Crash"], ["hang", "Hang"], ["eat", "Eat memory"]];

const words = {
  running: "running", starting: "starting", waiting: "restarting", failed: "given up",
  stopped: "stopped", draining: "finishing", stopping: "stopping", unknown: "unknown",
};

const histories = new Map();

/** Notes every plugin's memory; called once in a while so that all curves move together. */
export function sample(plugins) {
  for (const plugin of plugins.values()) {
    const history = histories.get(plugin.name) || [];
    history.push(plugin.memory);
    if (history.length > SAMPLES) history.shift();
    histories.set(plugin.name, history);
  }
}

/** Draws every card anew, but not under a finger, and without losing the keyboard's place. */
export function showPlugins(into, plugins, me) {
  if (into.matches(":active")) return;
  const focused = into.contains(document.activeElement) && document.activeElement.dataset.key;
  const open = new Set([...into.querySelectorAll("details[open]")].map((it) => it.dataset.name));
  const all = [...plugins.values()].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
  into.replaceChildren(...all.map((plugin) => card(plugin, me, open.has(plugin.name))));
  if (!all.length) into.append(h("p.empty", {}, "No plugin is to be seen."));
  if (focused) into.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

export function summary(plugins) {
  const all = [...plugins.values()];
  const running = all.filter((plugin) => plugin.state === "running").length;
  return all.length ? `${running} of ${all.length} running` : "";
}

const rank = (plugin) => (plugin.name === "troublemaker" ? 0 : 1);

function card(plugin, me, open) {
  const mine = plugin.name === "troublemaker";
  return h(`article.card.${plugin.state}`, {},
    h("header", { title: plugin.description },
      h("h3", {}, plugin.name),
      h("span.state", {}, words[plugin.state] || plugin.state)),
    mine && h("p.about", {}, plugin.description),
    memory(plugin),
    h("p.facts", {}, ...facts(plugin)),
    trouble(plugin),
    plugin.last_end && end(plugin, open),
    (mine || plugin.state === "failed") && buttons(plugin, me, mine));
}

function facts(plugin) {
  const facts = [];
  if (plugin.state === "running") facts.push(`up ${span(Date.now() - plugin.since_ms)}`);
  facts.push(plugin.restarts === 1 ? "1 restart" : `${plugin.restarts} restarts`);
  facts.push(`${plugin.calls} calls`);
  if (plugin.pid) facts.push(`pid ${plugin.pid}`);
  return facts.map((fact) => h("span", {}, fact));
}

/** What is not as it should be, in the daemon's words. */
function trouble(plugin) {
  const says = [...plugin.conditions];
  if (plugin.reason && plugin.state !== "running") says.unshift(plugin.reason);
  return says.length ? h("p.trouble", {}, says.join(" · ")) : null;
}

function memory(plugin) {
  const of = plugin.memory_limit || 1;
  const full = plugin.memory / of;
  return h(`div.memory${full > 0.7 ? ".full" : ""}`, { title: plugin.memory_held_by },
    curve(histories.get(plugin.name) || [], of),
    h("span", {}, h("b", {}, mebibytes(plugin.memory)), ` of ${mebibytes(of)} MiB`));
}

function curve(history, most) {
  const height = (bytes) => (30 - 28 * Math.min(1, bytes / most)).toFixed(1);
  const step = 160 / (SAMPLES - 1);
  const from = SAMPLES - history.length;
  const points = history.map((bytes, i) => `${((from + i) * step).toFixed(1)},${height(bytes)}`);
  const view = svg("svg", { viewBox: "0 0 160 31", preserveAspectRatio: "none", "aria-hidden": "true" });
  view.append(svg("line", { x1: 0, x2: 160, y1: 2, y2: 2, class: "limit" }));
  if (points.length > 1) {
    const first = (from * step).toFixed(1);
    view.append(
      svg("path", { d: `M${first},31 L${points.join(" L")} L160,31 Z`, class: "area" }),
      svg("polyline", { points: points.join(" "), class: "curve" }));
  }
  return view;
}

function end(plugin, open) {
  const it = plugin.last_end;
  const facts = [
    it.exit, it.detail, `lived ${span(it.uptime_ms)}`, it.peak ? `peak ${mebibytes(it.peak)} MiB` : "",
  ].filter(Boolean);
  return h("details.end", { "data-name": plugin.name, open: open ? "" : undefined },
    h("summary", { "data-key": `${plugin.name} end` }, "last end ", h("b", {}, it.cause), ` ${span(Date.now() - it.at_ms)} ago`),
    h("p", {}, facts.join(" · ")),
    it.stderr && h("pre", {}, it.stderr.trim()));
}

function buttons(plugin, me, mine) {
  const row = h("div.buttons");
  if (plugin.state === "failed") {
    row.append(h("button.reset", { onclick: () => post("/api/reset", { plugin: plugin.name }).catch(() => {}) },
      "Let it try again"));
    return row;
  }
  if (!mine) return null;
  for (const [button, says] of BUTTONS) {
    row.append(h("button", {
      "data-key": button,
      disabled: plugin.state === "running" ? undefined : "",
      onclick: () => post("/api/trouble", { name: me(), button }).catch(() => {}),
    }, says));
  }
  return row;
}

export function showMoments(into, moments) {
  into.replaceChildren(...[...moments].reverse().slice(0, 40).map((it) =>
    h(`li.${it.mood}`, {},
      h("time", {}, clock(it.at_ms, true)),
      h("p", {}, it.plugin ? h("b", {}, `${it.plugin} `) : null, it.says))));
  if (!moments.length) into.append(h("li.plain", {}, h("time", {}, "–"), h("p", {}, "Nothing yet")));
}
