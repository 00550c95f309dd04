import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import Fastify from "fastify";
import { atEnd, freshDatabase, pool, rows } from "#proof";
import * as avoid from "./avoid.ts";
import * as prefer from "./prefer.ts";

// Each sample has a column of its own for the key, with its own constraint.
const SHOP = `
  alter table projects add column request_id text unique,
    add column idempotency_key text, add unique (tenant_id, idempotency_key);
  insert into tenants (name) values ('Acme'), ('Globex');`;

/** Serves the sample; the header says who is signed in. */
async function shop(t: TestContext, { projectRoutes }: typeof avoid) {
  const url = await freshDatabase(t, SHOP);
  const app = Fastify();
  atEnd(t, () => app.close());
  app.decorateRequest("tenantId", "");
  app.addHook("onRequest", async (request) => {
    request.setDecorator("tenantId", request.headers["x-signed-in"]);
    return Promise.resolve();
  });
  projectRoutes(app, pool(t, url));
  await app.ready();
  const create = async (tenant: string, name: string) => {
    const headers = { "x-signed-in": tenant, "idempotency-key": "8e03978e-40d5-43e8" };
    const answer = await app.inject({ method: "POST", url: "/projects", headers, payload: { name } });
    return [answer.statusCode, answer.body ? answer.json<{ name: string }>().name : undefined];
  };
  const projects = () => rows(url, "select tenant_id as tenant, name from projects order by 1, 2");
  return { create, projects };
}

test("avoid: another tenant with the same key reads the first one's project", async (t) => {
  const { create, projects } = await shop(t, avoid);
  assert.deepEqual(await create("1", "Merger with Initech"), [201, "Merger with Initech"]);
  assert.deepEqual(await create("2", "Website"), [201, "Merger with Initech"]);
  assert.deepEqual(await projects(), [{ tenant: 1, name: "Merger with Initech" }]);
});

test("avoid: another body under the same key is answered as if it had been done", async (t) => {
  const { create, projects } = await shop(t, avoid);
  await create("1", "Website");
  assert.deepEqual(await create("1", "Shop"), [201, "Website"]);
  assert.deepEqual(await projects(), [{ tenant: 1, name: "Website" }]);
});

test("prefer: each tenant has its own keys", async (t) => {
  const { create, projects } = await shop(t, prefer);
  await create("1", "Merger with Initech");
  assert.deepEqual(await create("2", "Website"), [201, "Website"]);
  assert.deepEqual(await projects(), [
    { tenant: 1, name: "Merger with Initech" },
    { tenant: 2, name: "Website" },
  ]);
});

test("prefer: another body under the same key is refused, the same body is not", async (t) => {
  const { create, projects } = await shop(t, prefer);
  await create("1", "Website");
  assert.deepEqual(await create("1", "Website"), [201, "Website"]);
  assert.deepEqual(await create("1", "Shop"), [422, undefined]);
  assert.deepEqual(await projects(), [{ tenant: 1, name: "Website" }]);
});
