/** What our forms use of the Node-RED editor. */

/** A node as the editor holds it. */
export interface EditorNode {
  id: string;
  type: string;
  /** Looks a sentence up in the node's catalogue. */
  _(key: string, words?: Record<string, unknown>): string;
  [setting: string]: unknown;
}

/** A type of a typed input: a core one by name, or one of our own. */
export type InputType =
  | string
  | {
      value: string;
      label: string;
      icon?: string;
      hasValue?: boolean;
      options?: { value: string; label: string }[];
      validate?: (value: string) => boolean;
    };

interface TypedInputOptions {
  default?: string;
  types: readonly InputType[];
  typeField?: JQuery;
}

interface EditableListOptions<T> {
  addItem(row: JQuery, index: number, item: T): void;
  removeItem?(item: T): void;
  sortItems?(): void;
  sortable?: boolean;
  removable?: boolean;
  addButton?: boolean | string;
  height?: number | "auto";
}

declare global {
  interface JQuery {
    typedInput(options: TypedInputOptions): this;
    typedInput(method: "value" | "type"): string;
    typedInput(method: "value" | "type" | "width", value: string): void;
    typedInput(method: "validate"): boolean;
    editableList<T>(options: EditableListOptions<T>): this;
    editableList(method: "addItem", item: unknown): void;
    editableList(method: "items"): JQuery;
    editableList(method: "empty"): void;
  }
  const RED: {
    settings: { httpNodeRoot?: string; apiRootUrl?: string; [setting: string]: unknown };
    nodes: {
      node(id: string): EditorNode | null | undefined;
      /** A flow; none for a subflow. */
      workspace(id: string): { label: string } | undefined;
      eachNode(visit: (node: EditorNode) => void): void;
      eachConfig(visit: (node: EditorNode) => void): void;
    };
    validators: {
      /** Checks a typed input by the type that another setting names. */
      typedInput(typeSetting: string): (this: EditorNode, value: unknown, options?: unknown) => boolean | string;
    };
    editor: { getEditStack(): EditorNode[]; validateNode(node: EditorNode): boolean };
    events: {
      on(event: "deploy", listener: () => void): void;
      on(event: "nodes:add", listener: (node: EditorNode) => void): void;
    };
    view: { redraw(): void };
    notify(text: string, type?: string): void;
    _(key: string, words?: Record<string, unknown>): string;
  };
}
