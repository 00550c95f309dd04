import assert from "node:assert/strict";
import { test } from "node:test";
import { versionsOf } from "../../src/contract/etag.ts";
import { Problem } from "../../src/problem.ts";

const cases: [ifMatch: string, versions: "any" | number[]][] = [
  ['"1"', [1]],
  ["*", "any"],
  ['"7", "1"', [7, 1]],
  ['"1","2"', [1, 2]],
  [', "1" ,', [1]],
  ['W/"1"', []],
  ['"2", W/"1"', [2]],
  ['"01"', []],
  ['"0"', []],
  ['"-1"', []],
  ['"1.0"', []],
  ['"9999999999"', []],
  ['"9999999999999999999999"', []],
  ["1", []],
  ['"1', []],
  ['garbage"', []],
  ['"1" "1"', []],
  ["**", []],
  ["", []],
];

for (const [ifMatch, versions] of cases) {
  test(`If-Match: ${ifMatch} names ${JSON.stringify(versions)}`, () => {
    assert.deepEqual(versionsOf(ifMatch), versions);
  });
}

test("a header of many commas is read in no time", () => {
  const started = performance.now();
  versionsOf(`"1"${",".repeat(200)}x`);
  versionsOf('"1", '.repeat(40));
  assert.ok(performance.now() - started < 100);
});

test("without the header the precondition is missing", () => {
  assert.throws(
    () => versionsOf(undefined),
    (error) => error instanceof Problem && error.kind === "precondition-required",
  );
});
