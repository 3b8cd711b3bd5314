/**
 * Seeded random flows whose nodes say by themselves from where each message came to them: what a recorder has to agree with.
 * A `truth` node writes down the passage of each message and the passage before it, which the message carries as `truth`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { node, tab } from "./flow.js";
import type { FlowNode } from "./node-red.js";

/** A message at a truth node. */
export interface Passage {
  id: string;
  node: string;
  /** The passage before; absent for what comes from the in node. */
  parent?: string;
  /** The step that the recorder gave it, by the number of its run and its place there. */
  step?: { run: number; place: number };
  /** Sent so that nobody can know from where it came. */
  isUnknowable?: true;
}

/** What a truth node does with a message. */
const BEHAVIOURS = [
  "pass",
  "async",
  "clone-async",
  "new",
  "new-async",
  "twice",
  "queue",
  "fail",
  "fail-async",
  "function-new",
] as const;

/** The source of the node type; it runs in Node-RED, and is no part of the pack. */
const TRUTH = `
module.exports = (RED) => {
  let passages = [], last = 0, counts = {};
  RED.httpAdmin.get("/truth", (request, response) => response.json(passages));
  RED.httpAdmin.post("/truth/clear", (request, response) => { passages = []; response.json({}); });
  const enter = (node, msg) => {
    const symbol = Object.getOwnPropertySymbols(msg).find((each) => each.description === "contact-center.recorder");
    const token = symbol && msg[symbol];
    const passage = { id: String(++last), node, parent: msg.truth, isUnknowable: msg.unknowable };
    if (token !== undefined) passage.step = { run: Math.floor(token / 512), place: token % 512 };
    passages.push(passage);
    msg.truth = passage.id;
    msg.hops = (msg.hops || 0) + 1;
    msg.root = msg.root || passage.id;
    counts[msg.root] = (counts[msg.root] || 0) + 1;
    // Loops and fans end.
    if (counts[msg.root] > 60) msg.hops = 99;
    return passage.id;
  };
  function Truth(config) {
    RED.nodes.createNode(this, config);
    const node = this, held = [];
    const all = (msg) => (config.outputs === 2 ? [msg, RED.util.cloneMessage(msg)] : msg);
    const made = (msg, id) => ({ payload: msg.payload, truth: msg.truth, hops: msg.hops, root: msg.root, ...(id && { _msgid: msg._msgid }) });
    const later = (work) => setTimeout(work, 1 + (last * 7) % 9);
    this.on("input", (msg, send, done) => {
      const id = enter(node.id, msg);
      if (msg.hops > 14) return done();
      switch (config.behaviour) {
        case "pass": send(all(msg)); return done();
        case "async": later(() => { send(all(msg)); done(); }); return;
        case "clone-async": { const copy = RED.util.cloneMessage(msg); later(() => send(all(copy))); return done(); }
        case "new": send(all(made(msg))); return done();
        case "new-async": { const fresh = made(msg, true); later(() => send(all(fresh))); return done(); }
        case "unknowable": { const fresh = { ...made(msg), unknowable: true }; later(() => node.send(all(fresh))); return done(); }
        case "twice": { const again = RED.util.cloneMessage(msg); send(all(msg)); later(() => send(all(again))); return done(); }
        case "queue": {
          held.push({ msg, send });
          if (held.length === 2) for (const each of held.splice(0)) each.send(all(each.msg));
          return done();
        }
        case "fail": if (msg.hops % 2) return done(new Error("truth")); send(all(msg)); return done();
        case "fail-async": later(() => { if (msg.hops % 2) done(new Error("truth")); else { send(all(msg)); done(); } }); return;
      }
    });
  }
  RED.nodes.registerType("truth", Truth);
  // Function nodes enter by this.
  RED.settings.functionGlobalContext.enter = enter;
};`;

