// What every proof needs: a database of its own, races that are made to happen, servers that misbehave, and figures.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { PrismaClient } from "#prisma";

type Cleanup = () => unknown;

const cleanups = new WeakMap<TestContext, Cleanup[]>();
const TEMPLATE_LOCK = 7_770_101;

/** Runs a step when the test ends, whatever its outcome; the last one registered runs first. */
export function atEnd(t: TestContext, cleanup: Cleanup): void {
  const steps = cleanups.get(t);
  if (steps) {
    steps.push(cleanup);
    return;
  }
  const first = [cleanup];
  cleanups.set(t, first);
  t.after(async () => {
    for (const step of first.reverse()) await step();
  });
}

async function connected<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Creates a copy of the shop for this test alone, runs the extra SQL in it, and returns its URL. */
export async function freshDatabase(t: TestContext, extraSql = ""): Promise<string> {
  const admin = process.env["DATABASE_URL"];
  assert.ok(admin, "DATABASE_URL names the cluster; `python -m kb prove` sets it");
  const name = `proof_${randomBytes(6).toString("hex")}`;
  await connected(admin, async (client) => {
    // A template can be copied by one session at a time.
    await client.query("select pg_advisory_lock($1)", [TEMPLATE_LOCK]);
    await client.query(`create database ${name} template shop`);
  });
  atEnd(t, () => connected(admin, (client) => drop(client, name)));
  const url = new URL(admin);
  url.pathname = `/${name}`;
  if (extraSql) await connected(url.href, (client) => client.query(extraSql));
  return url.href;
}

/** Drops a database. PostgreSQL waits a while for sessions to end that a pool has just closed; then they are ended. */
async function drop(client: pg.Client, name: string): Promise<void> {
  try {
    await client.query(`drop database if exists ${name}`);
  } catch {
    await client.query(`drop database if exists ${name} with (force)`);
  }
}

/** Opens a Prisma client, as an application has one, with at most `max` connections. */
export function prismaClient(t: TestContext, url: string, max = 10): PrismaClient {
  const client = new PrismaClient({ adapter: new PrismaPg({ connectionString: url, max }) });
  atEnd(t, () => client.$disconnect());
  return client;
}

/** Opens a pool of the driver's connections. */
export function pool(t: TestContext, url: string, options: pg.PoolConfig = {}): pg.Pool {
  const opened = new pg.Pool({ ...options, connectionString: url });
  atEnd(t, () => opened.end());
  return opened;
}

export interface Holder {
  /** Ends the holder's transaction, and so lets go of what it locked. */
  release(): Promise<void>;
}

/** Runs SQL in a transaction of its own connection and keeps its locks: reads pass, writers queue up. */
export async function hold(t: TestContext, url: string, sql: string): Promise<Holder> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  let released: Promise<void> | undefined;
  const release = () => (released ??= client.query("rollback").then(() => client.end()));
  atEnd(t, release);
  await client.query("begin");
  await client.query(sql);
  return { release };
}

/** Waits until `n` sessions of the database wait for a lock; fails after ten seconds with what it saw. */
export async function untilBlocked(url: string, n: number): Promise<void> {
  const sessions = `select state, wait_event_type, wait_event, left(query, 80) as query
    from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`;
  const end = Date.now() + 10_000;
  for (;;) {
    const seen = await rows(url, sessions);
    const blocked = seen.filter((session) => session["wait_event_type"] === "Lock").length;
    if (blocked >= n) return;
    if (Date.now() > end) assert.fail(`${String(blocked)} of ${String(n)} sessions wait: ${JSON.stringify(seen)}`);
    await sleep(20);
  }
}

const numbers = new pg.TypeOverrides();
numbers.setTypeParser(pg.types.builtins.INT8, Number);
numbers.setTypeParser(pg.types.builtins.NUMERIC, Number);

/** Returns a query's rows; bigint and numeric come as numbers. */
export async function rows(url: string, sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  return connected(url, async (client) => {
    const result = await client.query<Record<string, unknown>>({ text: sql, values, types: numbers });
    return result.rows;
  });
}

/** Returns the first column of a query's only row. */
export async function scalar(url: string, sql: string, values: unknown[] = []): Promise<unknown> {
  const found = await rows(url, sql, values);
  assert.equal(found.length, 1, `one row was expected of: ${sql}`);
  return Object.values(found[0] ?? {})[0];
}

/** Records a figure that the rule's page shows. */
export function figure(rule: string, name: string, value: number | string, unit = ""): void {
  const records = process.env["PROOF_RECORDS"];
  if (records) appendFileSync(records, `${JSON.stringify({ rule, stack: "node", name, value, unit })}\n`);
}

/** Serves HTTP on a free port and returns its URL; an Express app is a listener, Fastify has `inject`. */
export async function listen(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await once(server.listen(0, "127.0.0.1"), "listening");
  atEnd(t, () => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

/** A listener that takes each request and never answers. */
export const silent: RequestListener = () => undefined;

/** Makes a listener that answers 200 after so many milliseconds. */
export function late(milliseconds: number): RequestListener {
  return (_request, response) => {
    setTimeout(() => response.end("late"), milliseconds);
  };
}
