/** Ids with their names, by kind such as `queues`. */
export type KnownIds = Readonly<Record<string, readonly (readonly [id: string, name: string])[]>>;

/** What "Test connection" tells its dialog; no secret is in it. */
export interface TestReport {
  ok: boolean;
  /** The answer is what a server that works gives, and what others give, too. */
  isDoubtful?: boolean;
  /** What came of it, in the editor's language. */
  message: string;
  /** Steps that worked, in order, where a test has several. */
  steps?: string[];
  /** What the test has seen, for the forms that ask for an id. */
  ids?: KnownIds;
}
