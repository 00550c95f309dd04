import type { PrismaClient } from "#prisma";
import { Problem } from "../problem.ts";

export interface Product {
  readonly id: string;
  readonly name: string;
  readonly priceMinor: bigint;
  readonly currency: string;
  readonly stock: number;
}

export interface ProductPage {
  readonly products: readonly Product[];
  readonly more: boolean;
}

const shown = { id: true, name: true, priceMinor: true, currency: true, stock: true };

export async function getProduct(prisma: PrismaClient, id: string): Promise<Product> {
  const product = await prisma.product.findUnique({ where: { id }, select: shown });
  if (!product) throw new Problem("not-found", "There is no such product.");
  return product;
}

/** Returns the products after one, by id (BK128, BK129). */
export async function listProducts(
  prisma: PrismaClient,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<ProductPage> {
  const products = await prisma.product.findMany({
    where: after === undefined ? {} : { id: { gt: after } },
    orderBy: { id: "asc" },
    take: limit + 1, // one more tells whether there is a next page
    select: shown,
  });
  return { products: products.slice(0, limit), more: products.length > limit };
}
