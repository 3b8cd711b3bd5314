/** An answer of the admin API. */
export interface Reply {
  /** HTTP status. */
  status: number;
  body: object;
}
