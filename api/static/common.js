/* What all scripts share: words, elements, requests to the service, and problems on the page. */

const html = document.documentElement;
export const lang = html.dataset.lang;
export const root = new URL(html.dataset.base).pathname.replace(/\/$/, "");
const told = document.querySelector("[data-words]")?.dataset ?? {};
export const words = JSON.parse(told.words ?? "{}");

const rewrites = JSON.parse(told.rewrites ?? "[]").map(([pattern, field]) => [new RegExp(pattern, "g"), field]);

/** Return what the service says of a file, in the words of the page instead of the command line's. */
function inPage(text) {
  return rewrites.reduce((changed, [pattern, field]) => changed.replace(pattern, field), text);
}

/** Return words with their {fields} filled. */
export function say(name, facts = {}) {
  return words[name].replace(/\{(\w+)\}/g, (_, key) => facts[key]);
}

export function number(value, digits = 0) {
  return value.toLocaleString(html.lang, { maximumFractionDigits: digits });
}

/** Return an element; `facts` are properties, `role` and names with a dash are attributes. */
export function element(tag, facts = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(facts)) {
    if (name === "role" || name.includes("-")) made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children.filter((child) => child !== null && child !== ""));
  return made;
}

/** A request that came to nothing; `problem` is what the service says of it (RFC 9457). */
export class Trouble extends Error {
  constructor(problem) {
    super(problem.title);
    this.problem = problem;
  }
}

export function noAnswer() {
  return new Trouble({ title: words.no_answer, remedy: words.no_answer_remedy });
}

export function address(path) {
  return `${root}${path}${path.includes("?") ? "&" : "?"}lang=${lang}`;
}

/** Ask the service; raise `Trouble` where the answer is no success. */
export async function request(method, path, { body, headers = {} } = {}) {
  const options = { method, headers: { Accept: "application/json", ...headers } };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  let response;
  try {
    response = await fetch(address(path), options);
  } catch {
    throw noAnswer();
  }
  if (!response.ok) throw new Trouble(problemOf(await response.text(), response.statusText));
  return response;
}

export async function ask(method, path, options) {
  return (await request(method, path, options)).json();
}

/** Return what a body says of a problem; a proxy's own page counts as no words. */
export function problemOf(text, fallback) {
  try {
    return JSON.parse(text);
  } catch {
    return { title: fallback || words.something_wrong };
  }
}

/** Put a problem into a box, or empty it where there is none. */
export function showTrouble(box, error) {
  box.replaceChildren();
  if (!error) return;
  if (!(error instanceof Trouble)) throw error;
  const { title, detail, remedy, faults } = error.problem;
  const shown = element("div", { className: "problem" }, element("h2", { textContent: title ?? words.something_wrong }));
  if (faults?.length) shown.append(findings(faults));
  else {
    if (detail) shown.append(element("p", { textContent: detail }));
    if (remedy) shown.append(element("p", { textContent: remedy }));
  }
  box.append(shown);
}

/** Return findings about a file as a list: what, in which rows, and what to do. */
export function findings(found) {
  return element("ul", { className: "remarks" }, ...found.map(finding));
}

/** Return what a finding says in the reader's language: `what`, or its `remedy`. */
export function said(fault, name) {
  return inPage((lang === "zh" && fault[`${name}_zh`]) || fault[name] || "");
}

function finding(fault) {
  const where = [fault.file, fault.layername].filter((part, i, all) => part && part !== all[i - 1]).join(" · ");
  const rows = rowsOf(fault.rows ?? []);
  return element(
    "li",
    fault.blocking ? { className: "blocking" } : {},
    fault.blocking ? element("b", { textContent: `${words.must_settle}: ` }) : "",
    where ? element("b", { textContent: `${where}: ` }) : "",
    said(fault, "what"),
    rows ? element("small", { textContent: ` (${rows})` }) : "",
    said(fault, "remedy") ? element("div", { textContent: `→ ${said(fault, "remedy")}` }) : "",
  );
}

function rowsOf(rows) {
  if (!rows.length) return "";
  const first = rows.slice(0, 8).join(", ");
  const shown = rows.length > 8 ? say("and_more", { rows: first, n: number(rows.length - 8) }) : first;
  return say("in_rows", { rows: shown });
}
