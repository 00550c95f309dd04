import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { freshDatabase, prismaClient } from "#proof";
import * as avoid from "./avoid.ts";
import * as prefer from "./prefer.ts";

const TWO_TENANTS = `
  insert into tenants (name) values ('Harbour'), ('Quay');
  insert into projects (tenant_id, name) values (1, 'Harbour''s'), (2, 'Quay''s');
  insert into documents (project_id, title, body) values (1, 'Plan', 'secret'), (2, 'Plan', 'own')`;
const QUAY = 2n;

/** Returns what the second tenant reads at a path. */
async function reader(t: TestContext, { readDocument }: typeof avoid) {
  const prisma = prismaClient(t, await freshDatabase(t, TWO_TENANTS));
  return (projectId: bigint, documentId: bigint) => readDocument(prisma, QUAY, { projectId, documentId });
}

test("avoid: a path through one's own project opens a document of another tenant", async (t) => {
  const read = await reader(t, avoid);
  assert.equal(await read(2n, 1n), "secret");
});

test("prefer: a path opens only what belongs to its project and to the caller", async (t) => {
  const read = await reader(t, prefer);
  assert.equal(await read(2n, 2n), "own");
  assert.equal(await read(2n, 1n), undefined);
  assert.equal(await read(1n, 1n), undefined);
});
