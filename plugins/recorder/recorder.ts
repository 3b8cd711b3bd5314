/**
 * The recorder: what happened to each call and event, node by node.
 *
 * settings.js: `contactCenter: { recorder: { level: "off" | "path" | "values", numbers: "pseudonyms" | "shown", keepDays } }`.
 * While the level is `off`, this file is all that is loaded, and no message hook is registered.
 */
import type { NodeAPI } from "node-red";
import type { ScenarioRequest, Scenarios } from "./scenarios.js";
import type { Reply } from "./reply.js";
import type { AdminRequest, RecorderService } from "./service.js";
import { recorderSettings } from "./settings.js";

/** What is used of express's response. */
interface Response {
  status(code: number): { json(body: object): unknown };
}
/** What Node-RED gives to plugins besides; its types lack it. */
interface Plugins {
  plugins: { registerPlugin(id: string, definition: { type: string }): void };
}

/** The admin API: permission, and what the recorder does. */
const ROUTES = [
  ["get", "runs", "contact-center.read", "list"],
  ["get", "runs/:id", "contact-center.read", "show"],
  ["post", "heat", "contact-center.read", "heat"],
  ["post", "level", "contact-center.write", "changeLevel"],
  ["post", "runs/:id/replay", "contact-center.write", "replay"],
  ["post", "runs/:id/scenario", "contact-center.write", "keep"],
  ["post", "forget", "contact-center.write", "forget"],
] as const;

/** The same for scenarios: whoever runs a flow has to be one who may change it. */
const SCENARIO_ROUTES = [
  ["get", "scenarios", ["contact-center.read", "flows.read"], "list"],
  ["post", "scenarios/run", ["contact-center.write", "flows.write"], "run"],
  ["post", "scenarios/stop", ["contact-center.write", "flows.write"], "stop"],
] as const;

export = (RED: NodeAPI) => {
  const settings = recorderSettings(RED);
  let made: RecorderService | undefined;
  const service = (): RecorderService =>
    (made ??= new (require("./service.js") as typeof import("./service.js")).RecorderService(RED, settings));
  (RED as unknown as Plugins).plugins.registerPlugin("contact-center-recorder", { type: "contact-center" });
  for (const [method, path, permission, action] of ROUTES) {
    RED.httpAdmin[method](
      `/contact-center/recorder/${path}`,
      RED.auth.needsPermission(permission),
      (request, response) => {
        const reply: Promise<Reply> = service()[action](request as AdminRequest);
        void reply.then(({ status, body }) => response.status(status).json(body));
      },
    );
  }
  let tests: Scenarios | undefined;
  const scenarios = (): Scenarios =>
    (tests ??= new (require("./scenarios.js") as typeof import("./scenarios.js")).Scenarios(RED));
  for (const [method, path, permissions, action] of SCENARIO_ROUTES) {
    RED.httpAdmin[method](
      `/contact-center/recorder/${path}`,
      permissions.map((permission) => RED.auth.needsPermission(permission)),
      (request: ScenarioRequest, response: Response) => {
        const reply: Promise<Reply> = scenarios()[action](request);
        void reply.then(({ status, body }) => response.status(status).json(body));
      },
    );
  }
  if (settings.level !== "off") void service().start(settings.level);
};
