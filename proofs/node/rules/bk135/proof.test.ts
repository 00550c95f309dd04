import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { freshDatabase, prismaClient } from "#proof";
import type { PrismaClient } from "#prisma";
import * as avoid from "./avoid.ts";
import * as prefer from "./prefer.ts";

const NAMES = ["Wool 100%", "Wool 1000 g", "code_1", "code-1", "code\\1", "code/1"];
const PRODUCTS = `insert into products (name, price_minor, stock) values
  ${NAMES.map((name) => `('${name}', 1900, 1)`).join(", ")}`;

async function catalogue(t: TestContext): Promise<PrismaClient> {
  return prismaClient(t, await freshDatabase(t, PRODUCTS));
}

/** Returns the names that a text finds. */
async function found({ search }: typeof avoid, prisma: PrismaClient, text: string): Promise<string[]> {
  return (await search(prisma, text)).map(({ name }) => name);
}

test("avoid: percent and underscore find what does not contain them", async (t) => {
  const prisma = await catalogue(t);
  assert.deepEqual(await found(avoid, prisma, "wool"), NAMES.slice(0, 2));
  assert.deepEqual(await found(avoid, prisma, "100%"), NAMES.slice(0, 2));
  assert.deepEqual(await found(avoid, prisma, "code_1"), NAMES.slice(2));
});

test("avoid: a percent sign lists everything", async (t) => {
  const prisma = await catalogue(t);
  const equal = (mode: "default" | "insensitive") => prisma.product.count({ where: { name: { equals: "%", mode } } });
  assert.equal(await equal("default"), 0);
  assert.equal(await equal("insensitive"), NAMES.length);
  assert.deepEqual(await found(avoid, prisma, "%"), NAMES);
});

test("avoid: a backslash hides the row that has it", async (t) => {
  const prisma = await catalogue(t);
  await assert.rejects(prisma.product.count({ where: { name: { endsWith: "\\" } } }), /must not end with escape/);
  assert.deepEqual(await found(avoid, prisma, "code-1"), ["code-1"]);
  assert.deepEqual(await found(avoid, prisma, "code\\1"), []);
});

test("prefer: each text finds the rows that contain it", async (t) => {
  const prisma = await catalogue(t);
  assert.deepEqual(await found(prefer, prisma, ""), NAMES);
  assert.deepEqual(await found(prefer, prisma, "WOOL"), NAMES.slice(0, 2));
  assert.deepEqual(await found(prefer, prisma, "code/1"), ["code/1"]);
  assert.deepEqual(await found(prefer, prisma, "100%"), ["Wool 100%"]);
  assert.deepEqual(await found(prefer, prisma, "%"), ["Wool 100%"]);
  assert.deepEqual(await found(prefer, prisma, "CODE_1"), ["code_1"]);
  assert.deepEqual(await found(prefer, prisma, "\\"), ["code\\1"]);
  assert.deepEqual(await found(prefer, prisma, "code\\1"), ["code\\1"]);
  assert.deepEqual(await found(prefer, prisma, "\\%"), []);
});
