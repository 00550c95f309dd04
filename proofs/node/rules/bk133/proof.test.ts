import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { get } from "node:http";
import { createInterface } from "node:readline/promises";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { atEnd, figure, freshDatabase, hold, untilBlocked } from "#proof";

const LAME_DUCK_MS = 2_000;
/** What the avoid sample ignores; long, so that a slow machine is not taken for a wait. */
const IGNORED_MS = 8_000;
const PRODUCT = "insert into products (name, price_minor, stock) values ('lamp', 1900, 10)";

/** Asks on a new connection: the status, or the error's code. */
function ask(url: string): Promise<number | string> {
  return new Promise((resolve) => {
    get(url, { agent: false }, (response) => {
      response.resume().on("end", () => {
        resolve(response.statusCode ?? 0);
      });
    }).on("error", (error: NodeJS.ErrnoException) => {
      resolve(error.code ?? error.message);
    });
  });
}

/** Starts the service, and a request that waits for a row lock; then sends SIGTERM. */
async function stopWhileBusy(t: TestContext, role: "avoid" | "prefer", lameDuckMs: number, drainMs: number) {
  const database = await freshDatabase(t, PRODUCT);
  const script = new URL("server.ts", import.meta.url).pathname;
  const args = [script, role, database, String(lameDuckMs), String(drainMs)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  atEnd(t, () => child.kill("SIGKILL"));
  const exit = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  const [url] = (await once(createInterface(child.stdout), "line")) as [string];
  const row = await hold(t, database, "select from products for update");
  const work = ask(`${url}/work`);
  await untilBlocked(database, 1);
  assert.equal(await ask(`${url}/readyz`), 200);
  child.kill("SIGTERM");
  return { url, row, work, exit, begun: performance.now() };
}

/** Asks for readiness until connections are refused; returns what it said besides 200. */
async function untilRefused(url: string): Promise<unknown[]> {
  const seen = new Set<unknown>();
  for (let i = 0; i < 500; i++) {
    const answer = await ask(`${url}/readyz`);
    if (answer === "ECONNREFUSED") return [...seen];
    if (answer === 503) seen.add(`503, hello: ${String(await ask(`${url}/hello`))}`);
    await sleep(20);
  }
  return assert.fail("still accepts connections");
}

test("avoid: the request in flight fails, for its pool is gone", async (t) => {
  const { url, row, work } = await stopWhileBusy(t, "avoid", LAME_DUCK_MS, 20_000);
  await untilRefused(url);
  await row.release();
  assert.equal(await work, 500);
});

test("avoid: new requests are refused before a balancer can know", async (t) => {
  const { url, begun } = await stopWhileBusy(t, "avoid", IGNORED_MS, 20_000);
  await untilRefused(url);
  const elapsed = performance.now() - begun;
  assert.ok(elapsed < IGNORED_MS, `refused after ${elapsed} ms`);
});

test("prefer: readiness fails first, every request is answered, and the process ends with 0", async (t) => {
  const { url, row, work, exit, begun } = await stopWhileBusy(t, "prefer", LAME_DUCK_MS, 20_000);
  const seen = await untilRefused(url);
  assert.ok(seen.includes("503, hello: 200"), `readiness said ${String(seen)}`);
  await row.release();
  assert.equal(await work, 200);
  assert.deepEqual(await exit, [0, null]);
  figure("BK133", "from SIGTERM to exit, with a lame duck of 2 s", Math.round(performance.now() - begun), "ms");
});

test("prefer: a request that never ends holds the process no longer than the deadline", async (t) => {
  const { exit } = await stopWhileBusy(t, "prefer", 0, 1_000);
  assert.deepEqual(await Promise.race([exit, sleep(8_000, "still there", { ref: false })]), [1, null]);
});
