import { SECURITY_HEADERS } from "../contract/headers.ts";
import { Observation, statusOf, UNMATCHED } from "../operations/observation.ts";
import type { Services } from "../services.ts";
import type { App } from "./app.ts";

declare module "fastify" {
  interface FastifyRequest {
    observation: Observation;
  }
}

/** Gives every request its trace, its line in the log, its metrics and the headers of its answer. */
export function observe(app: App, { log, metrics }: Pick<Services, "log" | "metrics">): void {
  app.decorateRequest("observation");
  app.addHook("onRequest", (request, reply, done) => {
    reply.headers(SECURITY_HEADERS).header("x-request-id", request.id);
    request.observation = new Observation(request);
    request.observation.run(done);
  });
  app.addHook("onResponse", (request, reply, done) => {
    const route = request.routeOptions.url ?? UNMATCHED;
    request.observation.end({ route, status: statusOf(reply.raw) }, log, metrics);
    done();
  });
}
