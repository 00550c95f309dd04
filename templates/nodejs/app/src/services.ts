import type { Logger } from "pino";
import type { PrismaClient } from "#prisma";
import { AccessTokens } from "./accounts/access-tokens.ts";
import { Passwords } from "./accounts/passwords.ts";
import type { ApiConfig } from "./config.ts";
import { RateLimit } from "./contract/rate-limit.ts";
import type { Database } from "./database/database.ts";
import { createMetrics, type Metrics } from "./operations/metrics.ts";

/** What the routes need; there is one of each in a process. */
export interface Services {
  readonly config: ApiConfig;
  readonly log: Logger;
  readonly prisma: PrismaClient;
  readonly passwords: Passwords;
  readonly accessTokens: AccessTokens;
  readonly metrics: Metrics;
  readonly limits: {
    readonly byAddress: RateLimit;
    readonly byEmail: RateLimit;
    readonly byAccount: RateLimit;
  };
}

export async function createServices(
  config: ApiConfig,
  { prisma, pool }: Database,
  log: Logger,
): Promise<Services> {
  return {
    config,
    log,
    prisma,
    passwords: await Passwords.create(config.PASSWORD_HASHES_AT_ONCE),
    accessTokens: new AccessTokens({
      secret: config.JWT_SECRET,
      issuer: config.JWT_ISSUER,
      audience: config.JWT_AUDIENCE,
      lifetimeSeconds: config.ACCESS_TOKEN_SECONDS,
    }),
    metrics: createMetrics(pool),
    limits: {
      byAddress: new RateLimit(config.RATE_LIMIT_AUTH_PER_MINUTE),
      byEmail: new RateLimit(config.RATE_LIMIT_AUTH_PER_MINUTE),
      byAccount: new RateLimit(config.RATE_LIMIT_PER_MINUTE),
    },
  };
}
