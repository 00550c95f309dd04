import * as z from "zod";

type Environment = Readonly<Record<string, string | undefined>>;

/** What is wrong with the environment; never what it says. */
export class ConfigError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super("The configuration is faulty");
    this.faults = faults;
  }
}

const MAX_TIMER_MS = 2 ** 31 - 1;

function whole(fallback: number, minimum = 1, maximum = MAX_TIMER_MS) {
  const inBounds = (text: string) =>
    /^\d{1,10}$/.test(text) && Number(text) >= minimum && Number(text) <= maximum;
  return z
    .string()
    .default(String(fallback))
    .refine(inBounds, `must be a whole number from ${minimum} to ${maximum}`)
    .transform(Number);
}

const databaseUrl = z
  .string("is required")
  .refine(
    (text) => /^postgres(?:ql)?:$/.test(protocolOf(text)),
    "must be a URL such as postgresql://host/name",
  );

const httpUrl = z
  .string()
  .refine((text) => /^https?:$/.test(protocolOf(text)), "must be a URL such as https://host/path")
  .optional();

const secret = z
  .string("is required")
  .refine(
    (text) => z.base64().safeParse(text).success && Buffer.from(text, "base64").length >= 32,
    "must be 32 bytes or more, in base64",
  )
  .transform((text) => Buffer.from(text, "base64"));

function protocolOf(text: string): string {
  return URL.parse(text)?.protocol ?? "";
}

const Process = z.object({
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error"], "must be debug, info, warn or error").default("info"),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl,
  OTEL_SERVICE_NAME: z.string().default("orders-api"),
  OTEL_BSP_SCHEDULE_DELAY: whole(5000),
});

const Serving = Process.extend({
  DATABASE_URL: databaseUrl,
  DATABASE_POOL_SIZE: whole(10, 1, 1000),
  DATABASE_ACQUIRE_TIMEOUT_MS: whole(1000),
  DATABASE_STATEMENT_TIMEOUT_MS: whole(3000),
  DATABASE_LOCK_TIMEOUT_MS: whole(2000),
  REQUEST_TIMEOUT_MS: whole(5000),
});

const Api = Serving.extend({
  HOST: z.string().default("0.0.0.0"),
  PORT: whole(8080, 0, 65_535),
  ADMIN_PORT: whole(9090, 0, 65_535),
  JWT_SECRET: secret,
  JWT_ISSUER: z.string().default("orders"),
  JWT_AUDIENCE: z.string().default("orders-api"),
  ACCESS_TOKEN_SECONDS: whole(900),
  REFRESH_TOKEN_SECONDS: whole(2_592_000),
  READ_TIMEOUT_MS: whole(10_000),
  BODY_LIMIT_BYTES: whole(65_536),
  SHUTDOWN_DELAY_MS: whole(5000, 0),
  SHUTDOWN_GRACE_MS: whole(15_000, 0),
  RATE_LIMIT_AUTH_PER_MINUTE: whole(10),
  RATE_LIMIT_PER_MINUTE: whole(600),
  TRUST_PROXY_HOPS: whole(0, 0, 10),
  PASSWORD_HASHES_AT_ONCE: whole(2, 1, 64),
});

const Worker = Serving.extend({
  OUTBOX_WEBHOOK_URL: httpUrl,
  OUTBOX_POLL_MS: whole(500),
});

const Migration = Process.extend({
  MIGRATION_DATABASE_URL: databaseUrl,
});

export type ProcessConfig = z.infer<typeof Process>;
export type ServingConfig = z.infer<typeof Serving>;
export type ApiConfig = z.infer<typeof Api>;
export type WorkerConfig = z.infer<typeof Worker>;
export type MigrationConfig = z.infer<typeof Migration>;

export const readApiConfig = (environment: Environment): ApiConfig => read(Api, environment);
export const readWorkerConfig = (environment: Environment): WorkerConfig => read(Worker, environment);
export const readMigrationConfig = (environment: Environment): MigrationConfig =>
  read(Migration, environment);

function read<T>(schema: z.ZodType<T>, environment: Environment): T {
  // Compose and Kubernetes pass on variables that are not set as empty ones.
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new ConfigError(parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`));
}
