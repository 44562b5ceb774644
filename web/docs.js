// Renders openapi.json: groups, parameters, shapes, an example with curl, and a way to try the reads.
// Whatever the description or an answer says is set as text, never as markup.
"use strict";

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
  for (const child of children.flat()) if (child !== null && child !== undefined) made.append(child);
  return made;
}

const nameOf = (reference) => reference.split("/").pop();

// A schema in a few words.
function words(schema) {
  if (!schema) return "";
  if (schema.$ref) return nameOf(schema.$ref);
  if (schema.oneOf || schema.anyOf || schema.allOf) return (schema.oneOf || schema.anyOf || schema.allOf).map(words).join(" | ");
  if (schema.type === "array") return "[" + words(schema.items) + "]";
  return [].concat(schema.type || "any").join(" | ");
}

// Names of the shapes that have a place on this page.
const known = new Set();

function link(schema) {
  const text = words(schema);
  const name = text.match(/[A-Za-z]+/g)?.find((word) => known.has(word));
  return name ? element("a", { href: "#schema-" + name }, text) : element("code", {}, text);
}

function paragraphs(text) {
  return (text || "").split(/\n\s*\n/).filter(Boolean).map((part) => element("p", {}, part));
}

function exampleOf(schema, shapes, depth) {
  if (!schema || depth > 9) return null;
  if (schema.example !== undefined) return schema.example;
  if (schema.$ref) return exampleOf(shapes[nameOf(schema.$ref)], shapes, depth + 1);
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => exampleOf(part, shapes, depth + 1) || {}));
  if (schema.oneOf) return exampleOf(schema.oneOf.find((part) => part.type !== "null"), shapes, depth + 1);
  const type = [].concat(schema.type).find((one) => one !== "null");
  if (type === "array") return [exampleOf(schema.items, shapes, depth + 1)].filter((item) => item !== null);
  if (type === "object") {
    return Object.fromEntries(Object.entries(schema.properties || {}).map(([key, value]) => [key, exampleOf(value, shapes, depth + 1)]));
  }
  return { integer: 0, number: 0, boolean: false, string: "…" }[type] ?? null;
}

const quoted = (text) => "'" + text.replaceAll("'", "'\\''") + "'";

function address(path, parameters, value) {
  let filled = path;
  const query = new URLSearchParams();
  for (const parameter of parameters) {
    const given = value(parameter);
    if (parameter.in === "path") {
      // The rest of a tile's path keeps its slashes.
      filled = filled.replace("{" + parameter.name + "}", given.split("/").map(encodeURIComponent).join("/"));
    } else if (parameter.in === "query" && given) {
      query.set(parameter.name, given);
    }
  }
  return filled + (query.size ? "?" + query : "");
}

// One command for each type of body.
function curls(path, operation, shapes) {
  const parameters = operation.parameters || [];
  const example = (parameter) => String(parameter.example ?? parameter.schema?.example ?? (parameter.required ? parameter.name : ""));
  const start = "curl -s " + quoted(location.origin + address(path, parameters, example));
  const content = Object.entries(operation.requestBody?.content || {});
  if (!content.length) return [start];
  return content.map(([type, body]) => {
    const sent = type === "application/json" ? quoted(JSON.stringify(exampleOf(body.schema, shapes, 0))) : "@file";
    return [start, "-H " + quoted("Content-Type: " + type), "--data-binary " + sent].join(" \\\n  ");
  });
}

async function attempt(path, parameters, inputs, output) {
  const target = address(path, parameters, (parameter) => inputs[parameter.name]?.value.trim() ?? "");
  output.replaceChildren("GET " + target + "\n…");
  try {
    const answer = await fetch(target, { headers: { Accept: "application/json, text/plain;q=0.9, */*;q=0.1" } });
    const type = answer.headers.get("content-type") || "";
    const bytes = await answer.arrayBuffer();
    const body = type.includes("octet-stream") ? bytes.byteLength + " bytes" : new TextDecoder().decode(bytes);
    output.replaceChildren("GET " + target + "\n" + answer.status + " " + type + "\n\n" + body);
  } catch (error) {
    output.replaceChildren(String(error));
  }
}

