import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { Logger } from "pino";

const DEADLINE_MS = 5000;

/** An event as it lies in the outbox. */
export interface OutboxEvent {
  readonly id: string;
  readonly topic: string;
  readonly payload: unknown;
  readonly traceparent: string | null;
  readonly createdAt: Date;
  readonly attempts: number;
}

/** Hands an event on; throws where the receiver has not taken it. */
export type Deliver = (event: OutboxEvent) => Promise<void>;

/** Returns a delivery by webhook, in the trace of the request that caused the event; or, without a URL, to the log. */
export function deliverer(url: string | undefined, log: Logger): Deliver {
  const send = url === undefined ? toLog(log) : toWebhook(url);
  return (event) => {
    const carrier = { traceparent: event.traceparent ?? undefined };
    const cause = propagation.extract(ROOT_CONTEXT, carrier);
    const options = { kind: SpanKind.PRODUCER, attributes: { "messaging.message.id": event.id } };
    return trace
      .getTracer("outbox")
      .startActiveSpan(`deliver ${event.topic}`, options, cause, async (span) => {
        try {
          await send(event);
        } catch (error) {
          span.setStatus({ code: SpanStatusCode.ERROR });
          throw error;
        } finally {
          span.end();
        }
      });
  };
}

function toLog(log: Logger): Deliver {
  return ({ id, topic }) => {
    log.info({ event_id: id, type: topic }, "event");
    return Promise.resolve();
  };
}

function toWebhook(url: string): Deliver {
  return async ({ id, topic, payload, createdAt }) => {
    const headers = { "content-type": "application/json", "webhook-id": id };
    propagation.inject(context.active(), headers);
    const response = await fetch(url, {
      method: "POST",
      headers,
      body: JSON.stringify({ id, type: topic, occurred_at: createdAt.toISOString(), data: payload }),
      redirect: "error",
      signal: AbortSignal.timeout(DEADLINE_MS), // BK134
    });
    await response.body?.cancel(); // otherwise the connection stays taken
    if (!response.ok) throw new Error(`the receiver answered ${response.status}`);
  };
}
