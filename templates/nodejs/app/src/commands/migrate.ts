import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { readMigrationConfig } from "../config.ts";

const ATTEMPTS = 5;
const PRISMA = fileURLToPath(import.meta.resolve("prisma/build/index.js"));
const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

/** Another release migrates, and has held Prisma's lock for ten seconds. */
const BUSY = "P1002";

/** Brings the schema up to date as the role that owns it (BK116), again while a table is in use (BK113). */
export async function run(): Promise<void> {
  const { MIGRATION_DATABASE_URL } = readMigrationConfig(process.env);
  for (let attempt = 1; ; attempt++) {
    const { code, said } = await prisma("migrate", "deploy"); // under a lock: releases migrate one after the other
    if (code === 0) return;
    const name = await findGivenUp(MIGRATION_DATABASE_URL);
    if (attempt === ATTEMPTS || (name === undefined && !said.includes(BUSY))) process.exit(code);
    if (name !== undefined) await prisma("migrate", "resolve", "--rolled-back", name);
    await sleep(attempt * 1000); // those who queued up go first
  }
}

/** Returns the migration that gave up waiting for a lock: it ran in one transaction, so nothing of it has happened. */
async function findGivenUp(url: string): Promise<string | undefined> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000, query_timeout: 5000 });
  try {
    await client.connect();
    const { rows } = await client.query<{ name: string }>(
      `select migration_name as name from _prisma_migrations
       where finished_at is null and rolled_back_at is null and logs ~ '55P03|lock timeout'`,
    );
    return rows[0]?.name;
  } catch {
    return undefined; // Prisma has said what is wrong
  } finally {
    await client.end();
  }
}

async function prisma(...command: string[]): Promise<{ code: number; said: string }> {
  const child = spawn(process.execPath, [PRISMA, ...command], {
    cwd: PROJECT,
    env: { ...process.env, CHECKPOINT_DISABLE: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      process.stderr.write(text);
    });
  }
  const [code] = (await once(child, "close")) as [number | null];
  return { code: code ?? 1, said };
}
