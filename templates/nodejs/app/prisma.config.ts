import { defineConfig } from "prisma/config";

const url = process.env["MIGRATION_DATABASE_URL"];

export default defineConfig({
  schema: "prisma/schema.prisma",
  migrations: { path: "prisma/migrations" },
  ...(url && { datasource: { url } }), // `prisma generate` needs no database, so an image is built without one
});
