import swagger from "@fastify/swagger";
import type { FastifySchema, RouteOptions } from "fastify";
import { jsonSchemaTransform } from "fastify-type-provider-zod";
import * as z from "zod";
import { ProblemDetails } from "../contract/schemas.ts";
import type { App } from "./app.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** The failures that are this route's own; those that it shares with others go without saying. */
    problems?: readonly (keyof typeof PROBLEMS)[];
    /** What its answer has besides the headers of all answers. */
    headers?: readonly (keyof typeof HEADERS)[];
  }
}

const HEADERS = {
  "X-Request-Id": { type: "string", pattern: "^[A-Za-z0-9._-]{1,128}$" },
  "Cache-Control": { type: "string", const: "no-store" },
  ETag: { type: "string", pattern: '^"[1-9][0-9]*"$' },
  "Idempotency-Replayed": { type: "string", const: "true" },
  Location: { type: "string", pattern: "^/v1/orders/[0-9a-f-]{36}$" },
  "Retry-After": { type: "string", pattern: "^[1-9][0-9]*$" },
  "WWW-Authenticate": { type: "string", pattern: "^Bearer" },
} as const;

const PROBLEMS = {
  400: { description: "`malformed-request`", headers: [] },
  401: { description: "`unauthorized`", headers: ["WWW-Authenticate"] },
  404: { description: "`not-found`: there is no such thing, or it is somebody else's.", headers: [] },
  409: {
    description:
      "`email-taken`, `insufficient-stock`, `mixed-currencies`, `order-not-cancellable` or `request-in-progress`",
    headers: ["Retry-After"],
  },
  412: { description: "`stale`", headers: [] },
  413: { description: "`too-large`", headers: [] },
  415: { description: "`unsupported-media-type`", headers: [] },
  422: { description: "`invalid` or `key-reused`", headers: [] },
  428: { description: "`precondition-required`", headers: [] },
  429: { description: "`too-many-requests`", headers: ["Retry-After"] },
  500: { description: "`internal-error`", headers: [] },
  503: { description: "`unavailable`", headers: ["Retry-After"] },
} as const;

const problemSchema = { ...z.toJSONSchema(ProblemDetails), $schema: undefined };

/** Serves the description of the routes that are registered after this, made from their schemas. */
export async function serveOpenapi(app: App): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.1",
      info: {
        title: "Orders",
        version: "1.0.0",
        summary: "Accounts, products with stock, and orders that can be sent twice without harm.",
      },
      components: {
        securitySchemes: { access_token: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
      },
      security: [{ access_token: [] }],
    },
    transform: (document) => {
      const { schema, url } = jsonSchemaTransform(document);
      return { url, schema: complete(schema, document.route) };
    },
  });
  app.get("/openapi.json", { schema: { hide: true }, config: { public: true } }, () => app.swagger());
}

/** Adds what follows from a route's nature: the failures it can answer with, and the headers of its answers. */
function complete(
  schema: FastifySchema,
  { config = {}, schema: declared = {} }: RouteOptions,
): FastifySchema {
  const statuses = [
    ...(config.problems ?? []),
    ...(config.public ? [] : [401 as const]),
    ...(declared.params ? [404 as const] : []),
    ...(declared.body ? ([400, 413, 415] as const) : []),
    ...([422, 429, 500, 503] as const),
  ];
  const answers = Object.entries((schema.response ?? {}) as Record<string, object>);
  return {
    ...schema,
    ...(config.public && { security: [] }),
    response: {
      ...Object.fromEntries(
        answers.map(([status, answer]) => [status, { ...answer, headers: headers(config.headers) }]),
      ),
      ...Object.fromEntries(statuses.map((status) => [status, problem(status)])),
    },
  };
}

function problem(status: keyof typeof PROBLEMS): object {
  const { description, headers: own } = PROBLEMS[status];
  return {
    description,
    headers: headers(own),
    content: { "application/problem+json": { schema: problemSchema } },
  };
}

function headers(own: readonly (keyof typeof HEADERS)[] = []): object {
  return Object.fromEntries((["X-Request-Id", ...own] as const).map((name) => [name, HEADERS[name]]));
}
