import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import Fastify from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { freshDatabase, pool } from "#proof";
import * as avoid from "./avoid.ts";
import * as prefer from "./prefer.ts";

const SHOP = `
  insert into tenants (name) values ('Harbour');
  insert into users (tenant_id, email, password_hash) values (1, 'ada@example.com', '$argon2id$...');`;
const MIGRATION = "alter table users add totp_secret text not null default 'JBSWY3DP'";

/** Asks for Ada before and after the migration. */
async function ada(t: TestContext, { userRoutes }: Pick<typeof avoid, "userRoutes">) {
  const db = pool(t, await freshDatabase(t, SHOP));
  const app = Fastify();
  app.setValidatorCompiler(validatorCompiler).setSerializerCompiler(serializerCompiler);
  userRoutes(app, db);
  const ask = async () => (await app.inject("/users/1")).json<Record<string, unknown>>();
  const before = await ask();
  await db.query(MIGRATION);
  return { before, after: await ask(), nobody: (await app.inject("/users/2")).statusCode };
}

test("avoid: the type names two fields, and the hash is sent", async (t) => {
  const { before } = await ada(t, avoid);
  assert.equal(before["password_hash"], "$argon2id$...");
});

test("avoid: a new column is public as soon as it exists", async (t) => {
  const { before, after } = await ada(t, avoid);
  assert.deepEqual([before["totp_secret"], after["totp_secret"]], [undefined, "JBSWY3DP"]);
});

test("prefer: the answer has the documented fields, before and after a migration", async (t) => {
  const documented = { id: "1", email: "ada@example.com" };
  assert.deepEqual(await ada(t, prefer), { before: documented, after: documented, nobody: 404 });
});
