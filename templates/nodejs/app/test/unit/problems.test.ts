import assert from "node:assert/strict";
import { test } from "node:test";
import * as z from "zod";
import { readBody, readQuery } from "../../src/contract/input.ts";
import { requireJson } from "../../src/contract/json.ts";
import { answerTo, problemOf } from "../../src/contract/problem-details.ts";
import { Credentials, OrderQuery } from "../../src/contract/schemas.ts";
import { isConflict, violatedConstraint } from "../../src/database/failure.ts";
import { Problem } from "../../src/problem.ts";

function problemFrom(work: () => unknown): Problem {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof Problem);
    return error;
  }
  throw new assert.AssertionError({ message: "no problem" });
}

/** A failure of the driver as the adapter throws it, and as Prisma wraps it. */
function driverErrors(cause: object): Error[] {
  const bare = Object.assign(new Error("driver"), { cause });
  return [bare, Object.assign(new Error("prisma"), { code: "P2010", meta: { driverAdapterError: bare } })];
}

test("a conflict is known in each shape that it comes in", () => {
  for (const originalCode of ["40001", "40P01"]) {
    for (const error of driverErrors({ originalCode })) assert.ok(isConflict(error));
  }
  for (const error of driverErrors({ originalCode: "23505" })) assert.ok(!isConflict(error));
  assert.ok(!isConflict(undefined));
});

test("a violation is known by the name of its constraint", () => {
  for (const error of driverErrors({ constraint: { index: "users_email_key" } })) {
    assert.equal(violatedConstraint(error), "users_email_key");
  }
});

const unavailable = [
  ...driverErrors({ originalCode: "57P01" }),
  ...driverErrors({ originalCode: "55P03" }),
  ...driverErrors({ kind: "DatabaseNotReachable" }),
  new Error("timeout exceeded when trying to connect"),
  new Error("Connection terminated unexpectedly"),
  Object.assign(new Error("connect"), { code: "ECONNREFUSED" }),
  Object.assign(new Error("transaction"), { code: "P2028" }),
];

for (const error of unavailable) {
  test(`${error.message} ${JSON.stringify(error)} is answered with 503`, () => {
    const problem = problemOf(error);
    assert.equal(problem.kind, "unavailable");
    assert.equal(answerTo(problem, "id").headers["retry-after"], "1");
  });
}

test("any other error is answered with 500 and without its text", () => {
  for (const error of [
    new Error("canary"),
    driverErrors({ originalCode: "42P01" })[0],
    "canary",
    undefined,
  ]) {
    const { status, body } = answerTo(problemOf(error), "id");
    assert.equal(status, 500);
    assert.ok(!body.includes("canary"));
  }
});

test("faults point to where they are, by RFC 6901", () => {
  const schema = z.strictObject({ "a/b": z.array(z.strictObject({ "c~d": z.string() })) });
  const body = Buffer.from('{"a/b": [{"c~d": 1, "e": 2}]}');
  const { faults } = problemFrom(() => readBody(schema, body));
  assert.deepEqual(faults.map(({ pointer }) => pointer).sort(), ["/a~1b/0/c~0d", "/a~1b/0/e"]);
});

test("a body that is no JSON is malformed, and not quoted", () => {
  for (const bytes of ["", "{", "canary", "{} {}", "\ufeff{}"].map((text) => Buffer.from(text))) {
    const problem = problemFrom(() => readBody(Credentials, bytes));
    assert.equal(problem.kind, "malformed-request");
    assert.ok(!String(problem.stack).includes("canary"));
  }
  const notUtf8 = Buffer.from([0x22, 0xff, 0x22]);
  assert.equal(problemFrom(() => readBody(Credentials, notUtf8)).kind, "malformed-request");
});

test("a password is counted in code points", () => {
  const credentials = (password: string) =>
    Buffer.from(JSON.stringify({ email: "ada@example.com", password }));
  for (const password of ["💡".repeat(15), "💡".repeat(128)]) {
    assert.equal(readBody(Credentials, credentials(password)).password, password);
  }
  for (const password of ["💡".repeat(14), "💡".repeat(129), "p".repeat(129), `${"p".repeat(15)}\0`]) {
    problemFrom(() => readBody(Credentials, credentials(password)));
  }
});

test("a member called __proto__ is unknown like any other", () => {
  const bytes = Buffer.from('{"email":"ada@example.com","password":"correct horse battery","__proto__":{}}');
  const { faults } = problemFrom(() => readBody(Credentials, bytes));
  assert.deepEqual(
    faults.map(({ pointer }) => pointer),
    ["/__proto__"],
  );
});

test("a query says how much and since when", () => {
  assert.equal(readQuery(OrderQuery, {}).limit, 20);
  assert.equal(readQuery(OrderQuery, { limit: "100" }).limit, 100);
  for (const query of [
    { limit: "0x10" },
    { placed_from: "2026-02-30T00:00:00Z" },
    { placed_from: "0000-01-01T00:00:00Z" },
    { status: ["placed", "placed"] },
  ]) {
    const [name] = Object.keys(query);
    assert.deepEqual(
      problemFrom(() => readQuery(OrderQuery, query)).faults.map(({ parameter }) => parameter),
      [name],
    );
  }
});

test("JSON in UTF-8 is taken, however it is announced, and nothing else", () => {
  for (const type of [
    "application/json",
    'Application/JSON; charset="UTF-8"',
    "application/json;charset=utf-8",
  ]) {
    requireJson({ "content-type": type });
  }
  for (const type of [
    undefined,
    "",
    `application/json${" ".repeat(16_000)}x`,
    "text/json",
    "application/jsonx",
    "application/json; charset=latin1",
  ]) {
    problemFrom(() => {
      requireJson({ "content-type": type });
    });
  }
  problemFrom(() => {
    requireJson({ "content-type": "application/json", "content-encoding": "gzip" });
  });
});
