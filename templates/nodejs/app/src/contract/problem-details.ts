import type { z } from "zod";
import { isUnavailable } from "../database/failure.ts";
import { Problem, type ProblemKind } from "../problem.ts";
import type { ProblemDetails } from "./schemas.ts";

const KINDS: Record<ProblemKind, readonly [status: number, title: string]> = {
  "malformed-request": [400, "The request cannot be read"],
  unauthorized: [401, "Sign in first"],
  "not-found": [404, "There is no such thing"],
  "method-not-allowed": [405, "The method is not allowed here"],
  "request-timeout": [408, "The request came too slowly"],
  "email-taken": [409, "The email is taken"],
  "insufficient-stock": [409, "There is not enough in stock"],
  "mixed-currencies": [409, "An order has one currency"],
  "order-not-cancellable": [409, "The order cannot be cancelled"],
  "request-in-progress": [409, "The first attempt is still running"],
  stale: [412, "The order has changed"],
  "too-large": [413, "The body is too large"],
  "unsupported-media-type": [415, "The body has to be application/json"],
  invalid: [422, "The request is invalid"],
  "key-reused": [422, "The idempotency key was used before"],
  "precondition-required": [428, "The request needs a precondition"],
  "too-many-requests": [429, "Too many requests"],
  "internal-error": [500, "Something went wrong here"],
  unavailable: [503, "The service is not available"],
};

const RETRY_AFTER_SECONDS = 1;

/** An answer that says what went wrong, by RFC 9457. */
export interface ProblemAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Returns what the caller may know of an error: its own problem, or that the fault is ours. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (isUnavailable(error)) {
    const detail = "The service cannot do this now. Try again soon.";
    return new Problem("unavailable", detail, { cause: error, retryAfterSeconds: RETRY_AFTER_SECONDS });
  }
  return new Problem("internal-error", undefined, { cause: error });
}

export function answerTo(problem: Problem, requestId: string): ProblemAnswer {
  const [status, title] = KINDS[problem.kind];
  const details: z.infer<typeof ProblemDetails> = {
    type: `urn:problem:${problem.kind}`,
    title,
    status,
    ...(problem.detail !== undefined && { detail: problem.detail }),
    request_id: requestId,
    ...(problem.faults.length > 0 && { errors: [...problem.faults] }),
  };
  return { status, headers: headersOf(problem), body: JSON.stringify(details) };
}

function headersOf({ kind, retryAfterSeconds, invalidToken, allow }: Problem): Record<string, string> {
  return {
    "content-type": "application/problem+json",
    ...(kind === "unauthorized" && {
      "www-authenticate": invalidToken ? 'Bearer error="invalid_token"' : "Bearer", // RFC 6750
    }),
    ...(retryAfterSeconds !== undefined && { "retry-after": String(retryAfterSeconds) }),
    ...(allow.length > 0 && { allow: allow.join(", ") }),
  };
}
