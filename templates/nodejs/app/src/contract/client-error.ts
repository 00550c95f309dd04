import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { Logger } from "pino";
import type { Metrics } from "../operations/metrics.ts";
import { Observation, UNMATCHED } from "../operations/observation.ts";
import { Problem } from "../problem.ts";
import { SECURITY_HEADERS } from "./headers.ts";
import { answerTo } from "./problem-details.ts";

const LINGER_MS = 1000;

interface Operated {
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** Answers what is no request, or came too slowly; no framework sees these. */
export function answerClientError(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  { log, metrics }: Operated,
): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const observation = new Observation({ id: randomUUID(), method: "_OTHER", headers: {} });
  const late = error.code === "ERR_HTTP_REQUEST_TIMEOUT";
  const problem = new Problem(late ? "request-timeout" : "malformed-request");
  const { status, headers, body } = answerTo(problem, observation.id);
  const all = {
    ...SECURITY_HEADERS,
    ...headers,
    "x-request-id": observation.id,
    "content-length": String(Buffer.byteLength(body)),
    connection: "close",
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  setTimeout(() => socket.destroy(), LINGER_MS).unref(); // who does not hang up is cut off
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n${body}`);
  observation.end({ route: UNMATCHED, status }, log, metrics);
}
