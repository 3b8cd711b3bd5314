/** The vendor's records, as the public protos name them. Ids are 64-bit and stay text. */

/** A reference by id. */
export interface Lookup {
  id: string;
  name?: string;
}

/** A record of one of Webitel's lists, as far as a member refers to it. */
export interface NamedRecord {
  id: string;
  name?: string;
  /** Of a communication type. */
  code?: string;
}

/** One number or address of a member. */
export interface Communication {
  destination: string;
  type: Lookup;
  /** Higher is tried first. */
  priority?: number;
  description?: string;
  [field: string]: unknown;
}

/** A person to call. Times are Unix milliseconds as text. */
export interface Member {
  name?: string;
  communications: Communication[];
  priority?: number;
  expire_at?: string | number;
  min_offering_at?: string | number;
  variables?: Record<string, string>;
  timezone?: Lookup;
  bucket?: Lookup;
  agent?: Lookup;
  [field: string]: unknown;
}

/** A member as a search finds it. */
export interface FoundMember extends Member {
  id: string;
  /** How often it was called; 0 may be left out. */
  attempts?: number;
  /** The dialer has it in an attempt. */
  reserved?: boolean;
  /** Why the dialer is done with it. */
  stop_cause?: string;
}

/** An agent; see the vendor's Agent for the rest. */
export interface Agent {
  id: string;
  name?: string;
  status?: string;
  extension?: string;
  [field: string]: unknown;
}
