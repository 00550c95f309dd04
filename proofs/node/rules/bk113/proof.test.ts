import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import pg from "pg";
import { figure, freshDatabase, hold, pool, scalar, untilBlocked } from "#proof";
import * as avoid from "./avoid.ts";
import * as prefer from "./prefer.ts";

const READ = "select count(*) from orders";

/** Tells whether somebody can read the table within three seconds. */
async function canRead(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("set lock_timeout = '3s'");
    await client.query(READ);
    return true;
  } catch (error) {
    assert.ok(error instanceof pg.DatabaseError && error.code === "55P03", String(error));
    return false;
  } finally {
    await client.end();
  }
}

/** Reads the table while a report is open and the migration waits for it. */
async function readBehind(t: TestContext, { apply }: typeof avoid) {
  const url = await freshDatabase(t);
  const client = await pool(t, url).connect();
  const report = await hold(t, url, READ);
  const migration = apply(client, "alter table orders add column note text").finally(() => {
    client.release();
  });
  await untilBlocked(url, 1);
  const began = performance.now();
  const read = await canRead(url);
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  await report.release();
  await migration;
  const columns = await scalar(url, "select count(*) from information_schema.columns where column_name = 'note'");
  return { read, seconds, columns };
}

test("avoid: nobody can read the table while the migration waits for a report", async (t) => {
  const { read, columns } = await readBehind(t, avoid);
  assert.deepEqual({ read, columns }, { read: false, columns: 1 });
});

test("prefer: reads go on, and the migration is done after the report", async (t) => {
  const { read, columns, seconds } = await readBehind(t, prefer);
  assert.deepEqual({ read, columns }, { read: true, columns: 1 });
  figure("BK113", "wait of a reader, lock_timeout 1 s", seconds, "s");
});
