/** Keeps what a flow does from ending the process: a verdict is given by the scenarios alone. */

/** A guard that is up. */
export interface ProcessGuard {
  /** The process may end again. */
  close(): void;
}

/**
 * Puts it up: asked to end, the process throws to whoever asked; what nobody catches is told and goes no further.
 * @param onFault told, in words that follow the name of a node, what would have ended a Node-RED
 */
export function guardProcess(onFault: (what: string) => void): ProcessGuard {
  const exit = process.exit.bind(process);
  process.exit = (code?: number | string | null) => {
    onFault(`ended the process (process.exit(${code ?? ""})): Node-RED would end here`);
    throw new Error("A test is not ended by its flow");
  };
  const uncaught = (error: unknown): void =>
    onFault(`threw what nothing catches: ${wordsOf(error)}: Node-RED would end here`);
  process.on("uncaughtException", uncaught);
  return {
    close() {
      process.exit = exit;
      process.off("uncaughtException", uncaught);
    },
  };
}

/** What was thrown, in words: an error of a function node is of another realm. */
export function wordsOf(thrown: unknown): string {
  const message = (thrown as { message?: unknown } | null | undefined)?.message;
  if (typeof message === "string") return message;
  return typeof thrown === "string" ? thrown : (JSON.stringify(thrown) ?? String(thrown));
}
