import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { freshDatabase, hold, prismaClient, scalar, untilBlocked } from "#proof";
import * as avoid from "./avoid.ts";
import * as prefer from "./prefer.ts";

const SHOP = `
  insert into tenants (name) values ('Acme');
  insert into users (tenant_id, email) values (1, 'ada@example.com');
  insert into products (name, price_minor, stock) values ('lamp', 1900, 5);`;

async function shop(t: TestContext, { once }: typeof avoid) {
  const url = await freshDatabase(t, SHOP);
  const prisma = prismaClient(t, url);
  const claim = { userId: 1n, route: "POST /orders", key: "8e03978e" };
  const send = (requestHash = "a lamp") =>
    once(prisma, claim, requestHash, async (tx) => {
      const { id } = await tx.order.create({ data: { userId: 1n, productId: 1n, totalMinor: 1900n } });
      return { status: 201, body: { id: String(id) } };
    });
  return { url, send, orders: () => scalar(url, "select count(*) from orders") };
}

/** Sends a retry while the first attempt waits, and says whether it was answered, or waits as well. */
async function retryWhileRunning(t: TestContext, sample: typeof avoid) {
  const { url, send, orders } = await shop(t, sample);
  const product = await hold(t, url, "select from products where id = 1 for update");
  const first = send();
  await untilBlocked(url, 1);
  const retry = send();
  const early = await Promise.race([
    retry.then(({ status }) => status),
    untilBlocked(url, 2).then(
      () => "waits",
      () => "neither",
    ),
  ]);
  await product.release();
  const statuses = [await first, await retry, await send()].map(({ status }) => status);
  return { early, statuses, orders: await orders() };
}

test("avoid: a retry of an order that was created is told that it is in conflict", async (t) => {
  const { send, orders } = await shop(t, avoid);
  assert.deepEqual(await send(), { status: 201, body: { id: "1" } });
  assert.equal((await send()).status, 409);
  assert.equal(await orders(), 1);
});

test("avoid: a retry waits for the first attempt, and then is told 409", async (t) => {
  const ended = await retryWhileRunning(t, avoid);
  assert.deepEqual(ended, { early: "waits", statuses: [201, 409, 409], orders: 1 });
});

test("prefer: a retry gets the first answer, and another body does not", async (t) => {
  const { send, orders } = await shop(t, prefer);
  assert.deepEqual(await send(), { status: 201, body: { id: "1" } });
  assert.deepEqual(await send(), { status: 201, body: { id: "1" } });
  assert.equal((await send("a desk")).status, 422);
  assert.equal(await orders(), 1);
});

test("prefer: a retry is told 409 at once while the first attempt runs, and its answer later", async (t) => {
  const ended = await retryWhileRunning(t, prefer);
  assert.deepEqual(ended, { early: 409, statuses: [201, 409, 201], orders: 1 });
});
