import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import Fastify from "fastify";
import { freshDatabase, prismaClient } from "#proof";
import * as avoid from "./avoid.ts";
import * as prefer from "./prefer.ts";

const ADA = 1;
const BRIAN = 2;
const SHOP = `
  insert into tenants (name) values ('Harbour');
  insert into users (tenant_id, email) values (1, 'ada@example.com'), (1, 'brian@example.com');
  insert into products (name, price_minor, stock) values ('lamp', 4900, 10);
  insert into orders (user_id, product_id, total_minor, status) values (${String(ADA)}, 1, 4900, 'paid')`;

/** Returns what a signed-in user gets for an order's id. */
async function orders(t: TestContext, { orderRoutes }: typeof avoid) {
  const app = Fastify();
  orderRoutes(app, prismaClient(t, await freshDatabase(t, SHOP)), (request) =>
    Promise.resolve(BigInt(String(request.headers["user"]))),
  );
  t.after(() => app.close());
  return async (user: number, order: number) => {
    const answer = await app.inject({ url: `/orders/${String(order)}`, headers: { user: String(user) } });
    return { status: answer.statusCode, body: answer.body };
  };
}

test("avoid: another user's order is answered with 200", async (t) => {
  const get = await orders(t, avoid);
  const stolen = await get(BRIAN, 1);
  assert.deepEqual(stolen, { status: 200, body: '{"id":"1","status":"paid"}' });
});

test("prefer: the owner gets the order, and anybody else the answer for one that does not exist", async (t) => {
  const get = await orders(t, prefer);
  assert.deepEqual(await get(ADA, 1), { status: 200, body: '{"id":"1","status":"paid"}' });
  assert.equal((await get(BRIAN, 1)).status, 404);
  assert.deepEqual(await get(BRIAN, 1), await get(BRIAN, 999));
});
