import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { createLog } from "../../src/operations/log.ts";
import type { OutboxEvent } from "../../src/outbox/deliver.ts";
import { relay } from "../../src/outbox/relay.ts";
import { sweep } from "../../src/outbox/sweep.ts";
import { addProduct, place, signUp, start } from "./support.ts";

const running = await start();
const { app, prisma } = running;
const log = createLog("error");
const SECOND = 1000;

async function addEvents(count: number): Promise<string[]> {
  const data = Array.from({ length: count }, () => ({
    id: randomUUID(),
    topic: "order.placed",
    payload: {},
  }));
  await prisma.outboxEvent.createMany({ data });
  return data.map(({ id }) => id).sort();
}

test("an order and its event are written together", async () => {
  const [account, product] = [await signUp(app), await addProduct(running, 1)];
  const placed = await place(app, account, product);
  assert.equal((await place(app, account, product)).statusCode, 409);
  const events = await prisma.outboxEvent.findMany();
  assert.deepEqual(
    events.map(({ topic, payload }) => ({ topic, payload })),
    [{ topic: "order.placed", payload: placed.json<object>() }],
  );
  await prisma.outboxEvent.deleteMany();
});

test("two workers share the events", async () => {
  const added = await addEvents(20);
  const delivered: string[] = [];
  const deliver = ({ id }: OutboxEvent) => {
    delivered.push(id);
    return Promise.resolve();
  };
  await Promise.all([relay(prisma, deliver, log), relay(prisma, deliver, log)]);
  assert.deepEqual(delivered.sort(), added);
  assert.equal(await prisma.outboxEvent.count({ where: { publishedAt: null } }), 0);
});

test("while an event is being delivered nobody else takes it, for the length of the lease", async () => {
  const [id] = await addEvents(1);
  await relay(
    prisma,
    async () => {
      const { nextAttemptAt } = await prisma.outboxEvent.findUniqueOrThrow({ where: { id: id ?? "" } });
      const lease = nextAttemptAt.getTime() - Date.now();
      assert.ok(lease > 25 * SECOND && lease <= 31 * SECOND, String(lease));
      await relay(prisma, () => Promise.reject(new Error("taken twice")), log);
    },
    log,
  );
  assert.equal(await prisma.outboxEvent.count({ where: { id: id ?? "", attempts: 1 } }), 1);
});

test("an event that was not taken is tried again later", async () => {
  const [id] = await addEvents(1);
  await relay(prisma, () => Promise.reject(new Error("no")), createLog("error", { write: () => undefined }));
  const event = await prisma.outboxEvent.findUniqueOrThrow({ where: { id: id ?? "" } });
  assert.equal(event.publishedAt, null);
  assert.equal(event.attempts, 1);
  assert.ok(event.nextAttemptAt.getTime() - Date.now() <= SECOND);
});

test("the sweep deletes what has expired, and nothing else", async () => {
  const { id: userId } = await signUp(app);
  await prisma.outboxEvent.deleteMany();
  await prisma.idempotencyKey.deleteMany();
  const [now, longAgo] = [new Date(), new Date(Date.now() - 8 * 24 * 3600 * SECOND)];
  for (const publishedAt of [null, now, longAgo]) {
    await prisma.outboxEvent.create({ data: { topic: "order.placed", payload: {}, publishedAt } });
  }
  for (const expiresAt of [longAgo, new Date(Date.now() + SECOND * 3600)]) {
    const kept = {
      responseStatus: 201,
      responseHeaders: {},
      responseBody: "",
      requestHash: Buffer.alloc(32),
    };
    const claim = { userId, operation: "placeOrder", key: randomUUID() };
    await prisma.idempotencyKey.create({ data: { ...claim, ...kept, expiresAt } });
  }
  assert.equal(await sweep(prisma), false);
  assert.equal(await prisma.outboxEvent.count(), 2);
  assert.equal(await prisma.idempotencyKey.count(), 1);
});
