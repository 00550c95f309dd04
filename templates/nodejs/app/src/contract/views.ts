import type { z } from "zod";
import type { Account } from "../accounts/accounts.ts";
import type { Filters, OrderPage } from "../orders/find.ts";
import type { Answer } from "../orders/idempotency.ts";
import type { Order, OrderLine } from "../orders/order.ts";
import type { Product, ProductPage } from "../products/catalogue.ts";
import { cursorAfterOrder, cursorAfterProduct } from "./cursor.ts";
import { etagOf } from "./etag.ts";
import type * as schemas from "./schemas.ts";

// BK130: each member of an answer is named here, so a new column stays inside until somebody lets it out.

export function userView({ id, email, createdAt }: Account): z.infer<typeof schemas.User> {
  return { id, email, created_at: createdAt.toISOString() };
}

export function productView({
  id,
  name,
  priceMinor,
  currency,
  stock,
}: Product): z.infer<typeof schemas.Product> {
  return { id, name, price: money(priceMinor, currency), stock };
}

export function productPageView({ products, more }: ProductPage): z.infer<typeof schemas.ProductPage> {
  const last = products.at(-1);
  return { items: products.map(productView), next_cursor: more && last ? cursorAfterProduct(last.id) : null };
}

export function orderView(order: Order): z.infer<typeof schemas.Order> {
  const { id, status, totalMinor, currency, version, createdAt } = order;
  return {
    id,
    status: status as z.infer<typeof schemas.OrderStatus>, // the table has a check
    total: money(totalMinor, currency),
    lines: linesView(order).items,
    version,
    created_at: createdAt.toISOString(),
  };
}

export function linesView({ lines, currency }: Order): z.infer<typeof schemas.OrderLines> {
  return { items: lines.map((line) => lineView(line, currency)) };
}

export function orderPageView(
  { orders, more }: OrderPage,
  filters: Filters,
): z.infer<typeof schemas.OrderPage> {
  const last = orders.at(-1);
  return { items: orders.map(orderView), next_cursor: more && last ? cursorAfterOrder(last, filters) : null };
}

/** Returns the whole answer to a placed order, as it is kept for whoever asks again. */
export function placedAnswer(order: Order): Answer {
  return {
    status: 201,
    headers: { location: `/v1/orders/${order.id}`, etag: etagOf(order.version) },
    body: JSON.stringify(orderView(order)),
  };
}

function lineView(line: OrderLine, currency: string): z.infer<typeof schemas.OrderLine> {
  const { productId, quantity, unitPriceMinor } = line;
  return { product_id: productId, quantity, unit_price: money(unitPriceMinor, currency) };
}

function money(minor: bigint, currency: string): z.infer<typeof schemas.Money> {
  return { amount_minor: Number(minor), currency };
}
