import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { freshDatabase, hold, prismaClient, rows, untilBlocked } from "#proof";
import * as avoid from "./avoid.ts";
import * as prefer from "./prefer.ts";

const PRODUCTS = "insert into products (name, price_minor, stock) values ('lamp', 4900, 10), ('chair', 9900, 10)";

/** Lets a cart of chair and lamp have the chair when one of lamp and chair already waits for it. */
async function crossing(t: TestContext, { reserve }: typeof avoid) {
  const url = await freshDatabase(t, PRODUCTS);
  const prisma = prismaClient(t, url);
  const [lamp, chair] = [1n, 2n].map((productId) => ({ productId, quantity: 1 })) as [avoid.Line, avoid.Line];
  const holder = await hold(t, url, "select from products where id = 2 for update");
  const first = reserve(prisma, [chair, lamp]);
  const settled = [first];
  await untilBlocked(url, 1);
  settled.push(reserve(prisma, [lamp, chair]));
  const ended = Promise.allSettled(settled);
  await untilBlocked(url, 2);
  await holder.release();
  const codes = (await ended).map((each) => (each.status === "fulfilled" ? "reserved" : codeOf(each.reason)));
  const stock = await rows(url, "select stock from products order by id");
  return { codes: codes.sort(), stock: stock.map((row) => row["stock"]) };
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

test("avoid: two carts with the same products in opposite order deadlock, and one buyer gets an error", async (t) => {
  assert.deepEqual(await crossing(t, avoid), { codes: ["P2034", "reserved"], stock: [9, 9] });
});

test("prefer: two carts with the same products in opposite order are both served", async (t) => {
  assert.deepEqual(await crossing(t, prefer), { codes: ["reserved", "reserved"], stock: [8, 8] });
});
