/**
 * Rows that Webitel refused alone before it took any: a setting may be wrong for all of them. Until that is known they are in no number,
 * output or journal, so that the upload sends them again once the setting is right.
 */
import type { Reject } from "./report.js";

/** When so many rows were refused alone, one after another and with one text, and none was accepted, all will be. */
const HOPELESS_ROWS = 16;

/** A row that waits. */
export interface RefusedRow {
  batch: number;
  reject: Reject;
}

/** The rows of one run; 15 of them wait at most. */
export class RefusedAlone {
  private text = "";
  private waiting: RefusedRow[] = [];
  private decided: RefusedRow[] = [];

  /**
   * @param text the refusal, without what is only about this row: with another one than the last rows', theirs is about them
   * @returns true when all rows would end so
   */
  add(text: string, row: RefusedRow): boolean {
    if (text !== this.text) this.decide();
    this.text = text;
    this.waiting.push(row);
    return this.waiting.length >= HOPELESS_ROWS;
  }

  /** The refusals are about the rows: one was accepted, or all were sent. */
  decide(): void {
    this.decided.push(...this.waiting.splice(0));
  }

  /** Takes the rows that are refused for sure. */
  take(): RefusedRow[] {
    return this.decided.splice(0);
  }
}
