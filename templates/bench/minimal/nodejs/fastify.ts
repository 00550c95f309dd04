import Fastify from "fastify";
import { one, page } from "./products.ts";

const app = Fastify();

app.get("/healthz", () => ({ status: "ok" }));

app.get<{ Querystring: { limit?: string } }>("/v1/products", (request) => page(Number(request.query.limit ?? 20)));

app.get<{ Params: { id: string } }>("/v1/products/:id", async (request, reply) => {
  const product = await one(request.params.id);
  return product ?? reply.code(404).send({ status: 404 });
});

await app.listen({ host: "127.0.0.1", port: Number(process.env.PORT) });
