import type { PrismaClient } from "#prisma";

const BATCH = 1000;

/** Deletes one batch of each kind of row that nobody needs (BK114); tells whether there may be more. */
export async function sweep(prisma: PrismaClient): Promise<boolean> {
  const deleted = [
    await prisma.$executeRaw`
      delete from idempotency_keys where (user_id, operation, key) in (
        select user_id, operation, key from idempotency_keys where expires_at <= current_timestamp limit ${BATCH})`,
    await prisma.$executeRaw`
      delete from refresh_tokens where id in (
        select id from refresh_tokens where expires_at <= current_timestamp limit ${BATCH})`,
    await prisma.$executeRaw`
      delete from outbox where id in (
        select id from outbox where published_at < current_timestamp - interval '7 days' limit ${BATCH})`,
  ];
  return deleted.includes(BATCH);
}
