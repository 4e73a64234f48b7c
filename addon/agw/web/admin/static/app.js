// Which page the address names, and how it comes on the screen.
import { ApiError, element } from "./dom.js";
import * as pages from "./pages.js";

const DEFAULTS = { since: "24h", by: "model", measure: "cost", search: "" };
const main = document.getElementById("main");
let timer = null;
let turn = 0;

function state() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [page, id] = (path || "spend").split("/");
  return { ...DEFAULTS, ...Object.fromEntries(new URLSearchParams(query)), page, id };
}

function go(changes) {
  const { page, id, ...rest } = { ...state(), ...changes };
  const kept = Object.entries(rest).filter(([key, value]) => value !== DEFAULTS[key]);
  location.hash = `#/${page}${id ? `/${id}` : ""}${kept.length ? `?${new URLSearchParams(kept)}` : ""}`;
}

async function show(quiet = false) {
  clearTimeout(timer);
  const mine = ++turn;
  const asked = state();
  for (const one of document.querySelectorAll("nav a")) {
    const here = one.getAttribute("href") === `#/${asked.page === "call" ? "calls" : asked.page}`;
    if (here) one.setAttribute("aria-current", "page");
    else one.removeAttribute("aria-current");
  }
  if (!quiet) main.setAttribute("aria-busy", "true");
  let made;
  try {
    const page = Object.hasOwn(pages, asked.page) && asked.page !== "forget" ? pages[asked.page] : pages.spend;
    made = await page(asked, go, (wait_ms) => { timer = setTimeout(() => refresh(), wait_ms); });
  } catch (error) {
    if (!(error instanceof ApiError)) console.error(error);
    made = [element("p", { class: "error", role: "alert" }, error instanceof ApiError ? error.message : "The page failed; reload it.")];
  }
  if (mine !== turn) return;
  if (quiet && main.contains(document.activeElement) && document.activeElement.tagName === "INPUT") {
    // Somebody is typing: what they write is not taken from under their hands.
    timer = setTimeout(() => refresh(), 3000);
    return;
  }
  pages.forget();
  const nodes = (Array.isArray(made) ? made : made.nodes).flat(Infinity).filter(Boolean);
  main.replaceChildren(...nodes);
  main.setAttribute("aria-busy", "false");
  document.title = `agw: ${asked.page}`;
  if (made.after) made.after();
}

function refresh() {
  if (document.visibilityState === "visible") show(true);
  else timer = setTimeout(() => refresh(), 3000);
}

addEventListener("hashchange", () => show());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => show());
show();
