import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { readMigrationConfig } from "../config.ts";

const ATTEMPTS = 5;
const PRISMA = fileURLToPath(import.meta.resolve("prisma/build/index.js"));
const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

/** Which migration gave up because a table was in use; nothing of it has happened. */
const GAVE_UP = /Migration name: (?<name>\S+)\s+Database error code: 55P03/;
/** Another release migrates, and holds Prisma's lock. */
const LOCKED = /P1002/;

/** Brings the schema up to date as the role that owns it (BK116), again while a table or the lock is in use (BK113). */
export async function run(): Promise<void> {
  readMigrationConfig(process.env);
  for (let attempt = 1; ; attempt++) {
    const { code, output } = await prisma("migrate", "deploy");
    if (code === 0) return;
    const name = GAVE_UP.exec(output)?.groups?.["name"];
    if (attempt === ATTEMPTS || (name === undefined && !LOCKED.test(output))) process.exit(code);
    if (name !== undefined) await prisma("migrate", "resolve", "--rolled-back", name);
    await sleep(attempt * 1000); // those who queued up go first
  }
}

async function prisma(...command: string[]): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, [PRISMA, ...command], {
    cwd: PROJECT,
    env: { ...process.env, CHECKPOINT_DISABLE: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      process.stderr.write(text);
    });
  }
  const [code] = (await once(child, "close")) as [number | null];
  return { code: code ?? 1, output };
}
