import type { RequestHandler } from "express";
import { requestIdOf, SECURITY_HEADERS } from "../../app/src/contract/headers.ts";
import { Observation, statusOf, UNMATCHED } from "../../app/src/operations/observation.ts";
import type { Services } from "../../app/src/services.ts";

/** Gives every request its trace, its line in the log, its metrics and the headers of its answer. */
export function observe({ log, metrics }: Pick<Services, "log" | "metrics">): RequestHandler {
  return (request, response, next) => {
    const { method, headers } = request;
    const observation = new Observation({ id: requestIdOf(headers["x-request-id"]), method, headers });
    response.set(SECURITY_HEADERS).set("x-request-id", observation.id);
    response.once("close", () => {
      const route = (request.route as { path: string } | undefined)?.path ?? UNMATCHED;
      observation.end({ route, status: statusOf(response) }, log, metrics);
    });
    observation.run(next);
  };
}
