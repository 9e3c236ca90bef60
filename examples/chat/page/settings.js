// Settings of plugins: forms made of their schemas. It knows kinds of fields, and no plugin.

import { h, post, sentence } from "./dom.js";

const SCOPES = { server: "Everywhere", channel: "In this channel", user: "For you" };

const DONE = {
  acknowledged: "Saved.",
  kept: "Saved; the plugin goes by it from its next start.",
  unchanged: "Nothing to change.",
  overtaken: "Somebody saved the same at the same time; what they wrote came later.",
};

/**
 * Opens `dialog` when `button` is pressed; `me` and `here` say who looks and where, and `beside` is
 * what plugins show there themselves.
 */
export function settings(button, dialog, { me, here, beside }) {
  const place = () => ({ name: me(), channel: here() });
  const draw = async () => {
    const title = h("header", {}, h("h2", {}, "Plugin settings"),
      h("button.close", { "aria-label": "Close", onclick: () => dialog.close() }, "×"));
    try {
      const { pages } = await post("/api/settings/pages", place());
      const forms = pages.map((page) => form(page, place));
      if (!forms.length) forms.push(h("p.empty", {}, "No plugin has settings."));
      dialog.replaceChildren(title, ...forms, beside);
    } catch (error) {
      dialog.replaceChildren(title, h("p.refused", { role: "alert" }, error.message));
    }
  };
  button.addEventListener("click", async () => { await draw(); dialog.showModal(); });
}

/** One plugin's form, drawn anew after each save. */
function form(page, place, scope = "server", says = null) {
  const scopes = Object.keys(SCOPES).filter((it) => page.fields.some((field) => field.scopes.includes(it)));
  const chosen = scopes.includes(scope) ? scope : scopes[0];
  const fields = page.fields.filter((field) => field.scopes.includes(chosen));
  const rows = fields.map((field) => row(page, field, chosen));
  const save = h("button.act.primary", { type: "submit" }, h("span", {}, "Save"));
  const status = h(`p.status${says?.bad ? ".refused" : ""}`, { role: "status" }, says?.text || notes(page));
  const again = async (says, next = chosen) => {
    const { pages } = await post("/api/settings/pages", place());
    const fresh = pages.find((it) => it.plugin === page.plugin) || page;
    element.replaceWith(form(fresh, place, next, says));
  };
  const element = h("form.settings", {
    "data-plugin": page.plugin,
    onsubmit: async (event) => {
      event.preventDefault();
      const changed = rows.filter((it) => it.changed());
      const values = Object.fromEntries(changed.map((it) => [it.key, it.read()]));
      rows.forEach((it) => it.blame(""));
      save.disabled = true;
      // Fast answers never show it.
      const waiting = setTimeout(() => { status.textContent = "Waiting for the plugin…"; }, 150);
      try {
        const told = await post("/api/settings/save", { ...place(), plugin: page.plugin, scope: chosen, values });
        await settle(told, rows, status, again);
      } catch (error) {
        refuse(status, error.message);
      }
      clearTimeout(waiting);
      save.disabled = false;
    },
  },
    h("div.top", {}, h("div", {}, h("h3", {}, page.title), h("p.about", {}, page.description)),
      scopes.length > 1 && h("label.scope", {}, "Counts",
        select(scopes.map((it) => [it, SCOPES[it]]), chosen, (value) => again(null, value)))),
    ...rows.map((it) => it.element), h("footer", {}, save, status));
  return element;
}

