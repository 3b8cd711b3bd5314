/**
 * A caller in an external layer of a Voicenter IVR.
 *
 * Message out (1): `payload` = the fields of DATA, `topic` = layer, `call`, `event`, `session` = what the flow kept of the
 * call in earlier layers, `req`, and `_webhook`, by which `voicenter-layer-out` finds the call.
 * Message out (2): the same with `reason`, for a call that got the fallback: the node's fallback layer, or STATUS 1, which
 * sends the caller to the fallback layer of the IVR's own settings.
 * Vendor document: External Layer API, "Request Parameters".
 */
import type { Node, NodeAPI } from "node-red";
import type { WebhookCredentials } from "../shared/webhook/config.js";
import { plainInteger } from "../../lib/core/values.js";
import { answerBody, ERROR_BODY } from "../../lib/voicenter/answer.js";
import { callFacts, eventFacts } from "../../lib/voicenter/events.js";
import { readRequest } from "../../lib/voicenter/request.js";
import { warnOncePerMinute } from "../shared/log.js";
import { setStatus } from "../shared/status.js";
import { readText } from "../shared/variables.js";
import { openRequestNode, type RequestNodeConfig } from "../shared/webhook/request-response.js";
import { sessionsOf, usesSessions } from "./sessions.js";

interface Config extends RequestNodeConfig {
  /** Layer of a call that gets the fallback; blank leaves it to the IVR's settings. */
  fallbackLayer?: string | number;
}

export = (RED: NodeAPI) => {
  function VoicenterLayerIn(this: Node<WebhookCredentials>, config: Config): void {
    RED.nodes.createNode(this, config);
    usesSessions(RED, this);
    const read = readText(RED, this, String(config.fallbackLayer ?? ""));
    const text = read.text.trim();
    const layer = plainInteger(text);
    const isWrong = text !== "" && (layer === undefined || layer < 0);
    const names = read.unset.join(", ");
    const isWrongSetting = isWrong || read.isUnfinished;
    const body = layer === undefined || isWrong ? ERROR_BODY : answerBody("GO_TO_LAYER", { LAYER: layer });
    const fallback = { status: 200, json: JSON.stringify(body) };
    openRequestNode(RED, this, config, {
      vendor: "voicenter",
      method: "POST",
      refusal: ERROR_BODY,
      fallback: () => fallback,
      message: ({ data, receivedAt }) => {
        const payload = readRequest(data);
        if ("DATA" in payload) warnOncePerMinute(this, "data", RED._("voicenter-layer-in.unreadable"));
        return {
          payload,
          ...(payload.LAYER_ID !== null && { topic: String(payload.LAYER_ID) }),
          call: callFacts(payload, receivedAt),
          event: eventFacts(payload, receivedAt),
          session: sessionsOf(RED).of(payload.IVR_UNIQUE_ID),
        };
      },
    });
    if (names !== "") {
      setStatus(this, "error", RED._("voicenter.badge.unset", { names }));
      this.error(RED._("voicenter.errors.unset", { names }));
    } else if (isWrongSetting) {
      setStatus(this, "error", RED._("voicenter.badge.fallback-layer"));
      this.error(RED._("voicenter.errors.fallback-layer", { value: text || String(config.fallbackLayer) }));
    }
  }
  return VoicenterLayerIn;
};
