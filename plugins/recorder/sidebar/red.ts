/** What the sidebar uses of the Node-RED editor. */

/** A node as the editor holds it. */
export interface EditorNode {
  id: string;
  type: string;
  name?: string;
  z?: string;
}

/** Looks a sentence up in the plugin's catalogue. */
export type Words = (key: string, words?: Record<string, unknown>) => string;

interface SidebarTab {
  id: string;
  label: string;
  name: string;
  content: HTMLElement;
  iconClass: string;
  action: string;
  enableOnEdit: boolean;
  onchange(): void;
}

interface Editor {
  plugins: { registerPlugin(id: string, definition: { onadd(this: { _: Words }): void }): void };
  sidebar: { addTab(tab: SidebarTab): void; show(id: string): void };
  actions: { add(name: string, action: () => void, options: { label: string }): void };
  /** Copies also where the editor is not reached by HTTPS, and says so beside the element. */
  clipboard: { copyText(text: string, beside: JQuery): void };
  events: { on(event: string, listener: () => void): void };
  nodes: {
    /** The flow as it is now, as it would be deployed. */
    createCompleteNodeSet(options: { credentials: boolean }): object[];
    node(id: string): EditorNode | null | undefined;
    workspace(id: string): { label: string } | undefined;
    subflow(id: string): { name: string } | undefined;
  };
  utils: { getNodeLabel(node: EditorNode, otherwise: string): string };
  workspaces: { active(): string };
  view: { reveal(id: string, isFlashing: boolean): void };
  notify(text: string, type: string): void;
}

/** The editor. */
export const editor = (globalThis as unknown as { RED: Editor }).RED;
