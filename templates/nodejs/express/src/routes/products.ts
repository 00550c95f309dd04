import { Router } from "express";
import { productCursor } from "../../../app/src/contract/cursor.ts";
import { readPath, readQuery } from "../../../app/src/contract/input.ts";
import { NoQuery, ProductPath, ProductQuery } from "../../../app/src/contract/schemas.ts";
import { productPageView, productView } from "../../../app/src/contract/views.ts";
import { getProduct, listProducts } from "../../../app/src/products/catalogue.ts";
import type { Services } from "../../../app/src/services.ts";
import { endpoint } from "../endpoint.ts";
import { requireAccount } from "../guard.ts";
import { allowOnly } from "../problems.ts";

export function productRoutes(services: Services): Router {
  const { prisma } = services;
  const signedIn = requireAccount(services);
  const router = Router({ caseSensitive: true, strict: true });

  router
    .route("/v1/products")
    .get(
      signedIn,
      endpoint(services, async ({ request }) => {
        const { limit, cursor } = readQuery(ProductQuery, request.query);
        return { body: productPageView(await listProducts(prisma, { after: productCursor(cursor), limit })) };
      }),
    )
    .all(allowOnly("GET", "HEAD"));

  router
    .route("/v1/products/:product_id")
    .get(
      signedIn,
      endpoint(services, async ({ request }) => {
        const { product_id } = readPath(ProductPath, request.params);
        readQuery(NoQuery, request.query);
        return { body: productView(await getProduct(prisma, product_id)) };
      }),
    )
    .all(allowOnly("GET", "HEAD"));

  return router;
}
