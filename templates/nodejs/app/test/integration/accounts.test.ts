import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { PASSWORD, signUp, start } from "./support.ts";

const running = await start();
const { app, prisma } = running;

function post(url: string, payload: object) {
  return app.inject({ method: "POST", url, payload });
}

function refresh(token: string) {
  return post("/v1/auth/refresh", { refresh_token: token });
}

test("an email is taken once, whatever its letter case", async () => {
  const { email } = await signUp(app);
  const again = await post("/v1/users", { email: email.toUpperCase(), password: PASSWORD });
  assert.equal(again.statusCode, 409);
  assert.equal(again.json<{ type: string }>().type, "urn:problem:email-taken");
});

test("of parallel sign-ups with one email one succeeds", async () => {
  const credentials = { email: "grace@example.com", password: PASSWORD };
  const answers = await Promise.all(Array.from({ length: 5 }, () => post("/v1/users", credentials)));
  assert.deepEqual(answers.map((answer) => answer.statusCode).sort(), [201, 409, 409, 409, 409]);
});

test("an unknown email and a wrong password get the same answer", async () => {
  const { email } = await signUp(app);
  const wrong = await post("/v1/auth/sign-in", { email, password: "another password" });
  const unknown = await post("/v1/auth/sign-in", { email: "nobody@example.com", password: PASSWORD });
  assert.equal(wrong.statusCode, 401);
  assert.deepEqual(
    { ...unknown.json<object>(), request_id: "" },
    { ...wrong.json<object>(), request_id: "" },
  );
});

test("an access token says who is signed in", async () => {
  const { id, email, headers } = await signUp(app);
  const me = await app.inject({ url: "/v1/me", headers });
  assert.equal(me.statusCode, 200);
  const { created_at, ...rest } = me.json<{ created_at: string }>();
  assert.deepEqual(rest, { id, email });
  assert.match(created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

test("of all operations these want no token", async () => {
  const document = (await app.inject("/openapi.json")).json<{ paths: Record<string, object> }>();
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ method: method.toUpperCase() as "GET" | "POST", path })),
  );
  const open: string[] = [];
  for (const { method, path } of operations) {
    const answer = await app.inject({ method, url: path.replaceAll(/\{\w+\}/g, randomUUID()) });
    if (answer.statusCode !== 401) open.push(`${method} ${path}`);
  }
  assert.deepEqual(open.sort(), [
    "POST /v1/auth/refresh",
    "POST /v1/auth/sign-in",
    "POST /v1/auth/sign-out",
    "POST /v1/users",
  ]);
  assert.equal(operations.length, 12);
});

test("the second use of a refresh token ends its family", async () => {
  const { refreshToken } = await signUp(app);
  const second = await refresh(refreshToken);
  assert.equal(second.statusCode, 200);
  assert.equal((await refresh(refreshToken)).statusCode, 401);
  assert.equal((await refresh(second.json<{ refresh_token: string }>().refresh_token)).statusCode, 401);
});

test("of parallel refreshes at most one succeeds, and nobody keeps a token that works", async () => {
  const { id, refreshToken } = await signUp(app);
  const answers = await Promise.all(Array.from({ length: 5 }, () => refresh(refreshToken)));
  assert.deepEqual(answers.map((answer) => answer.statusCode).sort(), [200, 401, 401, 401, 401]);
  const alive = await prisma.refreshToken.count({ where: { userId: id, usedAt: null, revokedAt: null } });
  assert.equal(alive, 0);
});

test("signing out ends the family, and may be repeated", async () => {
  const { refreshToken } = await signUp(app);
  const out = () => post("/v1/auth/sign-out", { refresh_token: refreshToken });
  assert.equal((await out()).statusCode, 204);
  assert.equal((await out()).statusCode, 204);
  assert.equal((await refresh(refreshToken)).statusCode, 401);
});

test("the database has neither passwords nor refresh tokens", async () => {
  const { id, refreshToken } = await signUp(app);
  const { passwordHash } = await prisma.user.findUniqueOrThrow({ where: { id } });
  assert.match(passwordHash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  const [kept] = await prisma.refreshToken.findMany({ where: { userId: id } });
  assert.equal(kept?.tokenHash.length, 32);
  assert.ok(!Buffer.from(kept.tokenHash).includes(refreshToken));
});
