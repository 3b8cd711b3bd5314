/** What is counted of events that may be missing. */
import type { Vendor } from "../errors.js";
import { count } from "./metrics.js";

/** Counts a gap notice. @param nodeType whose notice it is */
export function countGap(vendor: Vendor, nodeType: string, durationMs: number): void {
  const facts = { "contact_center.vendor": vendor, "contact_center.node.type": nodeType };
  count("contact_center.gaps", facts);
  count("contact_center.gap.time", facts, durationMs / 1000);
}
