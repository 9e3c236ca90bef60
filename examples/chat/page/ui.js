// What plugins show: components beside the conversation, entries of menus, forms. Everything a
// plugin says arrives as data and is put into the page as text.

import { h, post, sentence } from "./dom.js";

const at = (id) => document.getElementById(id);
const key = (it) => `${it.plugin}/${it.id}`;

/** Wires it. `me` and `here` say who acts and where; `channels` are those there are. */
export function ui(me, here, channels) {
  const cards = new Map();
  const held = new Map();
  let know = { shown: [], actions: [] };

  // --- Where --------------------------------------------------------------------------------

  /** Stands in the settings' dialog. */
  const beside = h("section.beside", { hidden: "" });
  const slots = {
    sidebar: at("shown"), channel_header: at("in-header"), message_footer: at("under-posts"),
    composer: at("in-composer"), settings: beside,
  };
  /** Whether a channel is meant. A pattern with more than stars is the daemon's to read: it is let through. */
  const meant = (pattern, name) => {
    if (pattern.startsWith("id:")) return pattern.slice(3) === name;
    if (/[?[\]{}\\]/.test(pattern)) return true;
    const parts = pattern.split("*").map((it) => it.replace(/[.+^$()|]/g, "\\$&"));
    return new RegExp(`^${parts.join(".*")}$`).test(name);
  };
  /** Whether it is for whoever looks, here. Nobody has a role in this chat, and all channels are open. */
  const fits = ({ when }) => !when.roles.length
    && (!when.kinds.length || when.kinds.includes("channel"))
    && (!when.channels.length || when.channels.some((it) => meant(it, here())));

  // --- Acting -------------------------------------------------------------------------------

  const ask = (what) => post("/api/act", { name: me(), channel: here(), ...what })
    .catch((error) => ({ outcome: "failed", says: error.message }));
  const act = async (what) => told(await ask(what));
  const told = (it) => {
    if (it.outcome === "asks") openForm(it.form);
    else if (it.says) word(it.by ? `${it.by}: ${it.says}` : it.says, it.outcome !== "done");
    return it;
  };
  const word = (text, bad) => {
    const line = at("word");
    line.textContent = text;
    line.className = bad ? "bad" : "";
    line.hidden = false;
    clearTimeout(word.timer);
    word.timer = setTimeout(() => { line.hidden = true; }, 6000);
  };

  // --- Components ---------------------------------------------------------------------------

  const show = (view) => {
    know = view;
    moved();
  };

  /** Draws what is shown here; also called when somebody goes elsewhere. */
  const moved = () => {
    const shown = know.shown.filter(fits);
    const components = shown.filter((it) => it.kind !== "item" && slots[it.position]);
    for (const [name, card] of cards) {
      if (components.some((it) => key(it) === name)) continue;
      const open = card.it.position === "modal" && shown.find((it) => key(it) === name);
      if (open) { draw(open); continue; }
      card.element.remove();
      cards.delete(name);
    }
    for (const it of components) draw(it);
    drawEntries(shown.filter((it) => it.kind === "item"));
    for (const slot of Object.values(slots)) slot.hidden = !slot.childElementCount;
  };

  const draw = (it) => {
    const known = cards.get(key(it));
    const drawn = JSON.stringify(it);
    if (known?.drawn === drawn) return;
    const card = known || begin(it);
    card.drawn = drawn;
    card.element.classList.toggle("away", Boolean(it.unavailable));
    card.note.textContent = it.unavailable ? `not answering: ${it.unavailable}` : "";
    if (it.kind === "web") return tell(card, it);
    const focused = card.body.contains(document.activeElement) && document.activeElement.dataset.field;
    card.body.replaceChildren(...(it.says || []).map((block) => drawBlock(block, it)));
    if (focused) card.body.querySelector(`[data-field="${CSS.escape(focused)}"]`)?.focus();
  };

  const begin = (it, into = slots[it.position]) => {
    const body = it.kind === "web" ? frame(it) : h("div.blocks");
    const note = h("p.note");
    const element = h("article.card.shown", {},
      h("header", {}, icon(it), h("h3", {}, it.title), h("span.by", {}, it.plugin)), body, note);
    const card = { element, body, note, it };
    cards.set(key(it), card);
    into.append(element);
    return card;
  };

  const icon = (it) => {
    if (it.icon.startsWith("asset:")) return h("img.icon", { src: source(it.icon, it.plugin), alt: "" });
    return it.icon ? h("span.icon", { "aria-hidden": "true" }, it.icon) : null;
  };
  const source = (from, plugin) => from.startsWith("asset:")
    ? `/ui/asset/${encodeURIComponent(plugin)}/${encodeURIComponent(from.slice(6))}` : from;

  const drawBlock = (it, owner) => {
    switch (it.is) {
      case "text": return h(`p.say.${it.style}`, {}, it.text);
      case "image": return h("img.picture", { src: source(it.source, owner.plugin), alt: it.alt });
      case "section": return h(`section${it.row ? ".row" : ""}`, {},
        it.title && h("h4", {}, it.title),
        h("div.blocks", {}, ...it.blocks.map((block) => drawBlock(block, owner))));
      case "button": return button(it, owner);
      case "input": return field(it, owner, h(it.multiline ? "textarea" : "input", {
        placeholder: it.placeholder, maxlength: it.most || undefined }), "string");
      case "select": return field(it, owner, choice(it.options, true), "select");
      case "table": return h("table", {},
        h("thead", {}, h("tr", {}, ...it.columns.map((cell) => h("th", {}, cell)))),
        h("tbody", {}, ...it.rows.map((row) => h("tr", {}, ...row.map((cell) => h("td", {}, cell))))));
      default: return null;
    }
  };

  const button = (it, owner) => {
    if (it.url) return h(`a.act.${it.style}`, { href: it.url, target: "_blank", rel: "noopener noreferrer" }, h("span", {}, it.label), h("i", {}, "↗"));
    const fill = h("u");
    fill.style.width = `${it.percent}%`;
    const press = () => act({
      plugin: owner.plugin, component: owner.id, action: it.action, value: it.value, values: values(owner) });
    return h(`button.act.${it.style}${it.note ? ".counted" : ""}`, {
      type: "button", disabled: owner.unavailable ? "" : undefined, onclick: press,
    }, fill, h("span", {}, it.label), it.note && h("i", {}, it.note));
  };

  const field = (it, owner, input, kind) => {
    const kept = held.get(key(owner)) || held.set(key(owner), new Map()).get(key(owner));
    input.dataset.field = it.id;
    input.value = kept.has(it.id) ? kept.get(it.id).value : it.initial;
    kept.set(it.id, { kind, value: input.value });
    input.addEventListener("input", () => kept.set(it.id, { kind, value: input.value }));
    if (it.action) input.addEventListener("change", () => act({
      plugin: owner.plugin, component: owner.id, action: it.action, values: values(owner) }));
    return h("label.field", {}, h("span", {}, it.label), input);
  };

  /** What the component's inputs hold, of those that it has now. */
  const values = (owner) => {
    const kept = held.get(key(owner)) || new Map();
    const there = (name) => cards.get(key(owner))?.body.querySelector(`[data-field="${CSS.escape(name)}"]`);
    return Object.fromEntries([...kept].filter(([name]) => there(name))
      .map(([name, it]) => [name, { [it.kind]: it.value }]));
  };

  // --- Pages in frames ----------------------------------------------------------------------

  const frame = (it) => h("iframe", {
    sandbox: "allow-scripts", referrerpolicy: "no-referrer", title: it.title,
    src: `/ui/frame/${encodeURIComponent(it.plugin)}/${encodeURIComponent(it.id)}`,
  });
  const tell = (card, it) => {
    card.it = it;
    if (card.ready && it.says !== null && it.says !== undefined) say(card, { update: it.says });
  };
  // Its origin is none, so that only the window says who it is.
  const say = (card, what) => card.body.contentWindow?.postMessage({ outboard: 1, ...what }, "*");

  addEventListener("message", async (event) => {
    const card = [...cards.values()].find((it) => it.body.contentWindow === event.source);
    const it = event.data;
    if (!card || it?.outboard !== 1) return;
    if (it.ready) { card.ready = true; return tell(card, card.it); }
    if (Number.isFinite(it.height)) { card.body.style.height = `${Math.min(480, Math.max(24, it.height))}px`; return; }
    if (!Number.isInteger(it.number)) return;
    const { number } = it;
    try {
      say(card, { number, answer: it.asset ? await picture(card.it, it.asset) : await pageActs(card.it, it) });
    } catch (error) {
      say(card, { number, error: error.message });
    }
  });

  const pageActs = async (owner, it) => {
    const typed = Object.fromEntries(Object.entries(it.values || {}).map(([name, value]) => [name, typedAs(value)]));
    const answer = told(await ask({ plugin: owner.plugin, component: owner.id, action: String(it.action), values: typed }));
    if (answer.outcome === "failed" || answer.outcome === "values") throw new Error(answer.says);
    return { says: answer.says || "" };
  };
  const typedAs = (value) => {
    if (typeof value === "boolean") return { boolean: value };
    if (Number.isInteger(value)) return { integer: value };
    return typeof value === "number" ? { number: value } : { string: String(value) };
  };
  const picture = async (owner, path) => {
    const asset = owner.assets?.find((it) => it.path === path);
    if (!asset) throw new Error(`there is no asset ${path}`);
    const bytes = await (await fetch(source(`asset:${asset.sha256}`, owner.plugin))).blob();
    return new Promise((done) => {
      const reader = new FileReader();
      reader.onload = () => done(reader.result);
      reader.readAsDataURL(bytes);
    });
  };

  // --- Menus --------------------------------------------------------------------------------

  const more = at("more"), menu = at("menu");
  let ofMessages = [];
  const entry = (it, message = {}) => h("button", {
    type: "button", disabled: it.unavailable ? "" : undefined, title: it.unavailable || undefined,
    onclick: () => {
      menu.hidden = actions.hidden = true;
      act({ plugin: it.plugin, component: it.id, action: it.action, ...message });
    },
  }, icon(it), h("span", {}, it.title), h("i", {}, it.plugin));
  const entries = h("div.entries");
  const drawEntries = (items) => {
    const of = (position) => items.filter((it) => it.position === position);
    more.hidden = !of("composer").length;
    menu.replaceChildren(...of("composer").map((it) => h("li", {}, entry(it))));
    if (more.hidden) menu.hidden = true;
    at("sidebar-entries").replaceChildren(...of("sidebar").map((it) => entry(it)));
    at("header-entries").replaceChildren(...of("channel_header").map((it) => entry(it)));
    entries.replaceChildren(...of("settings").map((it) => entry(it)));
    if (entries.childElementCount) beside.prepend(entries);
    else entries.remove();
    ofMessages = of("message_footer");
  };
  more.addEventListener("click", () => { menu.hidden = !menu.hidden; });

  const actions = h("div.actions", { hidden: "" });
  const openActions = (row, from) => {
    const post = row.dataset.post;
    actions.replaceChildren(...know.actions.map((it) => h("button", {
      type: "button", disabled: it.unavailable ? "" : undefined, title: it.unavailable || undefined,
      onclick: () => { actions.hidden = true; act({ command: it.name, post }); },
    }, h("span", {}, it.title), h("i", {}, it.plugin))), ...ofMessages.map((it) => entry(it, { post })));
    from.after(actions);
    actions.hidden = false;
  };
  const dots = h("button.dots", { type: "button", "aria-label": "What plugins can do with this message" }, "⋯");
  dots.addEventListener("click", () => openActions(dots.closest("li"), dots));
  at("posts").addEventListener("mouseover", (event) => {
    const row = event.target.closest("li.post[data-post]");
    if (!row || !(know.actions.length + ofMessages.length) || row.contains(dots)) return;
    actions.hidden = true;
    row.append(dots);
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest(".actions, .dots")) actions.hidden = true;
    if (!event.target.closest("#menu, #more")) menu.hidden = true;
  });

  // --- Forms --------------------------------------------------------------------------------

  const dialog = at("modal");
  const head = (form) => h("header", {}, h("h2", {}, form.title), h("span.by", {}, form.plugin));
  const close = (says) => h("button.act", { type: "button", onclick: () => dialog.close() }, h("span", {}, says));
  const open = (inner, form) => {
    dialog.setAttribute("aria-label", form.title);
    dialog.replaceChildren(inner);
    dialog.showModal();
  };
  dialog.addEventListener("close", () => {
    // Another form may have been opened at once.
    if (dialog.open) return;
    for (const [name, card] of cards) if (card.it.position === "modal") cards.delete(name);
    dialog.replaceChildren();
  });

  /** A dialog that shows a component of the plugin's instead of fields. */
  const openComponent = (form) => {
    const it = know.shown.find((it) => it.plugin === form.plugin && it.id === form.component);
    if (!it) return word(`${form.plugin}: there is no ${form.component} to show`, true);
    const inner = h("div.inner", {}, head(form), form.text && h("p.say", {}, form.text));
    begin(it, inner);
    inner.append(h("footer", {}, close("Close")));
    open(inner, form);
    draw(it);
  };

  const openForm = (form) => {
    if (form.component) return openComponent(form);
    const inputs = new Map();
    const fault = new Map();
    const fields = form.fields.map((it) => {
      const input = inputOf(it);
      inputs.set(it.id, { it, input });
      fault.set(it.id, h("em", { role: "alert" }));
      const label = h("span", {}, it.label, it.required && h("sup", { title: "required" }, "*"));
      return h(`label.field${it.kind === "boolean" ? ".check" : ""}`, {}, label, input,
        it.description && h("small", {}, it.description), fault.get(it.id));
    });
    const whole = h("em", { role: "alert" });
    const send = h("button.act.primary", { type: "submit" }, h("span", {}, form.submit || "Send"));
    const inner = h("form", { method: "dialog" },
      head(form), form.text && h("p.say", {}, form.text), ...fields, whole,
      h("footer", {}, close(fields.length ? "Cancel" : "Close"), fields.length > 0 && send));
    inner.addEventListener("submit", async (event) => {
      event.preventDefault();
      send.disabled = true;
      const sent = await ask({ plugin: form.plugin, modal: form.token, values: filled(inputs) });
      send.disabled = false;
      if (sent.outcome === "done" || sent.outcome === "asks") { dialog.close(); return told(sent); }
      for (const [id, line] of fault) {
        line.textContent = sentence(sent.fields?.[id] || "");
        inputs.get(id).input.toggleAttribute("aria-invalid", Boolean(sent.fields?.[id]));
      }
      inner.querySelector("[aria-invalid]")?.focus();
      whole.textContent = Object.keys(sent.fields || {}).length ? "" : sent.says;
    });
    open(inner, form);
  };

  const inputOf = (it) => {
    const about = { placeholder: it.placeholder || undefined };
    const input = {
      text: () => h("textarea", { rows: 4, ...about }),
      integer: () => h("input", { type: "number", step: 1, ...about }),
      number: () => h("input", { type: "number", step: "any", ...about }),
      boolean: () => h("input", { type: "checkbox" }),
      select: () => choice(it.options, !it.required),
      channel: () => choice(channels().map(({ name }) => ({ value: name, label: `#${name}` })), !it.required),
    }[it.kind]?.() || h("input", { autocomplete: "off", ...about });
    if (it.kind === "boolean") input.checked = it.initial === "true";
    else if (it.initial) input.value = it.initial;
    return input;
  };
  const filled = (inputs) => Object.fromEntries([...inputs].flatMap(([id, { it, input }]) => {
    if (it.kind === "boolean") return [[id, { boolean: input.checked }]];
    if (input.value === "") return [];
    const isNumber = it.kind === "integer" || it.kind === "number";
    return [[id, { [it.kind]: isNumber ? Number(input.value) : input.value }]];
  }));
  const choice = (options, open) => h("select", {}, open && h("option", { value: "" }, ""),
    ...options.map((it) => h("option", { value: it.value }, it.label)));

  return { show, moved, beside };
}
