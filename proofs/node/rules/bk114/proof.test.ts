import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import pg from "pg";
import { figure, freshDatabase, hold, prismaClient, rows, scalar, untilBlocked } from "#proof";
import * as avoid from "./avoid.ts";
import * as prefer from "./prefer.ts";

const ORDERS = `
  insert into tenants (name) values ('Acme');
  insert into users (tenant_id, email) values (1, 'ada@example.com');
  insert into products (name, price_minor, stock) values ('lamp', 1900, 10);
  alter table orders add column currency text;
  insert into orders (user_id, product_id, total_minor) select 1, 1, 1900 from generate_series(1, 2500);`;
const FILLED = "select count(*) from orders where currency = 'EUR'";
const KILL = `select pg_terminate_backend(pid) from pg_stat_activity
  where datname = current_database() and wait_event_type = 'Lock'`;

/** Tells whether the first order can be paid within half a second. */
async function canPay(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("set lock_timeout = '500ms'");
    await client.query("update orders set status = 'paid' where id = 1");
    return true;
  } catch (error) {
    assert.ok(error instanceof pg.DatabaseError && error.code === "55P03", String(error));
    return false;
  } finally {
    await client.end();
  }
}

/** Stops the backfill at the last order, kills it there, and runs it again. */
async function killedAtTheLast(t: TestContext, { backfill }: typeof avoid) {
  const url = await freshDatabase(t, ORDERS);
  const prisma = prismaClient(t, url);
  const order = await hold(t, url, "select from orders where id = 2500 for update");
  const killed = assert.rejects(backfill(prisma));
  await untilBlocked(url, 1);
  const paid = await canPay(url);
  await rows(url, KILL);
  await killed;
  const kept = await scalar(url, FILLED);
  await order.release();
  await backfill(prisma);
  return { paid, kept, inTheEnd: await scalar(url, FILLED) };
}

test("avoid: an order waits for the whole backfill, which loses all when it is killed", async (t) => {
  assert.deepEqual(await killedAtTheLast(t, avoid), { paid: false, kept: 0, inTheEnd: 2500 });
});

test("prefer: an order is paid meanwhile, and a killed backfill keeps what it has done", async (t) => {
  const seen = await killedAtTheLast(t, prefer);
  assert.deepEqual(seen, { paid: true, kept: 2000, inTheEnd: 2500 });
  figure("BK114", "orders filled of 2500 when the backfill is killed at the last", seen.kept, "orders");
});
