/**
 * Everything that a vendor's panel needs; a panel is one module `page/<vendor>.ts` with
 * `export function mount(section: HTMLElement, api: PanelApi): void`.
 *
 * A panel builds its controls once and draws what changes with `render` in a listener given to `api.subscribe`.
 * Types of states and actions live in a module without node's builtins (`simulators/<vendor>/state.ts`), so that
 * simulator and panel share them; tables of `lib/` may be imported too.
 */
export * from "./elements.js";

/** A simulator, as its panel sees it. */
export interface PanelApi<State = unknown> {
  /** The latest state that the simulator sent; undefined until the first one came. */
  state(): State | undefined;
  /** Calls the listener after each change, and at once when a state is there. */
  subscribe(listener: (state: State) => void): void;
  /**
   * Presses a button of the simulator: an entry of {@link Stand.actions}.
   * @throws Error with the sentence that the simulator gave; a `button` shows it on the page
   */
  call(action: string, input?: object): Promise<unknown>;
}
