import { PrismaPg } from "@prisma/adapter-pg";
import { PrismaClient } from "#prisma";
import { Passwords } from "../accounts/passwords.ts";
import { readMigrationConfig } from "../config.ts";

const PRODUCTS = [
  {
    id: "0198c9e0-0000-7000-8000-000000000001",
    name: "Desk lamp",
    priceMinor: 4_900n,
    currency: "EUR",
    stock: 40,
  },
  {
    id: "0198c9e0-0000-7000-8000-000000000002",
    name: "Writing desk",
    priceMinor: 32_900n,
    currency: "EUR",
    stock: 8,
  },
  {
    id: "0198c9e0-0000-7000-8000-000000000003",
    name: "Office chair",
    priceMinor: 21_900n,
    currency: "EUR",
    stock: 12,
  },
  {
    id: "0198c9e0-0000-7000-8000-000000000004",
    name: "Bookshelf",
    priceMinor: 15_900n,
    currency: "EUR",
    stock: 0,
  },
];

const DEVELOPER = { email: "ada@example.com", password: "correct horse battery staple" };

/** Writes a few products, and with `--development` an account; what is there already stays as it is. */
export async function run(): Promise<void> {
  const config = readMigrationConfig(process.env);
  const adapter = new PrismaPg({ connectionString: config.MIGRATION_DATABASE_URL, max: 1 });
  const prisma = new PrismaClient({ adapter });
  try {
    await prisma.product.createMany({ data: PRODUCTS, skipDuplicates: true }); // BK110
    if (process.argv.includes("--development")) await addDeveloper(prisma);
  } finally {
    await prisma.$disconnect();
  }
}

async function addDeveloper(prisma: PrismaClient): Promise<void> {
  const passwords = await Passwords.create(1);
  const passwordHash = await passwords.hash(DEVELOPER.password, new AbortController().signal);
  await prisma.user.createMany({ data: [{ email: DEVELOPER.email, passwordHash }], skipDuplicates: true });
}
