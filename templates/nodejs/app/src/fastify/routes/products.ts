import { productCursor } from "../../contract/cursor.ts";
import { NoQuery, Product, ProductPage, ProductPath, ProductQuery } from "../../contract/schemas.ts";
import { productPageView, productView } from "../../contract/views.ts";
import { getProduct, listProducts } from "../../products/catalogue.ts";
import type { Services } from "../../services.ts";
import type { App } from "../app.ts";

const tags = ["products"];

export function productRoutes(app: App, { prisma }: Services): void {
  app.get(
    "/v1/products",
    {
      schema: {
        operationId: "listProducts",
        summary: "List products",
        description: "In the order of their ids.",
        tags,
        querystring: ProductQuery,
        response: { 200: ProductPage.describe("A page of products.") },
      },
    },
    async ({ query: { limit, cursor } }) =>
      productPageView(await listProducts(prisma, { after: productCursor(cursor), limit })),
  );

  app.get(
    "/v1/products/:product_id",
    {
      schema: {
        operationId: "getProduct",
        summary: "Get a product",
        tags,
        params: ProductPath,
        querystring: NoQuery,
        response: { 200: Product.describe("The product.") },
      },
    },
    async ({ params }) => productView(await getProduct(prisma, params.product_id)),
  );
}
