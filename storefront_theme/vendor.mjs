// Copies htmx and the icons in use out of node_modules; run by `npm run vendor`, results are committed.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";

const out = "storefront_theme/static/storefront";
const icons = [
  "apple", "arrow-left", "badge-check", "bed-double", "bell", "box", "brush", "camera", "check", "chevron-down", "chevron-right", "circle-alert",
  "circle-check", "circle-help", "clock", "coffee", "cooking-pot", "copy", "credit-card", "download", "droplet", "filter", "flame", "flower", "flower-2", "gift",
  "globe", "headset", "heart", "house", "lamp", "languages", "layout-grid", "leaf", "link", "lock", "log-out", "mail",
  "map-pin", "megaphone", "minus", "package", "package-check", "percent", "phone", "plane", "plus", "qr-code",
  "receipt-text", "refresh-cw", "search", "search-x", "share-2", "shield-check", "shopping-bag", "shopping-basket",
  "shopping-cart", "sofa", "sparkles", "store", "tag", "ticket", "ticket-check", "timer", "trash-2", "truck", "user",
  "users", "utensils", "wallet", "wheat", "wifi-off", "x", "zap",
];

mkdirSync(out, { recursive: true });
copyFileSync("node_modules/htmx.org/dist/htmx.min.js", `${out}/htmx.min.js`);
const symbols = icons.map((name) => {
  const svg = readFileSync(`node_modules/lucide-static/icons/${name}.svg`, "utf8");
  const body = svg.replace(/<!--.*?-->/gs, "").replace(/^[\s\S]*?<svg[^>]*>/, "").replace("</svg>", "");
  return `<symbol id="${name}" viewBox="0 0 24 24">${body.replace(/\s+/g, " ").trim()}</symbol>`;
});
const licence = "<!-- Lucide icons, ISC License, https://lucide.dev/license -->";
writeFileSync(`${out}/icons.svg`, `<svg xmlns="http://www.w3.org/2000/svg">${licence}${symbols.join("")}</svg>\n`);
