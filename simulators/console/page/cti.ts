/** The panel of this vendor's stand-in. */
import { card, json, type PanelApi, render } from "./api.js";

/** Shows the state of the stand as it is. */
export function mount(section: HTMLElement, api: PanelApi): void {
  api.subscribe((state) => render(section, card("State", json(state))));
}
