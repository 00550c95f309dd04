import type { z } from "zod";
import { invalid, Problem, type Fault } from "../problem.ts";
import { parseJson } from "./json.ts";

/** Returns the parameters of a path; one that cannot name anything is not found. */
export function readPath<T>(schema: z.ZodType<T>, parameters: unknown): T {
  const parsed = schema.safeParse(parameters);
  if (parsed.success) return parsed.data;
  throw new Problem("not-found");
}

/** Returns the parameters of a query; throws `invalid` with all that is wrong with them. */
export function readQuery<T>(schema: z.ZodType<T>, query: unknown): T {
  const parsed = schema.safeParse(query);
  if (parsed.success) return parsed.data;
  const faults = eachFault(parsed.error).map(({ path, detail }) => ({
    parameter: String(path[0] ?? ""),
    detail,
  }));
  throw invalid(...faults);
}

/** Returns what a body says; throws `invalid` with all that is wrong with it. */
export function readBody<T>(schema: z.ZodType<T>, bytes: Uint8Array): T {
  const parsed = schema.safeParse(parseJson(bytes));
  if (parsed.success) return parsed.data;
  throw invalid(...eachFault(parsed.error).map(({ path, detail }) => ({ pointer: pointerTo(path), detail })));
}

/** An object with unknown members is one issue to Zod, and a fault for each of them to the caller. */
function eachFault({ issues }: z.ZodError): (Fault & { path: PropertyKey[] })[] {
  return issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({ path: [...issue.path, key], detail: "is unknown" }))
      : [{ path: issue.path, detail: issue.message }],
  );
}

/** By RFC 6901. */
function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
