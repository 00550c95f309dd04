import type { FastifyReply, FastifyRequest } from "fastify";
import { answerTo, problemOf } from "../contract/problem-details.ts";
import { Problem, type ProblemKind } from "../problem.ts";
import type { App } from "./app.ts";

const KINDS_OF_FASTIFY: Readonly<Record<string, ProblemKind>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "too-large",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "malformed-request",
};

/** Answers every failure as a problem: those of handlers, of Fastify itself, and of requests that no route takes. */
export function answerProblems(app: App): void {
  const methodsOf = collectMethods(app);
  app.setNotFoundHandler((request) => {
    throw unmatched(request);
  });
  app.setErrorHandler((error, request, reply) => {
    sendProblem(request.is404 ? unmatched(request) : problemFrom(error, request), request, reply);
  });

  function unmatched({ url }: FastifyRequest): Problem {
    const allow = methodsOf(url.split("?", 1)[0] ?? "");
    return new Problem(allow.length > 0 ? "method-not-allowed" : "not-found", undefined, { allow });
  }
}

function sendProblem(problem: Problem, request: FastifyRequest, reply: FastifyReply): void {
  if (problem.kind === "internal-error") request.log.error({ err: problem.cause }, "request failed");
  if (problem.kind === "unavailable") {
    request.log.warn({ err: problem.cause ?? problem }, "request not served");
  }
  const { status, headers, body } = answerTo(problem, request.id);
  reply.code(status).headers(headers).send(body);
}

function problemFrom(error: unknown, request: FastifyRequest): Problem {
  if (error instanceof Problem) return error;
  const { code = "", statusCode = 500 } = error as { code?: string; statusCode?: number };
  const kind = KINDS_OF_FASTIFY[code];
  if (kind) return new Problem(kind);
  const ofTheRequest = code.startsWith("FST_ERR") || error === request.raw.errored;
  if (ofTheRequest && statusCode < 500) return new Problem("malformed-request");
  return problemOf(error);
}

/** Fastify has no 405: to it, a path with another method is not found. */
function collectMethods(app: App): (path: string) => string[] {
  const methods = new Map<string, string[]>();
  app.addHook("onRoute", ({ url, method }) => {
    methods.set(url, [...(methods.get(url) ?? []), method].flat());
  });
  return (path) => methods.entries().find(([url]) => patternOf(url).test(path))?.[1] ?? [];
}

function patternOf(url: string): RegExp {
  return new RegExp(`^${url.replaceAll(".", "\\.").replaceAll(/:\w+/g, "[^/]+")}$`);
}
