import type { Logger } from "pino";
import type { PrismaClient } from "#prisma";
import type { Deliver, OutboxEvent } from "./deliver.ts";

const BATCH = 10;
const LEASE_SECONDS = 30;
const LONGEST_PAUSE_SECONDS = 300;

/** Delivers the events that are due, at least once each and in no promised order; tells whether more may be due. */
export async function relay(prisma: PrismaClient, deliver: Deliver, log: Logger): Promise<boolean> {
  const events = await claim(prisma);
  // BK102: the claim is committed, so no lock is held while a receiver takes its time.
  const outcomes = await Promise.allSettled(events.map((event) => handOn(prisma, deliver, event, log)));
  const failure = outcomes.find((outcome) => outcome.status === "rejected"); // the database, not a receiver
  if (failure) throw failure.reason;
  return events.length === BATCH;
}

/** Takes events for the length of a lease; should this process die meanwhile, they are due again when it ends. */
async function claim(prisma: PrismaClient): Promise<OutboxEvent[]> {
  return prisma.$queryRaw<OutboxEvent[]>`
    with due as materialized (
      select id from outbox
      where published_at is null and next_attempt_at <= current_timestamp
      order by next_attempt_at
      limit ${BATCH}
      for update skip locked
    )
    update outbox
    set attempts = attempts + 1, next_attempt_at = current_timestamp + make_interval(secs => ${LEASE_SECONDS})
    from due
    where outbox.id = due.id
    returning outbox.id, topic, payload, traceparent, created_at as "createdAt", attempts`;
}

async function handOn(
  prisma: PrismaClient,
  deliver: Deliver,
  event: OutboxEvent,
  log: Logger,
): Promise<void> {
  const { id, attempts } = event;
  try {
    await deliver(event);
  } catch (error) {
    log.warn({ err: error, event_id: id, attempts }, "event not delivered");
    const nextAttemptAt = new Date(Date.now() + pauseAfter(attempts) * 1000);
    await prisma.outboxEvent.updateMany({ where: { id, publishedAt: null }, data: { nextAttemptAt } });
    return;
  }
  await prisma.outboxEvent.updateMany({ where: { id }, data: { publishedAt: new Date() } });
}

/** Returns how many seconds to wait after a failed attempt: 1, 2, 4 … 300. */
export function pauseAfter(attempts: number): number {
  return Math.min(2 ** (attempts - 1), LONGEST_PAUSE_SECONDS);
}
