import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import Fastify from "fastify";
import { freshDatabase, prismaClient, rows } from "#proof";
import * as avoid from "./avoid.ts";
import * as prefer from "./prefer.ts";

const SHOP = `
  insert into tenants (name) values ('Harbour'), ('Quay');
  insert into users (tenant_id, email) values (1, 'ada@example.com'), (2, 'bob@example.com');
  insert into projects (tenant_id, name) values (1, 'Crane'), (2, 'Merger');
  create table sessions (token_hash bytea primary key, user_id bigint not null references users);
  insert into sessions values (sha256('ada''s session'), 1);`;
const SESSION = `select users.id, tenant_id from sessions join users on users.id = user_id
  where token_hash = sha256(convert_to($1, 'UTF8'))`;

/** Ada of the first tenant asks for projects, with more headers than the application needs. */
async function names(t: TestContext, { projectRoutes }: typeof avoid, headers: Record<string, string>) {
  const url = await freshDatabase(t, SHOP);
  const app = Fastify();
  projectRoutes(app, prismaClient(t, url), async (request) => {
    const [found] = await rows(url, SESSION, [request.headers["x-session"]]);
    if (!found) throw Object.assign(new Error("Sign in"), { statusCode: 401 });
    return { userId: BigInt(String(found["id"])), tenantId: BigInt(String(found["tenant_id"])) };
  });
  const answer = await app.inject({ url: "/projects", headers: { "x-session": "ada's session", ...headers } });
  assert.equal(answer.statusCode, 200);
  return answer.json<{ name: string }[]>().map(({ name }) => name);
}

test("avoid: a header shows the projects of another tenant", async (t) => {
  assert.deepEqual(await names(t, avoid, { "x-tenant-id": "2" }), ["Merger"]);
});

test("prefer: whatever the headers say, Ada sees the projects of her tenant", async (t) => {
  assert.deepEqual(await names(t, prefer, {}), ["Crane"]);
  assert.deepEqual(await names(t, prefer, { "x-tenant-id": "2" }), ["Crane"]);
});
