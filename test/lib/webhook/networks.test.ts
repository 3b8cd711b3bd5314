import assert from "node:assert/strict";
import { clientAddress, parseNetworks, plainAddress } from "../../../lib/webhook/networks.js";

describe("lib/webhook/networks", () => {
  const inside = (list: string[], address: string): boolean => parseNetworks(list).networks.includes(address);

  it("knows addresses and ranges of both families", () => {
    assert.ok(inside(["80.88.186.0/24", "80.88.187.0/24"], "80.88.187.255"));
    assert.ok(!inside(["80.88.186.0/24"], "80.88.188.0"));
    assert.ok(inside([" 192.0.2.7 "], "192.0.2.7"));
    assert.ok(inside(["2001:db8::/32"], "2001:db8:1::5"));
    assert.ok(!inside(["2001:db8::/32"], "2001:db9::5"));
  });

  it("sees an IPv4 address through its IPv6 mapping, on both sides", () => {
    for (const address of ["::ffff:10.1.2.3", "::FFFF:a01:203"]) {
      assert.equal(plainAddress(address), "10.1.2.3");
      assert.ok(inside(["10.0.0.0/8"], address));
    }
    assert.ok(inside(["::ffff:10.0.0.0/104"], "10.1.2.3"));
    assert.ok(!inside(["::ffff:10.0.0.0/104"], "11.1.2.3"));
  });

  it("means everybody by an empty list, and nobody more by a wrong or empty entry", () => {
    assert.ok(parseNetworks([]).networks.any);
    for (const wrong of [
      "10.0.0.0/33",
      "10.0.0",
      "host.example",
      "10.0.0.0/8/8",
      "10.0.0.0/-1",
      "::/129",
      "10.0.0.0/ 8",
      "",
      " ",
    ]) {
      const read = parseNetworks([wrong]);
      assert.deepEqual(read.wrong, [wrong]);
      assert.ok(!read.networks.any && !read.networks.includes("10.0.0.1"), wrong);
    }
  });

  it("is in no network when it is no address", () => {
    for (const odd of ["", "unknown", "10.0.0.1, 10.0.0.2", "0x0a000001"])
      assert.ok(!inside(["0.0.0.0/0", "::/0"], odd), odd);
  });

  describe("behind proxies", () => {
    const proxies = parseNetworks(["10.0.0.0/8"]).networks;

    it("believes X-Forwarded-For from a trusted proxy only", () => {
      assert.equal(clientAddress("10.0.0.1", "192.0.2.7", proxies), "192.0.2.7");
      assert.equal(clientAddress("192.0.2.9", "192.0.2.7", proxies), "192.0.2.9");
      assert.equal(clientAddress("10.0.0.1", "192.0.2.7", parseNetworks([]).networks), "10.0.0.1");
      assert.equal(clientAddress("::ffff:10.0.0.1", "192.0.2.7", proxies), "192.0.2.7");
    });

    it("reads from the right and stops at the first hop that is not a proxy", () => {
      assert.equal(clientAddress("10.0.0.1", "1.1.1.1, 192.0.2.7, 10.0.0.2", proxies), "192.0.2.7");
      assert.equal(clientAddress("10.0.0.1", "80.88.186.5,203.0.113.1", proxies), "203.0.113.1");
    });

    it("follows 32 proxies at most", () => {
      const chain = (length: number): string => ["192.0.2.7", ...Array.from({ length }, () => "10.0.0.2")].join(",");
      assert.equal(clientAddress("10.0.0.1", chain(31), proxies), "192.0.2.7");
      assert.equal(clientAddress("10.0.0.1", chain(1700), proxies), "");
    });

    it("reads ports and brackets, and does not take rubbish for an address", () => {
      assert.equal(clientAddress("10.0.0.1", "192.0.2.7:4711", proxies), "192.0.2.7");
      assert.equal(clientAddress("10.0.0.1", "[2001:db8::1]:4711", proxies), "2001:db8::1");
      assert.equal(clientAddress("10.0.0.1", "unknown", proxies), "unknown");
      assert.equal(clientAddress("10.0.0.1", "", proxies), "");
    });
  });
});
