import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import pg from "pg";
import { freshDatabase, hold, pool, scalar, untilBlocked } from "#proof";
import * as avoid from "./avoid.ts";
import * as prefer from "./prefer.ts";

const OLD_KEY = `
  insert into tenants (name) values ('Acme');
  insert into users (tenant_id, email) values (1, 'ada@example.com');
  insert into idempotency_keys (user_id, route, key, request_hash) values (1, 'POST /orders', 'k', 'h');`;
const VALIDATED = "select count(*) from pg_constraint where conname = 'idempotency_keys_user_id_fkey' and convalidated";

/** Tells whether a new user can sign up within half a second. */
async function canSignUp(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("set lock_timeout = '500ms'");
    await client.query("insert into users (tenant_id, email) values (1, 'grace@example.com')");
    return true;
  } catch (error) {
    assert.ok(error instanceof pg.DatabaseError && error.code === "55P03", String(error));
    return false;
  } finally {
    await client.end();
  }
}

/** Stops the check of the old rows half-way, and lets somebody sign up. */
async function signUpMeanwhile(t: TestContext, { up }: typeof avoid) {
  const url = await freshDatabase(t, OLD_KEY);
  const client = await pool(t, url).connect();
  const index = await hold(t, url, "alter index idempotency_keys_pkey set tablespace pg_default");
  const migration = up(client).finally(() => {
    client.release();
  });
  await untilBlocked(url, 1);
  const signedUp = await canSignUp(url);
  await index.release();
  await migration;
  return { signedUp, validated: await scalar(url, VALIDATED) };
}

test("avoid: nobody can sign up while old keys are checked", async (t) => {
  assert.deepEqual(await signUpMeanwhile(t, avoid), { signedUp: false, validated: 1 });
});

test("prefer: sign-ups go on while old keys are checked", async (t) => {
  assert.deepEqual(await signUpMeanwhile(t, prefer), { signedUp: true, validated: 1 });
});
