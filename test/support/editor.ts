/** The editor in a real Chromium: what an integrator does with mouse and keyboard, by name. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { launchChromium } from "./chromium.js";
import type { FlowNode, NodeRed } from "./node-red.js";

/** What a test needs of the editor's global. */
interface EditorGlobal {
  RED: {
    editor: { edit(node: unknown): void; editConfig(name: string, type: string, id: string): void };
    nodes: { node(id: string): (FlowNode & { valid?: boolean; validationErrors?: string[]; _def?: { category?: string } }) | null; createExportableNodeSet(nodes: unknown[]): FlowNode[]; eachNode(visit: (node: FlowNode) => void): void };
    sidebar: { help: { show(type: string): void } };
  };
}

/** Colours of a dark theme: Node-RED brings none, its themes set these variables. */
const DARK = `:root {
  --red-ui-primary-background: #1e1e1e; --red-ui-secondary-background: #262626; --red-ui-tertiary-background: #2d2d2d;
  --red-ui-primary-text-color: #ddd; --red-ui-secondary-text-color: #aaa; --red-ui-header-text-color: #ddd;
  --red-ui-primary-border-color: #555; --red-ui-secondary-border-color: #444; --red-ui-form-input-border-color: #555;
  --red-ui-form-input-background: #333; --red-ui-form-text-color: #ddd; --red-ui-form-placeholder-color: #888;
  --red-ui-form-button-background: #333; --red-ui-list-item-background: #262626; --red-ui-list-item-color: #ddd;
  --red-ui-workspace-button-background: #333; --red-ui-workspace-button-color: #ddd; --red-ui-popover-background: #333; --red-ui-text-color-error: #ff8080;
}`;

/** An open editor. */
export class Editor {
  /** What the page complained about. */
  readonly faults: string[] = [];
  private constructor(
    private readonly browser: Browser,
    readonly page: Page,
    private readonly red: NodeRed,
  ) {}

  /** Starts a browser and opens the editor. */
  static async open(red: NodeRed, options: { width?: number; height?: number; dark?: boolean } = {}): Promise<Editor> {
    const browser = await launchChromium();
    const page = await browser.newPage({ viewport: { width: options.width ?? 1280, height: options.height ?? 1000 } });
    const editor = new Editor(browser, page, red);
    page.setDefaultTimeout(5000);
    page.on("pageerror", (error) => editor.faults.push(error.message));
    page.on("console", (message) => message.type() === "error" && !/favicon|404/.test(message.text()) && editor.faults.push(message.text()));
    await editor.load();
    if (options.dark === true) await page.addStyleTag({ content: DARK });
    return editor;
  }

  /** Loads the page (again). */
  async load(): Promise<void> {
    await this.page.goto(this.red.adminUrl);
    await this.page.waitForSelector("#red-ui-loading-progress", { state: "hidden" });
    await this.page.waitForSelector(".red-ui-palette-node");
  }

  /** Drags a node from the palette onto the canvas; returns its id. */
  async drag(type: string, x = 300, y = 200): Promise<string> {
    const entry = this.page.locator(`.red-ui-palette-node[data-palette-type="${type}"]`);
    await entry.scrollIntoViewIfNeeded();
    const before = await this.ids();
    const from = await entry.boundingBox();
    const canvas = await this.page.locator("#red-ui-workspace-chart").boundingBox();
    if (!from || !canvas) throw new Error(`${type} is not in the palette`);
    const { mouse } = this.page;
    await mouse.move(from.x + 20, from.y + 10);
    await mouse.down();
    await mouse.move(from.x + 30, from.y + 14);
    await mouse.move(canvas.x + x, canvas.y + y, { steps: 8 });
    await mouse.up();
    const dropped = (await this.ids()).find((id) => !before.includes(id));
    if (dropped === undefined) throw new Error(`${type} was not dropped`);
    return dropped;
  }

  private ids(): Promise<string[]> {
    return this.page.evaluate(() => {
      const ids: string[] = [];
      (window as unknown as EditorGlobal).RED.nodes.eachNode((node) => ids.push(node.id));
      return ids;
    });
  }

  /** Opens the dialog of a node, or of a config node. */
  async edit(id: string): Promise<void> {
    await this.page.evaluate((nodeId) => {
      const { RED } = window as unknown as EditorGlobal;
      const node = RED.nodes.node(nodeId);
      if (node?._def?.category === "config") RED.editor.editConfig("", node.type, nodeId);
      else RED.editor.edit(node);
    }, id);
    await this.page.waitForSelector("#dialog-form, #node-config-dialog-edit-form");
    // The tray slides; a button that can be clicked has arrived.
    await this.page.locator("#node-dialog-ok, #node-config-dialog-ok").first().click({ trial: true });
  }

