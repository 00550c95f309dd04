import { createHash } from "node:crypto";
import type { PrismaClient } from "#prisma";
import { transact, tryLock, type Transaction } from "../database/transaction.ts";
import { Problem } from "../problem.ts";

const KEPT_MS = 24 * 60 * 60 * 1000;

/** Whose attempt it is, and at what; the same key of somebody else is another key (BK123). */
export interface Claim {
  readonly userId: string;
  readonly operation: string;
  readonly key: string;
}

/** What was answered, so that a retry gets the same. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Does the work once for a key: the answer is kept by the transaction that did it (BK122), and replayed to whoever
 * asks again (BK124). Work that throws leaves the key free.
 */
export async function once(
  prisma: PrismaClient,
  claim: Claim,
  request: unknown,
  work: (tx: Transaction) => Promise<Answer>,
): Promise<{ answer: Answer; replayed: boolean }> {
  const requestHash = createHash("sha256").update(JSON.stringify(request)).digest();
  const userId_operation_key = { ...claim };
  return transact(prisma, async (tx) => {
    if (!(await tryLock(tx, JSON.stringify([claim.userId, claim.operation, claim.key])))) {
      const detail = "The first attempt with this key is still running.";
      throw new Problem("request-in-progress", detail, { retryAfterSeconds: 1 });
    }
    const now = new Date();
    const kept = await tx.idempotencyKey.findUnique({
      where: { userId_operation_key, expiresAt: { gt: now } },
    });
    if (kept && !requestHash.equals(kept.requestHash)) {
      throw new Problem("key-reused", "The idempotency key belongs to another request.");
    }
    if (kept) {
      const headers = kept.responseHeaders as Answer["headers"];
      return { answer: { status: kept.responseStatus, headers, body: kept.responseBody }, replayed: true };
    }
    const answer = await work(tx);
    const row = {
      requestHash,
      responseStatus: answer.status,
      responseHeaders: answer.headers,
      responseBody: answer.body,
      createdAt: now,
      expiresAt: new Date(now.getTime() + KEPT_MS),
    };
    // BK110: one statement, which also replaces an answer that has expired.
    await tx.idempotencyKey.upsert({
      where: { userId_operation_key },
      create: { ...claim, ...row },
      update: row,
      select: { key: true },
    });
    return { answer, replayed: false };
  });
}
