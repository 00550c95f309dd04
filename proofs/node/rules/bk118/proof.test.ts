import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { Pool } from "pg";
import Fastify, { type FastifyPluginCallback } from "fastify";
import { freshDatabase, pool } from "#proof";
import * as avoid from "./avoid.ts";
import * as prefer from "./prefer.ts";

const SHOP = `
  insert into tenants (name) values ('Harbour');
  insert into users (tenant_id, email) values (1, 'ada@example.com');
  insert into products (name, price_minor, stock) values ('lamp', 1900, 5);
  insert into orders (user_id, product_id, total_minor) values (1, 1, 1900);
  create table sessions (token_hash bytea primary key, user_id bigint not null references users);
  insert into sessions values (sha256('ada''s session'), 1);`;
const SIGNED_IN = { "x-session": "ada's session" };

async function revenue(db: Pool) {
  const { rows } = await db.query<{ sum: string }>("select sum(total_minor) from orders");
  return { sum: rows[0]?.sum };
}

/** Sets up the shop, and adds the module that somebody writes next. */
async function shop(t: TestContext, { setUp }: typeof avoid) {
  const db = pool(t, await freshDatabase(t, SHOP));
  const app = Fastify();
  const routes: string[] = [];
  app.addHook("onRoute", ({ method, url }) => {
    routes.push(`${String(method)} ${url}`);
  });
  const orders: FastifyPluginCallback = (scope, _options, done) => {
    scope.get("/:id", () => revenue(db));
    done();
  };
  setUp(
    app,
    async ({ headers }) => {
      const sql = "select from sessions where token_hash = sha256(convert_to($1, 'UTF8'))";
      const { rowCount } = await db.query(sql, [headers["x-session"] ?? ""]);
      if (rowCount === 0) throw Object.assign(new Error("Sign in"), { statusCode: 401 });
    },
    orders,
  );
  await app.register(
    (reports, _options, done) => {
      reports.get("/revenue", () => revenue(db));
      done();
    },
    { prefix: "/reports" },
  );
  await app.ready();
  return { app, routes };
}

/** Returns the routes that serve somebody without a session. */
async function open({ app, routes }: Awaited<ReturnType<typeof shop>>) {
  const found: string[] = [];
  for (const route of routes) {
    const [method = "", url = ""] = route.split(" ");
    const { statusCode } = await app.inject({ method, url });
    if (statusCode !== 401) found.push(route);
  }
  return found.filter((route) => !route.startsWith("HEAD "));
}

test("avoid: a new module shows the revenue to strangers", async (t) => {
  const { app } = await shop(t, avoid);
  assert.equal((await app.inject("/orders/1")).statusCode, 401);
  const report = await app.inject("/reports/revenue");
  assert.equal(report.statusCode, 200);
  assert.deepEqual(report.json(), { sum: "1900" });
});

test("avoid: the walk through all routes finds one that nobody listed", async (t) => {
  assert.deepEqual(await open(await shop(t, avoid)), ["GET /health", "GET /reports/revenue"]);
});

test("prefer: the walk through all routes finds the listed one only", async (t) => {
  const built = await shop(t, prefer);
  assert.ok(built.routes.includes("GET /reports/revenue"));
  assert.deepEqual(await open(built), ["GET /health"]);
});

test("prefer: a new module is for those who are signed in", async (t) => {
  const { app } = await shop(t, prefer);
  const ask = async (headers: Record<string, string>) =>
    (await app.inject({ url: "/reports/revenue", headers })).statusCode;
  assert.deepEqual([await ask({}), await ask(SIGNED_IN)], [401, 200]);
});

test("prefer: an address without a route tells a stranger nothing", async (t) => {
  const { app } = await shop(t, prefer);
  const ask = async (headers: Record<string, string>) => (await app.inject({ url: "/nothing", headers })).statusCode;
  assert.deepEqual([await ask({}), await ask(SIGNED_IN)], [401, 404]);
});
