import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { atEnd, figure, freshDatabase, hold, untilBlocked } from "#proof";
import * as avoid from "./avoid.ts";
import * as prefer from "./prefer.ts";

const WAITS = "waits";

/** Blocks all four connections of the pool, and has one more request. */
async function saturate(t: TestContext, { buildApp }: typeof avoid) {
  const url = await freshDatabase(t);
  const app = buildApp(url);
  atEnd(t, () => app.close());
  const get = async (path: string) => app.inject(path);
  const metrics = async () => (await get("/metrics")).body;
  const table = await hold(t, url, "lock table products");
  const four = Promise.all([1, 2, 3, 4].map(() => get("/products")));
  await untilBlocked(url, 4);
  const before = await metrics();
  const start = performance.now();
  const fifth = get("/products").then(({ statusCode }) => statusCode);
  const served = async () => {
    await table.release();
    return (await four).every(({ statusCode }) => statusCode === 200);
  };
  return { metrics, before, fifth, served, since: () => performance.now() - start };
}

test("avoid: a caller waits without end, and no metric shows it", async (t) => {
  const { metrics, before, fifth, served } = await saturate(t, avoid);
  assert.equal(await Promise.race([fifth, sleep(2_500, WAITS)]), WAITS);
  assert.equal(await metrics(), before);
  assert.ok(await served());
  assert.equal(await fifth, 200);
});

test("prefer: a caller is counted while it waits, and turned away in time", async (t) => {
  const { metrics, fifth, served, since } = await saturate(t, prefer);
  let seen = "";
  const caller = { waits: true };
  void fifth.then(() => (caller.waits = false));
  while (caller.waits && since() < 10_000 && !seen.includes("db_pool_waiting 1")) seen = await metrics();
  assert.match(seen, /db_pool_waiting 1/);
  assert.equal(await Promise.race([fifth, sleep(10_000, WAITS)]), 503);
  figure("BK126", "until the caller was told, of a bound of 1,000 ms", Math.round(since()), "ms");
  assert.ok(await served());
});
