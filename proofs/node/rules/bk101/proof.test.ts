import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { freshDatabase, hold, prismaClient, scalar, untilBlocked } from "#proof";
import * as avoid from "./avoid.ts";
import * as prefer from "./prefer.ts";

const ACCOUNT = `
  insert into tenants (name) values ('Acme');
  insert into users (tenant_id, email) values (1, 'ada@example.com');
  insert into accounts (user_id, balance_minor) values (1, 100);`;

/** Lets two withdrawals meet at a row that a third session holds. */
async function race(t: TestContext, { withdraw }: typeof avoid, amount: bigint) {
  const url = await freshDatabase(t, ACCOUNT);
  const prisma = prismaClient(t, url);
  const holder = await hold(t, url, "select from accounts where id = 1 for update");
  const calls = Promise.all([withdraw(prisma, 1n, amount), withdraw(prisma, 1n, amount)]);
  await untilBlocked(url, 2);
  await holder.release();
  const paid = (await calls).filter(Boolean).length;
  return { paid, balance: await scalar(url, "select balance_minor from accounts") };
}

test("avoid: two withdrawals at once lose one", async (t) => {
  assert.deepEqual(await race(t, avoid, 30n), { paid: 2, balance: 70 });
});

test("avoid: two withdrawals at once pay out more than the balance", async (t) => {
  assert.deepEqual(await race(t, avoid, 80n), { paid: 2, balance: 20 });
});

test("prefer: two withdrawals at once both count", async (t) => {
  assert.deepEqual(await race(t, prefer, 30n), { paid: 2, balance: 40 });
});

test("prefer: the second withdrawal is refused when the first left too little", async (t) => {
  assert.deepEqual(await race(t, prefer, 80n), { paid: 1, balance: 20 });
});
