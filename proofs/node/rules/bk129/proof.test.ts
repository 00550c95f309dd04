import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { figure, freshDatabase, prismaClient, rows } from "#proof";
import * as avoid from "./avoid.ts";
import * as prefer from "./prefer.ts";

const ORDERS = `
  insert into tenants (name) values ('Acme');
  insert into users (tenant_id, email) values (1, 'ada@example.com');
  insert into products (name, price_minor, stock) values ('lamp', 1900, 1);
  insert into orders (user_id, product_id, total_minor) select 1, 1, 1900 from generate_series(1, 25)`;
const ARRIVE = "insert into orders (user_id, product_id, total_minor) select 1, 1, 1900 from generate_series(1, 3)";
const DELETE = "delete from orders where id in (20, 21, 22)";

/** Walks all pages of 25 orders; after the first one, somebody changes the table. */
async function walk(t: TestContext, { newestOrders }: typeof avoid, change: string): Promise<number[]> {
  const url = await freshDatabase(t, ORDERS);
  const prisma = prismaClient(t, url);
  let { orders, next } = await newestOrders(prisma, 1n);
  const ids = orders.map(({ id }) => Number(id));
  await rows(url, change);
  while (next !== undefined) {
    ({ orders, next } = await newestOrders(prisma, 1n, next));
    ids.push(...orders.map(({ id }) => Number(id)));
  }
  return ids;
}

const all = Array.from({ length: 25 }, (_, index) => 25 - index);

test("avoid: orders that arrive meanwhile push three others onto the next page again", async (t) => {
  const ids = await walk(t, avoid, ARRIVE);
  assert.equal(ids.length - new Set(ids).size, 3);
  figure("BK129", "orders shown twice after three arrived", 3, "orders");
});

test("avoid: orders that are deleted meanwhile pull three others past the reader", async (t) => {
  const ids = await walk(t, avoid, DELETE);
  assert.deepEqual(
    all.filter((id) => !ids.includes(id)),
    [15, 14, 13],
  );
});

test("prefer: each order comes once while others arrive", async (t) => {
  assert.deepEqual(await walk(t, prefer, ARRIVE), all);
});

test("prefer: each order comes once while others are deleted", async (t) => {
  assert.deepEqual(await walk(t, prefer, DELETE), all);
});
