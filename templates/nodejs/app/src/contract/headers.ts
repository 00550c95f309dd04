import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { Problem } from "../problem.ts";
import { IdempotencyKey } from "./schemas.ts";

/** What every answer of the public listener carries. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "strict-transport-security": "max-age=31536000",
  "cache-control": "no-store",
};

/** Throws where HTTP/1.1 says no host (RFC 9112, section 3.2); what Node.js refuses by itself is no problem document. */
export function requireHost({ httpVersion, headers }: IncomingMessage): void {
  if (httpVersion !== "1.1" || headers.host !== undefined) return;
  throw new Problem("malformed-request", "Send a Host.");
}

type Header = string | string[] | undefined;

/** Returns the caller's own id of the request if it can be logged as it is, and a new one otherwise. */
export function requestIdOf(header: Header): string {
  return typeof header === "string" && /^[A-Za-z0-9._-]{1,128}$/.test(header) ? header : randomUUID();
}

/** Returns the key of a request that must not be done twice (BK121). */
export function idempotencyKeyOf(header: Header): string {
  const key = IdempotencyKey.safeParse(header);
  if (key.success) return key.data;
  const detail = "Send an Idempotency-Key of 1 to 255 letters, digits and _ . : -";
  throw new Problem("malformed-request", detail, { faults: [{ parameter: "Idempotency-Key", detail }] });
}

/** Returns the token of an `Authorization` header. */
export function bearerTokenOf(header: string | undefined): string {
  const token = /^Bearer +([\w.~+/-]+=*)$/i.exec(header ?? "")?.[1];
  if (token === undefined) throw new Problem("unauthorized", "Send an access token.");
  return token;
}
