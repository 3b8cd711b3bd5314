/** The networks that may call, and the address of a caller behind reverse proxies. */
import { BlockList, isIP, isIPv4 } from "node:net";

/** Networks that an address can be compared with. */
export interface Networks {
  /** True when the list is empty: everybody. */
  readonly any: boolean;
  /** True when the text is an IP address inside one of the networks. */
  includes(address: string): boolean;
}

const MAPPED_DOTTED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
const MAPPED_HEX = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i;

/** Writes an IPv4-mapped IPv6 address (`::ffff:192.0.2.1`, also in hexadecimal) as the IPv4 address that it is. */
export function plainAddress(address: string): string {
  const dotted = MAPPED_DOTTED.exec(address)?.[1];
  if (dotted !== undefined) return dotted;
  const hex = MAPPED_HEX.exec(address);
  if (!hex) return address;
  const bits = (Number.parseInt(hex[1] as string, 16) << 16) | Number.parseInt(hex[2] as string, 16);
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join(".");
}

/**
 * Reads a list of addresses and CIDR ranges.
 * @param entries such as `80.88.186.0/24`, `2001:db8::/32`, `192.0.2.7`; blanks around are ignored
 * @returns the networks, and the entries that are not networks, as they were; an empty entry is one of these, since it may
 *   come from a variable that is empty, and must not let everybody in
 */
export function parseNetworks(entries: readonly string[]): { networks: Networks; wrong: string[] } {
  const list = new BlockList();
  const wrong: string[] = [];
  let count = 0;
  for (const entry of entries) {
    if (addNetwork(list, entry.trim())) count++;
    else wrong.push(entry);
  }
  const networks: Networks = {
    any: count === 0 && wrong.length === 0,
    includes(address) {
      const plain = plainAddress(address);
      return isIP(plain) !== 0 && list.check(plain, isIPv4(plain) ? "ipv4" : "ipv6");
    },
  };
  return { networks, wrong };
}

function addNetwork(list: BlockList, text: string): boolean {
  const [range, bits, ...rest] = text.split("/");
  const address = plainAddress(range as string);
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  const width = family === 4 ? 32 : 128;
  // A mapped range counts its prefix over 128 bits, 96 of which are the mapping.
  const offset = address === range ? 0 : 96;
  const prefix = bits === undefined ? width : /^\d{1,3}$/.test(bits) ? Number(bits) - offset : -1;
  if (prefix < 0 || prefix > width) return false;
  list.addSubnet(address, prefix, family === 4 ? "ipv4" : "ipv6");
  return true;
}

/** The longest chain of trusted proxies that is followed. */
const HOP_LIMIT = 32;

/**
 * The address of the caller behind trusted proxies: `X-Forwarded-For` is read from the right for as long as the hop that
 * wrote it is trusted.
 * @param peer the socket's remote address
 * @param forwardedFor the header as it came; anybody can write it, so it counts only behind a trusted proxy
 * @param proxies whose header is believed; an empty list believes nobody
 * @returns an address; the header's own text when that is not an address, and nothing when the chain is too long to be
 *   real: both are in no network
 */
export function clientAddress(peer: string | undefined, forwardedFor: string | undefined, proxies: Networks): string {
  let address = plainAddress(peer ?? "");
  if (proxies.any || forwardedFor === undefined) return address;
  let end = forwardedFor.length;
  for (let hops = 0; end >= 0 && proxies.includes(address); hops++) {
    if (hops === HOP_LIMIT) return "";
    const comma = end === 0 ? -1 : forwardedFor.lastIndexOf(",", end - 1);
    address = plainAddress(withoutPort(forwardedFor.slice(comma + 1, end).trim()));
    end = comma;
  }
  return address;
}

/** Some proxies write `192.0.2.1:4711` or `[2001:db8::1]:4711`. */
function withoutPort(hop: string): string {
  return /^\[([^\]]+)\](?::\d+)?$/.exec(hop)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(hop)?.[1] ?? hop;
}
