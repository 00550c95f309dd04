import type { ErrorRequestHandler, RequestHandler } from "express";
import { answerTo, problemOf } from "../../app/src/contract/problem-details.ts";
import { Problem, type ProblemKind } from "../../app/src/problem.ts";
import type { Services } from "../../app/src/services.ts";

const KINDS_OF_BODY_PARSER: Readonly<Record<string, ProblemKind>> = {
  "entity.too.large": "too-large",
  "encoding.unsupported": "unsupported-media-type",
  "request.aborted": "malformed-request",
  "request.size.invalid": "malformed-request",
};

export const refuseUnmatched: RequestHandler = () => {
  throw new Problem("not-found");
};

/** Returns the last handler of a route: what has another method than those before it comes here. */
export function allowOnly(...allow: string[]): RequestHandler {
  return () => {
    throw new Problem("method-not-allowed", undefined, { allow });
  };
}

/** Answers every failure as a problem; Express knows an error handler by its four parameters. */
export function answerProblem({ log }: Pick<Services, "log">): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    const problem = problemFrom(error);
    if (problem.kind === "internal-error") log.error({ err: problem.cause }, "request failed");
    if (problem.kind === "unavailable") log.warn({ err: problem.cause ?? problem }, "request not served");
    if (response.headersSent) {
      next(error);
      return;
    }
    const { status, headers, body } = answerTo(problem, String(response.get("x-request-id")));
    response.status(status).set(headers).send(body);
  };
}

function problemFrom(error: unknown): Problem {
  if (error instanceof URIError) return new Problem("not-found"); // a parameter such as %ff
  const { type = "" } = error as { type?: string };
  const kind = KINDS_OF_BODY_PARSER[type];
  return kind ? new Problem(kind) : problemOf(error);
}
