import type { IncomingMessage, Server, ServerResponse } from "node:http";
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from "fastify";
import { serializerCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import { answerClientError } from "../contract/client-error.ts";
import { requestIdOf } from "../contract/headers.ts";
import { ignoreExpectations, trackConnections } from "../operations/connections.ts";
import type { Services } from "../services.ts";
import { limitTime } from "./deadline.ts";
import { guard } from "./guard.ts";
import { observe } from "./observe.ts";
import { serveOpenapi } from "./openapi.ts";
import { answerProblems } from "./problems.ts";
import { accountRoutes } from "./routes/accounts.ts";
import { orderRoutes } from "./routes/orders.ts";
import { productRoutes } from "./routes/products.ts";
import { readInput } from "./validation.ts";

/** An instance whose routes have the types of their Zod schemas. */
export type App = FastifyInstance<
  Server,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

const LONGEST_PATH = 16_384; // the longest head that Node.js reads
const NOT_FOUND = "/not-found";

export async function buildApp(services: Services): Promise<App> {
  const { config } = services;
  const log: FastifyBaseLogger = services.log;
  const app: App = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }), // `observe` writes one line for each request
    childLoggerFactory: (logger) => logger, // the log finds the request's id by itself
    genReqId: (request) => requestIdOf(request.headers["x-request-id"]),
    rewriteUrl: ({ url = "/" }) => (isDecodable(url) ? url : NOT_FOUND),
    routerOptions: { maxParamLength: LONGEST_PATH },
    bodyLimit: config.BODY_LIMIT_BYTES,
    requestTimeout: config.READ_TIMEOUT_MS,
    http: {
      headersTimeout: config.READ_TIMEOUT_MS,
      connectionsCheckingInterval: 1000,
      requireHostHeader: false, // `guard` does it
    },
    clientErrorHandler: (error, socket) => {
      answerClientError(error, socket, services);
    },
    return503OnClosing: false, // a connection that is open already is served, then closed
  }).withTypeProvider<ZodTypeProvider>();
  app.setSerializerCompiler(serializerCompiler);
  ignoreExpectations(app.server);
  const letGo = trackConnections(app.server);
  app.addHook("preClose", (done) => {
    letGo();
    done();
  });

  // The order counts: each adds hooks for the routes that come after it.
  observe(app, services);
  answerProblems(app);
  guard(app, services);
  readInput(app);
  limitTime(app, config.REQUEST_TIMEOUT_MS);
  await serveOpenapi(app);
  accountRoutes(app, services);
  productRoutes(app, services);
  orderRoutes(app, services);
  await app.ready();
  return app;
}

/** Fastify answers a path like `/%ff` before its hooks run; here it is a path like any other that is no route. */
function isDecodable(url: string): boolean {
  if (!url.includes("%")) return true;
  try {
    decodeURIComponent(url.split("?", 1)[0] ?? "");
    return true;
  } catch {
    return false;
  }
}
