import { context, createContextKey, isSpanContextValid, trace, type Context } from "@opentelemetry/api";
import { pino, stdTimeFunctions, type DestinationStream, type Logger } from "pino";

const REQUEST_ID = createContextKey("request id");

/** Returns a context in which every line of the log carries the request's id. */
export function withRequestId(parent: Context, id: string): Context {
  return parent.setValue(REQUEST_ID, id);
}

export function createLog(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    mixin: correlation,
    serializers: { err: describe },
  };
  return destination ? pino(options, destination) : pino(options);
}

function correlation(): object {
  const requestId = context.active().getValue(REQUEST_ID);
  const span = trace.getActiveSpan()?.spanContext();
  return {
    ...(requestId !== undefined && { request_id: requestId }),
    ...(span && isSpanContextValid(span) && { trace_id: span.traceId }),
  };
}

/** Picks what is known to be harmless: other members of an error quote rows, parameters and addresses. */
function describe(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error };
  const { name, message, stack, cause } = error;
  const { code } = error as { code?: unknown };
  return { type: name, message, code, stack, ...(cause instanceof Error && { cause: describe(cause) }) };
}
