// Small comforts; every page works without this file.
(() => {
  "use strict";
  const on = (type, selector, act) =>
    document.addEventListener(type, (event) => {
      const found = event.target instanceof Element && event.target.closest(selector);
      if (found) act(found, event);
    });

  on("click", "[data-step]", (button) => {
    const input = button.closest("[data-stepper]").querySelector("input");
    const wanted = Number(input.value || 1) + Number(button.dataset.step);
    input.value = Math.min(Math.max(wanted, Number(input.min || 1)), Number(input.max || 999));
  });

  on("click", "[data-share]", async (button) => {
    const { share: url, title, done } = button.dataset;
    if (navigator.share) {
      await navigator.share({ title, url }).catch(() => {});
      return;
    }
    try {
      await navigator.clipboard.writeText(url);
      button.querySelector("span").textContent = done;
    } catch {
      document.querySelector("[data-select]")?.select();
    }
  });
  on("focusin", "[data-select]", (input) => input.select());

  const reveal = () => document.querySelectorAll("[data-share][hidden]").forEach((button) => (button.hidden = false));
  reveal();
  document.addEventListener("htmx:afterSettle", reveal);

  let hiding;
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "toast") return;
    clearTimeout(hiding);
    hiding = setTimeout(() => event.detail.target.replaceChildren(), 3500);
  });
  // A refused post still says something useful: show its fragment.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.status === 422) event.detail.shouldSwap = true;
  });

  // A picture that cannot be had leaves its place empty instead of the browser's broken icon.
  const hide = (picture) => (picture.style.visibility = "hidden");
  document.addEventListener("error", (event) => event.target instanceof HTMLImageElement && hide(event.target), true);
  for (const picture of document.images) {
    if (picture.complete && !picture.naturalWidth) picture.decode().catch(() => hide(picture));
  }

  if ("serviceWorker" in navigator && window.isSecureContext) navigator.serviceWorker.register("/sw.js").catch(() => {});
})();
