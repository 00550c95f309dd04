import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { freshDatabase, hold, scalar, untilBlocked } from "#proof";
import * as avoid from "./avoid.ts";
import * as prefer from "./prefer.ts";

const ORDER = `
  insert into tenants (name) values ('Acme');
  insert into users (tenant_id, email) values (1, 'ada@example.com');
  insert into products (name, price_minor, stock) values ('lamp', 1900, 10);
  insert into orders (user_id, product_id, total_minor) values (1, 1, 1900);`;
const ANOTHER = "insert into orders (user_id, product_id, total_minor) values (1, 1, 1900)";
const VALID = "select indisvalid from pg_index where indexrelid = to_regclass('orders_user_id_idx')";

/** Returns "done", or the SQLSTATE with which the work ended. */
async function outcome(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
    return "done";
  } catch (error) {
    return error instanceof pg.DatabaseError ? (error.code ?? "") : String(error);
  } finally {
    await client.end();
  }
}

const order = (url: string) =>
  outcome(url, async (client) => {
    await client.query("set lock_timeout = '500ms'");
    await client.query(ANOTHER);
  });

/** Deploys while an order is being written for three seconds, and once more afterwards. */
async function twoDeploys(t: TestContext, { up }: typeof avoid) {
  const url = await freshDatabase(t, ORDER);
  const writer = await hold(t, url, "update orders set status = 'paid'");
  const first = outcome(url, up);
  await untilBlocked(url, 1);
  const written = await order(url);
  await Promise.race([first, sleep(3000)]);
  await writer.release();
  return { written, deploys: [await first, await outcome(url, up)], valid: await scalar(url, VALID) };
}

test("avoid: the second deploy takes the broken index of the first for done", async (t) => {
  const seen = await twoDeploys(t, avoid);
  assert.deepEqual(seen, { written: "done", deploys: ["55P03", "done"], valid: false });
});

test("prefer: the build outwaits an old transaction, and orders go on", async (t) => {
  const seen = await twoDeploys(t, prefer);
  assert.deepEqual(seen, { written: "done", deploys: ["done", "done"], valid: true });
});

async function afterFailedRun(t: TestContext, { up }: typeof avoid) {
  const url = await freshDatabase(
    t,
    `create index orders_user_id_idx on orders (user_id);
     update pg_index set indisvalid = false where indexrelid = 'orders_user_id_idx'::regclass;`,
  );
  return { deploy: await outcome(url, up), valid: await scalar(url, VALID) };
}

test("avoid: a broken index stays broken, and the migration counts as applied", async (t) => {
  assert.deepEqual(await afterFailedRun(t, avoid), { deploy: "done", valid: false });
});

test("prefer: the broken index of a failed run is built anew", async (t) => {
  assert.deepEqual(await afterFailedRun(t, prefer), { deploy: "done", valid: true });
});
