import assert from "node:assert/strict";
import { test } from "node:test";
import {
  cursorAfterOrder,
  cursorAfterProduct,
  orderCursor,
  productCursor,
} from "../../src/contract/cursor.ts";
import { Problem } from "../../src/problem.ts";

const id = "11111111-2222-4333-8444-555555555555";
const position = { id, createdAt: new Date("2026-03-01T12:00:00.123Z") };
const filters = { status: "placed", placedFrom: new Date("2026-01-01T00:00:00.000Z") };

function isInvalid(error: unknown): boolean {
  return error instanceof Problem && error.kind === "invalid" && error.faults[0]?.parameter === "cursor";
}

test("a cursor says where its listing goes on", () => {
  assert.deepEqual(orderCursor(cursorAfterOrder(position, filters), filters), position);
  assert.equal(productCursor(cursorAfterProduct(id)), id);
  assert.equal(orderCursor(undefined, filters), undefined);
});

test("a cursor fits in what the contract allows", () => {
  const longest = { ...filters, placedBefore: new Date() };
  assert.match(cursorAfterOrder(position, longest), /^[\w-]{1,512}$/);
});

for (const other of [{}, { status: "placed" }, { ...filters, status: "cancelled" }]) {
  test(`a cursor does not continue a listing with ${JSON.stringify(other)}`, () => {
    const cursor = cursorAfterOrder(position, filters);
    assert.throws(() => orderCursor(cursor, other), isInvalid);
  });
}

for (const forged of [
  "",
  "[]",
  "null",
  '["orders"]',
  `["orders","infinity","${id}","  "]`,
  '["products",""]',
]) {
  test(`${forged || "nothing"} is no cursor`, () => {
    const cursor = Buffer.from(forged).toString("base64url");
    assert.throws(() => orderCursor(cursor, {}), isInvalid);
    assert.throws(() => productCursor(cursor), isInvalid);
  });
}
