// The service that the proof stops: `node server.ts <avoid|prefer> <database> <lame duck> <drain>`.
import fastify from "fastify";
import pg from "pg";

const [role, connectionString, lameDuckMs, drainMs] = process.argv.slice(2);
const { stopOnSigterm } = (await import(`./${String(role)}.ts`)) as typeof import("./prefer.ts");

const app = fastify();
const pool = new pg.Pool({ connectionString });

app.get("/hello", () => "hello");

app.get("/work", async () => {
  await pool.query("select from products for update");
  const { rows } = await pool.query<{ name: string }>("select name from products");
  return rows[0]?.name;
});

stopOnSigterm({ app, pool, lameDuckMs: Number(lameDuckMs), drainMs: Number(drainMs) });
process.stdout.write(`${await app.listen({ port: 0, host: "127.0.0.1" })}\n`);
