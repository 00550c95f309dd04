import { Problem } from "../problem.ts";

/**
 * Runs the work until it is done or its time is up; then the caller hears of it, and the signal ends what can be ended
 * (BK134). What cannot be ended goes on, within the timeouts of the database, and its outcome is dropped.
 */
export async function withinDeadline<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const { promise: expiry, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const detail = "The service could not do this in time. Try again soon.";
    const problem = new Problem("unavailable", detail, { retryAfterSeconds: 1 });
    controller.abort(problem);
    reject(problem);
  }, ms);
  try {
    return await Promise.race([work(controller.signal), expiry]);
  } finally {
    clearTimeout(timer);
  }
}
