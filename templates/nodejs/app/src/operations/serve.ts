import { once } from "node:events";
import { readApiConfig } from "../config.ts";
import { openDatabase } from "../database/database.ts";
import { createServices, type Services } from "../services.ts";
import { createAdminServer } from "./admin.ts";
import { createLog } from "./log.ts";
import { exitOnUncaught, stopServing, untilSignal } from "./process.ts";
import { startTelemetry } from "./telemetry.ts";

/** What a framework makes of the services. */
export interface Listener {
  listen(address: { host: string; port: number }): Promise<unknown>;
  /** Stops accepting, and resolves when the requests in flight are answered. */
  close(): Promise<unknown>;
}

/** Serves requests until the process is told to stop. */
export async function serve(build: (services: Services) => Promise<Listener>): Promise<void> {
  const config = readApiConfig(process.env);
  const log = createLog(config.LOG_LEVEL);
  exitOnUncaught(log);
  const signalled = untilSignal(log);
  const stopTelemetry = startTelemetry(config);
  const database = openDatabase(config, log);
  const services = await createServices(config, database, log);
  const listener = await build(services);

  let stopping = false;
  const admin = createAdminServer({ ...services, pool: database.pool, isStopping: () => stopping });
  await listener.listen({ host: config.HOST, port: config.PORT });
  admin.listen(config.ADMIN_PORT, config.HOST);
  await once(admin, "listening");
  log.info({ host: config.HOST, port: config.PORT, admin_port: config.ADMIN_PORT }, "serving");

  await signalled;
  await stopServing({
    log,
    delayMs: config.SHUTDOWN_DELAY_MS,
    graceMs: config.SHUTDOWN_GRACE_MS,
    withdraw: () => {
      stopping = true;
    },
    drain: () => listener.close(),
    release: async () => {
      await database.close();
      await stopTelemetry();
      admin.close();
    },
  });
}
