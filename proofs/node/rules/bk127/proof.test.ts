import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { freshDatabase } from "#proof";

/** Opens the pool of the sample, and has a function that terminates all other sessions of the database. */
const BEGIN = `
  import pg from "pg";
  const { openPool } = await import(process.argv[1]);
  const url = process.argv[2];
  const pool = openPool(url);
  async function failover() {
    const admin = new pg.Client({ connectionString: url });
    await admin.connect();
    await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()");
    await admin.end();
  }`;
const IDLE = `
  const removed = new Promise((resolve) => pool.once("remove", resolve));
  await pool.query("select 1");
  await failover();
  await removed;`;
const CHECKED_OUT = `
  const client = await pool.connect();
  await client.query("begin");
  const ended = new Promise((resolve) => client.once("end", resolve));
  await failover();
  await ended;
  client.release(true);`;
const END = `
  const { rows } = await pool.query("select 'alive' as state");
  console.log(rows[0].state);
  await pool.end();`;

/** Runs a script in a process of its own, and returns its exit code and what it printed. */
async function run(t: TestContext, path: string, script: string) {
  const url = await freshDatabase(t);
  const file = fileURLToPath(new URL(path, import.meta.url));
  const args = ["--input-type=module", "--eval", BEGIN + script + END, file, url];
  const cwd = fileURLToPath(new URL(".", import.meta.url));
  const child = spawn(process.execPath, args, { cwd, stdio: ["ignore", "pipe", "pipe"], timeout: 30_000 });
  const exit = new Promise<number | null>((resolve) => {
    child.once("exit", resolve);
  });
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { code, output, errors };
}

test("avoid: a failover while the client is idle ends the process", async (t) => {
  const { code, errors } = await run(t, "./avoid.ts", IDLE);
  assert.equal(code, 1);
  assert.match(errors, /terminating connection due to administrator command/);
  assert.match(errors, /Emitted 'error' event on BoundPool instance/);
});

test("avoid: a failover while the client is checked out ends the process", async (t) => {
  const { code, errors } = await run(t, "./avoid.ts", CHECKED_OUT);
  assert.equal(code, 1);
  assert.match(errors, /terminating connection due to administrator command/);
});

test("prefer: the process outlives an idle client, and the next query is answered", async (t) => {
  const { code, output } = await run(t, "./prefer.ts", IDLE);
  assert.deepEqual({ code, output }, { code: 0, output: "alive\n" });
});

test("prefer: the process outlives a client that is checked out", async (t) => {
  const { code, output } = await run(t, "./prefer.ts", CHECKED_OUT);
  assert.deepEqual({ code, output }, { code: 0, output: "alive\n" });
});
