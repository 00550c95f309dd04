import express from "express";
import { one, page } from "./products.ts";

const app = express();

app.get("/healthz", (_request, response) => {
  response.json({ status: "ok" });
});

app.get("/v1/products", async (request, response) => {
  response.json(await page(Number(request.query.limit ?? 20)));
});

app.get("/v1/products/:id", async (request, response) => {
  const product = await one(request.params.id);
  response.status(product ? 200 : 404).json(product ?? { status: 404 });
});

app.listen(Number(process.env.PORT), "127.0.0.1");
