/** The IVRs of the Voicenter examples: the number to dial, the layers, and which of them ask the example's flow. */
import type { Ivr, Layer } from "./state.js";

/** Paths of the examples' webhooks. */
export const DEMO_PATHS = {
  identify: "/voicenter/identify",
  order: "/voicenter/order-status",
  night: "/voicenter/night-shift",
  remember: "/voicenter/remember",
  menu: "/voicenter/menu",
} as const;

/** Layers that every IVR ends in. */
const SERVICE = 10;
const RECEPTION = 20;

const MENU = "Press 1 for customer service, 2 for orders, 9 for the reception.";

function layer(id: number, name: string, more: Partial<Layer>): Layer {
  return { id, name, announcement: "", url: "", digits: 0, delay: 5, ending: "queue", target: "", ...more };
}

const PLAIN: readonly Layer[] = [
  layer(SERVICE, "Customer service", { announcement: "Thank you. One moment, please.", target: "Customer service" }),
  layer(RECEPTION, "Reception", { announcement: "We connect you to the reception.", target: "Reception" }),
];

/** @param nodeRedUrl without a slash at its end */
export function demoIvrs(nodeRedUrl: string): Ivr[] {
  const asks = (path: string, more: Partial<Layer>): Partial<Layer> => ({
    url: `${nodeRedUrl}${path}`,
    fallback: RECEPTION,
    delay: 9,
    ...more,
  });
  return [
    {
      did: "0720000001",
      name: "Caller typed an ID",
      start: 1,
      layers: [
        layer(
          1,
          "Customer number",
          asks(DEMO_PATHS.identify, {
            announcement: "Welcome. Please type your four digit customer number.",
            digits: 4,
          }),
        ),
        layer(
          2,
          "Second chance",
          asks(DEMO_PATHS.identify, {
            announcement: "We do not know this number. Please type it once more.",
            digits: 4,
          }),
        ),
        ...PLAIN,
      ],
    },
    {
      did: "0720000002",
      name: "Order status read out",
      start: 30,
      layers: [
        layer(
          30,
          "Order number",
          asks(DEMO_PATHS.order, { announcement: "Please type your five digit order number.", digits: 5 }),
        ),
        layer(31, "Good bye", { announcement: "Thank you for calling. Good bye.", ending: "hangup" }),
        ...PLAIN,
      ],
    },
    {
      did: "0720000003",
      name: "Night shift to a mobile",
      start: 40,
      layers: [
        layer(40, "Night shift", asks(DEMO_PATHS.night, { announcement: "Welcome." })),
        layer(41, "Mobile is faulty", {
          announcement: "We cannot reach our night shift. Please call again in the morning.",
          ending: "hangup",
        }),
        ...PLAIN,
      ],
    },
    {
      did: "0720000004",
      name: "Caller remembered",
      start: 50,
      layers: [
        layer(
          50,
          "Customer number",
          asks(DEMO_PATHS.remember, { announcement: "Please type your four digit customer number.", digits: 4 }),
        ),
        layer(
          51,
          "Choice",
          asks(DEMO_PATHS.remember, { announcement: "Press 1 for an order, 2 for an invoice.", digits: 1 }),
        ),
        layer(52, "Greeting", asks(DEMO_PATHS.remember, {})),
        ...PLAIN,
      ],
    },
    {
      did: "0720000005",
      name: "Menu with three tries",
      start: 60,
      layers: [
        layer(60, "Menu", asks(DEMO_PATHS.menu, { announcement: MENU, digits: 1 })),
        layer(61, "Wrong key", asks(DEMO_PATHS.menu, { announcement: `This key has no meaning. ${MENU}`, digits: 1 })),
        layer(62, "Nothing pressed", asks(DEMO_PATHS.menu, { announcement: `Please choose. ${MENU}`, digits: 1 })),
        layer(11, "Orders", { announcement: "We connect you to our orders.", target: "Orders" }),
        ...PLAIN,
      ],
    },
  ];
}
