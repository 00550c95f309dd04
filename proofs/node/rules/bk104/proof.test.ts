import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { figure, freshDatabase, hold, prismaClient, scalar, untilBlocked } from "#proof";
import { Prisma } from "#prisma";
import * as avoid from "./avoid.ts";
import * as prefer from "./prefer.ts";

type Tx = Prisma.TransactionClient;

const ACCOUNTS = `
  insert into tenants (name) values ('Acme');
  insert into users (tenant_id, email) values (1, 'ada@example.com');
  insert into accounts (user_id, balance_minor) values (1, 100), (1, 100);`;

/** Returns a function that lets its first two callers pass together, and everybody later at once. */
function meeting(): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let here = 0;
  return async () => {
    if (++here === 2) resolve(undefined);
    await promise;
  };
}

/** Takes 150 from either account, if the sum of both covers it; no statement fails, only a commit can. */
async function skew(t: TestContext, { serializable }: typeof avoid) {
  const url = await freshDatabase(t, ACCOUNTS);
  const prisma = prismaClient(t, url);
  const meet = meeting();
  const withdraw = (id: bigint) =>
    serializable(prisma, async (tx: Tx) => {
      const { _sum } = await tx.account.aggregate({
        _sum: { balanceMinor: true },
      });
      if ((_sum.balanceMinor ?? 0n) < 150n) return "refused";
      await tx.account.update({
        where: { id },
        data: { balanceMinor: { decrement: 150n } },
      });
      await meet();
      return "paid";
    }).catch((error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : error));
  const answers = await Promise.all([withdraw(1n), withdraw(2n)]);
  return {
    answers: answers.sort(),
    sum: await scalar(url, "select sum(balance_minor) from accounts"),
  };
}

/** Lets two raw updates of one row meet, and says how the calls ended and what is left of 100. */
async function raw(t: TestContext, { serializable }: typeof avoid) {
  const url = await freshDatabase(t, ACCOUNTS);
  const prisma = prismaClient(t, url);
  const row = await hold(t, url, "select from accounts where id = 1 for update");
  const take = () =>
    serializable(
      prisma,
      (tx: Tx) => tx.$executeRaw`update accounts set balance_minor = balance_minor - 30 where id = 1`,
    )
      .then(() => "paid")
      .catch((error: unknown) => (error instanceof Prisma.PrismaClientKnownRequestError ? error.code : error));
  const answers = Promise.all([take(), take()]);
  await untilBlocked(url, 2);
  await row.release();
  return {
    answers: (await answers).sort(),
    left: await scalar(url, "select balance_minor from accounts where id = 1"),
  };
}

/** Counts how often a work is tried that always fails with that SQLSTATE. */
async function attempts(t: TestContext, { serializable }: typeof avoid, url: string, sqlState: string) {
  const prisma = prismaClient(t, url);
  let calls = 0;
  const work = async (tx: Tx) => {
    calls += 1;
    await tx.$executeRawUnsafe(`do $$ begin raise exception using errcode = '${sqlState}'; end $$`);
  };
  await assert.rejects(serializable(prisma, work), new RegExp(sqlState, "u"));
  return calls;
}

test("avoid: a conflict that commit reports reaches the caller", async (t) => {
  const { answers, sum } = await skew(t, avoid);
  assert.deepEqual(answers, ["DriverAdapterError: TransactionWriteConflict", "paid"]);
  assert.equal(sum, 50);
});

test("avoid: a conflict of a raw statement reaches the caller as P2010", async (t) => {
  assert.deepEqual(await raw(t, avoid), {
    answers: ["P2010", "paid"],
    left: 70,
  });
});

test("prefer: the transaction that loses at commit runs again and decides anew", async (t) => {
  assert.deepEqual(await skew(t, prefer), {
    answers: ["paid", "refused"],
    sum: 50,
  });
});

test("prefer: a raw statement that conflicts is repeated with its transaction", async (t) => {
  assert.deepEqual(await raw(t, prefer), {
    answers: ["paid", "paid"],
    left: 40,
  });
});

test("prefer: lasting conflicts end after five attempts, other errors after one", async (t) => {
  const url = await freshDatabase(t);
  const bound = await attempts(t, prefer, url, "40001");
  assert.equal(bound, 5);
  assert.equal(await attempts(t, prefer, url, "40P01"), 5);
  assert.equal(await attempts(t, prefer, url, "23505"), 1);
  figure("BK104", "attempts at most", bound);
});
