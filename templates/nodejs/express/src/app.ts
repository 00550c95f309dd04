import { readFile } from "node:fs/promises";
import express, { type Express } from "express";
import { parse } from "yaml";
import { requireHost } from "../../app/src/contract/headers.ts";
import type { Services } from "../../app/src/services.ts";
import { observe } from "./observe.ts";
import { answerProblem, refuseUnmatched } from "./problems.ts";
import { accountRoutes } from "./routes/accounts.ts";
import { orderRoutes } from "./routes/orders.ts";
import { productRoutes } from "./routes/products.ts";

const CONTRACT = new URL("../../../contract/openapi.yaml", import.meta.url);

export async function buildApp(services: Services): Promise<Express> {
  const contract: unknown = parse(await readFile(CONTRACT, "utf8"));
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.set("query parser", "simple");

  app.use(observe(services));
  app.use((request, _response, next) => {
    requireHost(request);
    next();
  });
  app.get("/openapi.json", (_request, response) => {
    response.json(contract);
  });
  app.use(accountRoutes(services), productRoutes(services), orderRoutes(services));
  app.use(refuseUnmatched);
  app.use(answerProblem(services));
  return app;
}
