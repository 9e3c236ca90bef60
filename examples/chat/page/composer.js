// Writing: the field, help with slash commands, and things to try.

import { h } from "./dom.js";

const TRIES = ["darn, what a fine day", "this is forbidden", "/roll 2d6", "/ask will it rain?", "/fortune", "!ping"];

/** Wires the form. `say` gets the text; `commands` gives those that can be run now. */
export function composer(say, commands, offer) {
  const field = document.getElementById("text");
  const help = document.getElementById("help");
  const tries = document.getElementById("tries");
  let chosen = 0;
  let offered = [];
  let asked = 0;

  const found = () => {
    const typed = field.value.match(/^\/(\S*)$/);
    return typed ? commands().filter((it) => it.name.startsWith(typed[1])).slice(0, 8) : offered;
  };
  const take = (it) => {
    field.value = it.offer === undefined
      ? `/${it.name} `
      : field.value.replace(/\S*$/, `${it.offer.includes(" ") ? JSON.stringify(it.offer) : it.offer} `);
    offered = [];
    show();
    ask();
    field.focus();
  };
  const show = () => {
    const list = found();
    chosen = Math.min(chosen, Math.max(0, list.length - 1));
    help.hidden = !list.length;
    help.replaceChildren(...list.map((command, i) => option(command, i === chosen, take)));
  };
  /** Asks what may stand for the word being typed; an answer to what was typed before is dropped. */
  const ask = async () => {
    const mine = ++asked;
    offered = [];
    const [, name, rest] = field.value.match(/^\/(\S+)\s(.*)$/) || [];
    const argument = name && commands().find((it) => it.name === name)?.completes[rest.split(/\s+/).length - 1];
    if (!argument) return show();
    const choices = await offer(name, argument, rest.match(/\S*$/)[0]);
    if (mine !== asked) return;
    offered = choices.slice(0, 8).map((it) => ({ offer: it, name, plugin: argument }));
    show();
  };
  const key = (event) => {
    const list = found();
    if (!list.length) return;
    if (event.key === "ArrowDown") chosen = (chosen + 1) % list.length;
    else if (event.key === "ArrowUp") chosen = (chosen + list.length - 1) % list.length;
    else if (event.key === "Escape") field.value = "";
    else if (event.key === "Tab" || (event.key === "Enter" && list[chosen].offer === undefined
      && field.value !== `/${list[chosen].name}`)) {
      take(list[chosen]);
    } else return;
    event.preventDefault();
    show();
  };

  field.addEventListener("input", () => { chosen = 0; show(); ask(); });
  field.addEventListener("keydown", key);
  document.getElementById("say").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = field.value.trim();
    field.value = "";
    offered = [];
    asked += 1;
    show();
    if (text) say(text);
  });
  const chooser = document.getElementById("file");
  document.getElementById("attach").addEventListener("click", () => chooser.click());
  /** What is written goes with it, as long as it is no command. */
  const hand = (file) => {
    if (!file) return;
    const text = field.value.trim();
    const beside = text.startsWith("/") ? "" : text;
    if (beside) field.value = "";
    say(beside, file);
  };
  chooser.addEventListener("change", () => { hand(chooser.files[0]); chooser.value = ""; });
  field.addEventListener("paste", (event) => {
    const [file] = event.clipboardData?.files || [];
    if (file) { event.preventDefault(); hand(file); }
  });
  const talk = document.querySelector(".talk");
  const carries = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
  talk.addEventListener("dragover", (event) => { if (carries(event)) event.preventDefault(); });
  talk.addEventListener("drop", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    hand(event.dataTransfer.files[0]);
  });
  tries.append(...TRIES.map((text) =>
    h("button", { type: "button", onclick: () => say(text) }, text)));
}

function option(command, chosen, take) {
  const what = command.offer === undefined ? `/${command.name}` : command.offer;
  return h("li", {
    role: "option",
    "aria-selected": String(chosen),
    onmousedown: (event) => { event.preventDefault(); take(command); },
  },
    h("b", {}, what), " ", command.usage && h("code", {}, command.usage),
    h("span", {}, command.unavailable || command.description || ""),
    h("i", {}, command.plugin));
}
