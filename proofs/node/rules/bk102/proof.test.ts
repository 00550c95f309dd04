import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { atEnd, freshDatabase, listen, rows, scalar } from "#proof";
import { Prisma, PrismaClient } from "#prisma";
import * as avoid from "./avoid.ts";
import * as prefer from "./prefer.ts";

const ORDER = `
  insert into tenants (name) values ('Acme');
  insert into users (tenant_id, email) values (1, 'ada@example.com');
  insert into products (name, price_minor, stock) values ('lamp', 1900, 7);
  insert into orders (user_id, product_id, total_minor) values (1, 1, 1900);`;

const IDLE = `select count(*) from pg_stat_activity
  where datname = current_database() and state = 'idle in transaction'`;

/** Pays the order, and does something else while the provider, who got the charge, keeps silent. */
async function during<T>(
  t: TestContext,
  { pay }: typeof avoid,
  somethingElse: (url: string, prisma: PrismaClient) => Promise<T>,
  { connectionTimeoutMillis = 5_000, timeout = 30_000 } = {},
) {
  const url = await freshDatabase(t, ORDER);
  const adapter = new PrismaPg({ connectionString: url, max: 1, connectionTimeoutMillis });
  const prisma = new PrismaClient({ adapter, transactionOptions: { timeout, maxWait: 30_000 } });
  atEnd(t, () => prisma.$disconnect());
  const charged = Promise.withResolvers<undefined>();
  const told = Promise.withResolvers<undefined>();
  const provider = await listen(t, (_request, response) => {
    charged.resolve(undefined);
    void told.promise.then(() => response.end("{}"));
  });
  const paid = pay(prisma, provider, 1n).catch((error: unknown) =>
    error instanceof Prisma.PrismaClientKnownRequestError ? error.code : error,
  );
  await Promise.race([charged.promise, paid]);
  const seen = await somethingElse(url, prisma);
  told.resolve(undefined);
  return { seen, paid: await paid, status: await scalar(url, "select status from orders") };
}

/** Changes the order, waiting for locks no longer than a moment; returns the SQLSTATE of the failure. */
async function change(url: string) {
  const idle = await scalar(url, IDLE);
  const failure = await rows(
    `${url}?options=${encodeURIComponent("-c lock_timeout=300ms")}`,
    "update orders set quantity = 2",
  ).then(
    () => "",
    (error: unknown) => (error instanceof pg.DatabaseError ? error.code : error),
  );
  return { idle, failure };
}

/** Waits until no transaction is open any more. */
async function untilExpired(url: string) {
  const end = Date.now() + 10_000;
  while ((await scalar(url, IDLE)) !== 0) {
    assert.ok(Date.now() < end, "the transaction is still open");
    await sleep(20);
  }
}

/** Counts products, through the pool of the application. */
const count = async (_url: string, prisma: PrismaClient) =>
  prisma.product.count().catch((error: unknown) => (error as Error).message);

test("avoid: the order is locked, idle in transaction, while the provider is silent", async (t) => {
  const seen = { idle: 1, failure: "55P03" };
  assert.deepEqual(await during(t, avoid, change), { seen, paid: true, status: "paid" });
});

test("avoid: a query that has nothing to do with it gets no connection", async (t) => {
  const { seen, status } = await during(t, avoid, count, { connectionTimeoutMillis: 1_500 });
  assert.match(String(seen), /timeout exceeded when trying to connect/u);
  assert.equal(status, "paid");
});

test("avoid: an order that was charged is open again when the transaction expires", async (t) => {
  const seen = undefined;
  assert.deepEqual(await during(t, avoid, untilExpired, { timeout: 1_000 }), { seen, paid: "P2028", status: "open" });
});

test("prefer: the order can be changed while the provider is silent", async (t) => {
  const seen = { idle: 0, failure: "" };
  assert.deepEqual(await during(t, prefer, change), { seen, paid: true, status: "paid" });
});

test("prefer: the connection is free while the provider is silent", async (t) => {
  assert.deepEqual(await during(t, prefer, count), { seen: 1, paid: true, status: "paid" });
});
