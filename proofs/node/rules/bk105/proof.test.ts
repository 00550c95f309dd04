import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { figure, freshDatabase, hold, prismaClient, scalar, untilBlocked } from "#proof";
import * as avoid from "./avoid.ts";
import * as prefer from "./prefer.ts";

const ORDER = `
  insert into tenants (name) values ('Acme');
  insert into users (tenant_id, email) values (1, 'ada@example.com');
  insert into products (name, price_minor, stock) values ('lamp', 1900, 7);
  insert into orders (user_id, product_id, quantity, total_minor) values (1, 1, 3, 5700);`;

/** Cancels one order of three pieces twice at once; seven are on the shelf. */
async function twice(t: TestContext, { cancel }: typeof avoid) {
  const url = await freshDatabase(t, ORDER);
  const prisma = prismaClient(t, url);
  const row = await hold(t, url, "select from orders where id = 1 for update");
  const calls = Promise.all([cancel(prisma, 1n), cancel(prisma, 1n)]);
  await untilBlocked(url, 2);
  await row.release();
  const cancelled = (await calls).filter(Boolean).length;
  assert.equal(await scalar(url, "select status from orders"), "cancelled");
  return { cancelled, stock: await scalar(url, "select stock from products") };
}

test("avoid: an order that is cancelled twice at once gives its pieces back twice", async (t) => {
  const { cancelled, stock } = await twice(t, avoid);
  assert.deepEqual({ cancelled, stock }, { cancelled: 2, stock: 13 });
  figure("BK105", "pieces on the shelf that do not exist", Number(stock) - 10);
});

test("prefer: the second cancellation is told so and changes nothing", async (t) => {
  assert.deepEqual(await twice(t, prefer), { cancelled: 1, stock: 10 });
});
