import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { freshDatabase, pool, rows } from "#proof";
import * as avoid from "./avoid.ts";
import * as prefer from "./prefer.ts";

const HISTORY = `
  create table _prisma_migrations (migration_name text not null, finished_at timestamptz)`;
const DEPLOY = `
  alter table products add column note text not null default '';
  insert into _prisma_migrations values ('20261122090000_product_note', now())`;
const ORDER = "insert into products (name, price_minor, stock, note) values ('lamp', 4900, 1, 'fragile')";

/** Returns the start-up of a release on the database of the release before. */
async function release(t: TestContext, { prepare }: typeof avoid) {
  const url = await freshDatabase(t, HISTORY);
  const database = pool(t, url);
  return { url, prepare: () => prepare(database) };
}

test("avoid: the process starts, and the first request that needs the new column fails", async (t) => {
  const { url, prepare } = await release(t, avoid);
  await prepare();
  await assert.rejects(rows(url, ORDER), { code: "42703" });
});

test("prefer: the process refuses to start until the migration has run", async (t) => {
  const { url, prepare } = await release(t, prefer);
  await assert.rejects(prepare(), /20261122090000_product_note has not run/);
  await rows(url, DEPLOY);
  await prepare();
  await rows(url, ORDER);
});
