/** The JSON hub protocol of ASP.NET Core SignalR, as far as a server of RTE needs it. */

/** Ends every record. */
const RECORD_END = "\u001e";

/** One record of a client. */
export interface ClientRecord {
  type?: number;
  target?: string;
  invocationId?: string;
  arguments?: unknown[];
  /** Of the handshake. */
  protocol?: string;
  version?: number;
}

/** Types of records. */
export const TYPE = { invocation: 1, completion: 3, ping: 6, close: 7 } as const;

/** Writes one record. */
export function record(value: object): string {
  return JSON.stringify(value) + RECORD_END;
}

/** Reads the records of a frame. */
export function records(frame: string): ClientRecord[] {
  return frame
    .split(RECORD_END)
    .filter((text) => text !== "")
    .map((text) => JSON.parse(text) as ClientRecord);
}

/** A property name as .NET writes it by default: a leading run of capitals becomes small, but for the start of the next word. */
export function camelCase(name: string): string {
  return name.replace(/^[A-Z]+(?=[A-Z][a-z]|$)|^[A-Z]/, (head) => head.toLowerCase());
}

/** Data as the hub writes it: all names in camel case, lists included. */
export function wireData(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(wireData);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [camelCase(name), wireData(item)]));
}

/** Data with all names in Pascal case, lists included. */
export function pascalCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pascalCased);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).map(([name, item]) => [name.charAt(0).toUpperCase() + name.slice(1), item]);
  return Object.fromEntries(entries.map(([name, item]) => [name, pascalCased(item)]));
}
