import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { createDatabase } from "./support.ts";

const run = promisify(execFile);
const environment = { ...process.env, MIGRATION_DATABASE_URL: await createDatabase({ migrated: false }) };

test("two releases that migrate at once both succeed, and a third finds nothing to do", async () => {
  const migrate = () => run(process.execPath, ["src/main.ts", "migrate"], { env: environment });
  await Promise.all([migrate(), migrate()]);
  const { stderr } = await migrate();
  assert.match(stderr, /No pending migrations/);
});

test("the migrations end in the tables that the client knows", async () => {
  const command = ["node_modules/prisma/build/index.js", "migrate", "diff", "--from-config-datasource"];
  const { stdout } = await run(process.execPath, [...command, "--to-schema", "prisma/schema.prisma"], {
    env: environment,
  });
  // The words, not the exit code: that is 0 as well when the engine crashes.
  assert.match(stdout, /No difference detected/);
});

test("seeding twice is the same as seeding once", async () => {
  const seed = () => run(process.execPath, ["src/main.ts", "seed", "--development"], { env: environment });
  await seed();
  await seed();
});
