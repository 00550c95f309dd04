import { randomBytes, randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { after } from "node:test";
import pg from "pg";
import { readApiConfig, type ApiConfig } from "../../src/config.ts";
import { openDatabase, type Database } from "../../src/database/database.ts";
import { buildApp, type App } from "../../src/fastify/app.ts";
import { createLog } from "../../src/operations/log.ts";
import { createServices } from "../../src/services.ts";

const MIGRATIONS = new URL("../../prisma/migrations/", import.meta.url);

/** Makes a database on the server of TEST_DATABASE_URL or DATABASE_URL; it goes when the file's tests are over. */
export async function createDatabase({ migrated = true } = {}): Promise<string> {
  const server = process.env["TEST_DATABASE_URL"] ?? process.env["DATABASE_URL"];
  if (server === undefined) throw new Error("set TEST_DATABASE_URL, as a role that may create databases");
  const name = `test_${randomBytes(6).toString("hex")}`;
  await execute(server, `create database ${name}`);
  after(() => execute(server, `drop database ${name} with (force)`));
  const url = Object.assign(new URL(server), { pathname: `/${name}` }).href;
  if (migrated) await migrate(url);
  return url;
}

/** Applies the scripts as they are: that `migrate` does so too is a test of its own, and takes longer. */
async function migrate(url: string): Promise<void> {
  const entries = await readdir(MIGRATIONS, { withFileTypes: true });
  const names = entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  for (const name of names.sort()) {
    await execute(url, await readFile(new URL(`${name}/migration.sql`, MIGRATIONS), "utf8"));
  }
}

export async function execute(url: string, script: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(script);
  } finally {
    await client.end();
  }
}

export interface Running extends Database {
  readonly app: App;
  readonly config: ApiConfig;
}

/** A machine that is busy fails no test. */
const PATIENT = {
  DATABASE_ACQUIRE_TIMEOUT_MS: "20000",
  DATABASE_LOCK_TIMEOUT_MS: "20000",
  DATABASE_STATEMENT_TIMEOUT_MS: "20000",
  REQUEST_TIMEOUT_MS: "30000",
};

/** Builds the application on a database of its own. */
export async function start(settings: Record<string, string> = {}): Promise<Running> {
  const config = readApiConfig({
    DATABASE_URL: await createDatabase(),
    JWT_SECRET: randomBytes(32).toString("base64"),
    RATE_LIMIT_AUTH_PER_MINUTE: "1000",
    LOG_LEVEL: "error",
    ...PATIENT,
    ...settings,
  });
  const log = createLog(config.LOG_LEVEL);
  const database = openDatabase(config, log);
  const app = await buildApp(await createServices(config, database, log));
  after(async () => {
    await app.close();
    await database.close();
  });
  return { ...database, app, config };
}

export const PASSWORD = "correct horse battery staple";

export interface Account {
  readonly id: string;
  readonly email: string;
  readonly refreshToken: string;
  readonly headers: { readonly authorization: string };
}

export async function signUp(app: App): Promise<Account> {
  const email = `ada-${randomUUID()}@example.com`;
  const payload = { email, password: PASSWORD };
  const user = await app.inject({ method: "POST", url: "/v1/users", payload });
  const session = await app.inject({ method: "POST", url: "/v1/auth/sign-in", payload });
  const { access_token, refresh_token } = session.json<{ access_token: string; refresh_token: string }>();
  return {
    id: user.json<{ id: string }>().id,
    email,
    refreshToken: refresh_token,
    headers: { authorization: `Bearer ${access_token}` },
  };
}

export async function addProduct({ prisma }: Database, stock: number, currency = "EUR"): Promise<string> {
  const { id } = await prisma.product.create({ data: { name: "Lamp", priceMinor: 1250n, currency, stock } });
  return id;
}

export async function stockOf({ prisma }: Database, id: string): Promise<number> {
  const { stock } = await prisma.product.findUniqueOrThrow({ where: { id } });
  return stock;
}

interface Attempt {
  readonly key?: string;
  readonly quantity?: number;
}

export function place(app: App, { headers }: Account, product: string, attempt: Attempt = {}) {
  const { key = randomUUID(), quantity = 1 } = attempt;
  return app.inject({
    method: "POST",
    url: "/v1/orders",
    headers: { ...headers, "idempotency-key": key },
    payload: { lines: [{ product_id: product, quantity }] },
  });
}
