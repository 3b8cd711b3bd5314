/** The settings of `voicenter-layer-out`, and the vendor's field that each one sets. */
import type { AnswerFieldName } from "../../lib/voicenter/tables.js";

/** Setting -> vendor's name. */
export const SETTINGS = {
  layer: "LAYER",
  nextLayer: "NEXT_LAYER",
  nextLayerIfFailed: "NEXT_LAYER_IF_FAILED",
  language: "LANGUAGE",
  data: "DATA",
  callerId: "CALLER_ID",
  callerName: "CALLER_NAME",
  maxCallDuration: "MAX_CALL_DURATION",
  maxDialDuration: "MAX_DIAL_DURATION",
  nextVoId: "NEXT_VO_ID",
  recording: "RECORDING",
  targets: "TARGETS",
  customData: "CUSTOM_DATA",
} as const satisfies Record<string, AnswerFieldName>;

/** Vendor's name -> setting. */
export const SETTING_OF = Object.fromEntries(
  Object.entries(SETTINGS).map(([setting, name]) => [name, setting]),
) as Record<AnswerFieldName, keyof typeof SETTINGS>;
