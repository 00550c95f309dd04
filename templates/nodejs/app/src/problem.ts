/** Every way in which a request can fail, in the words of the contract. */
export type ProblemKind =
  | "malformed-request"
  | "unauthorized"
  | "not-found"
  | "method-not-allowed"
  | "request-timeout"
  | "email-taken"
  | "insufficient-stock"
  | "mixed-currencies"
  | "order-not-cancellable"
  | "request-in-progress"
  | "stale"
  | "too-large"
  | "unsupported-media-type"
  | "invalid"
  | "key-reused"
  | "precondition-required"
  | "too-many-requests"
  | "internal-error"
  | "unavailable";

/** One thing that is wrong with what was asked. */
export interface Fault {
  /** Where in the body, as a JSON pointer. */
  readonly pointer?: string;
  /** Which query parameter or header. */
  readonly parameter?: string;
  readonly detail: string;
}

interface Circumstances extends ErrorOptions {
  readonly faults?: readonly Fault[];
  readonly retryAfterSeconds?: number;
  /** Whether a token came with the request, and does not count. */
  readonly invalidToken?: boolean;
  readonly allow?: readonly string[];
}

/** A failure that the caller is told about; `detail` is for a person and may be read by anybody. */
export class Problem extends Error {
  readonly kind: ProblemKind;
  readonly detail: string | undefined;
  readonly faults: readonly Fault[];
  readonly retryAfterSeconds: number | undefined;
  readonly invalidToken: boolean;
  readonly allow: readonly string[];

  constructor(kind: ProblemKind, detail?: string, circumstances: Circumstances = {}) {
    super(detail ?? kind, circumstances);
    this.kind = kind;
    this.detail = detail;
    this.faults = circumstances.faults ?? [];
    this.retryAfterSeconds = circumstances.retryAfterSeconds;
    this.invalidToken = circumstances.invalidToken ?? false;
    this.allow = circumstances.allow ?? [];
  }
}

/** Returns the problem of a request that names things that do not exist or do not fit. */
export function invalid(...faults: Fault[]): Problem {
  return new Problem("invalid", undefined, { faults });
}
