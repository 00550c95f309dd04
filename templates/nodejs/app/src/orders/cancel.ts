import type { PrismaClient } from "#prisma";
import { transact, type Transaction } from "../database/transaction.ts";
import { recordEvent } from "../outbox/record.ts";
import { Problem } from "../problem.ts";
import { notFound } from "./find.ts";
import { shownOrder, type Order } from "./order.ts";

/** The versions in which an order may be cancelled. */
export type Versions = "any" | readonly number[];

/** Cancels an order of its owner and puts its products back on the shelf. */
export async function cancelOrder(
  prisma: PrismaClient,
  userId: string,
  id: string,
  versions: Versions,
): Promise<Order> {
  return transact(prisma, async (tx) => {
    // BK105, BK117: owner, version and state are conditions of the one statement that changes the order.
    const { count } = await tx.order.updateMany({
      where: { id, userId, status: "placed", ...(versions !== "any" && { version: { in: [...versions] } }) },
      data: { status: "cancelled", version: { increment: 1 } },
    });
    if (count === 0) throw await whyNot(tx, userId, id, versions);
    const order = await tx.order.findUniqueOrThrow({ where: { id }, select: shownOrder });
    // BK106: the lines come in the order of their products' ids.
    for (const { productId, quantity } of order.lines) {
      await tx.product.updateMany({ where: { id: productId }, data: { stock: { increment: quantity } } });
    }
    await recordEvent(tx, "order.cancelled", order);
    return order;
  });
}

async function whyNot(tx: Transaction, userId: string, id: string, versions: Versions): Promise<Problem> {
  const order = await tx.order.findUnique({ where: { id, userId }, select: { version: true } });
  if (!order) return notFound();
  if (versions !== "any" && !versions.includes(order.version)) {
    return new Problem("stale", "The order has changed since.");
  }
  return new Problem("order-not-cancellable", "The order is cancelled already.");
}
