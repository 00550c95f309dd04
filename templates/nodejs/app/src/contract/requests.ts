import type { z } from "zod";
import type { Filters } from "../orders/find.ts";
import type { NewOrderLine } from "../orders/place.ts";
import type { NewOrder, OrderQuery } from "./schemas.ts";

/** Returns what an order asks for, in the words of the domain. */
export function linesOf({ lines }: z.infer<typeof NewOrder>): NewOrderLine[] {
  return lines.map(({ product_id, quantity }) => ({ productId: product_id, quantity }));
}

/** Returns what a listing is narrowed to, in the words of the domain. */
export function filtersOf({ status, placed_from, placed_before }: z.infer<typeof OrderQuery>): Filters {
  return {
    status,
    placedFrom: placed_from === undefined ? undefined : new Date(placed_from),
    placedBefore: placed_before === undefined ? undefined : new Date(placed_before),
  };
}
