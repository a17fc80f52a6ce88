// The page at /runs. It reads and writes nothing but the public Agents API.
// Whatever a model or a tool said is put on the page as text: no markup is ever made of it.
"use strict";

const API = "/v1/agents/sessions";
const LIST_EVERY_MS = 4000;
const MARKS = { pending: "○", in_progress: "◐", done: "●", blocked: "✕", dropped: "–" };
const STATUS = { idle: "idle", in_progress: "at work", requires_action: "waits for you", failed: "failed",
  budget_reached: "limit reached" };
const $ = (id) => document.getElementById(id);
const page = { sessions: [], hasMore: false, id: null, session: null, items: new Map(), turns: new Map(), last: 0,
  abort: null, isFollowed: false };

// ---------------------------------------------------------------- small things

function make(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  for (const child of children) if (child !== null && child !== undefined) node.append(child);
  return node;
}

function button(text, className, act) {
  const node = make("button", className, text);
  node.type = "button";
  node.addEventListener("click", async () => {
    node.disabled = true;
    try { await act(); } catch (error) { notify(error.message); } finally { node.disabled = false; }
  });
  return node;
}

function notify(text) {
  $("notice").textContent = text;
  $("notice").hidden = false;
  clearTimeout(notify.timer);
  notify.timer = setTimeout(() => { $("notice").hidden = true; }, 6000);
}

function headers(more) {
  const key = sessionStorage.getItem("tercet-key");
  return { "OpenAI-Beta": "agents=v1", ...(key ? { Authorization: `Bearer ${key}` } : {}), ...more };
}

async function call(path, options = {}) {
  const answer = await fetch(path, { ...options, headers: headers(options.headers) });
  if (answer.status === 401) { askForKey(); throw new Error("An API key is needed."); }
  if (!answer.ok) {
    const said = await answer.json().catch(() => ({}));
    throw new Error(said.error?.message ?? `The server answered ${answer.status}.`);
  }
  const text = await answer.text();
  return text ? JSON.parse(text) : null;
}

const post = (path, body) =>
  call(path, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });

const money = (usd) => (usd ? (usd < 0.01 ? `$${usd.toPrecision(2)}` : `$${usd.toFixed(2)}`) : "");
const count = (number) => number.toLocaleString("en");
const span = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : ms < 60000 ? `${(ms / 1000).toFixed(1)} s`
  : `${Math.floor(ms / 60000)} min ${Math.round((ms % 60000) / 1000)} s`);
function shown(value) {
  if (typeof value === "string") return value;
  const short = JSON.stringify(value);
  return short.length < 90 ? short : JSON.stringify(value, null, 2);
}

function ago(seconds) {
  const past = Math.max(0, Date.now() / 1000 - seconds);
  if (past < 60) return "now";
  if (past < 3600) return `${Math.floor(past / 60)} min`;
  if (past < 86400) return `${Math.floor(past / 3600)} h`;
  return new Date(seconds * 1000).toLocaleDateString();
}

// ---------------------------------------------------------------- the list

async function list(after) {
  const found = await call(`${API}?limit=30${after ? `&after=${encodeURIComponent(after)}` : ""}`);
  const fresh = new Set(found.data.map((each) => each.id));
  const oldest = after || !found.has_more ? Infinity : found.data.at(-1).created_at;
  const kept = page.sessions.filter((each) => !fresh.has(each.id) && (after || each.created_at <= oldest && found.has_more));
  page.sessions = [...found.data, ...kept].sort((one, two) => two.created_at - one.created_at);
  page.hasMore = found.has_more || (!after && page.hasMore);
  drawList();
}

function drawList() {
  $("sessions").replaceChildren(...page.sessions.map((session) => {
    const link = make("a", "", make("span", `dot ${session.status}`), make("span", "name", title(session)),
      make("span", "when", ago(session.last_active_at)),
      make("span", "under", make("span", "", STATUS[session.status] ?? session.status),
        make("span", "", money(session.tercet.cost_usd))));
    link.href = `#${session.id}`;
    if (session.id === page.id) link.setAttribute("aria-current", "true");
    return link;
  }));
  if (!page.sessions.length) $("sessions").replaceChildren(make("p", "under", "No sessions yet."));
  $("more").hidden = !page.hasMore;
}

const title = (session) => session.metadata.title || session.agent.name || `${session.agent.model} session`;

// ---------------------------------------------------------------- one session

