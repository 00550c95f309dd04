import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { freshDatabase, hold, prismaClient, rows, untilBlocked } from "#proof";
import * as avoid from "./avoid.ts";
import * as prefer from "./prefer.ts";

const SHOP = `
  alter table products add constraint stock_is_left check (stock >= 0);
  insert into tenants (name) values ('Acme');
  insert into users (tenant_id, email) values (1, 'ada@example.com');
  insert into products (name, price_minor, stock) values ('lamp', 1900, 10);`;

const TAKE = `
  delete from jobs where id = (select id from jobs order by id limit 1 for update skip locked)
  returning payload`;

interface Payload {
  orderId: string;
}

/** A shop, and a worker that takes jobs from the broker and from the table, as far as it can see them. */
async function open(t: TestContext, { placeOrder }: typeof avoid) {
  const url = await freshDatabase(t, SHOP);
  const broker: Payload[] = [];
  const queue = { add: (_name: string, payload: Payload) => Promise.resolve(broker.push(payload)) };
  const shop = { prisma: prismaClient(t, url), queue } as unknown as avoid.Shop;
  return {
    url,
    place: (quantity: number) => placeOrder(shop, { userId: 1n, productId: 1n, totalMinor: 1900n, quantity }),
    work: async (): Promise<string[]> => {
      const taken = [...broker.splice(0), ...(await rows(url, TAKE)).map((row) => row["payload"] as Payload)];
      return Promise.all(
        taken.map(async ({ orderId }) => {
          const found = await rows(url, `select from orders where id = ${orderId}`);
          return found.length === 1 ? `receipt for order ${orderId}` : `no order ${orderId}`;
        }),
      );
    },
  };
}

/** Returns what a worker does while the transaction stands behind a row lock, and after its commit. */
async function aroundTheCommit(t: TestContext, sample: typeof avoid) {
  const { url, place, work } = await open(t, sample);
  const product = await hold(t, url, "select from products for no key update");
  const placed = place(1);
  await untilBlocked(url, 1);
  const before = await work();
  await product.release();
  await placed;
  return { before, after: await work() };
}

test("avoid: the worker finds no order, and the order gets no receipt", async (t) => {
  assert.deepEqual(await aroundTheCommit(t, avoid), { before: ["no order 1"], after: [] });
});

test("avoid: the job of an order that was rolled back runs", async (t) => {
  const { place, work } = await open(t, avoid);
  await assert.rejects(place(11), /stock_is_left/);
  assert.deepEqual(await work(), ["no order 1"]);
});

test("prefer: the worker gets the job together with the order", async (t) => {
  assert.deepEqual(await aroundTheCommit(t, prefer), { before: [], after: ["receipt for order 1"] });
});

test("prefer: an order that was rolled back leaves no job", async (t) => {
  const { place, work } = await open(t, prefer);
  await assert.rejects(place(11), /stock_is_left/);
  assert.deepEqual(await work(), []);
});
