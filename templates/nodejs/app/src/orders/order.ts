import type { Prisma } from "#prisma";

export interface OrderLine {
  readonly productId: string;
  readonly quantity: number;
  readonly unitPriceMinor: bigint;
}

export interface Order {
  readonly id: string;
  readonly status: string;
  readonly totalMinor: bigint;
  readonly currency: string;
  readonly version: number;
  readonly createdAt: Date;
  readonly lines: readonly OrderLine[];
}

export const shownLine = { productId: true, quantity: true, unitPriceMinor: true } as const;

export const shownHead = {
  id: true,
  status: true,
  totalMinor: true,
  currency: true,
  version: true,
  createdAt: true,
} as const;

export const shownOrder = {
  ...shownHead,
  lines: { select: shownLine, orderBy: { productId: "asc" } },
} as const satisfies Prisma.OrderSelect;

/** BK106: everybody locks products in this order, so nobody waits in a circle. */
export function byProduct(a: { productId: string }, b: { productId: string }): number {
  return Number(a.productId > b.productId) - Number(a.productId < b.productId);
}