function open(id) {
  page.abort?.abort();
  Object.assign(page, { id, session: null, items: new Map(), turns: new Map(), last: 0, abort: new AbortController() });
  $("timeline").replaceChildren();
  $("actions").replaceChildren();
  $("plan").hidden = true;
  $("empty").hidden = true;
  $("session").hidden = false;
  drawList();
  follow(id, page.abort.signal);
  call(`${API}/${id}/plan`).then((plan) => { if (page.id === id) drawPlan(plan); }, () => {});
}

async function follow(id, signal) {
  let wait = 500;
  while (!signal.aborted) {
    try {
      if (!page.session) { page.session = await call(`${API}/${id}`); drawSession(); page.isFollowed = page.session.status === "in_progress"; }
      const query = `include_obfuscation=false&include_tercet=true&starting_after=${page.last}`;
      const answer = await fetch(`${API}/${id}/events?${query}`, { headers: headers(), signal });
      if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
      wait = 500;
      await read(answer.body, signal);
    } catch (error) {
      if (signal.aborted) return;
      notify(error.message);
    }
    await new Promise((done) => setTimeout(done, wait));
    wait = Math.min(wait * 2, 15000);
  }
}

async function read(body, signal) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done || signal.aborted) return;
    buffer += value;
    const events = buffer.split("\n\n");
    buffer = events.pop();
    const near = page.isFollowed && isNearEnd();
    for (const event of events) take(event);
    if (near && events.length) $("say").scrollIntoView({ block: "end" });
  }
}

function take(text) {
  let data = null;
  for (const line of text.split("\n")) {
    if (line.startsWith("data: ")) data = JSON.parse(line.slice(6));
    else if (line.startsWith("id: ")) page.last = Number(line.slice(4));
  }
  if (data) show(data);
}

function isNearEnd() {
  const main = document.querySelector("main");
  return main.scrollHeight - main.scrollTop - main.clientHeight < 160;
}

function show(event) {
  const kind = event.type.replace("agent.session.", "");
  if (event.session) { page.session = event.session; drawSession(); return; }
  switch (kind) {
    case "turn.created": case "turn.in_progress": case "turn.completed": case "turn.failed": case "turn.cancelled":
      drawTurn(event.turn); break;
    case "turn.item.added": case "turn.item.done": drawItem(event.item); break;
    case "turn.output_text.delta": case "turn.reasoning_summary_text.delta": grow(event.item_id, event.delta); break;
    case "agent.output.command_execution_output.delta": grow(event.item_id, event.delta); break;
    case "tercet.plan.changed": drawPlan(event.plan); break;
    default: if (kind.startsWith("environment.")) drawEnvironment(event.environment);
  }
}

function drawSession() {
  const session = page.session;
  const figures = [["status", STATUS[session.status] ?? session.status], ["tier", session.agent.model],
    ["tokens", session.usage ? count(session.usage.total_tokens) : "0"], ["cost", money(session.tercet.cost_usd) || "$0"],
    ["limit", session.spend_control.limit === null ? "none" : money(session.spend_control.limit / 100)],
    ["begun", new Date(session.created_at * 1000).toLocaleString()]];
  const busy = ["in_progress", "requires_action", "budget_reached"].includes(session.status);
  const tools = make("span", "tools");
  if (busy) tools.append(button("cancel the turn", "no small", () => send({ type: "agent.session.input.cancel" })));
  if (session.status === "budget_reached") {
    tools.append(button("double the limit", "small", () =>
      post(`${API}/${session.id}`, { spend_control: { limit: session.spend_control.limit * 2 } })));
  }
  $("head").replaceChildren(
    make("h2", "", make("span", `dot ${session.status}`), title(session), tools), make("p", "id", session.id),
    make("dl", "figures", ...figures.map(([name, value]) => make("div", "", make("dt", "", name), make("dd", "", value)))));
  const forked = session.tercet.forked_from;
  if (forked) {
    const link = make("a", "", "its parent");
    link.href = `#${forked.session_id}`;
    $("head").append(make("p", "id", `forked at item ${forked.item} from `, link));
  }
  if (session.error) $("head").append(make("p", "trouble", session.error));
  drawActions();
  const listed = page.sessions.findIndex((each) => each.id === session.id);
  if (listed >= 0) { page.sessions[listed] = session; drawList(); }
}

function drawEnvironment(environment) {
  if (environment.error) notify(environment.error.message);
}

