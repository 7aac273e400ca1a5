// Whoever changes the language keeps what they have typed: it waits in the tab and is written back once.
(() => {
  "use strict";
  const KEY = `typed ${location.pathname}${location.search}`;
  const KEPT = "input:not([type=hidden], [type=password], [type=file], [type=submit], [type=button]), textarea, select";
  const isSwitch = (form) => form.matches('form[action$="/language/"]');
  const fields = () =>
    [...document.forms].filter((form) => form.method === "post" && !isSwitch(form)).flatMap((form, place) =>
      [...form.querySelectorAll(KEPT)].filter((field) => field.name).map((field) => [`${place} ${field.name} ${field.type === "radio" || field.type === "checkbox" ? field.value : ""}`, field]));
  const isTicked = (field) => field.type === "radio" || field.type === "checkbox";

  document.addEventListener("submit", (event) => {
    if (!isSwitch(event.target)) return;
    const typed = fields().map(([name, field]) => [name, isTicked(field) ? field.checked : field.value]);
    try {
      sessionStorage.setItem(KEY, JSON.stringify(typed));
    } catch {
      // A browser that keeps nothing still changes the language.
    }
  });

  const restore = () => {
    let typed;
    try {
      typed = new Map(JSON.parse(sessionStorage.getItem(KEY) ?? "[]"));
      sessionStorage.removeItem(KEY);
    } catch {
      return;
    }
    const write = () => {
      for (const [name, field] of fields()) {
        if (!typed.has(name)) continue;
        const value = typed.get(name);
        if (isTicked(field)) field.checked = value;
        else field.value = value;
        // What a choice offers may come only once the one before it was made.
        if (!isTicked(field) && field.value !== value) continue;
        typed.delete(name);
        if (field instanceof HTMLSelectElement) field.dispatchEvent(new Event("change", { bubbles: true }));
      }
    };
    write();
    document.addEventListener("htmx:afterSettle", write);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", restore);
  else restore();
})();
