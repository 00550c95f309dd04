import * as z from "zod";
import { invalid } from "../problem.ts";
import { Time, Uuid } from "./schemas.ts";
import type { Filters, Position } from "../orders/find.ts";

// A cursor says where a listing goes on, and which listing that is. It grants nothing: whatever it says, a query is
// bound to its owner, so it needs no signature.

const AfterProduct = z.tuple([z.literal("products"), Uuid]);
const AfterOrder = z.tuple([z.literal("orders"), Time, Uuid, z.string()]);

export function cursorAfterProduct(id: string): string {
  return encode(["products", id]);
}

export function productCursor(cursor: string | undefined): string | undefined {
  return cursor === undefined ? undefined : decode(AfterProduct, cursor)[1];
}

export function cursorAfterOrder({ createdAt, id }: Position, filters: Filters): string {
  return encode(["orders", createdAt.toISOString(), id, nameOf(filters)]);
}

/** Returns where an order listing goes on; throws `invalid` for a cursor that comes from a listing with other filters. */
export function orderCursor(cursor: string | undefined, filters: Filters): Position | undefined {
  if (cursor === undefined) return undefined;
  const [, createdAt, id, name] = decode(AfterOrder, cursor);
  if (name !== nameOf(filters)) throw noCursor();
  return { createdAt: new Date(createdAt), id };
}

function nameOf({ status, placedFrom, placedBefore }: Filters): string {
  return [status, placedFrom?.toISOString(), placedBefore?.toISOString()].join(" ");
}

function encode(value: readonly string[]): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function decode<T>(schema: z.ZodType<T>, cursor: string): T {
  const parsed = schema.safeParse(parse(Buffer.from(cursor, "base64url").toString()));
  if (!parsed.success) throw noCursor();
  return parsed.data;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw noCursor();
  }
}

function noCursor() {
  return invalid({
    parameter: "cursor",
    detail: "has to be the next_cursor of the page before, with its filters",
  });
}
