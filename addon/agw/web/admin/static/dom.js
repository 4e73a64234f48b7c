// Builds elements. Text is always set as text: what a prompt, a model or a user is called can never become markup.

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key === "class") made.className = value;
    else made.setAttribute(key, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined) made.append(child);
  }
  return made;
}

export class ApiError extends Error {}

export async function api(path, query = {}) {
  const address = link(path, query);
  let answer;
  try {
    answer = await fetch(address, { headers: { Accept: "application/json" } });
  } catch {
    throw new ApiError("The gateway does not answer. Is it running?");
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new ApiError(body.error || `The gateway answered ${answer.status}.`);
  return body;
}

export function link(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return `/api/${path}` + (given.length ? `?${new URLSearchParams(given)}` : "");
}

export function table(caption, columns, rows, { onRow, bad } = {}) {
  const head = columns.map((column) => element("th", { scope: "col", class: column.number ? "number" : null }, column.title));
  const body = rows.map((row) =>
    element(
      "tr",
      { class: bad && bad(row) ? "bad" : null },
      columns.map((column, index) => {
        const shown = column.show(row);
        const cell = onRow && index === 0 ? element("a", { href: onRow(row) }, shown) : shown;
        return element("td", { class: column.number ? "number" : index === 0 ? "name" : null }, cell);
      }),
    ),
  );
  return element(
    "div",
    { class: "wide", tabindex: "0", role: "region", "aria-label": caption },
    element("table", {}, element("caption", {}, caption), element("thead", {}, element("tr", {}, head)), element("tbody", {}, body)),
  );
}

export function chooser(label, options, value, change) {
  const select = element(
    "select",
    { onchange: (event) => change(event.target.value) },
    options.map(([key, title]) => element("option", { value: key, selected: key === value }, title)),
  );
  return element("label", {}, label, select);
}

export const empty = (...text) => element("p", { class: "empty" }, ...text);
