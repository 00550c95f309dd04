import { randomBytes } from "node:crypto";
import { hash, verify, type Options } from "@node-rs/argon2";
import { Gate } from "./gate.ts";

/** For Argon2id, which is the package's default algorithm. */
const OPTIONS: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Hashes passwords on the thread pool of libuv, a few at once: each takes 19 MiB and a core. */
export class Passwords {
  readonly #gate: Gate;
  readonly #ofNobody: string;

  private constructor(atOnce: number, ofNobody: string) {
    this.#gate = new Gate(atOnce);
    this.#ofNobody = ofNobody;
  }

  static async create(atOnce: number): Promise<Passwords> {
    return new Passwords(atOnce, await hash(randomBytes(32), OPTIONS));
  }

  hash(password: string, signal: AbortSignal): Promise<string> {
    return this.#gate.run(() => hash(password, OPTIONS), signal);
  }

  /** Compares with a hash, or does the same work where there is none. */
  async matches(password: string, kept: string | undefined, signal: AbortSignal): Promise<boolean> {
    const same = await this.#gate.run(() => verify(kept ?? this.#ofNobody, password), signal);
    return same && kept !== undefined;
  }
}
