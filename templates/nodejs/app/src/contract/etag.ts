import { Problem } from "../problem.ts";
import { IfMatch } from "./schemas.ts";
import type { Versions } from "../orders/cancel.ts";

const LIST = /^[\s,]*(?:(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"(?:\s*,[\s,]*|\s*$))+$/;
const STRONG = /(?<!W\/)"([1-9][0-9]{0,9})"/g;
const GREATEST = 2 ** 31 - 1;

export function etagOf(version: number): string {
  return `"${version}"`;
}

/** Returns the versions that an `If-Match` names; a weak tag and one that is not ours match none (RFC 9110, 13.1.1). */
export function versionsOf(ifMatch: string | undefined): Versions {
  if (ifMatch === undefined) {
    throw new Problem("precondition-required", "Send the order's ETag as If-Match.");
  }
  if (ifMatch === "*") return "any";
  if (!IfMatch.safeParse(ifMatch).success || !LIST.test(ifMatch)) return [];
  return Array.from(ifMatch.matchAll(STRONG), ([, version]) => Number(version)).filter((n) => n <= GREATEST);
}
