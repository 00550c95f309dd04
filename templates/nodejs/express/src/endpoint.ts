import express, { type Request, type RequestHandler } from "express";
import { withinDeadline } from "../../app/src/contract/deadline.ts";
import { requireJson } from "../../app/src/contract/json.ts";
import type { Services } from "../../app/src/services.ts";
import { userOf } from "./guard.ts";

export interface Asked {
  readonly request: Request;
  /** Whose access token it was; empty on public routes. */
  readonly userId: string;
  /** Ends when the request's time is up. */
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A value, or text that is JSON already. */
  readonly body?: object | string;
}

/** Returns a handler with a deadline: it says what to answer, and only what comes in time is sent. */
export function endpoint({ config }: Services, work: (asked: Asked) => Promise<Answer>): RequestHandler {
  return async (request, response) => {
    const userId = userOf(response);
    const answer = await withinDeadline(config.REQUEST_TIMEOUT_MS, (signal) =>
      work({ request, userId, signal }),
    );
    const { status = 200, headers = {}, body } = answer;
    response.status(status).set(headers);
    if (body === undefined) response.end();
    else response.type("json").send(typeof body === "string" ? body : JSON.stringify(body));
  };
}

/** Reads a body as bytes, if it is one that the contract takes. */
export function bodyOf({ config }: Services): RequestHandler[] {
  const announced: RequestHandler = ({ headers }, _response, next) => {
    requireJson(headers);
    next();
  };
  return [announced, express.raw({ type: () => true, limit: config.BODY_LIMIT_BYTES, inflate: false })];
}

/** Returns the bytes of a body; a request without one has none. */
export function bytesOf({ body }: Request): Uint8Array {
  return body instanceof Uint8Array ? body : new Uint8Array();
}
