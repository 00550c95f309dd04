import { Prisma } from "#prisma";
import type { Transaction } from "../database/transaction.ts";
import { violatedConstraint } from "../database/failure.ts";
import { recordEvent } from "../outbox/record.ts";
import { invalid, Problem, type Fault } from "../problem.ts";
import { byProduct, shownHead, type Order, type OrderLine } from "./order.ts";

export interface NewOrderLine {
  readonly productId: string;
  readonly quantity: number;
}

interface TakenLine extends OrderLine {
  readonly currency: string;
}

/** What JSON carries exactly, and so the most that an order may cost. */
const MOST_MINOR = BigInt(Number.MAX_SAFE_INTEGER);

/** Takes the products off the shelf and writes the order and its event, all in the caller's transaction. */
export async function placeOrder(
  tx: Transaction,
  userId: string,
  wanted: readonly NewOrderLine[],
): Promise<Order> {
  const lines = await takeStock(tx, wanted);
  const currency = commonCurrency(lines);
  const totalMinor = lines.reduce((sum, line) => sum + line.unitPriceMinor * BigInt(line.quantity), 0n);
  if (totalMinor > MOST_MINOR) throw invalid({ pointer: "/lines", detail: "The total is too large." });
  const head = await insertOrder(tx, { userId, totalMinor, currency });
  await tx.orderLine.createMany({
    data: lines.map(({ productId, quantity, unitPriceMinor }) => ({
      orderId: head.id,
      productId,
      quantity,
      unitPriceMinor,
    })),
  });
  const order = { ...head, lines };
  await recordEvent(tx, "order.placed", order); // BK108, BK132
  return order;
}

async function takeStock(tx: Transaction, wanted: readonly NewOrderLine[]): Promise<TakenLine[]> {
  const lines: TakenLine[] = [];
  for (const { productId, quantity } of wanted.toSorted(byProduct)) {
    // BK101: the condition is part of the statement, so two buyers cannot both take the last piece.
    const [product] = await tx.product.updateManyAndReturn({
      where: { id: productId, stock: { gte: quantity } },
      data: { stock: { decrement: quantity } },
      select: { priceMinor: true, currency: true },
    });
    if (!product) throw await whyNot(tx, wanted); // BK105
    lines.push({ productId, quantity, unitPriceMinor: product.priceMinor, currency: product.currency });
  }
  return lines;
}

async function whyNot(tx: Transaction, wanted: readonly NewOrderLine[]): Promise<Problem> {
  const ids = wanted.map((line) => line.productId);
  const found = await tx.product.findMany({ where: { id: { in: ids } }, select: { id: true } });
  const existing = new Set(found.map(({ id }) => id));
  const faults: Fault[] = ids.flatMap((id, index) =>
    existing.has(id) ? [] : [{ pointer: `/lines/${index}/product_id`, detail: "There is no such product." }],
  );
  if (faults.length > 0) return invalid(...faults);
  return new Problem("insufficient-stock", "There is less in stock than was ordered.");
}

function commonCurrency(lines: readonly TakenLine[]): string {
  const [currency, ...others] = new Set(lines.map((line) => line.currency));
  if (currency === undefined || others.length > 0) {
    throw new Problem("mixed-currencies", "The products are sold in different currencies.");
  }
  return currency;
}

async function insertOrder(
  tx: Transaction,
  data: Pick<Prisma.OrderUncheckedCreateInput, "userId" | "totalMinor" | "currency">,
) {
  try {
    return await tx.order.create({ data, select: shownHead });
  } catch (error) {
    if (violatedConstraint(error) !== "orders_user_id_fkey") throw error;
    throw new Problem("unauthorized", "The account is gone.", { cause: error });
  }
}
