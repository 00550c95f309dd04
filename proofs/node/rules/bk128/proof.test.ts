import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { figure, freshDatabase, prismaClient } from "#proof";
import * as avoid from "./avoid.ts";
import * as prefer from "./prefer.ts";

const LAMPS =
  "insert into products (name, price_minor, stock) select 'lamp ' || n, 1900, 1 from generate_series(1, 50) n";
const ALL = Array.from({ length: 50 }, (_, index) => index + 1);

/** Reads all five pages of fifty products at one price, and returns their ids in the order of the pages. */
async function walk(t: TestContext, { cheapest }: typeof avoid): Promise<number[]> {
  const prisma = prismaClient(t, await freshDatabase(t, LAMPS));
  const ids: number[] = [];
  for (const page of [1, 2, 3, 4, 5]) ids.push(...(await cheapest(prisma, page)).map(({ id }) => Number(id)));
  assert.equal(ids.length, 50);
  return ids;
}

test("avoid: a product comes on two pages and another one on none", async (t) => {
  const ids = await walk(t, avoid);
  const never = ALL.filter((id) => !ids.includes(id));
  const twice = ALL.filter((id) => ids.filter((each) => each === id).length > 1);
  assert.ok(never.length > 0, "each product came");
  assert.ok(twice.length > 0, "no product came twice");
  figure("BK128", "products of 50 that no page showed", never.length, "products");
});

test("prefer: each product comes once", async (t) => {
  assert.deepEqual(await walk(t, prefer), ALL);
});
