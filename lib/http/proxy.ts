/**
 * Which forward proxy an address is reached through, by the variables that Node-RED's own nodes read: `http_proxy`,
 * `https_proxy`, `all_proxy` and `no_proxy`, in either case and with npm's prefix.
 */
import type { Agent } from "node:http";
import { refused, type Vendor } from "../core/errors.js";
import type { TunnelOptions } from "./tunnel.js";

/** True for this machine: credentials may travel there in clear text, and no proxy could reach it. */
export function isLoopback(url: URL): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
}

/** One entry of `no_proxy`: a host, `.suffix` or `*suffix`, each with or without a port. */
function excludes(entry: string, { hostname, port, protocol }: URL): boolean {
  const [, host = "", entryPort] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
  if (entryPort !== undefined && entryPort !== (port || (protocol === "https:" ? "443" : "80"))) return false;
  return /^[.*]/.test(host) ? hostname.endsWith(host.replace(/^\*/, "")) : hostname === host;
}

/**
 * The proxy for an address.
 * @param address of http, https, ws or wss; a WebSocket goes the way of the http address that it was negotiated at
 * @param vendor for the error
 * @param env the environment
 * @returns undefined where none is named or the address is excluded; localhost and the loopback addresses are reached directly
 * @throws ContactCenterError `EINVALID` when a variable names something that is no http or https proxy
 */
export function proxyFor(address: string, vendor: Vendor, env: NodeJS.ProcessEnv = process.env): URL | undefined {
  const url = new URL(address.replace(/^ws/i, "http"));
  const read = (name: string): string => env[name] || env[name.toUpperCase()] || "";
  const excluded = (read("npm_config_no_proxy") || read("no_proxy")).toLowerCase().split(/[,\s]+/);
  if (isLoopback(url) || excluded.some((entry) => entry === "*" || (entry !== "" && excludes(entry, url))))
    return undefined;
  const variable = `${url.protocol.slice(0, -1)}_proxy`;
  const name = [`npm_config_${variable}`, variable, "npm_config_proxy", "all_proxy"].find((each) => read(each) !== "");
  if (name === undefined) return undefined;
  const text = read(name);
  const proxy = text.includes("://") ? text : `http://${text}`;
  if (!URL.canParse(proxy) || !/^https?:/i.test(proxy))
    throw refused("shared.errors.proxy", { vendor, operation: "connect", field: name });
  return new URL(proxy);
}

/** A proxy for plain http in the form that axios takes; false keeps axios from deciding by itself. */
type ProxySetting =
  false | undefined | { protocol: string; host: string; port: number; auth?: { username: string; password: string } };

/** What axios itself looks for. */
const AXIOS_VARIABLES = ["http_proxy", "https_proxy", "all_proxy"];

/**
 * The proxy of {@link proxyFor} in the form that axios takes. False is said only where a variable would mislead axios: with it, axios
 * keeps each request, its body included, until V8 collects its old generation.
 */
export function proxySetting(proxy: URL | undefined, env: NodeJS.ProcessEnv = process.env): ProxySetting {
  if (proxy === undefined)
    return AXIOS_VARIABLES.some((name) => env[name] || env[name.toUpperCase()]) ? false : undefined;
  const { protocol, hostname, port, username, password } = proxy;
  return {
    protocol,
    host: hostname,
    port: Number(port) || (protocol === "https:" ? 443 : 80),
    ...(username !== "" && {
      auth: { username: decodeURIComponent(username), password: decodeURIComponent(password) },
    }),
  };
}

/**
 * An agent that tunnels https or a WebSocket through the proxy of its address, with the proxy's credentials.
 * @param address where the request goes
 * @param vendor for the error
 * @param options of the tunnel
 * @returns undefined where no proxy is to be used
 * @throws ContactCenterError as {@link proxyFor}
 */
export async function tunnelAgent(
  address: string,
  vendor: Vendor,
  options?: TunnelOptions,
): Promise<Agent | undefined> {
  const proxy = proxyFor(address, vendor);
  if (proxy === undefined) return undefined;
  // Loaded here, so that whoever needs no proxy does not pay for it.
  const { TunnelAgent } = await import("./tunnel.js");
  return new TunnelAgent(proxy, options);
}
