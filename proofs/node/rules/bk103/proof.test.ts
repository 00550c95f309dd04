import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { PrismaPg } from "@prisma/adapter-pg";
import { atEnd, freshDatabase, scalar } from "#proof";
import { Prisma, PrismaClient } from "#prisma";
import * as avoid from "./avoid.ts";
import * as prefer from "./prefer.ts";

const SHOP = `
  insert into tenants (name) values ('Acme');
  insert into users (tenant_id, email) values (1, 'ada@example.com');
  insert into products (name, price_minor, stock) values ('lamp', 1900, 2);`;

const SHORT = 700;
const LONG = 20_000;

/** Orders so many lamps, of which there are two, and says how it ended and what is in the tables. */
async function order(
  t: TestContext,
  { placeOrder }: typeof avoid,
  quantity: number,
  { connections = 10, timeout = LONG } = {},
) {
  const url = await freshDatabase(t, SHOP);
  const prisma = new PrismaClient({
    adapter: new PrismaPg({ connectionString: url, max: connections }),
    transactionOptions: { timeout, maxWait: LONG },
  });
  atEnd(t, () => prisma.$disconnect());
  const ended = await placeOrder(prisma, { userId: 1n, productId: 1n, quantity, totalMinor: 1900n }).then(
    () => "placed",
    (error: unknown) => (error instanceof Prisma.PrismaClientKnownRequestError ? error.code : (error as Error).message),
  );
  return {
    ended,
    orders: await scalar(url, "select count(*) from orders"),
    messages: await scalar(url, "select count(*) from outbox"),
  };
}

test("avoid: an order that was rolled back is announced", async (t) => {
  assert.deepEqual(await order(t, avoid, 3), { ended: "sold out", orders: 0, messages: 1 });
});

test("avoid: on a pool of one the transaction waits for itself until it expires", async (t) => {
  const pool = { connections: 1, timeout: SHORT };
  assert.deepEqual(await order(t, avoid, 2, pool), { ended: "P2028", orders: 0, messages: 1 });
});

test("prefer: an order that was rolled back is not announced", async (t) => {
  assert.deepEqual(await order(t, prefer, 3), { ended: "sold out", orders: 0, messages: 0 });
});

test("prefer: one connection is enough for an order and its announcement", async (t) => {
  assert.deepEqual(await order(t, prefer, 2, { connections: 1, timeout: 5_000 }), {
    ended: "placed",
    orders: 1,
    messages: 1,
  });
});
