/** The bare client of `bench/rte.ts`: Microsoft's own, in a plain process, counting what it gets. */
import { HubConnectionBuilder, LogLevel } from "@microsoft/signalr";
import { Counter } from "./counter.js";

const [url = "", token = ""] = process.argv.slice(2);
const connection = new HubConnectionBuilder()
  .withUrl(url, { accessTokenFactory: () => token })
  .configureLogging(LogLevel.None)
  .build();
const counter = new Counter((report) => process.send?.({ report }));
connection.on("MessageReceived", () => {
  counter.count();
});
process.on("message", (expected) => counter.expect(expected as number));
process.on("disconnect", () => process.exit(0));
void connection.start().then(() => process.send?.({ ready: true }));
