import assert from "node:assert/strict";
import type { RequestListener } from "node:http";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { atEnd, figure, listen } from "#proof";
import * as avoid from "./avoid.ts";
import * as prefer from "./prefer.ts";

const CALLS = 20;
const BUDGET_MS = 500;

/** Sends requests to the app while its partner never answers; tells of the partner's open connections. */
async function whileThePartnerHangs(t: TestContext, { createApp }: typeof avoid) {
  const partner = { open: 0, asked: 0 };
  const hang: RequestListener = ({ socket }) => {
    partner.open++;
    partner.asked++;
    socket.once("close", () => partner.open--);
  };
  const app = createApp(await listen(t, hang), BUDGET_MS);
  atEnd(t, () => app.close());
  // On a busy machine the budget may be over before the first call is sent.
  for (let i = 0; partner.asked === 0 && i < 10; i++) {
    const calls = Array.from({ length: CALLS }, () => app.inject("/quotes/1"));
    const answers = await Promise.all(calls);
    assert.deepEqual(new Set(answers.map((answer) => answer.statusCode)), new Set([503]));
  }
  assert.ok(partner.asked > 0, "nobody asked the partner");
  return partner;
}

test("avoid: every caller has got a 503, and every call to the partner still runs", async (t) => {
  const partner = await whileThePartnerHangs(t, avoid);
  for (let i = 0; partner.open < CALLS && i < 100; i++) await sleep(20);
  await sleep(3 * BUDGET_MS);
  assert.equal(partner.open, CALLS);
  figure("BK134", "calls still open of 20 whose callers are gone", partner.open);
});

test("prefer: the calls to the partner end with their callers' budget", async (t) => {
  const partner = await whileThePartnerHangs(t, prefer);
  for (let i = 0; partner.open > 0 && i < 100; i++) await sleep(20);
  assert.equal(partner.open, 0);

  const well: RequestListener = (_request, response) => response.end('{"totalMinor":1900}');
  const app = prefer.createApp(await listen(t, well), 5_000);
  atEnd(t, () => app.close());
  assert.deepEqual((await app.inject("/quotes/1")).json(), { totalMinor: 1900 });
});
