import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { freshDatabase, hold, prismaClient, rows, untilBlocked } from "#proof";
import * as avoid from "./avoid.ts";
import * as prefer from "./prefer.ts";

/** Lets two calls for one new address meet at a table that a third session holds. */
async function twoAtOnce(t: TestContext, { customer }: typeof avoid) {
  const url = await freshDatabase(t, "insert into tenants (name) values ('Acme')");
  const prisma = prismaClient(t, url);
  const holder = await hold(t, url, "lock table users in share mode");
  const calls = [1, 2].map(() => customer(prisma, 1n, "ada@example.com"));
  const ended = Promise.allSettled(calls);
  await untilBlocked(url, 2);
  await holder.release();
  const answers = (await ended).map((each) => (each.status === "fulfilled" ? each.value : codeOf(each.reason)));
  const users = await rows(url, "select id from users");
  const again = await customer(prisma, 1n, "ada@example.com");
  return { answers: answers.sort(), ids: users.map(({ id }) => BigInt(id as number)), again };
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

test("avoid: of two first requests of a customer one fails with the duplicate key", async (t) => {
  const { answers, ids } = await twoAtOnce(t, avoid);
  assert.deepEqual(answers, [...ids, "P2002"]);
});

test("prefer: both first requests of a customer, and the next one, get the same id", async (t) => {
  const { answers, ids, again } = await twoAtOnce(t, prefer);
  assert.equal(ids.length, 1);
  assert.deepEqual([...answers, again], [...ids, ...ids, ...ids]);
});
