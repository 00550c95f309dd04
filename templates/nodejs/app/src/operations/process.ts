import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";

/** Logs what nothing has caught, and ends the process: its state is unknown. */
export function exitOnUncaught(log: Logger): void {
  process.on("uncaughtException", (error) => {
    log.error({ err: error }, "uncaught exception");
    process.exit(1);
  });
}

/** Resolves on SIGTERM or SIGINT; later ones are ignored, since the end is under way. */
export function untilSignal(log: Logger): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, () => {
        log.info({ signal }, "stopping");
        resolve();
      });
    }
  });
}

interface Serving {
  readonly log: Logger;
  readonly delayMs: number;
  readonly graceMs: number;
  /** Makes readiness fail. */
  readonly withdraw: () => void;
  /** Stops accepting and waits for the requests in flight. */
  readonly drain: () => Promise<unknown>;
  /** Lets go of what requests need. */
  readonly release: () => Promise<void>;
}

/** BK133: fails readiness, gives the balancer time to notice, drains, and leaves; what hangs on is cut. */
export async function stopServing({
  log,
  delayMs,
  graceMs,
  withdraw,
  drain,
  release,
}: Serving): Promise<never> {
  withdraw();
  await sleep(delayMs);
  setTimeout(() => {
    log.error("requests were cut off");
    process.exit(1);
  }, graceMs).unref();
  await drain();
  await release();
  log.info("stopped");
  process.exit(0);
}
