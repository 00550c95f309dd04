import type { Prisma, PrismaClient } from "#prisma";
import { Problem } from "../problem.ts";
import { shownOrder, type Order } from "./order.ts";

export interface OrderPage {
  readonly orders: readonly Order[];
  readonly more: boolean;
}

/** Where a listing goes on: after the order that the page before ended with. */
export interface Position {
  readonly createdAt: Date;
  readonly id: string;
}

export interface Filters {
  readonly status?: string | undefined;
  readonly placedFrom?: Date | undefined;
  readonly placedBefore?: Date | undefined;
}

export const notFound = () => new Problem("not-found", "There is no such order.");

/** Returns an order of its owner; somebody else's is not there (BK117). */
export async function getOrder(prisma: PrismaClient, userId: string, id: string): Promise<Order> {
  const order = await prisma.order.findUnique({ where: { id, userId }, select: shownOrder });
  if (!order) throw notFound();
  return order;
}

/** Returns orders of their owner, the newest first, after a position (BK128, BK129). */
export async function listOrders(
  prisma: PrismaClient,
  userId: string,
  { filters, after, limit }: { filters: Filters; after: Position | undefined; limit: number },
): Promise<OrderPage> {
  const orders = await prisma.order.findMany({
    where: { AND: [{ userId }, matching(filters), following(after)] },
    orderBy: [{ createdAt: "desc" }, { id: "desc" }],
    take: limit + 1, // one more tells whether there is a next page
    select: shownOrder,
  });
  return { orders: orders.slice(0, limit), more: orders.length > limit };
}

function matching({ status, placedFrom, placedBefore }: Filters): Prisma.OrderWhereInput {
  return {
    ...(status !== undefined && { status }),
    createdAt: { ...(placedFrom && { gte: placedFrom }), ...(placedBefore && { lt: placedBefore }) },
  };
}

function following(after: Position | undefined): Prisma.OrderWhereInput {
  if (!after) return {};
  const { createdAt, id } = after;
  // The first condition bounds the scan of the index; the second tells orders of one millisecond apart.
  return { createdAt: { lte: createdAt }, OR: [{ createdAt: { lt: createdAt } }, { id: { lt: id } }] };
}
