import { Router } from "express";
import { orderCursor } from "../../../app/src/contract/cursor.ts";
import { etagOf, versionsOf } from "../../../app/src/contract/etag.ts";
import { idempotencyKeyOf } from "../../../app/src/contract/headers.ts";
import { readBody, readPath, readQuery } from "../../../app/src/contract/input.ts";
import { filtersOf, linesOf } from "../../../app/src/contract/requests.ts";
import { NewOrder, NoQuery, OrderPath, OrderQuery } from "../../../app/src/contract/schemas.ts";
import { linesView, orderPageView, orderView, placedAnswer } from "../../../app/src/contract/views.ts";
import { cancelOrder } from "../../../app/src/orders/cancel.ts";
import { getOrder, listOrders } from "../../../app/src/orders/find.ts";
import { once } from "../../../app/src/orders/idempotency.ts";
import type { Order } from "../../../app/src/orders/order.ts";
import { placeOrder } from "../../../app/src/orders/place.ts";
import type { Services } from "../../../app/src/services.ts";
import { bodyOf, bytesOf, endpoint, type Answer } from "../endpoint.ts";
import { requireAccount } from "../guard.ts";
import { allowOnly } from "../problems.ts";

function shown(order: Order): Answer {
  return { headers: { etag: etagOf(order.version) }, body: orderView(order) };
}

export function orderRoutes(services: Services): Router {
  const { prisma } = services;
  const signedIn = requireAccount(services);
  const router = Router({ caseSensitive: true, strict: true });

  router
    .route("/v1/orders")
    .post(
      signedIn,
      bodyOf(services),
      endpoint(services, async ({ request, userId }) => {
        readQuery(NoQuery, request.query);
        const key = idempotencyKeyOf(request.headers["idempotency-key"]);
        const wanted = readBody(NewOrder, bytesOf(request));
        const claim = { userId, operation: "placeOrder", key };
        const { answer, replayed } = await once(prisma, claim, wanted, async (tx) =>
          placedAnswer(await placeOrder(tx, userId, linesOf(wanted))),
        );
        return replayed
          ? { ...answer, headers: { ...answer.headers, "idempotency-replayed": "true" } }
          : answer;
      }),
    )
    .get(
      signedIn,
      endpoint(services, async ({ request, userId }) => {
        const query = readQuery(OrderQuery, request.query);
        const filters = filtersOf(query);
        const after = orderCursor(query.cursor, filters);
        const page = await listOrders(prisma, userId, { filters, after, limit: query.limit });
        return { body: orderPageView(page, filters) };
      }),
    )
    .all(allowOnly("GET", "HEAD", "POST"));

  router
    .route("/v1/orders/:order_id")
    .get(
      signedIn,
      endpoint(services, async ({ request, userId }) => {
        const { order_id } = readPath(OrderPath, request.params);
        readQuery(NoQuery, request.query);
        return shown(await getOrder(prisma, userId, order_id));
      }),
    )
    .all(allowOnly("GET", "HEAD"));

  router
    .route("/v1/orders/:order_id/lines")
    .get(
      signedIn,
      endpoint(services, async ({ request, userId }) => {
        const { order_id } = readPath(OrderPath, request.params);
        readQuery(NoQuery, request.query);
        return { body: linesView(await getOrder(prisma, userId, order_id)) };
      }),
    )
    .all(allowOnly("GET", "HEAD"));

  router
    .route("/v1/orders/:order_id/cancel")
    .post(
      signedIn,
      endpoint(services, async ({ request, userId }) => {
        const { order_id } = readPath(OrderPath, request.params);
        readQuery(NoQuery, request.query);
        return shown(await cancelOrder(prisma, userId, order_id, versionsOf(request.headers["if-match"])));
      }),
    )
    .all(allowOnly("POST"));

  return router;
}