/** Puts the node type into a user directory. */
export function installTruth(userDir: string): void {
  mkdirSync(join(userDir, "nodes"), { recursive: true });
  writeFileSync(join(userDir, "nodes/truth.js"), TRUTH);
  writeFileSync(
    join(userDir, "nodes/truth.html"),
    `<script type="text/javascript">RED.nodes.registerType("truth", { category: "test", defaults: {}, inputs: 1, outputs: 1 });</script>`,
  );
}

/** Numbers from 0 to 1 that a seed determines. */
export function randomOf(seed: number): () => number {
  let state = seed * 2654435761;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A part of a flow: where messages go in, and the nodes that they leave by their outputs. */
interface Part {
  in: string;
  outs: { node: FlowNode; port: number }[];
}

/**
 * A random flow on a tab of its own, behind a SmartRouting node at `/seed-<seed>`.
 * @param isUnknowable with messages whose origin nobody can know
 */
export function randomFlow(seed: number, isUnknowable = false): FlowNode[] {
  const random = randomOf(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const z = `t${seed}`;
  const nodes: FlowNode[] = [tab(z)];
  let count = 0;
  const add = (type: string, properties: object, home = z): FlowNode => {
    const made = node(`s${seed}n${count++}`, type, { z: home, ...properties });
    nodes.push(made);
    return made;
  };
  const wired = (from: Part["outs"][number], to: string): void => {
    const wires = from.node["wires"] as string[][];
    while (wires.length <= from.port) wires.push([]);
    if (!wires[from.port]?.includes(to)) wires[from.port]?.push(to);
  };
  const outputs = (made: FlowNode, ports: number): Part => {
    made["wires"] = Array.from({ length: ports }, () => []);
    return { in: made.id, outs: Array.from({ length: ports }, (_, port) => ({ node: made, port })) };
  };
  const joined = (...parts: Part[]): Part => {
    for (const [i, part] of parts.slice(1).entries()) for (const out of parts[i]?.outs ?? []) wired(out, part.in);
    return { in: (parts[0] as Part).in, outs: (parts.at(-1) as Part).outs };
  };
  const truth = (behaviour: string, ports = 1, home = z): Part =>
    outputs(add("truth", { behaviour, outputs: ports }, home), ports);
  const func = (body: string, home = z): Part =>
    outputs(
      add("function", { func: body, outputs: 1, timeout: 0, noerr: 0, initialize: "", finalize: "", libs: [] }, home),
      1,
    );
  const simple = (home: string): Part => {
    const behaviour = pick(isUnknowable ? [...BEHAVIOURS, "unknowable"] : BEHAVIOURS);
    if (behaviour !== "function-new") return truth(behaviour, random() < 0.25 ? 2 : 1, home);
    const fresh = `global.get("enter")(node.id, msg); if (msg.hops > 14) return null;
      const fresh = { payload: msg.payload, truth: msg.truth, hops: msg.hops, root: msg.root };`;
    return random() < 0.5
      ? func(`${fresh} return fresh;`, home)
      : func(`${fresh} setTimeout(() => node.send(fresh), 3); return null;`, home);
  };
  const delay = (home = z): Part =>
    outputs(
      add(
        "delay",
        {
          pauseType: random() < 0.5 ? "delay" : "rate",
          timeout: "5",
          timeoutUnits: "milliseconds",
          rate: "1",
          nbRateUnits: "0.004",
          rateUnits: "second",
          drop: false,
          allowrate: false,
          outputs: 1,
        },
        home,
      ),
      1,
    );
  const subflow = (depth: number): Part => {
    const id = `s${seed}f${count++}`;
    const inner = joined(
      simple(id),
      depth > 0 && random() < 0.6 ? subflowAt(id, depth - 1) : delay(id),
      truth("pass", 1, id),
    );
    nodes.push({
      id,
      type: "subflow",
      name: id,
      in: [{ x: 0, y: 0, wires: [{ id: inner.in }] }],
      out: [{ x: 0, y: 0, wires: inner.outs.map((out) => ({ id: out.node.id, port: out.port })) }],
      env: [],
    });
    return outputs(add(`subflow:${id}`, {}), 1);
  };
  const subflowAt = (home: string, depth: number): Part => {
    const part = subflow(depth);
    (nodes.find(({ id }) => id === part.in) as FlowNode)["z"] = home;
    return part;
  };
  const kinds: Record<string, () => Part> = {
    simple: () => simple(z),
    delay: () => delay(),
    switch: () =>
      outputs(
        add("switch", {
          property: "hops",
          propertyType: "msg",
          rules: [{ t: "lt", v: String(2 + Math.floor(random() * 6)), vt: "num" }, { t: "else" }],
          checkall: "true",
          repair: false,
          outputs: 2,
        }),
        2,
      ),
    splitJoin: () => {
      const list = outputs(
        add("change", { rules: [{ t: "set", p: "payload", pt: "msg", to: "[1,2,3]", tot: "json" }], action: "" }),
        1,
      );
      const split = outputs(
        add("split", { splt: "\\n", spltType: "str", arraySplt: 1, arraySpltType: "len", stream: false, addname: "" }),
        1,
      );
      const join = outputs(
        add("join", {
          mode: "auto",
          build: "object",
          property: "payload",
          propertyType: "msg",
          key: "topic",
          joiner: "\\n",
          joinerType: "str",
          accumulate: "false",
          timeout: "",
          count: "",
        }),
        1,
      );
      return joined(list, split, truth(pick(["pass", "async", "clone-async"])), join);
    },
    linkCall: () => {
      const call = outputs(add("link call", { linkType: "static", timeout: "5", links: [] }), 1);
      const linkIn = outputs(add("link in", { links: [] }), 1);
      const back = outputs(add("link out", { mode: "return", links: [] }), 0);
      call.outs[0]!.node["links"] = [linkIn.in];
      joined(linkIn, truth(pick(["pass", "async", "clone-async", "fail"])), back);
      return call;
    },
    link: () => {
      const linkIn = outputs(add("link in", { links: [] }), 1);
      const out = add("link out", { mode: "link", links: [linkIn.in] });
      linkIn.outs[0]!.node["links"] = [out.id];
      return { in: out.id, outs: linkIn.outs };
    },
    subflow: () => subflow(1 + Math.floor(random() * 2)),
  };
  const parts = Array.from({ length: 4 + Math.floor(random() * 5) }, () =>
    (kinds[pick([...Object.keys(kinds), "simple", "simple", "simple"])] as () => Part)(),
  );
  parts.push(truth("pass"));
  // Forward, mostly; now and then to two, and back.
  for (const [i, part] of parts.slice(0, -1).entries()) {
    for (const out of part.outs) {
      const ahead = parts.slice(i + 1);
      wired(out, (random() < 0.6 ? (ahead[0] as Part) : pick(ahead)).in);
      if (random() < 0.2) wired(out, pick(ahead).in);
      if (random() < 0.1) {
        const back = truth("pass");
        wired(out, back.in);
        for (const each of back.outs) wired(each, pick(parts.slice(0, i + 1)).in);
      }
    }
  }
  const caught = joined(outputs(add("catch", { scope: null, uncaught: false }), 1), truth("pass"));
  if (random() < 0.3) for (const out of caught.outs) wired(out, (parts.at(-1) as Part).in);
  const watched = nodes.find(({ type, z: home }) => type === "truth" && home === z);
  if (watched && random() < 0.3)
    joined(outputs(add("complete", { scope: [watched.id], uncaught: false }), 1), truth("pass"));
  const fallback = truth("pass");
  nodes.push(
    node(`in${seed}`, "smartrouting-in", { z, url: `/seed-${seed}`, auth: "none", deadline: 60 }, [
      [(parts[0] as Part).in],
      [fallback.in],
    ]),
  );
  return nodes;
}
