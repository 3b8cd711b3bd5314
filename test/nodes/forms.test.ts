/** What every node's form, words and help have to keep; without a browser. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { nodeTypes, typesOf } from "../../scripts/assets.js";
import { type Form, packForms } from "../support/forms.js";

const root = resolve(__dirname, "../..");
const forms = packForms();
/** One muted colour per vendor. */
const COLOURS: Record<string, string> = {
  rte: "#A9C6D9",
  cti: "#C5B8D9",
  webitel: "#B5D3B7",
  smartrouting: "#D9C3A9",
  voicenter: "#E0B8B0",
};
/** What all five webhook nodes are set with. */
const WEBHOOK = {
  defaults: ["url", "auth", "apiKeyHeader", "networks", "proxies"],
  credentials: {
    apiKey: "password",
    apiKey2: "password",
    username: "text",
    password: "password",
    password2: "password",
    secret: "password",
    secret2: "password",
  },
};
/** Core's catalogue, of which `node-red:common.label.name` and the like are. */
const CORE_WORDS = {
  core: createRequire(require.resolve("node-red/package.json"))(
    "@node-red/nodes/locales/en-US/messages.json",
  ) as object,
};
const typed = (...names: string[]): string[] => names.flatMap((name) => [name, `${name}Type`]);

/** The settings that the contract names, per node. */
const SETTINGS: Record<string, string[]> = {
  "rte-connection": ["auth", "url", "email", "discoveryUrl", "apiUrl", "tls"],
  "rte-subscribe": ["connection", "subscriptions", ...typed("active")],
  "cti-broker": ["url", "callbackUrl", "enumStyle", "auth", "headerName", "addressField", "callbackField", "tls"],
  "cti-command": ["broker", "command", "heartbeat", ...typed("imAddress", "number")],
  "cti-subscribe": ["broker", "eventNode", "callback", "agents", "renew", ...typed("active")],
  "cti-event-in": [...WEBHOOK.defaults, "broker"],
  "webitel-connection": ["url", "tls"],
  "webitel-create-call": [
    "connection",
    ...typed("destination", "extension", "userId", "timeout", "display", "variables"),
    "audio",
    "autoAnswer",
    "record",
    "disableAutoAnswer",
    "cancelDistribute",
    "isOnline",
    "hideNumber",
  ],
  "webitel-agents": ["connection", "operation", ...typed("agentId", "filters")],
  "webitel-attempt-result": ["connection", ...typed("queue", "member", "attempt", "outcome", "status", "result")],
  "webitel-dialer-member-upload": [
    "connection",
    ...typed("queueId", "filename", "expiryValue", "rejectsFile"),
    "source",
    "separator",
    "encoding",
    "fileName",
    "country",
    "unique",
    "mapping",
    "defaults",
    "batchSize",
    "concurrency",
    "rate",
    "expiry",
    "expiryDuration",
    "timezone",
    "again",
    "uncertain",
    "doubles",
    "lateSeconds",
  ],
  "webitel-lookup-in": [...WEBHOOK.defaults, "deadline"],
  "webitel-lookup-out": [],
  "webitel-event-in": WEBHOOK.defaults,
  "smartrouting-in": [...WEBHOOK.defaults, "deadline"],
  "smartrouting-out": [
    "disconnect",
    ...typed(
      "initialTarget",
      "failTarget",
      "requiredTarget",
      "allocationTargets",
      "priority",
      "extraPriority",
      "customTTS",
      "customMSI",
    ),
  ],
  "voicenter-layer-in": [...WEBHOOK.defaults, "deadline", "fallbackLayer"],
  "voicenter-layer-out": [
    "action",
    ...typed("layer", "callerName", "customData", "nextLayer", "nextLayerIfFailed", "callerId", "nextVoId"),
    "language",
    "data",
    "maxCallDuration",
    "maxDialDuration",
    "recording",
    "targets",
  ],
};

/** Settings that a message may bring, and that nothing is done without; `voicenter-layer-out` says it per action. */
const FROM_MESSAGE: Record<string, Record<string, string>> = {
  "cti-command": { imAddress: "msg.payload.ImAddress", number: "msg.payload.number" },
  "webitel-create-call": {
    destination: "msg.payload.destination",
    extension: "msg.payload.extension",
    userId: "msg.payload.userId",
  },
  "webitel-agents": { agentId: "msg.payload.id" },
  "webitel-attempt-result": {
    queue: "msg.payload.queue",
    member: "msg.payload.member",
    attempt: "msg.payload.attempt",
    outcome: "msg.payload.status",
  },
  "webitel-dialer-member-upload": { queueId: "msg.payload.queueId", filename: "msg.filename" },
};

type Hints = Record<string, string>;
type Credentials = Record<string, { type: string }> | undefined;
const kinds = (credentials: Credentials): Record<string, string> =>
  Object.fromEntries(Object.entries(credentials ?? {}).map(([name, { type }]) => [name, type]));

/** What belongs to one type in its vendor's file: from the script with the mark to the next one with such a mark. */
function partOf(html: string, mark: string): string {
  const [attribute] = mark.split("=");
  return new RegExp(`<script[^>]*${mark}[^]*?(?=<script[^>]*${attribute}|$)`).exec(html)?.[0] ?? "";
}

/** What the editor keeps with a node. */
const OF_THE_EDITOR = new Set(
  "id type z x y w h g d l _def _config changed dirty dirtyStatus status valid validationErrors selected moved highlighted users wires ports resize".split(
    " ",
  ),
);