async function settle(told, rows, status, again) {
  if (DONE[told.outcome]) return again({ text: DONE[told.outcome] });
  if (told.outcome !== "invalid") {
    const who = told.outcome === "refused" ? "The plugin refuses it: " : "Nothing changed: ";
    return refuse(status, who + told.reason);
  }
  const rest = told.faults.filter((fault) => {
    const row = rows.find((it) => fault.path.split(/[.[]/)[0] === it.key);
    row?.blame(fault.hint ? `${fault.message} (${fault.hint})` : fault.message);
    return !row;
  });
  rows.find((it) => it.element.classList.contains("wrong"))?.element.querySelector("[aria-invalid]").focus();
  refuse(status, rest.map((fault) => fault.message).join("; ") || "Nothing was saved: look at what is marked.");
}

function refuse(status, text) {
  status.className = "status refused";
  status.textContent = text;
}

function notes(page) {
  if (page.pending) return "A change waits for the plugin's word.";
  if (page.missing.length) return `It is not started without: ${page.missing.join(", ")}`;
  return page.unfit.length ? `Does not fit any more: ${page.unfit.join("; ")}` : "";
}

/** A field, its label, and what is wrong with it. */
function row(page, field, scope) {
  const schema = page.schema.properties[field.key];
  // A setting may be called as something that every object has.
  const before = Object.hasOwn(page.values, field.key) ? page.values[field.key] : undefined;
  const input = control(schema, field, before);
  const about = `${page.plugin}-${field.key}`;
  const fault = h("p.fault", { role: "alert", id: `${about}-fault` });
  input.element.setAttribute("aria-describedby", fault.id);
  let back = false;
  const own = field.from === scope;
  const reset = own && !field.required && h("button.reset", {
    type: "button",
    onclick: () => {
      back = !back;
      element.classList.toggle("back", back);
      input.element.disabled = back;
      reset.textContent = back ? "Keep it" : "Back to what counts without it";
    },
  }, "Back to what counts without it");
  const kind = input.element.type === "checkbox" ? ".check" : "";
  const element = h(`div.field${kind}`, { "data-key": field.key },
    h("label", {}, h("span", {}, schema.title || field.key,
      field.required && h("sup", { title: "required" }, "*")), input.element),
    schema.description && h("p.hint", {}, schema.description),
    field.secret && field.is_set && h("p.hint", {}, "It is set, and never shown."),
    !own && field.from !== "default" && h("p.hint", {}, `Set ${(SCOPES[field.from] || field.from).toLowerCase()}.`),
    fault, reset);
  return {
    key: field.key, element,
    changed: () => back || input.changed(),
    read: () => (back ? null : input.read()),
    blame: (text) => {
      fault.textContent = sentence(text);
      element.classList.toggle("wrong", !!text);
      input.element.toggleAttribute("aria-invalid", !!text);
    },
  };
}

/** What a person changes a value with, by its schema. */
function control(schema, field, before) {
  if (schema.enum) {
    const element = select(schema.enum.map((it, at) => [String(at), String(it)]),
      String(schema.enum.indexOf(before)), () => {});
    const read = () => schema.enum[Number(element.value)];
    return { element, read, changed: () => read() !== before };
  }
  if (schema.type === "boolean") {
    const element = h("input", { type: "checkbox" });
    element.checked = before === true;
    return { element, read: () => element.checked, changed: () => element.checked !== (before === true) };
  }
  if (schema.type === "integer" || schema.type === "number") {
    const step = schema.type === "integer" ? "1" : "any";
    const element = h("input", { type: "number", step, value: before ?? "" });
    const read = () => (element.value === "" ? null : Number(element.value));
    return { element, read, changed: () => read() !== (before ?? null) };
  }
  if (schema.type === "string") {
    const kind = field.secret ? "password" : "text";
    const element = h("input", { type: kind, value: before ?? "", autocomplete: "off", spellcheck: "false" });
    return { element, read: () => element.value, changed: () => element.value !== (before ?? "") };
  }
  // Lists and objects: as JSON, which the daemon judges.
  const text = before === undefined ? "" : JSON.stringify(before);
  const element = h("textarea", { rows: "3", spellcheck: "false" }, text);
  const read = () => { try { return JSON.parse(element.value); } catch { return element.value; } };
  return { element, read, changed: () => element.value !== text };
}

function select(options, chosen, onchange) {
  const element = h("select", { onchange: () => onchange(element.value) },
    ...options.map(([value, says]) => h("option", { value, selected: value === chosen ? "" : undefined }, says)));
  return element;
}
