/** The webhooks of the SmartRouting examples, as the phone offers them. */
import type { Endpoint } from "../caller/conversation.js";

/** Path and what it shows, example by example. */
export const DEMO_WEBHOOKS: readonly { label: string; path: string }[] = [
  { label: "VIP callers to their own queue", path: "/smartrouting/vip" },
  { label: "Opening hours", path: "/smartrouting/opening-hours" },
  { label: "Agents from a CRM", path: "/smartrouting/agents" },
  { label: "A slow CRM", path: "/smartrouting/slow-crm" },
  { label: "Fault line, in two languages", path: "/smartrouting/faults" },
  { label: "Weekly hours and holidays", path: "/smartrouting/hours" },
];

/** @param nodeRedUrl without a slash at its end */
export function demoEndpoints(nodeRedUrl: string): Endpoint[] {
  return DEMO_WEBHOOKS.map(({ label, path }) => ({ label, url: `${nodeRedUrl}${path}` }));
}
