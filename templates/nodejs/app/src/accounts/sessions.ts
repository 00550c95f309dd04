import { createHash, randomBytes, randomUUID } from "node:crypto";
import type { PrismaClient } from "#prisma";
import { lock, transact, type Transaction } from "../database/transaction.ts";
import { Problem } from "../problem.ts";

/** What a client shows to stay signed in; the database has only its hash. */
export interface RefreshToken {
  readonly userId: string;
  readonly secret: string;
}

interface Lifetime {
  readonly lifetimeSeconds: number;
}

/** Begins a family of refresh tokens: all that descend from one sign-in. */
export async function beginSession(
  prisma: PrismaClient,
  userId: string,
  lifetime: Lifetime,
): Promise<RefreshToken> {
  return issue(prisma, { userId, familyId: randomUUID() }, lifetime);
}

/**
 * Exchanges a refresh token for the next of its family. A second use ends the family: the server cannot tell the
 * thief from the owner (RFC 9700, section 4.14).
 */
export async function continueSession(
  prisma: PrismaClient,
  secret: string,
  lifetime: Lifetime,
): Promise<RefreshToken> {
  const next = await transact(prisma, async (tx) => {
    const family = await lockFamily(tx, secret);
    if (!family) return undefined;
    const now = new Date();
    // BK105: the count tells whether the token was still good.
    const { count } = await tx.refreshToken.updateMany({
      where: { tokenHash: hashOf(secret), usedAt: null, revokedAt: null, expiresAt: { gt: now } },
      data: { usedAt: now },
    });
    if (count === 1) return issue(tx, family, lifetime);
    await endFamily(tx, family.familyId);
    return undefined; // not thrown: the end of the family is to be committed
  });
  if (!next) throw new Problem("unauthorized", "The refresh token does not count.");
  return next;
}

/** Ends the family of a refresh token, whatever the state of the token. */
export async function endSession(prisma: PrismaClient, secret: string): Promise<void> {
  await transact(prisma, async (tx) => {
    const family = await lockFamily(tx, secret);
    if (family) await endFamily(tx, family.familyId);
  });
}

interface Family {
  readonly userId: string;
  readonly familyId: string;
}

/** One at a time in a family: a successor that is being written could otherwise escape the family's end. */
async function lockFamily(tx: Transaction, secret: string): Promise<Family | null> {
  const select = { userId: true, familyId: true };
  const family = await tx.refreshToken.findUnique({ where: { tokenHash: hashOf(secret) }, select });
  if (family) await lock(tx, `refresh tokens of ${family.familyId}`);
  return family;
}

async function endFamily(tx: Transaction, familyId: string): Promise<void> {
  await tx.refreshToken.updateMany({ where: { familyId, revokedAt: null }, data: { revokedAt: new Date() } });
}

async function issue(tx: Transaction, family: Family, { lifetimeSeconds }: Lifetime): Promise<RefreshToken> {
  const secret = randomBytes(32).toString("base64url");
  const expiresAt = new Date(Date.now() + lifetimeSeconds * 1000);
  await tx.refreshToken.create({ data: { ...family, tokenHash: hashOf(secret), expiresAt } });
  return { userId: family.userId, secret };
}

function hashOf(secret: string): Buffer<ArrayBuffer> {
  return createHash("sha256").update(secret).digest();
}