describe("forms", () => {
  for (const [type, vendor] of Object.entries(nodeTypes())) {
    const form = forms.get(type) as Form & {
      color?: string;
      icon?: string;
      paletteLabel?: string;
      label?: (this: object) => string;
      outputLabels?: (this: object, index: number) => string;
    };
    const isConfig = form?.category === "config";
    const built = (file: string): string => readFileSync(join(root, "dist/nodes", vendor, file), "utf8");

    describe(type, () => {
      it("is registered under its file's name, in the pack's category and its vendor's colour", () => {
        assert.ok(form);
        assert.ok(existsSync(join(root, "nodes", vendor, `${type}.ts`)));
        // A hyphen is where the palette breaks a label, in the middle of a word.
        assert.match(form.paletteLabel ?? "", /^(?:RTE|CTI|[A-Z][A-Za-z]+) [a-z ]+$/);
        if (isConfig) return;
        const icon = existsSync(join(root, "icons", `${type}.svg`)) ? `${type}.svg` : `${vendor}.svg`;
        assert.deepEqual([form.category, form.color, form.icon], ["contact center", COLOURS[vendor], icon]);
        assert.match(readFileSync(join(root, "icons", icon), "utf8"), /viewBox="0 0 40 60"/);
      });

      it("has the settings of the contract, and a type beside each typed one", () => {
        const expected = SETTINGS[type];
        assert.ok(expected, "no settings listed here");
        assert.deepEqual(
          expected.filter((setting) => !(setting in form.defaults)),
          [],
        );
      });

      it("has the credentials of its runtime, of the same kinds", () => {
        assert.deepEqual(kinds(form.credentials), kinds(typesOf(vendor)[type]?.credentials));
      });

      it("saves no setting under a name that the editor uses for something else", () => {
        const names = Object.keys(form.defaults).filter((name) => OF_THE_EDITOR.has(name));
        // Read from flows of an earlier version, and taken away at once.
        assert.deepEqual(names, type === "webitel-attempt-result" ? ["status"] : []);
      });

      it("has a label without and with a name, and on a node that lacks every setting", () => {
        const label = (node: object): string | undefined =>
          typeof form.label === "function" ? form.label.call({ ...node, _: (key: string) => key }) : undefined;
        const values = Object.fromEntries(Object.entries(form.defaults).map(([name, { value }]) => [name, value]));
        assert.ok(label(values));
        assert.ok(label({}), "no label without settings");
        assert.equal(label({ ...values, name: "mine" }), "mine");
      });

      if (!isConfig && (form?.outputs ?? 0) > 1) {
        it("says what each output is for", () => {
          const words = JSON.parse(built(`locales/en-US/${vendor}.json`)) as object;
          const look = (key: string): unknown =>
            key.split(".").reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], words);
          for (let index = 0; index < (form.outputs ?? 0); index++) {
            const label = form.outputLabels?.call({ type, _: (key: string) => look(key) as string }, index);
            assert.ok(typeof label === "string" && label.length > 2, `output ${index + 1}: ${label}`);
          }
        });
      }

      if (WEBHOOK.defaults.every((name) => form?.defaults[name])) {
        it("has the credentials of a webhook, as passwords", () => {
          assert.deepEqual(
            Object.fromEntries(Object.entries(form.credentials ?? {}).map(([name, { type: kind }]) => [name, kind])),
            WEBHOOK.credentials,
          );
        });
      }

      it("finds every word of its form in its catalogue", () => {
        const words = { ...(JSON.parse(built(`locales/en-US/${vendor}.json`)) as object), ...CORE_WORDS };
        const keys = [
          ...partOf(built(`${vendor}.html`), `data-template-name="${type}"`).matchAll(/data-i18n="([^"]+)"/g),
        ].flatMap(([, value]) =>
          (value as string).split(";").map((one) => one.replace(/^\[\w+\]/, "").replace(/^node-red:/, "core.")),
        );
        const missing = keys.filter(
          (key) =>
            typeof key
              .split(".")
              .reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], words) !== "string",
        );
        assert.deepEqual(missing, []);
      });

      it("says beside a field where a blank value comes from", () => {
        const words = JSON.parse(built(`locales/en-US/${vendor}.json`)) as Record<string, { hint?: Hints }>;
        for (const [setting, property] of Object.entries(FROM_MESSAGE[type] ?? {})) {
          assert.ok(built(`${vendor}.html`).includes(`${type}.hint.${setting}`), setting);
          assert.match(words[type]?.hint?.[setting] ?? "", new RegExp(`Blank: ${property}[.,;]`), setting);
        }
      });

      it("has help in Node-RED's style", () => {
        assert.ok(existsSync(join(root, "nodes", vendor, "locales/en-US", `${type}.html`)));
        const help = partOf(built(`locales/en-US/${vendor}.html`), `data-help-name="${type}"`);
        assert.match(help, new RegExp(`data-help-name="${type}"`));
        const intro = /<p>([^]*?)<\/p>/.exec(help)?.[1] ?? "";
        assert.ok(intro.length > 20 && !/<h3>/.test(help.slice(0, help.indexOf(intro))), intro);
        const parts = [...help.matchAll(/<h3>([^<]+)<\/h3>/g)].map(([, title]) => title);
        if ((form.inputs ?? 0) > 0) assert.ok(parts.includes("Inputs"), parts.join());
        if ((form.outputs ?? 0) > 0) assert.ok(parts.includes("Outputs"), parts.join());
        assert.ok(parts.includes("Details") && parts.at(-1) === "References", parts.join());
      });
    });
  }
});
