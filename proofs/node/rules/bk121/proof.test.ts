import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import Fastify from "fastify";
import { atEnd, figure, freshDatabase, hold, pool, scalar, untilBlocked } from "#proof";
import * as avoid from "./avoid.ts";
import * as prefer from "./prefer.ts";

const SHOP = `
  alter table orders add column idempotency_key text, add unique (user_id, product_id, idempotency_key);
  insert into tenants (name) values ('Acme');
  insert into users (tenant_id, email) values (1, 'ada@example.com');
  insert into products (name, price_minor, stock) values ('lamp', 1900, 5);`;
const REQUEST = { method: "POST", url: "/products/1/orders" } as const;
const KEY = { "idempotency-key": "8e03978e-40d5-43e8-bc93-6894a57f9324" };

async function shop(t: TestContext, { orderRoutes }: typeof avoid) {
  const url = await freshDatabase(t, SHOP);
  const app = Fastify();
  atEnd(t, () => app.close());
  app.decorateRequest("userId", "1");
  orderRoutes(app, pool(t, url));
  await app.ready();
  return { app, url };
}

/** Sends a request whose client gives up before the answer, and then once more. */
async function sendAgain(t: TestContext, sample: typeof avoid) {
  const { app, url } = await shop(t, sample);
  const table = await hold(t, url, "lock table orders in exclusive mode");
  const unread = app.inject({ ...REQUEST, headers: KEY });
  await untilBlocked(url, 1);
  await table.release();
  const first = await unread;
  const second = await app.inject({ ...REQUEST, headers: KEY });
  return {
    statuses: [first.statusCode, second.statusCode],
    sameId: first.body === second.body,
    orders: await scalar(url, "select count(*) from orders"),
  };
}

test("avoid: a retry after a lost answer buys twice", async (t) => {
  const ended = await sendAgain(t, avoid);
  assert.deepEqual(ended, { statuses: [201, 201], sameId: false, orders: 2 });
  figure("BK121", "orders of one click, sent twice", ended.orders);
});

test("prefer: a retry after a lost answer gets the first order", async (t) => {
  assert.deepEqual(await sendAgain(t, prefer), {
    statuses: [201, 201],
    sameId: true,
    orders: 1,
  });
});

test("prefer: an order without a key is refused, and one with another key is another order", async (t) => {
  const { app, url } = await shop(t, prefer);
  assert.equal((await app.inject(REQUEST)).statusCode, 400);
  for (const key of ["0b8e8a0e-first-click", "0b8e8a0e-second-click"]) {
    const answer = await app.inject({
      ...REQUEST,
      headers: { "idempotency-key": key },
    });
    assert.equal(answer.statusCode, 201);
  }
  assert.equal(await scalar(url, "select count(*) from orders"), 2);
});