  /** Closes the dialog with Done. */
  async done(): Promise<void> {
    await this.page.locator("#node-dialog-ok, #node-config-dialog-ok").first().click();
    await this.page.waitForSelector(".red-ui-tray", { state: "detached" });
  }

  /** Fills fields of the open dialog: text and choices as text, boxes as booleans, typed inputs as `[type, value]`. */
  async fill(fields: Record<string, string | boolean | [string, string]>): Promise<void> {
    for (const [setting, value] of Object.entries(fields)) {
      const field = this.page.locator(`#node-input-${setting}`);
      if (Array.isArray(value)) await this.fillTyped(setting, value);
      else if (typeof value === "boolean") await field.setChecked(value);
      else if ((await field.evaluate((element) => element.tagName)) === "SELECT") await field.selectOption(value);
      else {
        await field.fill(value);
        // The editor checks a field when it is left.
        await field.blur();
      }
    }
  }

  private fillTyped(setting: string, [type, text]: [string, string]): Promise<void> {
    return this.page.evaluate(
      ([id, typeName, value]) => {
        const element = (window as unknown as { $: (id: string) => { typedInput(method: string, value: string): void } }).$(id);
        element.typedInput("type", typeName);
        element.typedInput("value", value);
      },
      [`#node-input-${setting}`, type, text] as const,
    );
  }

  /** The live preview of the open dialog, once it has caught up with the fields. */
  async preview(): Promise<string> {
    // It is made in a timer of 0 ms after each change; this timer comes after that one.
    await this.page.evaluate(() => new Promise((resolve) => window.setTimeout(resolve, 0)));
    return this.page.locator(".cc-preview").innerText();
  }

  /** A node as it would be exported. */
  exported(id: string): Promise<FlowNode> {
    return this.page.evaluate((nodeId) => {
      const { RED } = window as unknown as EditorGlobal;
      return RED.nodes.createExportableNodeSet([RED.nodes.node(nodeId)])[0] as FlowNode;
    }, id);
  }

  /** What the editor finds wrong with a node; empty when it is valid. */
  wrong(id: string): Promise<string[]> {
    return this.page.evaluate((nodeId) => {
      const node = (window as unknown as EditorGlobal).RED.nodes.node(nodeId);
      return node?.valid === false ? (node.validationErrors ?? ["invalid"]) : [];
    }, id);
  }

  /** Imports a flow by the import dialog, onto a new tab or this one as the flow says. */
  async importFlow(nodes: FlowNode[]): Promise<void> {
    await this.page.keyboard.press("Control+i");
    await this.page.locator("#red-ui-clipboard-dialog-import-text").fill(JSON.stringify(nodes));
    await this.page.click("#red-ui-clipboard-dialog-ok");
    await this.page.waitForSelector("#red-ui-clipboard-dialog-import-text", { state: "hidden" });
    await this.page.locator("#red-ui-workspace-chart").click({ position: { x: 400, y: 300 } });
  }

  /** Deploys and waits until it is done. */
  async deploy(): Promise<void> {
    const answered = this.page.waitForResponse((response) => response.request().method() === "POST" && response.url().endsWith("/flows"));
    await this.page.click("#red-ui-header-button-deploy");
    await answered;
    await this.page.waitForSelector(".red-ui-notification-success");
  }

  /** Deploys, and loads the page anew. */
  async deployAndReload(): Promise<void> {
    await this.deploy();
    await this.load();
  }

  /** Shows the help of a node type; returns its text. */
  async help(type: string): Promise<string> {
    await this.page.evaluate((name) => (window as unknown as EditorGlobal).RED.sidebar.help.show(name), type);
    const help = this.page.locator(".red-ui-help:visible").first();
    await help.locator("h3").first().waitFor();
    return (await help.textContent()) ?? "";
  }

  /** Takes a picture into the folder that SHOTS names; does nothing otherwise. */
  async picture(name: string): Promise<void> {
    const folder = process.env["SHOTS"];
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    await this.page.screenshot({ path: join(folder, `${name}.png`) });
  }

  /** Ends the browser. */
  close(): Promise<void> {
    return this.browser.close();
  }
}
