// One function for each page: takes what the address says, gives the elements that show it.
import { forget, lines } from "./chart.js";
import { conversation } from "./conversation.js";
import { api, chooser, element, empty, link, table } from "./dom.js";
import { count, dollars, measured, moment, name, seconds, share } from "./shown.js";

const PERIODS = [["1h", "last hour"], ["24h", "last 24 hours"], ["7d", "last 7 days"], ["30d", "last 30 days"], ["365d", "last year"]];
const GROUPS = [["model", "model"], ["provider", "provider"], ["user", "user"], ["key", "key"], ["session", "session"], ["agent", "user agent"], ["route", "route"]];
const MEASURES = [["cost", "cost"], ["calls", "calls"], ["tokens", "tokens"], ["input_tokens", "input tokens"], ["output_tokens", "output tokens"], ["errors", "errors"]];
const NOTHING = ["No calls in this period. Send one through the gateway, for example ", element("code", {}, "curl http://localhost:3000/v1/chat/completions …"), ", or choose a longer period."];

const csv = (path, query) => element("a", { class: "button", href: link(path, { ...query, format: "csv" }), download: "agw.csv" }, "CSV");

function controls(state, go, which, ...more) {
  return element(
    "div",
    { class: "controls" },
    chooser("Period", PERIODS, state.since, (since) => go({ since })),
    which.includes("by") ? chooser("Group by", GROUPS, state.by, (by) => go({ by })) : null,
    which.includes("measure") ? chooser("Measure", MEASURES, state.measure, (measure) => go({ measure })) : null,
    more,
  );
}

const card = (title, value) => element("div", {}, element("dt", {}, title), element("dd", {}, value));

export async function spend(state, go) {
  const query = { since: state.since, by: state.by, measure: state.measure };
  const [overview, groups, series] = await Promise.all([api("overview", query), api("groups", query), api("series", query)]);
  if (!overview.calls) return [element("h2", {}, "Spend"), controls(state, go, ["by", "measure"]), empty(...NOTHING)];
  const chart = element("div", { class: "chart", role: "img", "aria-label": `${state.measure} over time by ${state.by}; the table below has the figures` });
  const most = Math.max(...groups.map((row) => Number(value(row, state.measure)) || 0), 0);
  return {
    nodes: [
      element("h2", {}, "Spend"),
      controls(state, go, ["by", "measure"], csv("groups", query)),
      element(
        "dl",
        { class: "cards" },
        card("cost", dollars(overview.cost_usd)),
        card("calls", count(overview.calls)),
        card("unpriced calls", count(overview.calls - overview.priced)),
        card("errors", count(overview.errors)),
        card("input tokens", count(overview.input_tokens)),
        card("output tokens", count(overview.output_tokens)),
        card("read from cache", share(overview.cache_share)),
        card("saved by cache", dollars(overview.cache_saved_usd)),
        card("under way", count(overview.under_way)),
      ),
      chart,
      table(
        `By ${state.by}`,
        [
          { title: state.by, show: (row) => name(row[state.by]) },
          { title: "", show: (row) => element("span", { class: "bar", style: `width:${most ? ((Number(value(row, state.measure)) || 0) / most) * 8 : 0}rem` }) },
          { title: "cost", number: true, show: (row) => dollars(row.cost_usd) },
          { title: "calls", number: true, show: (row) => count(row.calls) },
          { title: "errors", number: true, show: (row) => count(row.errors) },
          { title: "input", number: true, show: (row) => count(row.input_tokens) },
          { title: "cached", number: true, show: (row) => count(row.cache_read_tokens) },
          { title: "output", number: true, show: (row) => count(row.output_tokens) },
          { title: "reasoning", number: true, show: (row) => count(row.reasoning_tokens) },
        ],
        groups,
        { onRow: (row) => `#/calls?search=${encodeURIComponent(`${state.by}:${row[state.by]}`)}&since=${state.since}` },
      ),
    ],
    after: () => lines(chart, series.times, series.groups, (amount) => measured(state.measure, amount), period(state)),
  };
}

function period(state) {
  const length = { m: 60, h: 3600, d: 86400 }[state.since.at(-1)] * Number(state.since.slice(0, -1));
  const now = Date.now() / 1000;
  // The first bar of a period begins with its full hour or day.
  const step = length > 3 * 86400 ? 86400 : 3600;
  return [Math.floor((now - length) / step) * step, now];
}

function value(row, measure) {
  if (measure === "cost") return row.cost_usd;
  return measure === "tokens" ? row.input_tokens + row.output_tokens : row[measure];
}