function drawPlan(plan) {
  const box = $("plan");
  box.hidden = !plan.goal && !plan.steps.length;
  box.replaceChildren(make("h3", "", plan.goal || "Plan"),
    make("ol", "", ...plan.steps.map((step) => make("li", step.status, make("span", "mark", MARKS[step.status] ?? "○"),
      make("span", "text", step.text, step.note ? make("span", "note", ` — ${step.note}`) : null)))));
  if (plan.facts.length) {
    box.append(make("ul", "facts", ...plan.facts.map((fact) => make("li", "", fact.text))));
  }
}

// ---------------------------------------------------------------- what it waits for

function drawActions() {
  $("actions").replaceChildren(...page.session.required_actions.map(drawAction));
}

function drawAction(action) {
  if (action.type === "mcp_approval_request") {
    const answer = (decision) => send({ type: "agent.session.input.mcp_approval_request_result",
      request_id: action.request_id, response: { type: "mcp_tool_call", decision } });
    return make("div", "action", make("p", "", action.request.message), make("pre", "", shown(action.request.arguments)),
      make("div", "buttons", button("approve", "", () => answer("approve")), button("deny", "no", () => answer("deny")),
        button("dismiss", "quiet", () => answer("cancel"))));
  }
  if (action.type === "function_call") {
    const words = make("textarea");
    words.rows = 3;
    words.placeholder = "the function's result";
    const answer = (success) => send({ type: "agent.session.input.tool_result", turn_id: action.turn_id,
      call_id: action.call_id, success, ...(success ? { output: words.value } : { error: words.value || "refused" }) });
    return make("div", "action", make("p", "", "The application is to run ", make("span", "name", action.name), "."),
      make("pre", "", shown(action.arguments)), words,
      make("div", "buttons", button("give the result", "", () => answer(true)), button("say that it failed", "no",
        () => answer(false))));
  }
  return make("div", "action", make("p", "", `Waits for environment ${action.environment_id}.`));
}

const send = (event) => post(`${API}/${page.id}/events`, { events: [event] });

// ---------------------------------------------------------------- the timeline

function drawTurn(turn) {
  let node = page.turns.get(turn.id);
  if (!node) {
    node = make("li", "turn");
    page.turns.set(turn.id, node);
    $("timeline").append(node);
  }
  const begun = new Date(turn.created_at * 1000).toLocaleTimeString();
  const facts = [turn.subagent_id ? "a subagent's turn" : "turn", begun, turn.status.replace("_", " ")];
  if (turn.completed_at) facts.push(span((turn.completed_at - turn.created_at) * 1000));
  if (turn.usage) facts.push(`${count(turn.usage.total_tokens)} tokens`);
  if (turn.tercet.cost_usd) facts.push(money(turn.tercet.cost_usd));
  node.replaceChildren(make("span", "", facts.join(" · ")));
  if (turn.error) node.append(make("p", "trouble", `${turn.error.code}: ${turn.error.message}`));
}

function drawItem(item) {
  if (!item.id) return;
  let entry = page.items.get(item.id);
  if (!entry) {
    entry = { node: make("li"), text: null };
    page.items.set(item.id, entry);
    $("timeline").append(entry.node);
  }
  entry.item = item;
  const isOpen = entry.node.querySelector("details")?.open ?? false;
  const running = item.status === "in_progress";
  entry.node.className = [running ? "running" : "", item.status === "failed" ? "failed" : "",
    item.role === "assistant" ? "assistant" : "", item.tercet.subagent_id ? "sub" : ""].filter(Boolean).join(" ");
  entry.node.replaceChildren(line(item), ...content(item, entry, isOpen));
}

function line(item) {
  const facts = item.tercet;
  const told = [];
  if (facts.usage) told.push(`${count(facts.usage.input_tokens)} → ${count(facts.usage.output_tokens)} tokens`);
  if (facts.cost_usd) told.push(money(facts.cost_usd));
  if (facts.duration_ms >= 1) told.push(span(facts.duration_ms));
  if (item.status === "incomplete") told.push("cut off");
  const node = make("div", "line", ...who(item), facts.tier ? make("span", "tier", facts.tier) : null,
    make("span", "facts", told.join(" · ")));
  if (facts.number >= 0 && !facts.subagent_id) {
    node.append(button("fork here", "quiet small fork", () => fork(facts.number)));
  }
  return node;
}

function who(item) {
  switch (item.type) {
    case "message": return [make("span", "who", item.role === "user" ? "You" : "Agent")];
    case "reasoning": return [make("span", "who", "Thoughts")];
    case "function_call_output": return [make("span", "who", "Result")];
    case "agent_message": return [make("span", "who", `${item.sender_agent_id} → ${item.recipient_agent_id}`)];
    case "command_execution": return [make("span", "who", "Command")];
    default: {
      const name = item.tercet.name ?? item.name ?? item.type;
      const effect = item.tercet.effect === "writes" ? make("span", "facts", "writes") : null;
      return [make("span", "who name", name), effect].filter(Boolean);
    }
  }
}

