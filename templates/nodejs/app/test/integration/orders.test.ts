import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { addProduct, execute, place, signUp, start, stockOf, type Account } from "./support.ts";

const running = await start();
const { app, prisma, config } = running;

interface Order {
  id: string;
  status: string;
  version: number;
}

function cancel({ headers }: Account, id: string, etag: string) {
  return app.inject({
    method: "POST",
    url: `/v1/orders/${id}/cancel`,
    headers: { ...headers, "if-match": etag },
  });
}

test("forty orders of the last ten pieces leave ten orders and no stock", async () => {
  const [account, product] = [await signUp(app), await addProduct(running, 10)];
  const answers = await Promise.all(Array.from({ length: 40 }, () => place(app, account, product)));
  const statuses = answers.map((answer) => answer.statusCode);
  assert.equal(statuses.filter((status) => status === 201).length, 10);
  assert.equal(await stockOf(running, product), 0);
  assert.equal(await prisma.order.count({ where: { userId: account.id } }), 10);
  assert.equal(await prisma.idempotencyKey.count({ where: { userId: account.id } }), 10);
});

test("a key places one order, and its retries get the first answer", async () => {
  const [account, product, key] = [await signUp(app), await addProduct(running, 10), randomUUID()];
  const attempts = await Promise.all(Array.from({ length: 8 }, () => place(app, account, product, { key })));
  const codes = new Set(attempts.map((attempt) => attempt.statusCode));
  assert.deepEqual(codes.difference(new Set([201, 409])), new Set());
  const retry = await place(app, account, product, { key });
  const first = attempts.find((attempt) => attempt.statusCode === 201);
  assert.equal(retry.body, first?.body);
  assert.equal(retry.headers.etag, '"1"');
  assert.equal(retry.headers["idempotency-replayed"], "true");
  assert.equal(await stockOf(running, product), 9);
});

test("a key with another body is refused", async () => {
  const [account, product, key] = [await signUp(app), await addProduct(running, 10), randomUUID()];
  assert.equal((await place(app, account, product, { key })).statusCode, 201);
  const other = await place(app, account, product, { key, quantity: 2 });
  assert.equal(other.json<{ type: string }>().type, "urn:problem:key-reused");
});

test("an answer that has expired is replaced", async () => {
  const [account, product, key] = [await signUp(app), await addProduct(running, 10), randomUUID()];
  await place(app, account, product, { key });
  await prisma.idempotencyKey.updateMany({ where: { key }, data: { expiresAt: new Date(0) } });
  const second = await place(app, account, product, { key, quantity: 2 });
  assert.equal(second.statusCode, 201);
  assert.equal(second.headers["idempotency-replayed"], undefined);
  assert.equal((await place(app, account, product, { key, quantity: 2 })).body, second.body);
});

test("an order that is refused leaves nothing behind", async () => {
  const account = await signUp(app);
  const [plenty, scarce, foreign] = await Promise.all([
    addProduct(running, 10),
    addProduct(running, 1),
    addProduct(running, 10, "CHF"),
  ]);
  const refusals = [
    [scarce, "insufficient-stock"],
    [foreign, "mixed-currencies"],
    [randomUUID(), "invalid"],
  ] as const;
  for (const [second, kind] of refusals) {
    const lines = [plenty, second].map((product_id) => ({ product_id, quantity: 2 }));
    const refused = await app.inject({
      method: "POST",
      url: "/v1/orders",
      headers: { ...account.headers, "idempotency-key": randomUUID() },
      payload: { lines },
    });
    assert.equal(refused.json<{ type: string }>().type, `urn:problem:${kind}`);
  }
  assert.equal(await stockOf(running, plenty), 10);
  assert.equal(await prisma.order.count({ where: { userId: account.id } }), 0);
  assert.equal(await prisma.idempotencyKey.count({ where: { userId: account.id } }), 0);
});

test("a transaction that loses a conflict is tried again, as a whole", async () => {
  const [account, product] = [await signUp(app), await addProduct(running, 10)];
  await execute(
    config.DATABASE_URL,
    `create sequence conflicts;
     create function lose() returns trigger language plpgsql as $$ begin
       if nextval('conflicts') <= 2 then raise sqlstate '40001'; end if; return new; end $$;
     create constraint trigger lose after insert on orders deferrable initially deferred
       for each row execute function lose()`, // so the conflict comes with COMMIT
  );
  const placed = await place(app, account, product);
  await execute(config.DATABASE_URL, "drop trigger lose on orders");
  assert.equal(placed.statusCode, 201, placed.body);
  assert.equal(await stockOf(running, product), 9);
});

test("an order is cancelled once, in the version that was seen, and its stock comes back", async () => {
  const [account, product] = [await signUp(app), await addProduct(running, 10)];
  const { id } = (await place(app, account, product, { quantity: 3 })).json<Order>();
  assert.equal((await cancel(account, id, '"2"')).statusCode, 412);
  const cancelled = await cancel(account, id, '"1"');
  assert.equal(cancelled.headers.etag, '"2"');
  assert.equal(cancelled.json<Order>().status, "cancelled");
  assert.equal((await cancel(account, id, '"1"')).statusCode, 412);
  assert.equal((await cancel(account, id, "*")).statusCode, 409);
  assert.equal(await stockOf(running, product), 10);
});

test("without If-Match nothing is cancelled", async () => {
  const [{ headers }, url] = [await signUp(app), `/v1/orders/${randomUUID()}/cancel`];
  assert.equal((await app.inject({ method: "POST", url, headers })).statusCode, 428);
});

test("somebody else's order is not there", async () => {
  const [owner, other, product] = [await signUp(app), await signUp(app), await addProduct(running, 10)];
  const { id } = (await place(app, owner, product)).json<Order>();
  for (const url of [`/v1/orders/${id}`, `/v1/orders/${id}/lines`]) {
    assert.equal((await app.inject({ url, headers: owner.headers })).statusCode, 200);
    assert.equal((await app.inject({ url, headers: other.headers })).statusCode, 404);
  }
  assert.equal((await cancel(other, id, "*")).statusCode, 404);
});

test("pages of a listing have every order once, the newest first", async () => {
  const account = await signUp(app);
  const moments = [0, 0, 0, 1, 1, 2, 2].map((ms) => new Date(Date.UTC(2026, 2, 1) + ms));
  await prisma.order.createMany({
    data: moments.map((createdAt) => ({ userId: account.id, totalMinor: 0n, currency: "EUR", createdAt })),
  });
  const wanted = await prisma.order.findMany({
    where: { userId: account.id },
    orderBy: [{ createdAt: "desc" }, { id: "desc" }],
  });
  const seen: string[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const url: string = `/v1/orders?limit=2&status=placed${cursor && `&cursor=${cursor}`}`;
    const answer = await app.inject({ url, headers: account.headers });
    const page = answer.json<{ items: Order[]; next_cursor: string | null }>();
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.next_cursor;
  }
  assert.deepEqual(
    seen,
    wanted.map(({ id }) => id),
  );
});
