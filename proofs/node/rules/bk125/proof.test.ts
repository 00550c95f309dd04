import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { atEnd, figure, freshDatabase, hold, rows, scalar, untilBlocked } from "#proof";
import * as avoid from "./avoid.ts";
import * as prefer from "./prefer.ts";

const LAMP = `
  insert into products (name, price_minor, stock) values ('lamp', 1900, 1);
  do $$ begin execute format('create role %I login connection limit 4 in role pg_read_all_data', current_database()); end $$`;
const SESSIONS = "select count(*) from pg_stat_activity where usename = current_database()";

/** Makes a database with a role of its name, which may have four connections, and starts the application as that role. */
async function start(t: TestContext, { buildApp }: typeof avoid) {
  const url = await freshDatabase(t, LAMP);
  const own = new URL(url);
  own.username = own.pathname.slice(1);
  const app = buildApp(own.href);
  atEnd(t, () => rows(url, `drop role ${own.username}`));
  atEnd(t, () => app.close());
  return { url, get: async () => (await app.inject("/products")).statusCode };
}

/** Sends four requests, one after the other, and counts the sessions that are left. */
async function sessionsAfterFour(t: TestContext, sample: typeof avoid): Promise<unknown> {
  const { url, get } = await start(t, sample);
  for (let request = 0; request < 4; request++) assert.equal(await get(), 200);
  return scalar(url, SESSIONS);
}

/**
 * Sends eight requests while nobody can read the table, and returns their status codes, sorted. The last four begin when
 * the first four wait: sessions that begin at once count each other, and the server may refuse them all.
 */
async function eightAtOnce(t: TestContext, sample: typeof avoid, patienceMs: number): Promise<number[]> {
  const { url, get } = await start(t, sample);
  const table = await hold(t, url, "lock table products");
  let answered = 0;
  const four = () => Array.from({ length: 4 }, () => get().finally(() => answered++));
  const calls = four();
  await untilBlocked(url, 4);
  calls.push(...four());
  for (const end = Date.now() + patienceMs; answered < 4 && Date.now() < end;) await sleep(20);
  await table.release();
  return (await Promise.all(calls)).sort((a, b) => a - b);
}

test("avoid: each request leaves a session behind", async (t) => {
  assert.equal(await sessionsAfterFour(t, avoid), 4);
});

test("avoid: the server refuses half of eight requests at once", async (t) => {
  const codes = await eightAtOnce(t, avoid, 10_000);
  assert.deepEqual(codes, [200, 200, 200, 200, 500, 500, 500, 500]);
  figure("BK125", "requests refused of eight at once", 4, "requests");
});

test("prefer: all requests share a session", async (t) => {
  assert.equal(await sessionsAfterFour(t, prefer), 1);
});

test("prefer: eight requests at once wait for each other", async (t) => {
  assert.deepEqual(await eightAtOnce(t, prefer, 500), Array(8).fill(200));
});
