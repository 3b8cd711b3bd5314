/** What "Test connection" tells its dialog; no secret is in it. */
export interface TestReport {
  ok: boolean;
  /** What came of it, in the editor's language. */
  message: string;
  /** Steps that worked, in order, where a test has several. */
  steps?: string[];
}
