import { createServer, type Server, type ServerResponse } from "node:http";
import type { Pool } from "pg";
import { isReachable } from "../database/database.ts";
import type { Metrics } from "./metrics.ts";

interface Operated {
  readonly pool: Pool;
  readonly metrics: Metrics;
  readonly isStopping: () => boolean;
}

/** Answers probes and the scraper on a listener of their own, which is never published. */
export function createAdminServer({ pool, metrics, isStopping }: Operated): Server {
  const pages: Readonly<Record<string, (response: ServerResponse) => Promise<void> | void>> = {
    "/healthz": (response) => {
      answer(response, 200, "ok");
    },
    "/readyz": async (response) => {
      if (isStopping()) answer(response, 503, "stopping");
      else if (await isReachable(pool)) answer(response, 200, "ready");
      else answer(response, 503, "no database");
    },
    "/metrics": async (response) => {
      const text = await metrics.registry.metrics();
      response.writeHead(200, { "content-type": metrics.registry.contentType }).end(text);
    },
  };
  return createServer((request, response) => {
    const page = Object.hasOwn(pages, request.url ?? "") ? pages[request.url ?? ""] : undefined;
    if (!page || (request.method !== "GET" && request.method !== "HEAD")) {
      answer(response, 404, "not found");
      return;
    }
    Promise.resolve(page(response)).catch(() => {
      answer(response, 500, "error");
    });
  });
}

function answer(response: ServerResponse, code: number, status: string): void {
  response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify({ status }));
}
