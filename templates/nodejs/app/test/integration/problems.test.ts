import assert from "node:assert/strict";
import { connect, type AddressInfo } from "node:net";
import { test } from "node:test";
import { text } from "node:stream/consumers";
import { signUp, start } from "./support.ts";

const { app, pool } = await start({ READ_TIMEOUT_MS: "500", REQUEST_TIMEOUT_MS: "3000" });
const { headers } = await signUp(app);

interface Problem {
  type: string;
  status: number;
  request_id: string;
  errors?: { pointer?: string; parameter?: string }[];
}

const json = { "content-type": "application/json" };
const cases = [
  { url: "/nowhere", kind: "not-found", status: 404 },
  { url: "/%ff", kind: "not-found", status: 404 },
  { url: `/v1/orders/${"x".repeat(5000)}`, kind: "not-found", status: 404, headers },
  { url: "/v1/orders/not-an-id", kind: "not-found", status: 404, headers },
  { url: "/v1/me", method: "DELETE", kind: "method-not-allowed", status: 405 },
  { url: "/v1/me", method: "OPTIONS", kind: "method-not-allowed", status: 405 },
  { url: "/v1/users", method: "POST", kind: "unsupported-media-type", status: 415 },
  { url: "/v1/users", method: "POST", kind: "malformed-request", status: 400, headers: json, payload: "{" },
  { url: "/v1/users", method: "POST", kind: "malformed-request", status: 400, headers: json },
  {
    url: "/v1/users",
    method: "POST",
    kind: "too-large",
    status: 413,
    headers: json,
    payload: " ".repeat(70_000),
  },
  { url: "/v1/users", method: "POST", kind: "invalid", status: 422, headers: json, payload: "[]" },
  { url: "/v1/orders?limit=0", kind: "invalid", status: 422, headers },
  { url: "/v1/orders?cursor=AAAA", kind: "invalid", status: 422, headers },
  {
    url: "/v1/orders",
    method: "POST",
    kind: "malformed-request",
    status: 400,
    headers: { ...headers, ...json },
  },
] as const;

for (const { kind, status, ...request } of cases) {
  const { url, method } = { method: "GET", ...request };
  test(`${method} ${url.slice(0, 40)} is answered with ${kind}`, async () => {
    const answer = await app.inject(request);
    assert.equal(answer.statusCode, status, answer.body);
    assert.match(answer.headers["content-type"] ?? "", /^application\/problem\+json/);
    assert.equal(answer.headers["cache-control"], "no-store");
    const problem = answer.json<Problem>();
    assert.equal(problem.type, `urn:problem:${kind}`);
    assert.equal(problem.request_id, answer.headers["x-request-id"]);
    assert.equal(status === 405, "allow" in answer.headers);
  });
}

test("all faults of a body are named at once, each where it is", async () => {
  const payload = { email: "ada", extra: 1 };
  const answer = await app.inject({ method: "POST", url: "/v1/users", payload });
  const pointers = answer.json<Problem>().errors?.map(({ pointer }) => pointer);
  assert.deepEqual(pointers?.sort(), ["/email", "/extra", "/password"]);
});

test("a request that waits too long for its turn gets 503, and the process lives on", async (t) => {
  const { promise: never } = Promise.withResolvers<undefined>();
  t.mock.method(pool, "query", () => never);
  const answer = await app.inject({ url: "/v1/me", headers });
  assert.equal(answer.statusCode, 503);
  assert.equal(answer.headers["retry-after"], "1");
  t.mock.restoreAll();
  assert.equal((await app.inject({ url: "/v1/me", headers })).statusCode, 200);
});

test("what is no HTTP, and what comes too slowly, is a problem too", async () => {
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const head = "POST /v1/users HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
  const sent = [
    ["GARBAGE\r\n\r\n", 400],
    ["GET /v1/me HTTP/1.1\r\nconnection: close\r\n\r\n", 400],
    ["GET /v1/me HTTP/1.1\r\nhost: localhost\r\nexpect: miracles\r\nconnection: close\r\n\r\n", 401],
    [`${head}content-length: 10\r\n\r\n{`, 408],
  ] as const;
  for (const [bytes, status] of sent) {
    const socket = connect(port, "127.0.0.1");
    socket.write(bytes);
    const answer = await text(socket);
    assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `));
    assert.match(answer, /application\/problem\+json/);
  }
});
