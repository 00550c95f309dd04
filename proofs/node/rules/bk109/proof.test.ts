import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { atEnd, freshDatabase, prismaClient, scalar } from "#proof";
import * as avoid from "./avoid.ts";
import * as prefer from "./prefer.ts";

const PROJECT = `
  insert into tenants (name) values ('Acme');
  insert into projects (tenant_id, name) values (1, 'Bridge');
  insert into documents (project_id, title) values (1, 'Plan');`;

/** Waits until a query of the standby gives the value. */
async function until(url: string, sql: string, expected: unknown): Promise<void> {
  const end = Date.now() + 30_000;
  for (;;) {
    const seen = await scalar(url, sql).catch((error: unknown) => error);
    if (seen === expected) return;
    if (Date.now() > end) throw new Error(`the standby says ${String(seen)} to ${sql}`);
    await sleep(20);
  }
}

/** Opens a database whose copy on the standby stands still. */
async function paused(t: TestContext): Promise<avoid.Databases> {
  const standby = process.env["REPLICA_URL"];
  assert.ok(standby, "REPLICA_URL names the standby; `python -m kb prove` sets it");
  const resume = () => scalar(standby, "select pg_wal_replay_resume()::text");
  await resume();
  const url = await freshDatabase(t, PROJECT);
  atEnd(t, resume);
  const copy = new URL(standby);
  copy.pathname = new URL(url).pathname;
  await until(copy.href, "select title from documents", "Plan");
  await scalar(standby, "select pg_wal_replay_pause()::text");
  await until(standby, "select pg_get_wal_replay_pause_state()", "paused");
  return { primary: prismaClient(t, url), replica: prismaClient(t, copy.href) };
}

test("avoid: the page of a document that was just created is not found", async (t) => {
  const databases = await paused(t);
  const { id } = await avoid.create(databases, 1n, "Budget");
  assert.equal(await avoid.page(databases, id), null);
});

test("prefer: the page of a document that was just created shows it, and the list may lag", async (t) => {
  const databases = await paused(t);
  const { id } = await prefer.create(databases, 1n, "Budget");
  assert.equal((await prefer.page(databases, id))?.title, "Budget");
  assert.deepEqual(
    (await prefer.newest(databases, 1n)).map(({ title }) => title),
    ["Plan"],
  );
});
