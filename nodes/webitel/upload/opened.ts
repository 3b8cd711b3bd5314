/** What a message asks to be loaded, as it was when the message came. */
import type { RowSource } from "../../../lib/webitel/upload/source.js";
import type { UploadSettings } from "./settings.js";

/** An upload's settings and input. */
export interface Opened {
  settings: UploadSettings & { fileName?: string };
  source: RowSource;
  /** Opens the input once more: a file is read when its turn comes. */
  again(): RowSource;
  /** Hash of the content when the message came; undefined when it was not read then. */
  contentBefore?: string;
}
