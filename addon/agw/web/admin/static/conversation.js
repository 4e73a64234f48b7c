// A call's record as a conversation: system, messages, tool calls with their results beside them, then the answer.
import { element } from "./dom.js";

const pretty = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));

export function conversation(content) {
  if (!content) return null;
  const input = content.input_messages || [];
  const parts = [...input, ...(content.output_messages || [])].flatMap((message) => message.parts || []);
  const results = new Map(parts.filter((part) => part.type === "tool_call_response" && part.id).map((part) => [part.id, part]));
  const called = new Set(parts.filter((part) => part.type === "tool_call" && part.id).map((part) => part.id));
  const blocks = [];
  if (content.system_instructions?.length) blocks.push(message("system", content.system_instructions, results));
  for (const one of input) {
    const shown = (one.parts || []).filter((part) => !(part.type === "tool_call_response" && called.has(part.id)));
    if (shown.length) blocks.push(message(one.role, shown, results));
  }
  for (const one of content.output_messages || []) blocks.push(message(one.role || "assistant", one.parts || [], results));
  if (content.tool_definitions?.length) {
    blocks.push(
      element(
        "details",
        {},
        element("summary", {}, `${content.tool_definitions.length} tool definitions`),
        element("pre", {}, pretty(content.tool_definitions)),
      ),
    );
  }
  return blocks;
}

function message(role, parts, results) {
  const known = ["user", "assistant", "tool", "system", "developer"].includes(role) ? role : "tool";
  return element("section", { class: `message ${known}`, "aria-label": role }, element("h4", {}, role), parts.map((part) => shown(part, results)));
}

function shown(part, results) {
  switch (part.type) {
    case "text":
      return element("div", { class: "text" }, part.content ?? "");
    case "reasoning":
      return element("div", { class: "text reasoning" }, part.content ?? "");
    case "tool_call": {
      const result = part.id && results.get(part.id);
      return element(
        "div",
        {},
        element("strong", {}, `→ ${part.name ?? ""}`),
        element("pre", {}, pretty(part.arguments ?? {})),
        result ? [element("span", { class: "soft" }, "← result"), element("pre", {}, pretty(result.response ?? ""))] : null,
      );
    }
    case "tool_call_response":
      return element("div", {}, element("span", { class: "soft" }, "← result"), element("pre", {}, pretty(part.response ?? "")));
    case "blob":
    case "uri":
    case "file": {
      const size = part.size ?? part.size_bytes;
      const facts = [part.modality, part.mime_type, size ? `${(size / 1024).toFixed(1)} KB` : null, part.uri, part.file_id];
      return element("div", { class: "soft" }, `[${facts.filter(Boolean).join(", ")}]`);
    }
    default:
      return element("pre", {}, pretty(part));
  }
}
