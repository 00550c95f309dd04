import { PrismaPg } from "@prisma/adapter-pg";
import { PrismaClient, type Product } from "./generated/client.ts";

const prisma = new PrismaClient({
  adapter: new PrismaPg({
    connectionString: process.env.DATABASE_URL,
    max: Number(process.env.DATABASE_POOL_SIZE),
  }),
});

const shown = ({ id, name, priceMinor, currency, stock }: Product) => ({
  id,
  name,
  price: { amount_minor: Number(priceMinor), currency },
  stock,
});

export async function one(id: string) {
  const product = await prisma.product.findUnique({ where: { id } });
  return product && shown(product);
}

export async function page(limit: number) {
  const found = await prisma.product.findMany({ orderBy: { id: "asc" }, take: limit + 1 });
  const items = found.slice(0, limit).map(shown);
  const last = found.length > limit ? items.at(-1) : undefined;
  return { items, next_cursor: last ? Buffer.from(last.id).toString("base64url") : null };
}
