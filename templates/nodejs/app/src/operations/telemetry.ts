import { setTimeout as sleep } from "node:timers/promises";
import { context, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { PrismaInstrumentation, registerInstrumentations } from "@prisma/instrumentation";
import type { ProcessConfig } from "../config.ts";

/** A collector that is down must not hold up the end of the process. */
const FLUSH_MS = 1000;

/** Sends what has not been sent yet. */
export type StopTelemetry = () => Promise<void>;

/**
 * Carries request ids and traces through the process; makes spans only if there is somewhere to send them.
 * Nothing is patched, so the order of imports does not matter: the spans are made where the work is.
 */
export function startTelemetry(config: ProcessConfig): StopTelemetry {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const endpoint = config.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined) return () => Promise.resolve();

  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, "")}/v1/traces` });
  const tracerProvider = new TracerProvider({
    resource: resourceFromAttributes({ "service.name": config.OTEL_SERVICE_NAME }),
    spanProcessors: [
      new BatchSpanProcessor({ exporter, scheduledDelayMillis: config.OTEL_BSP_SCHEDULE_DELAY }),
    ],
  });
  trace.setGlobalTracerProvider(tracerProvider);
  registerInstrumentations({ tracerProvider, instrumentations: [new PrismaInstrumentation()] });
  return () => Promise.race([tracerProvider.shutdown(), sleep(FLUSH_MS, undefined, { ref: false })]);
}
