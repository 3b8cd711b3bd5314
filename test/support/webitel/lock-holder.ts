/** A process that holds the lock of a journal until it is killed: `tsx lock-holder.ts <journal>`. */
import { acquireLock } from "../../../lib/webitel/upload/lock.js";

async function main(): Promise<void> {
  await acquireLock(process.argv[2] ?? "");
  console.log("held");
  setInterval(() => undefined, 1000);
}

void main();
