/** The settings of `smartrouting-out`, and the vendor's field that each one sets. */
import type { AnswerFieldName } from "../../lib/smartrouting/tables.js";

/** Setting -> vendor's name. */
export const SETTINGS = {
  initialTarget: "InitialTarget",
  failTarget: "FailTarget",
  requiredTarget: "RequiredTarget",
  allocationTargets: "AllocationTargets",
  priority: "Priority",
  extraPriority: "ExtraPriority",
  customTTS: "CustomTTS",
  customMSI: "CustomMSI",
} as const satisfies Record<string, AnswerFieldName>;