function content(item, entry, isOpen) {
  switch (item.type) {
    case "message": return words(item.content, entry, "words");
    case "reasoning": return words(item.summary, entry, "words thoughts");
    case "agent_message": return words(item.content, entry, "words");
    case "function_call_output":
      return [make("pre", item.error ? "bad" : "", item.error ?? shown(item.output))];
    default: return callContent(item, entry, isOpen);
  }
}

function words(parts, entry, className) {
  const nodes = parts.map((part) => (part.type === "input_image" ? picture(part.image_url)
    : make("p", className, part.text)));
  if (!nodes.length) nodes.push(make("p", className));
  entry.text = nodes.find((node) => node.tagName === "P") ?? null;
  return nodes;
}

function callContent(item, entry, isOpen) {
  const facts = item.tercet;
  const nodes = [];
  if (item.type === "command_execution") nodes.push(make("pre", "", `$ ${item.command}`));
  else if (facts.arguments !== undefined && shown(facts.arguments) !== "{}") nodes.push(make("pre", "", shown(facts.arguments)));
  const outcome = facts.error ?? facts.output ?? "";
  const box = make("pre", facts.error ? "bad" : "", outcome);
  entry.text = box;
  if (facts.error) nodes.push(box);
  else {
    const details = make("details", "", make("summary", "", outcome ? "outcome" : "no outcome yet"), box);
    details.open = isOpen || outcome.length < 400 && outcome.length > 0;
    nodes.push(details);
  }
  if (item.output?.image_url) nodes.push(picture(item.output.image_url));
  return nodes;
}

function picture(url) {
  if (!/^data:image\/(png|jpeg|webp|gif);base64,/.test(url)) return make("p", "words thoughts", `image: ${url}`);
  const image = make("img", "screen");
  image.src = url;
  image.alt = "image";
  return image;
}

function grow(id, text) {
  const entry = page.items.get(id);
  if (!entry?.text) return;
  entry.text.append(text);
  const details = entry.text.closest("details");
  if (details) details.open = true;
}

// ---------------------------------------------------------------- forks, keys, words

async function fork(number) {
  const models = (await call("/v1/models")).data.map((model) => model.id);
  const current = page.session.agent.model;
  $("fork-model").replaceChildren(...[...new Set([current, ...models])].map((name) => make("option", "", name)));
  const dialog = $("fork-dialog");
  dialog.returnValue = "cancel";
  dialog.showModal();
  await new Promise((done) => dialog.addEventListener("close", done, { once: true }));
  if (dialog.returnValue !== "ok") return;
  const forked = await post(`${API}/${page.id}/fork`, { item: number, goes_on: $("fork-goes-on").checked,
    agent: { model: $("fork-model").value } });
  await list();
  location.hash = forked.id;
}

function askForKey() {
  const dialog = $("key-dialog");
  if (dialog.open) return;
  dialog.returnValue = "cancel";
  dialog.showModal();
  dialog.addEventListener("close", () => {
    if (dialog.returnValue !== "ok") return;
    if ($("key").value) sessionStorage.setItem("tercet-key", $("key").value);
    else sessionStorage.removeItem("tercet-key");
    $("key").value = "";
    list().catch((error) => notify(error.message));
    if (page.id) open(page.id);
  }, { once: true });
}

$("key-button").addEventListener("click", askForKey);
$("more").addEventListener("click", () =>
  list(page.sessions.at(-1)?.id).catch((error) => notify(error.message)));
$("words").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); $("say").requestSubmit(); }
});
$("say").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = $("words").value.trim();
  if (!text) return;
  try {
    await send({ type: "agent.session.input.message",
      input: [{ role: "user", content: [{ type: "input_text", text }] }] });
    $("words").value = "";
    page.isFollowed = true;
  } catch (error) { notify(error.message); }
});
function openNamed() {
  const id = location.hash.slice(1);
  if (/^[A-Za-z0-9_-]{1,100}$/.test(id) && id !== page.id) open(id);
}

addEventListener("hashchange", openNamed);
list().then(openNamed, (error) => notify(error.message));
setInterval(() => { if (!document.hidden && !$("key-dialog").open) list().catch(() => {}); }, LIST_EVERY_MS);
