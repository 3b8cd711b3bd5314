/** Where a record ends that is longer than its reader waits for: found by reading on, without keeping what was read. */
import type { Delimiter } from "./csv-format.js";
import { LineBreaks } from "./lines.js";

/** What a long record turns out to be. */
export interface RecordEnd {
  /** `whole`: its quotes fit; `damaged`: they do not, and its first line is the record; `open`: the text ends within its quotes. */
  kind: "whole" | "damaged" | "open";
  /** Characters before its last line break. */
  length: number;
  /** Line breaks in these. */
  breaks: number;
}

/** Where the scan is: before a cell, in one, in quotes, behind a quote in quotes, behind a cell in quotes, in a damaged line. */
type Place = "start" | "plain" | "quoted" | "quote" | "closed" | "damaged";

/** Reads one record as `RecordReader` does, in pieces of any length. */
export class RecordScan {
  private place: Place = "start";
  private length = 0;
  /** Characters of the first line, once its end was seen. */
  private firstLine: number | undefined;
  private cells = 0;
  private isBlank = true;
  /** There is a cell that the header has no name for. */
  private hasMore = false;
  private readonly breaks = new LineBreaks();

  /** @param columns how many the header has */
  constructor(
    private readonly delimiter: Delimiter,
    private readonly columns: number,
  ) {}

  /** Takes the next piece of text; undefined when the record goes on behind it. */
  add(text: string): RecordEnd | undefined {
    for (let at = 0; at < text.length; at++) {
      if (this.place === "quoted") {
        const quote = text.indexOf('"', at);
        const end = quote === -1 ? text.length : quote;
        this.skipQuoted(text.slice(at, end));
        if (quote === -1) return undefined;
        this.place = "quote";
        at = quote;
      } else {
        const char = text[at] as string;
        const isEnd = char === "\n" || char === "\r";
        this.place = this.next(char, isEnd);
        if (isEnd ? this.place !== "quoted" : this.place === "damaged" && this.firstLine !== undefined)
          return this.result();
      }
      this.length++;
    }
    return undefined;
  }

  /** The text has ended. */
  end(): RecordEnd {
    if (this.place === "quoted") return this.result("open");
    this.place = this.next("", true);
    return this.result();
  }

  private skipQuoted(text: string): void {
    this.isBlank &&= text === "";
    this.breaks.add(text);
    if (this.breaks.count > 0) this.firstLine ??= this.length + text.search(/[\r\n]/);
    this.length += text.length;
  }

  /** The place behind a character outside quotes. */
  private next(char: string, isEnd: boolean): Place {
    if (this.place === "damaged") return "damaged";
    const isQuote = char === '"';
    if (isEnd || char === this.delimiter) return this.endCell();
    if (this.place === "start" && isQuote) return "quoted";
    if (this.place === "quote" && isQuote) {
      this.isBlank = false;
      // It parts a "\r" from a "\n".
      this.breaks.add(char);
      return "quoted";
    }
    if (this.place === "quote" || this.place === "closed") return char === " " ? "closed" : "damaged";
    this.isBlank = false;
    return "plain";
  }

  /** A record of several lines has no more cells than the header: else stray quotes have joined lines. */
  private endCell(): Place {
    this.cells++;
    this.hasMore ||= this.cells > this.columns && !this.isBlank;
    this.isBlank = true;
    return this.hasMore && this.breaks.count > 0 ? "damaged" : "start";
  }

  private result(kind: RecordEnd["kind"] = "whole"): RecordEnd {
    const { count: breaks } = this.breaks;
    const { length } = this;
    return this.place === "damaged"
      ? { kind: "damaged", length: this.firstLine ?? length, breaks: 0 }
      : { kind, length, breaks };
  }
}
