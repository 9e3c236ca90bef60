// The bridge, as a plugin's page has it: window.outboard. It speaks to the page around by
// postMessage and to nobody else. docs/ui.md is its contract.
(() => {
  const waiting = new Map(), listeners = [];
  let number = 0, last;
  const ask = (what) => new Promise((done, failed) => {
    waiting.set(++number, { done, failed });
    parent.postMessage({ outboard: 1, number, ...what }, "*");
  });
  addEventListener("message", (event) => {
    if (event.source !== parent || event.data?.outboard !== 1) return;
    const { update, answer, number, error } = event.data;
    if (update !== undefined) {
      last = update;
      listeners.forEach((listener) => listener(last));
    } else if (waiting.has(number)) {
      const { done, failed } = waiting.get(number);
      waiting.delete(number);
      if (error) failed(new Error(error)); else done(answer);
    }
  });
  window.outboard = Object.freeze({
    action: (id, values = {}) => ask({ action: String(id), values }),
    asset: (path) => ask({ asset: String(path) }),
    onUpdate: (listener) => { listeners.push(listener); if (last !== undefined) listener(last); },
    resize: (height) => parent.postMessage({ outboard: 1, height: Number(height) }, "*"),
  });
  parent.postMessage({ outboard: 1, ready: true }, "*");
})();
