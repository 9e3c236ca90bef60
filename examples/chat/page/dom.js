// Small tools for building the page: elements, times, sizes.

/** An element: `h("p.note", { title: "x" }, "text", child)`. Text is never read as HTML. */
export function h(what, attributes = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function svg(tag, attributes = {}) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

const two = (n) => String(n).padStart(2, "0");

export function clock(ms, seconds = false) {
  const at = new Date(ms);
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
  return seconds ? `${time}:${two(at.getSeconds())}` : time;
}

export function span(ms) {
  const s = Math.max(0, ms) / 1000;
  if (s < 60) return `${Math.floor(s)} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

export function quick(us) {
  if (us < 1000) return `${us} µs`;
  const ms = us / 1000;
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}

export function mebibytes(bytes) {
  const mib = bytes / (1024 * 1024);
  return mib < 10 ? mib.toFixed(1) : String(Math.round(mib));
}

export function bytes(count) {
  if (count < 1024) return `${count} B`;
  return count < 1024 * 1024 ? `${Math.ceil(count / 1024)} KiB` : `${mebibytes(count)} MiB`;
}

/** Words that begin a line. */
export const sentence = (text) => text && text[0].toUpperCase() + text.slice(1);

/** The same colour for the same name, everywhere. */
export function hue(name) {
  let sum = 7;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)) % 360;
  return sum;
}

export async function post(path, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return answered(response);
}

/** Sends a file, and what is said beside it. */
export async function share(file, about) {
  const response = await fetch(`/api/share?${new URLSearchParams({ ...about, file: file.name })}`, {
    method: "POST",
    headers: { "content-type": "application/octet-stream" },
    body: file,
  });
  return answered(response);
}

async function answered(response) {
  const answer = await response.json().catch(() => ({}));
  if (response.status === 413) throw new Error("It is larger than 8 MiB.");
  if (!response.ok) throw new Error(answer.says || "The chat did not take it.");
  return answer;
}
