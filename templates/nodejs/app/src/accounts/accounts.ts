import type { PrismaClient } from "#prisma";
import { violatedConstraint } from "../database/failure.ts";
import { Problem } from "../problem.ts";
import type { Passwords } from "./passwords.ts";

export interface Account {
  readonly id: string;
  readonly email: string;
  readonly createdAt: Date;
}

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

const shown = { id: true, email: true, createdAt: true };

export async function signUp(
  prisma: PrismaClient,
  passwords: Passwords,
  { email, password }: Credentials,
  signal: AbortSignal,
): Promise<Account> {
  const passwordHash = await passwords.hash(password, signal);
  try {
    return await prisma.user.create({ data: { email, passwordHash }, select: shown });
  } catch (error) {
    // BK131: the constraint decides; a look beforehand would race.
    if (violatedConstraint(error) !== "users_email_key") throw error;
    throw new Problem("email-taken", "Somebody has signed up with this email.", { cause: error });
  }
}

/** Returns whose credentials they are; an unknown email costs as much as a wrong password, and says the same. */
export async function authenticate(
  prisma: PrismaClient,
  passwords: Passwords,
  { email, password }: Credentials,
  signal: AbortSignal,
): Promise<string> {
  const account = await prisma.user.findUnique({
    where: { email },
    select: { id: true, passwordHash: true },
  });
  const known = await passwords.matches(password, account?.passwordHash, signal);
  if (!account || !known) throw new Problem("unauthorized", "The email or the password is wrong.");
  return account.id;
}

export async function findAccount(prisma: PrismaClient, id: string): Promise<Account> {
  const account = await prisma.user.findUnique({ where: { id }, select: shown });
  if (!account) throw new Problem("unauthorized", "The account is gone.");
  return account;
}