function trial(path, parameters) {
  const inputs = {};
  const rows = parameters.filter((parameter) => parameter.in !== "header").map((parameter) => {
    const input = element("input", { "aria-label": parameter.name, placeholder: String(parameter.example ?? ""), autocomplete: "off" });
    inputs[parameter.name] = input;
    return element("p", {}, element("code", {}, parameter.name), " ", input);
  });
  const output = element("pre", { hidden: "" });
  const button = element("button", { type: "submit" }, "试一试 Try it");
  const form = element("form", {}, rows, element("p", {}, button));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    output.removeAttribute("hidden");
    attempt(path, parameters, inputs, output);
  });
  return [form, output];
}

function operationOf(method, path, operation, shapes) {
  const parameters = operation.parameters || [];
  const head = element("summary", {}, element("span", { class: "method" }, method.toUpperCase()), element("code", {}, path), " ", element("span", { class: "quiet" }, operation.summary || ""));
  const parts = paragraphs(operation.description);
  if (parameters.length) {
    parts.push(element("h3", {}, "参数 Parameters"), element("table", {}, parameters.map((parameter) =>
      element("tr", {}, element("td", {}, element("code", {}, parameter.name)), element("td", {}, parameter.in + (parameter.required ? "" : "?")), element("td", {}, link(parameter.schema)), element("td", {}, parameter.description || "")))));
  }
  const content = Object.entries(operation.requestBody?.content || {});
  if (content.length) {
    parts.push(element("h3", {}, "请求内容 Body"), element("table", {}, content.map(([type, body]) =>
      element("tr", {}, element("td", {}, element("code", {}, type)), element("td", {}, link(body.schema))))));
  }
  parts.push(element("h3", {}, "应答 Answers"), element("table", {}, Object.entries(operation.responses || {}).map(([status, response]) =>
    element("tr", {}, element("td", {}, element("code", {}, status)), element("td", {}, response.description || ""),
      element("td", {}, Object.entries(response.content || {}).map(([type, body]) => element("div", {}, link(body.schema), " ", element("span", { class: "quiet" }, type))))))));
  parts.push(element("h3", {}, "curl"), ...curls(path, operation, shapes).map((command) => element("pre", {}, command)));
  if (method === "get") parts.push(...trial(path, parameters));
  return element("details", { id: operation.operationId || path }, head, element("div", {}, parts));
}

function shapeOf(name, schema) {
  const required = new Set();
  const properties = {};
  for (const part of schema.allOf || [schema]) {
    (part.required || []).forEach((one) => required.add(one));
    Object.assign(properties, part.properties);
  }
  const based = (schema.allOf || []).filter((part) => part.$ref).map((part) => element("p", {}, "+ ", link(part)));
  const rows = Object.entries(properties).map(([key, value]) =>
    element("tr", {}, element("td", {}, element("code", {}, key), required.has(key) ? "" : "?"), element("td", {}, link(value)), element("td", {}, value.description || "")));
  return element("details", { id: "schema-" + name }, element("summary", {}, element("code", {}, name)), element("div", {}, paragraphs(schema.description), based, element("table", {}, rows)));
}

function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
    target.scrollIntoView();
  }
}

async function main() {
  const place = document.getElementById("api");
  try {
    const described = await (await fetch("/openapi.json")).json();
    const shapes = described.components?.schemas || {};
    Object.keys(shapes).forEach((name) => known.add(name));
    const parts = paragraphs(described.info.description);
    for (const tag of described.tags || []) {
      parts.push(element("h2", {}, tag.name, " ", element("span", { class: "quiet" }, tag.description || "")));
      for (const [path, methods] of Object.entries(described.paths)) {
        for (const [method, operation] of Object.entries(methods)) {
          if ((operation.tags || []).includes(tag.name)) parts.push(operationOf(method, path, operation, shapes));
        }
      }
    }
    parts.push(element("h2", {}, "数据结构 Shapes"), ...Object.entries(shapes).map(([name, schema]) => shapeOf(name, schema)));
    place.replaceChildren(...parts);
    openTarget();
    addEventListener("hashchange", openTarget);
  } catch (error) {
    place.replaceChildren(element("p", {}, "无法读取 openapi.json / cannot read openapi.json: " + error));
  }
}

main();
