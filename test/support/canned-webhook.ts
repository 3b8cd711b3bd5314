/** A tiny webhook for simulator tests: notes what it was asked and answers what the test says. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What it was asked. */
export interface Asked {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  text: string;
}

/** A running webhook. */
export interface CannedWebhook {
  readonly url: string;
  readonly asked: Asked[];
  /** Replaces how the next questions are answered. */
  answerWith(answer: Answering): void;
  close(): Promise<void>;
}

/** Status, body and content type, or a function that does what it likes with the response. */
type Answering = { status: number; body?: unknown; type?: string } | ((response: ServerResponse, asked: Asked) => void);

/** Starts one on a free port of loopback. */
export async function cannedWebhook(answer: Answering = { status: 204 }): Promise<CannedWebhook> {
  let answering = answer;
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (part: string) => (text += part));
    request.on("end", () => {
      const question = { method: request.method ?? "", path: request.url ?? "", headers: request.headers, text };
      asked.push(question);
      if (typeof answering === "function") return answering(response, question);
      const { status, body, type = "application/json" } = answering;
      response.writeHead(status, body === undefined ? {} : { "Content-Type": type });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    asked,
    answerWith(next) {
      answering = next;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
