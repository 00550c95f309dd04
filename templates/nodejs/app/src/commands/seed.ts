import { PrismaPg } from "@prisma/adapter-pg";
import { PrismaClient } from "#prisma";
import { Passwords } from "../accounts/passwords.ts";
import { readMigrationConfig } from "../config.ts";
import { createLog } from "../operations/log.ts";

// Ids are fixed and rows that exist stay as they are, so seeding may run again.
const PRODUCTS = [
  ["01990000-0000-7000-8000-000000000001", "Kettle", 3900n, "EUR", 100],
  ["01990000-0000-7000-8000-000000000002", "Teapot", 2450n, "EUR", 100],
  ["01990000-0000-7000-8000-000000000003", "Tea, 500 g", 990n, "EUR", 500],
  ["01990000-0000-7000-8000-000000000004", "Cup and saucer", 1200n, "EUR", 250],
  ["01990000-0000-7000-8000-000000000005", "Biscuits", 450n, "USD", 300],
] as const;

const DEVELOPER = { email: "ada@example.com", password: "correct horse battery staple" };

/** Writes a few products, and with `--development` an account. */
export async function run(): Promise<void> {
  const config = readMigrationConfig(process.env);
  const adapter = new PrismaPg({ connectionString: config.MIGRATION_DATABASE_URL, max: 1 });
  const prisma = new PrismaClient({ adapter });
  try {
    await prisma.product.createMany({ data: PRODUCTS.map(product), skipDuplicates: true }); // BK110
    if (process.argv.includes("--development")) await addDeveloper(prisma);
    createLog(config.LOG_LEVEL).info("seeded");
  } finally {
    await prisma.$disconnect();
  }
}

function product([id, name, priceMinor, currency, stock]: (typeof PRODUCTS)[number]) {
  return { id, name, priceMinor, currency, stock };
}

async function addDeveloper(prisma: PrismaClient): Promise<void> {
  const passwords = await Passwords.create(1);
  const passwordHash = await passwords.hash(DEVELOPER.password, new AbortController().signal);
  await prisma.user.createMany({ data: [{ email: DEVELOPER.email, passwordHash }], skipDuplicates: true });
}
