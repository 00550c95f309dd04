import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { freshDatabase, pool, prismaClient, rows } from "#proof";
import * as avoid from "./avoid.ts";
import * as prefer from "./prefer.ts";

const SHOP = `
  alter table orders alter constraint orders_product_id_fkey deferrable initially deferred;
  insert into tenants (name) values ('Acme');
  insert into users (tenant_id, email) values (1, 'ada@example.com');
  insert into products (name, price_minor, stock) values ('lamp', 1900, 10);`;

const order = { userId: 1n, productId: 1n, totalMinor: 1900n };
const ofUnknownProduct = { ...order, productId: 404n };

/** A shop whose broker can be taken down, and a relay that publishes what is in the outbox. */
async function open(t: TestContext, { placeOrder }: typeof avoid) {
  const url = await freshDatabase(t, SHOP);
  const published: unknown[] = [];
  const broker = {
    up: true,
    publish(topic: string, payload: object): Promise<void> {
      if (!broker.up) return Promise.reject(new Error("connect ECONNREFUSED"));
      published.push({ topic, ...payload });
      return Promise.resolve();
    },
  };
  const shop = { prisma: prismaClient(t, url), broker };
  const outbox = pool(t, url);
  return {
    broker,
    published,
    place: (row: typeof order) => placeOrder(shop, row),
    orders: () => rows(url, "select id from orders"),
    async relay() {
      const pending = await outbox.query<{ id: string; topic: string; payload: object }>(
        "select * from outbox where published_at is null order by id",
      );
      for (const { id, topic, payload } of pending.rows) {
        await broker.publish(topic, payload);
        await outbox.query("update outbox set published_at = now() where id = $1", [id]);
      }
    },
  };
}

test("avoid: with the broker down an order is stored that nobody is ever told of", async (t) => {
  const shop = await open(t, avoid);
  shop.broker.up = false;
  await assert.rejects(shop.place(order), /ECONNREFUSED/);
  shop.broker.up = true;
  await shop.relay();
  assert.deepEqual(await shop.orders(), [{ id: 1 }]);
  assert.deepEqual(shop.published, []);
});

test("prefer: what was committed is announced once, whichever side fails", async (t) => {
  const shop = await open(t, prefer);
  await assert.rejects(shop.place(ofUnknownProduct), /ForeignKeyConstraintViolation/);
  shop.broker.up = false;
  await assert.doesNotReject(shop.place(order), "an order needs no broker");
  await assert.rejects(shop.relay(), /ECONNREFUSED/);
  shop.broker.up = true;
  await shop.relay();
  assert.deepEqual(await shop.orders(), [{ id: 2 }]);
  assert.deepEqual(shop.published, [{ topic: "order.placed", orderId: "2" }]);
});
