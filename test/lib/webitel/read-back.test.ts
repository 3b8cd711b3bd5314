/** What the upload loaded, read back by the vendor's own client, field by field. */
import assert from "node:assert/strict";
import { Configuration, type EngineCreateMemberBulkItem, MemberServiceApi } from "webitel-sdk";
import { bulkBody } from "../../../lib/webitel/bulk-body.js";
import { createWebitelClient } from "../../../lib/webitel/client.js";
import { memberMapper } from "../../../lib/webitel/member.js";
import { NameLookup } from "../../../lib/webitel/upload/names.js";
import {
  startWebitelSimulator,
  WEBITEL_DEMO_TOKEN,
  type WebitelSimulator,
} from "../../../simulators/webitel/simulator.js";

const AT = "4102444799000";
const FLAT = {
  name: "Contoso Oy",
  destination: "+380441112233",
  type: "mobile",
  description: "office",
  display: "+380440000000",
  dtmf: "1w2#",
  resource: "Main trunk",
  destination2: "sip:anna@contoso.example",
  type2: "2",
  description2: "softphone",
  priority: "7",
  bucket: "Bucket of Anna Berg",
  agent: "Anna Berg",
  skill: "Ukrainian",
  timezone: "Europe/Kyiv",
  expire_at: "4102444799",
  min_offering_at: "2099-12-31T23:59:59Z",
  "variables.crm_id": 9001,
};
const FINISHED = {
  name: "Fabrikam",
  priority: 1,
  communications: [
    { destination: "+380445556677", type: { id: "1" }, priority: 3, stop_at: AT, dtmf: "9", resource: { id: "1" } },
  ],
  skill: { id: "1" },
  variables: { debt: "120.50" },
};
/** The vendor's type: a field that it gets is one that this test has to know. */
const EXPECTED: Required<EngineCreateMemberBulkItem>[] = [
  {
    name: "Contoso Oy",
    priority: 7,
    bucket: { id: "1" },
    agent: { id: "17" },
    skill: { id: "2" },
    timezone: { id: "1" },
    expire_at: AT,
    min_offering_at: AT,
    variables: { crm_id: "9001" },
    communications: [
      {
        destination: "+380441112233",
        type: { id: "1" },
        description: "office",
        display: "+380440000000",
        dtmf: "1w2#",
        resource: { id: "1" },
        priority: 1,
      },
      { destination: "sip:anna@contoso.example", type: { id: "2" }, description: "softphone", priority: 0 },
    ],
  },
];

describe("lib/webitel, read back by webitel-sdk", () => {
  let simulator: WebitelSimulator;
  before(async () => void (simulator = await startWebitelSimulator()));
  after(() => simulator.close());

  it("has every field of a row and of a finished member as it was given", async () => {
    const client = createWebitelClient({ url: simulator.url, token: WEBITEL_DEMO_TOKEN });
    const toMember = memberMapper({ mapping: [], defaults: [], names: new NameLookup(client) });
    const members = [];
    for (const row of [FLAT, FINISHED]) {
      const { member, error } = await toMember(row);
      assert.equal(error, undefined);
      if (member) members.push(member);
    }
    await client.createMembers("10", members, { maxBytes: Infinity, body: await bulkBody(members, "read back") });
    client.close();
    const api = new MemberServiceApi(new Configuration({ apiKey: WEBITEL_DEMO_TOKEN, basePath: simulator.url }));
    const [flat, finished] = (await api.searchMemberInQueue(10, 1, 10)).data.items ?? [];
    for (const [field, value] of Object.entries(EXPECTED[0] ?? {}))
      assert.deepEqual(flat?.[field as keyof typeof flat], value, field);
    for (const [field, value] of Object.entries(FINISHED))
      assert.deepEqual(finished?.[field as keyof typeof finished], value, field);
  });
});
