import { Problem } from "../problem.ts";

const WINDOW_MS = 60_000;
const MOST_CALLERS = 50_000;

interface Window {
  count: number;
  readonly endsAt: number;
}

/** Counts requests of each caller in windows of a minute, in the memory of this process and in a bounded part of it. */
export class RateLimit {
  readonly #windows = new Map<string, Window>();
  readonly #perMinute: number;
  readonly #mostCallers: number;
  readonly #now: () => number;

  constructor(perMinute: number, { mostCallers = MOST_CALLERS, now = () => performance.now() } = {}) {
    this.#perMinute = perMinute;
    this.#mostCallers = mostCallers;
    this.#now = now;
  }

  /** Counts a request; throws `too-many-requests` if it is one too many. */
  take(caller: string): void {
    const now = this.#now();
    const window = this.#windowOf(caller, now);
    window.count += 1;
    if (window.count <= this.#perMinute) return;
    const retryAfterSeconds = Math.max(1, Math.ceil((window.endsAt - now) / 1000));
    throw new Problem("too-many-requests", "Too many requests. Slow down.", { retryAfterSeconds });
  }

  #windowOf(caller: string, now: number): Window {
    const known = this.#windows.get(caller);
    if (known && known.endsAt > now) return known;
    const window = { count: 0, endsAt: now + WINDOW_MS };
    this.#windows.delete(caller);
    this.#windows.set(caller, window);
    this.#evict(now);
    return window;
  }

  /** A map remembers the order of insertion, so the windows that end first come first. */
  #evict(now: number): void {
    for (const [caller, { endsAt }] of this.#windows) {
      if (endsAt > now && this.#windows.size <= this.#mostCallers) return;
      this.#windows.delete(caller);
    }
  }
}
