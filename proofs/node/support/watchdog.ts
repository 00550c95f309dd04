// Kills a proof's process that never gives up the event loop: the runner's own timeout needs that loop.
import { Worker } from "node:worker_threads";

const LIMIT_MS = 120_000;

// The runner itself loads this too, and must outlive its children.
if (process.env["NODE_TEST_CONTEXT"] !== undefined) {
  const code = `setTimeout(() => process.kill(process.pid, "SIGKILL"), ${String(LIMIT_MS)})`;
  new Worker(code, { eval: true, execArgv: [] }).unref();
}
