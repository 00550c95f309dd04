import { setTimeout as sleep } from "node:timers/promises";
import type { Prisma, PrismaClient } from "#prisma";
import { isConflict } from "./failure.ts";

export type Transaction = Prisma.TransactionClient;

const ATTEMPTS = 3;

/**
 * Runs the work in one transaction, all of it again if it loses a conflict (BK104).
 * The work uses nothing but the handle that it is given (BK103), and calls nobody over the network (BK102).
 */
export async function transact<T>(prisma: PrismaClient, work: (tx: Transaction) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await prisma.$transaction(work);
    } catch (error) {
      if (!isConflict(error) || attempt === ATTEMPTS) throw error;
      await sleep(Math.random() * 20 * 2 ** attempt);
    }
  }
}

/** Takes a lock until the end of the transaction; whoever names the same thing waits. */
export async function lock(tx: Transaction, name: string): Promise<void> {
  await tx.$executeRaw`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`;
}

/** Takes the lock if it is free, and tells whether it was. */
export async function tryLock(tx: Transaction, name: string): Promise<boolean> {
  const [answer] = await tx.$queryRaw<{ free: boolean }[]>`
    select pg_try_advisory_xact_lock(hashtextextended(${name}, 0)) as free`;
  return answer?.free === true;
}
