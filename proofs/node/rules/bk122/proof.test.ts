import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { figure, freshDatabase, hold, prismaClient, scalar, untilBlocked } from "#proof";
import * as avoid from "./avoid.ts";
import * as prefer from "./prefer.ts";

const ORDER = `
  insert into tenants (name) values ('Acme');
  insert into users (tenant_id, email) values (1, 'ada@example.com');
  insert into products (name, price_minor, stock) values ('lamp', 1900, 5);
  insert into orders (user_id, product_id, total_minor) values (1, 1, 1900);`;

/** Lets two retries meet at the order, which both payments refer to. */
async function race(t: TestContext, { charge }: typeof avoid) {
  const url = await freshDatabase(t, ORDER);
  const prisma = prismaClient(t, url);
  const order = await hold(t, url, "select from orders where id = 1 for update");
  const claim = { userId: 1n, route: "POST /payments", key: "8e03978e" };
  const payment = { orderId: 1n, amountMinor: 1900n };
  const calls = Promise.allSettled([charge(prisma, claim, payment), charge(prisma, claim, payment)]);
  await untilBlocked(url, 2);
  await order.release();
  const payments = await calls.then(() => scalar(url, "select count(*) from payments"));
  return { ended: await calls, payments };
}

test("avoid: two retries at once charge twice", async (t) => {
  const { ended, payments } = await race(t, avoid);
  assert.equal(payments, 2);
  const failures = ended.filter((call) => call.status === "rejected").map((call) => call.reason as { code: string });
  assert.deepEqual(
    failures.map(({ code }) => code),
    ["P2002"],
  );
  figure("BK122", "charges of two retries at once", payments);
});

test("prefer: two retries at once charge once, and the second learns it", async (t) => {
  const { ended, payments } = await race(t, prefer);
  assert.equal(payments, 1);
  const answers = ended.map((call) => (call.status === "fulfilled" ? String(call.value) : String(call.reason)));
  assert.deepEqual(answers.sort(), ["false", "true"]);
});
