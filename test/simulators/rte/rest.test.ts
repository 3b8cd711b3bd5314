import assert from "node:assert/strict";
import { DEMO, DEMO_USER } from "../../../simulators/rte/seed-data.js";
import { type RteSimulator, startRteSimulator } from "../../../simulators/rte/simulator.js";

describe("simulators/rte: the REST chain", () => {
  let simulator: RteSimulator;
  before(async () => {
    simulator = await startRteSimulator();
  });
  after(() => simulator.close());

  for (const [secretKey, served] of [
    [DEMO.secretKey, 200],
    ["wrong", 401],
  ] as const)
    it(`answers ${served} where it serves something and 404 elsewhere to the secret key ${secretKey}`, async () => {
      const basic = Buffer.from(`${DEMO.email}:${secretKey}`).toString("base64");
      const status = async (path: string): Promise<number> => {
        const response = await fetch(simulator.url + path, { headers: { Authorization: `Basic ${basic}` } });
        await response.text();
        return response.status;
      };
      for (const path of ["/users/me", "/queues", `/token/${DEMO_USER.id}/rte/`])
        assert.equal(await status(path), served, path);
      for (const path of ["/", "/nothing", "/api", "/toString", "/token/other/rte"])
        assert.equal(await status(path), 404, path);
      assert.equal(await status(`/api/user?user=${DEMO.email}`), 200, "discovery asks for no credentials");
    });
});
