import assert from "node:assert/strict";
import { test } from "node:test";
import { Gate } from "../../src/accounts/gate.ts";
import { clientNetwork } from "../../src/contract/client-address.ts";
import { withinDeadline } from "../../src/contract/deadline.ts";
import { RateLimit } from "../../src/contract/rate-limit.ts";
import { pauseAfter } from "../../src/outbox/relay.ts";
import { Problem } from "../../src/problem.ts";

function tooMany(error: unknown): boolean {
  return error instanceof Problem && error.kind === "too-many-requests";
}

test("a caller may ask so often in a minute, and again in the next", () => {
  let now = 0;
  const limit = new RateLimit(2, { now: () => now });
  limit.take("ada");
  limit.take("ada");
  limit.take("grace");
  now = 45_500;
  assert.throws(
    () => {
      limit.take("ada");
    },
    (error) => tooMany(error) && (error as Problem).retryAfterSeconds === 15,
  );
  now = 60_000;
  limit.take("ada");
});

test("callers that are too many push out those whose minute ends first", () => {
  let now = 0;
  const limit = new RateLimit(1, { mostCallers: 2, now: () => now++ });
  for (const caller of ["ada", "grace", "edsger"]) limit.take(caller);
  limit.take("ada");
  assert.throws(() => {
    limit.take("edsger");
  }, tooMany);
});

const addresses: [socket: string, forwarded: string | undefined, hops: number, counted: string][] = [
  ["192.0.2.1", undefined, 0, "192.0.2.1"],
  ["192.0.2.1", "203.0.113.9", 0, "192.0.2.1"],
  ["192.0.2.1", "203.0.113.9", 1, "203.0.113.9"],
  ["192.0.2.1", "198.51.100.7, 203.0.113.9", 1, "203.0.113.9"],
  ["192.0.2.1", "198.51.100.7, 203.0.113.9", 2, "198.51.100.7"],
  ["192.0.2.1", "203.0.113.9", 2, "203.0.113.9"],
  ["192.0.2.1", "garbage", 1, "192.0.2.1"],
  ["::ffff:192.0.2.1", undefined, 0, "192.0.2.1"],
  ["2001:db8::1", undefined, 0, "2001:db8:0:0::/64"],
  ["2001:db8:0:0:1:2:3:4", undefined, 0, "2001:db8:0:0::/64"],
  ["::1", undefined, 0, "0:0:0:0::/64"],
];

for (const [socket, forwarded, hops, counted] of addresses) {
  test(`${socket}, forwarded for ${forwarded ?? "nobody"}, ${hops} hops: ${counted}`, () => {
    const headers = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
    assert.equal(clientNetwork({ headers, socket: { remoteAddress: socket } }, hops), counted);
  });
}

test("a gate lets a few in at once, the others in turn", async () => {
  const gate = new Gate(2);
  const { signal } = new AbortController();
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    inside--;
  };
  await Promise.all(Array.from({ length: 6 }, () => gate.run(work, signal)));
  assert.equal(most, 2);
});

test("who gives up waiting at a gate takes no place", async () => {
  const gate = new Gate(1);
  const { promise: held, resolve: leave } = Promise.withResolvers<undefined>();
  const { signal } = new AbortController();
  const first = gate.run(() => held, signal);
  const impatient = new AbortController();
  const second = gate.run(() => Promise.reject(new Error("not to be run")), impatient.signal);
  impatient.abort(new Error("enough"));
  await assert.rejects(second, { message: "enough" });
  leave(undefined);
  await first;
  assert.equal(await gate.run(() => Promise.resolve("in"), signal), "in");
});

test("work that is done in time has its outcome, other work gets 503 and a signal", async () => {
  assert.equal(await withinDeadline(1000, () => Promise.resolve("done")), "done");
  let ended = false;
  const late = withinDeadline(5, (signal) => {
    signal.addEventListener("abort", () => {
      ended = true;
    });
    return Promise.withResolvers<undefined>().promise;
  });
  await assert.rejects(late, (error) => error instanceof Problem && error.kind === "unavailable");
  assert.ok(ended);
});

test("pauses between deliveries double up to five minutes", () => {
  assert.deepEqual([1, 2, 3, 9, 10, 40].map(pauseAfter), [1, 2, 4, 256, 300, 300]);
});
