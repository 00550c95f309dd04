import { once } from "node:events";
import { createServer } from "node:http";
import { answerClientError } from "../../app/src/contract/client-error.ts";
import { ignoreExpectations, trackConnections } from "../../app/src/operations/connections.ts";
import type { Listener } from "../../app/src/operations/serve.ts";
import type { Services } from "../../app/src/services.ts";
import { buildApp } from "./app.ts";

const KEEP_ALIVE_MS = 72_000; // longer than a balancer keeps an idle connection

export async function listener(services: Services): Promise<Listener> {
  const { READ_TIMEOUT_MS } = services.config;
  const options = {
    headersTimeout: READ_TIMEOUT_MS,
    requestTimeout: READ_TIMEOUT_MS,
    connectionsCheckingInterval: 1000,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requireHostHeader: false, // `app.ts` does it
  };
  const server = createServer(options, await buildApp(services));
  server.on("clientError", (error, socket) => {
    answerClientError(error, socket, services);
  });
  ignoreExpectations(server);
  const letGo = trackConnections(server);
  return {
    listen({ host, port }) {
      server.listen(port, host);
      return once(server, "listening");
    },
    close() {
      const closed = once(server, "close");
      server.close();
      letGo();
      return closed;
    },
  };
}
