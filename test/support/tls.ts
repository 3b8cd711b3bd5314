/** A certificate for tests, made for `hub.example.test`, `other.example.test`, `localhost` and 127.0.0.1; it protects nothing. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const read = (name: string): string => readFileSync(join(__dirname, "../fixtures/tls", name), "utf8");

/** What a server needs. */
export const SERVER_TLS = { key: read("key.pem"), cert: read("certificate.pem") };
/** What a client needs to believe that server. */
export const CLIENT_TLS = { ca: SERVER_TLS.cert };
