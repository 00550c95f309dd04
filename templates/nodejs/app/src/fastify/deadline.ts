import { withinDeadline } from "../contract/deadline.ts";
import type { App } from "./app.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Ends when the request's time is up. */
    deadline: AbortSignal;
  }
}

/**
 * Gives every handler a deadline. Fastify's own `handlerTimeout` and `request.signal` end as soon as the body of a POST
 * has been read (https://github.com/fastify/fastify/pull/6725), so they guard GET only.
 */
export function limitTime(app: App, ms: number): void {
  app.decorateRequest("deadline");
  app.addHook("onRoute", (route) => {
    const { handler } = route;
    route.handler = function (request, reply) {
      return withinDeadline(ms, (signal) => {
        request.deadline = signal;
        return Promise.resolve(handler.call(this, request, reply));
      });
    };
  });
}
