import type { Pool } from "pg";
import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

export interface Metrics {
  readonly registry: Registry;
  observe(request: { method: string; route: string; status: number; seconds: number }): void;
}

/** Measures requests, the pool and the process, under the names of OpenTelemetry's conventions. */
export function createMetrics(pool: Pool): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const duration = new Histogram({
    name: "http_server_request_duration_seconds",
    help: "Time from a request's head to the end of its answer.",
    labelNames: ["http_request_method", "http_route", "http_response_status_code"],
    buckets: SECONDS,
    registers: [registry],
  });
  measurePool(pool, registry);
  return {
    registry,
    observe({ method, route, status, seconds }) {
      duration.observe(
        { http_request_method: method, http_route: route, http_response_status_code: status },
        seconds,
      );
    },
  };
}

/** BK126: a pool that is too small shows here before it shows in answers. */
function measurePool(pool: Pool, registry: Registry): void {
  new Gauge({
    name: "db_client_connection_count",
    help: "Connections of the pool.",
    labelNames: ["db_client_connection_state"],
    registers: [registry],
    collect() {
      this.set({ db_client_connection_state: "idle" }, pool.idleCount);
      this.set({ db_client_connection_state: "used" }, pool.totalCount - pool.idleCount);
    },
  });
  new Gauge({
    name: "db_client_connection_max",
    help: "Connections that the pool may open.",
    registers: [registry],
    collect() {
      this.set(pool.options.max);
    },
  });
  new Gauge({
    name: "db_client_connection_pending_requests",
    help: "Callers that wait for a connection.",
    registers: [registry],
    collect() {
      this.set(pool.waitingCount);
    },
  });
}
