/**
 * Where a flow has the status of `webitel-attempt-result`. Free of node builtins: the editor uses it too.
 *
 * The editor keeps the badge of each node as its property `status`, and would save it in the place of a setting of that name.
 */

/** A status, and its type, as the settings of a node have them. */
export interface SavedStatus {
  outcome?: unknown;
  outcomeType?: unknown;
  /** Of a flow of an earlier version, or made by hand; a badge, where the editor has saved one. */
  status?: unknown;
  statusType?: unknown;
}

/** The status that a node was given, by the names that it has in messages; blank where only a badge is left of it. */
export function savedStatus({ outcome, outcomeType, status, statusType }: SavedStatus): {
  status: unknown;
  statusType: unknown;
} {
  const isNamed = outcome !== undefined && outcome !== "";
  if (isNamed || typeof status === "object") return { status: outcome ?? "", statusType: outcomeType ?? "str" };
  return { status: status ?? "", statusType: statusType ?? "str" };
}