export async function latency(state, go) {
  const query = { since: state.since, by: state.by };
  const step = ["1h", "24h"].includes(state.since) ? "hour" : "day";
  const [groups, times] = await Promise.all([api("latency", query), api("latency", { ...query, by: step })]);
  if (!groups.length) return [element("h2", {}, "Latency"), controls(state, go, ["by"]), empty(...NOTHING)];
  const chart = element("div", { class: "chart", role: "img", "aria-label": "percentiles over time; the table below has them by group" });
  const columns = [["first token p50", "first_token_p50_s"], ["p90", "first_token_p90_s"], ["p99", "first_token_p99_s"], ["total p50", "total_p50_s"], ["p90", "total_p90_s"], ["p99", "total_p99_s"]];
  return {
    nodes: [
      element("h2", {}, "Latency"),
      controls(state, go, ["by"], csv("latency", query)),
      chart,
      table(
        `Of calls that went well, by ${state.by}`,
        [
          { title: state.by, show: (row) => name(row[state.by]) },
          { title: "calls", number: true, show: (row) => count(row.calls) },
          ...columns.map(([title, key]) => ({ title, number: true, show: (row) => seconds(row[key]) })),
        ],
        groups,
      ),
    ],
    after: () =>
      lines(
        chart,
        times.map((row) => row[step]),
        [["first token p50", "first_token_p50_s"], ["first token p99", "first_token_p99_s"], ["total p50", "total_p50_s"], ["total p99", "total_p99_s"]].map(([title, key]) => ({ name: title, values: times.map((row) => row[key]) })),
        seconds,
        period(state),
      ),
  };
}

export async function errors(state, go) {
  const kinds = (await api("groups", { since: state.since, by: "error", measure: "calls" })).filter((row) => row.error);
  const series = await api("series", { since: state.since, by: state.by, measure: "errors" });
  const chart = element("div", { class: "chart", role: "img", "aria-label": `errors over time by ${state.by}` });
  const head = [element("h2", {}, "Errors"), controls(state, go, ["by"], csv("groups", { since: state.since, by: "error", measure: "calls" }))];
  if (!kinds.length) return [...head, empty("No call failed in this period.")];
  return {
    nodes: [
      ...head,
      chart,
      table(
        "By kind",
        [
          { title: "kind", show: (row) => name(row.error) },
          { title: "calls", number: true, show: (row) => count(row.calls) },
          { title: "cost all the same", number: true, show: (row) => dollars(row.cost_usd) },
        ],
        kinds,
        { onRow: (row) => `#/calls?search=${encodeURIComponent(`error:${row.error}`)}&since=${state.since}` },
      ),
    ],
    after: () => lines(chart, series.times, series.groups, count, period(state)),
  };
}

export async function calls(state, go, again) {
  const query = { since: state.since, search: state.search, limit: 200 };
  const found = await api("calls", query);
  const search = element("input", { type: "search", value: state.search, placeholder: "model:gpt* user:alice status:error", size: 34, "aria-describedby": "how" });
  const form = element("form", { class: "controls", onsubmit: (event) => { event.preventDefault(); go({ search: search.value }); } }, element("label", {}, "Search", search), element("button", {}, "Find"));
  const list = found.length ? listed("The newest calls first; the list follows by itself", found) : empty(state.search ? "No call fits this search." : NOTHING);
  again(3000);
  return [
    element("h2", {}, "Calls"),
    controls(state, go, [], form, csv("calls", query)),
    element("p", { id: "how", class: "soft" }, "Words: model: provider: user: session: key: route: agent: error: operation: status:ok|error|partial; * stands for anything."),
    element("div", { "aria-live": "off" }, list),
  ];
}

function listed(caption, rows) {
  return table(
    caption,
    [
      { title: "when", show: (row) => moment(row.start_ns) },
      { title: "model", show: (row) => name(row.model) },
      { title: "status", show: (row) => row.error_type || (row.partial ? "partial" : String(row.http_status ?? "")) },
      { title: "in", number: true, show: (row) => count(row.input_tokens) },
      { title: "out", number: true, show: (row) => count(row.output_tokens) },
      { title: "cost", number: true, show: (row) => dollars(row.cost_usd) },
      { title: "first", number: true, show: (row) => seconds(row.first_token_s) },
      { title: "total", number: true, show: (row) => seconds(row.total_s) },
      { title: "user", show: (row) => row.user ?? "" },
      { title: "session", show: (row) => row.session ?? "" },
    ],
    rows,
    { onRow: (row) => `#/call/${row.span_id}`, bad: (row) => row.error_type },
  );
}

