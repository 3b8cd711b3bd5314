/** The editor in a real Chromium: what an integrator does with mouse and keyboard, by name. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { launchChromium } from "./chromium.js";
import { DARK_THEME } from "./dark-theme.js";
import { field, fillField, type FieldValue, ListField, readField } from "./form-fields.js";
import { type FlowNode, NODE_RED, type NodeRed } from "./node-red.js";
import { until } from "./wait.js";

/** What a test needs of the editor's global. */
interface EditorGlobal {
  RED: {
    editor: { editConfig(name: string, type: string, id: string): void };
    nodes: {
      node(
        id: string,
      ): (FlowNode & { valid?: boolean; validationErrors?: string[]; _def?: { category?: string } }) | null;
      createExportableNodeSet(nodes: unknown[]): FlowNode[];
      eachNode(visit: (node: FlowNode) => void): void;
    };
    sidebar: { help: { show(type: string): void } };
  };
}

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
  static async open(red: NodeRed, options: { width?: number; height?: number } = {}): Promise<Editor> {
    const browser = await launchChromium();
    const page = await browser.newPage({ viewport: { width: options.width ?? 1280, height: options.height ?? 1000 } });
    const editor = new Editor(browser, page, red);
    page.setDefaultTimeout(20_000);
    page.on("pageerror", (error) => editor.faults.push(error.message));
    page.on("console", (message) => message.type() === "error" && editor.faults.push(message.text()));
    page.on(
      "response",
      (response) => response.status() >= 400 && editor.faults.push(`${response.status()} ${response.url()}`),
    );
    await page.addInitScript(followColourScheme, HAS_DARK_THEME ? "" : DARK_THEME);
    try {
      await editor.load();
      return editor;
    } catch (error) {
      // A browser that is left open would keep the test alive.
      await browser.close();
      throw error;
    }
  }

  /** Loads the page (again). */
  async load(): Promise<void> {
    await this.page.goto(this.red.adminUrl);
    await this.page.waitForSelector(".red-ui-palette-node");
    // It comes together with the first sidebar, which would hide one that was opened before.
    await this.page.locator(".red-ui-header-toolbar").first().waitFor();
    await this.page.waitForSelector("#red-ui-loading-progress", { state: "hidden" });
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

  /** Opens the dialog of a node by a double click, or of a config node. */
  async edit(id: string): Promise<void> {
    const isConfig = await this.page.evaluate((nodeId) => {
      const { RED } = window as unknown as EditorGlobal;
      const node = RED.nodes.node(nodeId);
      if (node?._def?.category !== "config") return false;
      RED.editor.editConfig("", node.type, nodeId);
      return true;
    }, id);
    if (!isConfig) await this.doubleClick(id);
    await this.page.waitForSelector("#dialog-form, #node-config-dialog-edit-form");
    // The tray slides; a button that can be clicked has arrived.
    await this.page.locator("#node-dialog-ok, #node-config-dialog-ok").first().click({ trial: true });
  }

  /**
   * The editor takes two clicks for a double one by its own clock: on a busy machine they can be too close or too far apart.
   * A dialog that is on its way covers the node, so that another double click cannot be made, and is waited for.
   */
  private async doubleClick(id: string): Promise<void> {
    const dialog = this.page.locator(".red-ui-tray").first();
    const succeeds = (action: Promise<void>): Promise<boolean> =>
      action.then(
        () => true,
        () => false,
      );
    for (let attempt = 0; attempt < 5; attempt++) {
      await succeeds(
        this.page.locator(`[id="${id}"] .red-ui-flow-node`).first().dblclick({ delay: 20, timeout: 5000 }),
      );
      if (await succeeds(dialog.waitFor({ timeout: 3000 }))) return;
    }
    throw new Error(`No double click opened the dialog of ${id}`);
  }

  /** Closes the dialog with Done. */
  async done(): Promise<void> {
    await this.page.locator("#node-dialog-ok, #node-config-dialog-ok").first().click();
    await this.page.waitForSelector(".red-ui-tray", { state: "detached" });
  }

  /** Closes the dialog with Cancel. */
  async cancel(): Promise<void> {
    await this.page.locator("#node-dialog-cancel, #node-config-dialog-cancel").first().click();
    await this.page.waitForSelector(".red-ui-tray", { state: "detached" });
  }

  /** Fills fields of the open dialog, by setting or id: text and choices as text, boxes as booleans, typed inputs as `[type, text]`. */
  async fill(fields: Record<string, FieldValue>): Promise<void> {
    for (const [name, value] of Object.entries(fields)) await fillField(field(this.page, name), value);
  }

  /** Reads fields of the open dialog, in the shape in which they are filled. */
  async read(names: readonly string[]): Promise<Record<string, FieldValue>> {
    const values: Record<string, FieldValue> = {};
    for (const name of names) values[name] = await readField(field(this.page, name));
    return values;
  }

  /** An editable list of the open dialog, by the id of its `<ol>`. */
  list(id: string): ListField {
    return new ListField(this.page, id);
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

  /** Imports a flow by the import dialog, onto a new tab or this one as the flow says; returns the ids of its nodes. */
  async importFlow(nodes: FlowNode[]): Promise<string[]> {
    const before = await this.ids();
    await this.page.keyboard.press("Control+i");
    const text = this.page.locator("#red-ui-clipboard-dialog-import-text");
    await text.fill(JSON.stringify(nodes));
    // The editor looks at the text when a key is released.
    await text.press("End");
    await this.page.click("#red-ui-clipboard-dialog-ok");
    await this.page.waitForSelector("#red-ui-clipboard-dialog-import-text", { state: "hidden" });
    await this.page.locator("#red-ui-workspace-chart").click({ position: { x: 400, y: 500 } });
    return (await this.ids()).filter((id) => !before.includes(id));
  }

  /**
   * Deploys and waits until it is done.
   * @param isWrong a node is not configured properly: the editor asks whether to deploy all the same
   */
  async deploy(isWrong = false): Promise<void> {
    const started = this.red.startedFlows();
    const answered = this.page.waitForResponse(
      (response) => response.request().method() === "POST" && response.url().endsWith("/flows"),
    );
    await this.page.click("#red-ui-header-button-deploy");
    if (isWrong) await this.page.click(".red-ui-notification button.primary");
    await answered;
    await this.page.waitForSelector(".red-ui-notification-success");
    // Node-RED answers before the flows have started: until then the former nodes answer requests.
    await until("the deploy to start flows", () => this.red.startedFlows() > started);
  }

  /** Deploys, and reloads the page. */
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

  /** Shows the page in dark or light colours. */
  async dark(isDark: boolean): Promise<void> {
    await this.page.emulateMedia({ colorScheme: isDark ? "dark" : "light" });
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

/** Node-RED has a dark theme of its own since version 5. */
const HAS_DARK_THEME = Number((require(`${NODE_RED}/package.json`) as { version: string }).version.split(".")[0]) >= 5;

/** The editor takes the colours that the browser prefers; one without a dark theme gets `dark`, as theme packs give it one. */
function followColourScheme(dark: string): void {
  localStorage.setItem("view-dark-theme", "auto");
  addEventListener("DOMContentLoaded", () => {
    const style = document.createElement("style");
    style.textContent = `@media (prefers-color-scheme: dark) { :root { ${dark} } }`;
    document.head.append(style);
  });
}
