import { buildApp } from "../fastify/app.ts";
import { serve } from "../operations/serve.ts";

export function run(): Promise<void> {
  return serve(buildApp);
}
