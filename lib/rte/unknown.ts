/** What a hub sends that the vendor does not document. */

/** Something that the vendor does not document: passed through as it came, or dropped. */
export interface Unknown {
  kind: "passed" | "dropped";
  /** The event, `event.property`, or the hub's message. */
  what: string;
}

/** Unknown things that are reported; a hub may make up any number of them. */
const MAX_REPORTED = 100;

/** Reports each unknown thing once. */
export class Unknowns {
  private readonly reported = new Set<string>();

  constructor(private readonly onUnknown: (unknown: Unknown) => void = () => undefined) {}

  report(kind: Unknown["kind"], what: string): void {
    // A copy: a slice would keep the whole text.
    const text = Buffer.from(what.slice(0, 200)).toString();
    if (this.reported.has(text) || this.reported.size >= MAX_REPORTED) return;
    this.reported.add(text);
    this.onUnknown({ kind, what: text });
  }
}