export async function call(state) {
  const { record, session } = await api(`call/${state.id}`);
  const usage = record.answer?.usage ?? {};
  const who = record.attribution ?? {};
  const facts = [
    ["when", moment(record.start_ns)],
    ["model", [record.client_model, record.request?.model, record.answer?.model].filter((one, index, all) => one && all.indexOf(one) === index).join(" > ")],
    ["status", record.error ? `${record.error.type}: ${record.error.message}` : String(record.http_status ?? "")],
    ["input tokens", `${count(usage.input_tokens)} (cached ${count(usage.cache_read_tokens)}, written ${count(usage.cache_write_tokens)})`],
    ["output tokens", `${count(usage.output_tokens)} (reasoning ${count(usage.reasoning_tokens)})`],
    ["figures from", usage.source],
    ["cost", record.cost ? `${dollars(record.cost.total_usd)} ${Object.entries(record.cost.parts ?? {}).map(([part, amount]) => `${part} ${dollars(amount)}`).join(", ")} (${[record.cost.source, record.cost.price_list].filter(Boolean).join(", ")})` : "–"],
    ["first token", record.first_token_ns ? seconds((record.first_token_ns - record.start_ns) / 1e9) : "–"],
    ["total", seconds((record.end_ns - record.start_ns) / 1e9)],
    ["finish", (record.answer?.finish_reasons ?? []).join(", ")],
    ["provider", `${record.provider} ${record.server_address ?? ""}`],
    ["route", [record.gateway, record.listener, record.route, record.backend].filter(Boolean).join(" ")],
    ["user", who.user],
    ["session", who.session],
    ["key", who.key_name],
    ["attempts", (record.attempts ?? []).map((one) => `${one.backend} ${one.http_status ?? one.error_type ?? ""}`).join(" → ")],
    ["trace", `${record.ids?.trace_id} span ${record.ids?.span_id}`],
    ["notes", (record.notes ?? []).join("; ")],
  ].filter(([, shown]) => shown);
  return [
    element("p", {}, element("a", { href: "#/calls" }, "← all calls")),
    element("h2", {}, `Call ${state.id}`),
    element("dl", { class: "facts" }, facts.flatMap(([title, shown]) => [element("dt", {}, title), element("dd", {}, shown)])),
    element("h3", {}, "Conversation"),
    conversation(record.content) ?? empty("What was said is not on record: content is off unless the config or OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT asks for it."),
    session.length > 1 ? [element("h3", {}, "Its session"), listed("Calls of the same session", session)] : null,
  ];
}

export async function destinations() {
  const found = await api("destinations");
  const head = element("h2", {}, "Destinations");
  if (!found.length) return [head, empty("Nothing is exported. Write config.tracing or config.destinations to send calls somewhere; they are all in the journal meanwhile.")];
  const worker = (row) => `${row.worker} (pid ${row.pid})` + (row.silent_s ? `, silent for ${seconds(row.silent_s)}` : "");
  return [
    head,
    table(
      "Where calls are sent",
      [
        { title: "name", show: (row) => row.name },
        ...(found.some((row) => row.pid) ? [{ title: "worker", show: worker }] : []),
        { title: "place", show: (row) => row.place },
        { title: "sent", number: true, show: (row) => count(row.sent) },
        { title: "waiting", number: true, show: (row) => count(row.queued) },
        { title: "lag", number: true, show: (row) => seconds(row.lag_s) },
        { title: "parked", number: true, show: (row) => count(row.parked) },
        { title: "dropped", number: true, show: (row) => count(row.dropped) },
        { title: "last error", show: (row) => row.last_error || "none" },
      ],
      found,
      { bad: (row) => row.failures > 0 || row.silent_s },
    ),
  ];
}

export async function config() {
  const found = await api("config");
  return [element("h2", {}, "Config in force"), element("p", { class: "soft" }, `${found.file}, sha256 ${found.sha256}`), element("pre", {}, found.text)];
}

export async function prices() {
  const found = await api("prices");
  const part = (row, key) => (row[key] === null || row[key] === undefined ? "–" : `$${row[key]}`);
  return [
    element("h2", {}, "Prices in force"),
    element("div", { class: "controls" }, csv("prices", {})),
    table(
      "US dollars for a million tokens",
      [
        { title: "model", show: (row) => row.model },
        { title: "provider", show: (row) => row.provider },
        ...["input", "output", "cache_read", "cache_write"].map((key) => ({ title: key.replace("_", " "), number: true, show: (row) => part(row, key) })),
        { title: "from", show: (row) => row.source },
      ],
      found,
    ),
  ];
}

export { forget };
