import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { freshDatabase, pool, scalar } from "#proof";
import * as avoid from "./avoid.ts";
import * as prefer from "./prefer.ts";

const LAMP = "insert into products (name, price_minor, stock) values ('lamp', 4900, 10)";

/** Returns the title of the one product after the migration. */
async function title(t: TestContext, { up }: typeof avoid) {
  const url = await freshDatabase(t, LAMP);
  const client = await pool(t, url).connect();
  try {
    await client.query("begin");
    await up(client);
    await client.query("commit");
  } finally {
    client.release();
  }
  return scalar(url, "select title from products");
}

test("avoid: the migration succeeds, and the values are gone", async (t) => {
  assert.equal(await title(t, avoid), "");
});

test("prefer: the values stand under the new name", async (t) => {
  assert.equal(await title(t, prefer), "lamp");
});
