import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
} from "@opentelemetry/api";
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import type { Logger } from "pino";
import { withRequestId } from "./log.ts";
import type { Metrics } from "./metrics.ts";

/** The route of a request that no route takes: what callers make up must not become a label. */
export const UNMATCHED = "unmatched";

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"]);

/** For the log and the metrics only: the client has gone, or the process is being cut off. */
const UNANSWERED = 499;

export function statusOf({ headersSent, statusCode }: ServerResponse): number {
  return headersSent ? statusCode : UNANSWERED;
}

interface Arrival {
  readonly id: string;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
}

/** One request as its span, its metrics and its line in the log see it. */
export class Observation {
  readonly #context: Context;
  readonly id: string;
  readonly #span: Span;
  readonly #method: string;
  readonly #startedAt = performance.now();

  constructor({ id, method, headers }: Arrival) {
    this.id = id;
    const caller = propagation.extract(ROOT_CONTEXT, headers);
    const attributes = { "http.request.method": method };
    this.#span = trace.getTracer("http").startSpan(method, { kind: SpanKind.SERVER, attributes }, caller);
    this.#method = method;
    this.#context = withRequestId(trace.setSpan(caller, this.#span), id);
  }

  /** Runs what belongs to the request: its log lines and spans say so. */
  run<T>(work: () => T): T {
    return context.with(this.#context, work);
  }

  end({ route, status }: { route: string; status: number }, log: Logger, metrics: Metrics): void {
    const elapsed = performance.now() - this.#startedAt;
    const method = this.#method;
    metrics.observe({
      method: METHODS.has(method) ? method : "_OTHER",
      route,
      status,
      seconds: elapsed / 1000,
    });
    this.run(() => {
      log.info({ method, route, status, duration_ms: Math.round(elapsed * 1000) / 1000 }, "request");
    });
    this.#span.updateName(`${method} ${route}`);
    this.#span.setAttributes({ "http.route": route, "http.response.status_code": status });
    if (status >= 500) this.#span.setStatus({ code: SpanStatusCode.ERROR });
    this.#span.end();
  }
}
