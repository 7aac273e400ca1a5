// A picture that cannot be had leaves its place empty instead of the browser's broken icon.
(() => {
  "use strict";
  const hide = (picture) => (picture.style.visibility = "hidden");
  document.addEventListener("error", (event) => event.target instanceof HTMLImageElement && hide(event.target), true);
  for (const picture of document.images) {
    if (picture.complete && !picture.naturalWidth) picture.decode().catch(() => hide(picture));
  }
})();
