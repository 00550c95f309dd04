import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { atEnd, freshDatabase, scalar, untilBlocked } from "#proof";
import * as avoid from "./avoid.ts";
import * as prefer from "./prefer.ts";

const PRODUCT = "insert into products (name, price_minor, stock) values ('lamp', 4900, 10)";
const TAKE = "update products set stock = stock - 1 where id = 1";
const WAITING = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";

/** Opens the sample's pool, and leaves a transaction alone after it has locked the product. */
async function stuck(t: TestContext, { openPool }: typeof avoid) {
  const url = await freshDatabase(t, PRODUCT);
  const pool = openPool(url);
  atEnd(t, () => pool.end());
  const client = await pool.connect();
  atEnd(t, () => {
    client.release(true);
  });
  await client.query("begin");
  await client.query("update products set name = 'desk lamp' where id = 1");
  return { url, pool };
}

/** Says whether a product can be sold within that time. */
async function isSold(pool: pg.Pool, patience = 10_000): Promise<boolean> {
  const end = Date.now() + patience;
  while (Date.now() < end) {
    const sold = await pool.query(TAKE).then(
      () => true,
      () => false,
    );
    if (sold) return true;
    await sleep(50);
  }
  return false;
}

test("avoid: the row stays locked as long as the session that hangs lives", async (t) => {
  const { url, pool } = await stuck(t, avoid);
  assert.deepEqual([await isSold(pool, 4_000), await scalar(url, "select stock from products")], [false, 10]);
});

test("avoid: whoever gives up leaves a session behind that waits, more than the pool may open", async (t) => {
  const { url, pool } = await stuck(t, avoid);
  const sales = await Promise.allSettled(Array.from({ length: 6 }, () => pool.query(TAKE)));
  assert.ok(sales.every(({ status }) => status === "rejected"));
  await untilBlocked(url, 6);
});

test("prefer: the session that hangs is ended and the row is free", async (t) => {
  const { url, pool } = await stuck(t, prefer);
  assert.deepEqual([await isSold(pool), await scalar(url, "select stock from products")], [true, 9]);
  assert.equal(await scalar(url, "select name from products"), "lamp", "its change is rolled back");
});

test("prefer: whoever gives up leaves no session behind", async (t) => {
  const { url, pool } = await stuck(t, prefer);
  await Promise.allSettled(Array.from({ length: 6 }, () => pool.query(TAKE)));
  assert.equal(await scalar(url, WAITING), 0);
  assert.equal(await isSold(pool), true);
});
