/** What nodes read of contexts and of `msg.now`, as their settings say. Pure. */
import type { ConfiguredNode } from "./kept-run.js";

/** A value of a context. */
export interface ContextKey {
  scope: "flow" | "global";
  /** A path such as `opening.hours`. */
  key: string;
  /** A named store; undefined: the default one. */
  store: string | undefined;
}

/** What a node reads, and what it writes. */
interface Uses {
  reads: ContextKey[];
  writes: ContextKey[];
}

/** A setting with its type, as typed inputs save them. */
interface Typed {
  type: string;
  value: string;
}

/** `propertyType` stands beside `property`, and in core's rules `vt` beside `v`, `tot` beside `to`. */
const TYPE_NAME = /^(.+?)(?:Type|t)$/;
/** In a function node: `flow.get("name")`, `global.set("name", …)`, also of a named store. */
const CALL = /\b(flow|global)\s*\.\s*(get|set)\s*\(\s*(["'`])([^"'`$]+)\3(?:\s*,\s*(["'`])([^"'`$]+)\5\s*\))?/g;
/** In an expression: `$flowContext("name")`. */
const EXPRESSION = /\$(flow|global)Context\(\s*(["'])([^"']+)\2(?:\s*,\s*(["'])([^"']+)\4)?/g;
/** In a template: `{{flow.name}}`, `{{{global[store].name}}}`. */
const TAG = /\{\{[{&]?\s*(flow|global)(?:\[(\w+)\])?\.([^\s{}]+?)\s*\}\}/g;
/** Which of a change node's targets a rule reads, and which it writes. */
const RULES: Readonly<Record<string, { reads: readonly string[]; writes: readonly string[] }>> = {
  set: { reads: ["to"], writes: ["p"] },
  change: { reads: ["p", "from", "to"], writes: ["p"] },
  move: { reads: ["p"], writes: ["p", "to"] },
  delete: { reads: [], writes: ["p"] },
};

/**
 * The values that nodes read by settings, or under names that are written out in functions, expressions and templates.
 * Without those that one of the nodes writes: what they were before is not known.
 */
export function contextReads(nodes: readonly ConfiguredNode[]): ContextKey[] {
  const all = nodes.map(usesOf);
  const written = all.flatMap(({ writes }) => writes);
  const known = new Map<string, ContextKey>();
  for (const each of all.flatMap(({ reads }) => reads))
    if (!written.some((other) => overlap(each, other))) known.set(JSON.stringify(Object.values(each)), each);
  return [...known.values()];
}

/** Whether the node reads `msg.now`, the time that a scenario can give. */
export function readsNow(node: ConfiguredNode): boolean {
  return (
    typedOf(node).some(({ type, value }) => type === "msg" && /^now\b/.test(value)) ||
    textsOf(node).some((text) => /\bmsg\.now\b/.test(text))
  );
}

function usesOf(node: ConfiguredNode): Uses {
  const uses: Uses = { reads: [], writes: [] };
  for (const [, scope = "", verb, , key = "", , store] of matches(node, CALL))
    uses[verb === "get" ? "reads" : "writes"].push(keyOf(scope, key, store));
  for (const [, scope = "", , key = "", , store] of matches(node, EXPRESSION))
    uses.reads.push(keyOf(scope, key, store));
  if (node.type === "template")
    for (const [, scope = "", store, key = ""] of matches(node, TAG)) uses.reads.push(keyOf(scope, key, store));
  const { rules } = node as { rules?: unknown };
  if (node.type === "change" && Array.isArray(rules)) {
    for (const rule of rules as Record<string, unknown>[]) addRule(uses, rule);
    return uses;
  }
  uses.reads.push(...typedOf(node).flatMap(contextKeyOf));
  return uses;
}

function addRule(uses: Uses, rule: Record<string, unknown>): void {
  const kind = RULES[String(rule["t"])];
  for (const way of ["reads", "writes"] as const)
    for (const name of kind?.[way] ?? []) {
      const [type, value] = [rule[`${name}t`], rule[name]];
      if (typeof type === "string" && typeof value === "string") uses[way].push(...contextKeyOf({ type, value }));
    }
}

/** Empty where the setting is of no context, or names no property. */
function contextKeyOf({ type, value }: Typed): ContextKey[] {
  if (type !== "flow" && type !== "global") return [];
  const [, store, key = value] = /^#:\((\S+?)\)::(.*)$/.exec(value) ?? [];
  return key === "" ? [] : [keyOf(type, key, store)];
}

/** Which element of a list is meant a message may say: then the list is. */
function keyOf(scope: string, key: string, store: string | undefined): ContextKey {
  return { scope: scope === "flow" ? "flow" : "global", key: key.replace(/\[msg\b.*$/, ""), store };
}

/** One is the other, or within it. */
function overlap(one: ContextKey, other: ContextKey): boolean {
  const within = (inner: string, outer: string): boolean =>
    inner.startsWith(outer) && /^$|^[.[]/.test(inner.slice(outer.length));
  return one.scope === other.scope && (within(one.key, other.key) || within(other.key, one.key));
}

function matches(node: ConfiguredNode, pattern: RegExp): RegExpExecArray[] {
  return textsOf(node).flatMap((text) => [...text.matchAll(pattern)]);
}

/** All settings of a node with their types, those within lists too. */
function typedOf(value: unknown): Typed[] {
  if (value === null || typeof value !== "object") return [];
  const object = value as Record<string, unknown>;
  return Object.entries(object).flatMap(([name, type]) => {
    const typed = object[TYPE_NAME.exec(name)?.[1] ?? ""];
    const own = typeof type === "string" && typeof typed === "string" ? [{ type, value: typed }] : [];
    return [...own, ...typedOf(type)];
  });
}

/** All texts of a node's settings. What people say about it is none. */
function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([name, each]) => (name === "info" || name === "name" ? [] : textsOf(each)));
}
