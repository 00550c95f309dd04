import { setTimeout as sleep } from "node:timers/promises";
import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import type { Logger } from "pino";
import { PrismaClient } from "#prisma";
import type { ServingConfig } from "../config.ts";

/** The one pool of this process, and the client that runs on it (BK125). */
export interface Database {
  readonly prisma: PrismaClient;
  readonly pool: pg.Pool;
  readonly close: () => Promise<void>;
}

const IDLE_MS = 30_000;
const CLIENT_SIDE_MARGIN_MS = 1000;

export function openDatabase(config: ServingConfig, log: Logger): Database {
  const pool = new pg.Pool({
    connectionString: config.DATABASE_URL,
    application_name: config.OTEL_SERVICE_NAME,
    max: config.DATABASE_POOL_SIZE,
    // BK126: nobody waits for a connection without an end.
    connectionTimeoutMillis: config.DATABASE_ACQUIRE_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_MS,
    // BK107: nothing holds a lock or a connection without an end.
    statement_timeout: config.DATABASE_STATEMENT_TIMEOUT_MS,
    lock_timeout: config.DATABASE_LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: config.REQUEST_TIMEOUT_MS,
    // A server that has vanished cannot cancel a statement; and the pool drops a connection that timed out.
    query_timeout: config.DATABASE_STATEMENT_TIMEOUT_MS + CLIENT_SIDE_MARGIN_MS,
    keepAlive: true,
  });
  // BK127: a connection dies while idle or checked out, and the process lives on.
  const report = (error: Error) => {
    log.warn({ err: error }, "database connection lost");
  };
  pool.on("error", report);
  pool.on("connect", (client) => client.on("error", report));
  const prisma = new PrismaClient({
    adapter: new PrismaPg(pool),
    errorFormat: "minimal",
    transactionOptions: {
      maxWait: config.DATABASE_ACQUIRE_TIMEOUT_MS + CLIENT_SIDE_MARGIN_MS,
      timeout: config.REQUEST_TIMEOUT_MS,
    },
  });
  return {
    prisma,
    pool,
    async close() {
      await prisma.$disconnect();
      await pool.end();
    },
  };
}

/** Tells whether the database answers within a second, the wait for a connection included. */
export async function isReachable(pool: pg.Pool): Promise<boolean> {
  const answered = pool.query("select 1").then(
    () => true,
    () => false,
  );
  return Promise.race([answered, sleep(1000, false, { ref: false })]);
}
