import { setTimeout as sleep } from "node:timers/promises";
import { readWorkerConfig } from "../config.ts";
import { openDatabase } from "../database/database.ts";
import { createLog } from "../operations/log.ts";
import { exitOnUncaught, untilSignal } from "../operations/process.ts";
import { startTelemetry } from "../operations/telemetry.ts";
import { deliverer } from "../outbox/deliver.ts";
import { relay } from "../outbox/relay.ts";
import { sweep } from "../outbox/sweep.ts";

const SWEEP_EVERY_MS = 60_000;

/** Delivers the events of the outbox, and clears away what has expired, until it is told to stop. */
export async function run(): Promise<void> {
  const config = readWorkerConfig(process.env);
  const log = createLog(config.LOG_LEVEL);
  exitOnUncaught(log);
  const signalled = untilSignal(log);
  const stopTelemetry = startTelemetry(config);
  const { prisma, close } = openDatabase(config, log);
  const stopping = new AbortController();
  const deliver = deliverer(config.OUTBOX_WEBHOOK_URL, log);
  const jobs = [
    repeat(config.OUTBOX_POLL_MS, () => relay(prisma, deliver, log)),
    repeat(SWEEP_EVERY_MS, () => sweep(prisma)),
  ];
  log.info("working");

  await signalled;
  stopping.abort();
  await Promise.all(jobs);
  await close();
  await stopTelemetry();
  log.info("stopped");
  process.exit(0);

  /** Does a job again and again, with a pause where it says that nothing is left to do. */
  async function repeat(pauseMs: number, job: () => Promise<boolean>): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        if (await job()) continue;
      } catch (error) {
        log.warn({ err: error }, "job failed");
      }
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }
}
