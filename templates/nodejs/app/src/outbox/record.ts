import { context, propagation } from "@opentelemetry/api";
import type { Transaction } from "../database/transaction.ts";
import { orderView } from "../contract/views.ts";
import type { Order } from "../orders/order.ts";

export type Topic = "order.placed" | "order.cancelled";

/** Writes an event in the transaction that it is about (BK108), with the trace that it belongs to. */
export async function recordEvent(tx: Transaction, topic: Topic, order: Order): Promise<void> {
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  const traceparent = carrier.traceparent ?? null;
  await tx.outboxEvent.create({
    data: { topic, payload: orderView(order), traceparent },
    select: { id: true },
  });
}
