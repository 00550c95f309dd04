import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import Fastify from "fastify";
import { freshDatabase, prismaClient } from "#proof";
import * as avoid from "./avoid.ts";
import * as prefer from "./prefer.ts";

const SHOP = `
  insert into tenants (name) values ('Harbour');
  create unique index users_one_owner on users (tenant_id) where role = 'owner';
  alter table users add constraint users_role_check check (role in ('owner', 'member'));
  insert into users (tenant_id, email, role) values (1, 'ada@example.com', 'owner');`;

interface NewUser {
  tenantId: number;
  email: string;
  role: string;
}

/** Creates a user, and returns the status and the title of the answer. */
async function create(t: TestContext, { handleError }: typeof avoid, user: NewUser) {
  const prisma = prismaClient(t, await freshDatabase(t, SHOP));
  const app = Fastify();
  app.setErrorHandler(handleError);
  app.post<{ Body: NewUser }>("/users", async ({ body }, reply) => {
    await prisma.user.create({ data: body });
    return reply.code(201).send({ title: "Created" });
  });
  const answer = await app.inject({ method: "POST", url: "/users", payload: user });
  return `${answer.statusCode} ${answer.json<{ title: string }>().title}`;
}

const secondOwner = { tenantId: 1, email: "bob@example.com", role: "owner" };
const sameEmail = { tenantId: 1, email: "ada@example.com", role: "member" };
const noTenant = { tenantId: 9, email: "bob@example.com", role: "member" };
const oddRole = { tenantId: 1, email: "bob@example.com", role: "king" };

test("avoid: a second owner is told that a fresh e-mail address is taken", async (t) => {
  assert.equal(await create(t, avoid, secondOwner), "409 E-mail address is taken");
});

test("avoid: a tenant that does not exist is a fault of the server", async (t) => {
  assert.equal(await create(t, avoid, noTenant), "500 Internal Server Error");
});

test("prefer: each violation is told as what it is", async (t) => {
  assert.equal(await create(t, prefer, secondOwner), "409 The tenant has an owner");
  assert.equal(await create(t, prefer, sameEmail), "409 E-mail address is taken");
  assert.equal(await create(t, prefer, noTenant), "422 There is no such tenant");
  assert.equal(await create(t, prefer, oddRole), "500 Internal Server Error");
});
