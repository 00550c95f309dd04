import type { FastifyReply } from "fastify";
import * as z from "zod";
import { orderCursor } from "../../contract/cursor.ts";
import { etagOf, versionsOf } from "../../contract/etag.ts";
import { idempotencyKeyOf } from "../../contract/headers.ts";
import { filtersOf, linesOf } from "../../contract/requests.ts";
import {
  IdempotencyKey,
  IfMatch,
  NewOrder,
  NoQuery,
  Order,
  OrderLines,
  OrderPage,
  OrderPath,
  OrderQuery,
} from "../../contract/schemas.ts";
import { linesView, orderPageView, orderView, placedAnswer } from "../../contract/views.ts";
import { cancelOrder } from "../../orders/cancel.ts";
import { getOrder, listOrders } from "../../orders/find.ts";
import { once, type Answer } from "../../orders/idempotency.ts";
import { placeOrder } from "../../orders/place.ts";
import type { Services } from "../../services.ts";
import type { App } from "../app.ts";

const tags = ["orders"];

export function orderRoutes(app: App, { prisma }: Services): void {
  app.post(
    "/v1/orders",
    {
      config: { problems: [409], headers: ["Location", "ETag", "Idempotency-Replayed"] },
      preValidation: (request, _reply, done) => {
        idempotencyKeyOf(request.headers["idempotency-key"]);
        done();
      },
      schema: {
        operationId: "placeOrder",
        summary: "Place an order",
        description: "Placed once for each Idempotency-Key: a retry with the same key gets the first answer.",
        tags,
        headers: z.object({ "Idempotency-Key": IdempotencyKey }),
        querystring: NoQuery,
        body: NewOrder,
        response: { 201: Order.describe("The order.") },
      },
    },
    async ({ userId, headers, body }, reply) => {
      const claim = { userId, operation: "placeOrder", key: idempotencyKeyOf(headers["idempotency-key"]) };
      const { answer, replayed } = await once(prisma, claim, body, async (tx) =>
        placedAnswer(await placeOrder(tx, userId, linesOf(body))),
      );
      if (replayed) reply.header("idempotency-replayed", "true");
      return sendAsKept(reply, answer);
    },
  );

  app.get(
    "/v1/orders",
    {
      schema: {
        operationId: "listOrders",
        summary: "List one's orders",
        description: "The newest first. A cursor continues the listing it came from, with the same filters.",
        tags,
        querystring: OrderQuery,
        response: { 200: OrderPage.describe("A page of orders.") },
      },
    },
    async ({ userId, query }) => {
      const filters = filtersOf(query);
      const after = orderCursor(query.cursor, filters);
      return orderPageView(await listOrders(prisma, userId, { filters, after, limit: query.limit }), filters);
    },
  );

  app.get(
    "/v1/orders/:order_id",
    {
      config: { headers: ["ETag"] },
      schema: {
        operationId: "getOrder",
        summary: "Get one of one's orders",
        tags,
        params: OrderPath,
        querystring: NoQuery,
        response: { 200: Order.describe("The order.") },
      },
    },
    async ({ userId, params }, reply) => {
      const order = await getOrder(prisma, userId, params.order_id);
      reply.header("etag", etagOf(order.version));
      return orderView(order);
    },
  );

  app.get(
    "/v1/orders/:order_id/lines",
    {
      schema: {
        operationId: "listOrderLines",
        summary: "List the lines of one of one's orders",
        tags,
        params: OrderPath,
        querystring: NoQuery,
        response: { 200: OrderLines.describe("All lines, in the order of their products' ids.") },
      },
    },
    async ({ userId, params }) => {
      return linesView(await getOrder(prisma, userId, params.order_id)); // BK120: by way of the order and its owner
    },
  );

  app.post(
    "/v1/orders/:order_id/cancel",
    {
      config: { problems: [409, 412, 428], headers: ["ETag"] },
      schema: {
        operationId: "cancelOrder",
        summary: "Cancel one of one's orders",
        description: "Puts the stock back. Needs the ETag of the order as it was last seen.",
        tags,
        headers: z.object({ "If-Match": IfMatch }),
        params: OrderPath,
        querystring: NoQuery,
        response: { 200: Order.describe("The order.") },
      },
    },
    async ({ userId, params, headers }, reply) => {
      const order = await cancelOrder(prisma, userId, params.order_id, versionsOf(headers["if-match"]));
      reply.header("etag", etagOf(order.version));
      return orderView(order);
    },
  );
}

/** Sends the text as it was written the first time; serialised anew it might differ. */
function sendAsKept(reply: FastifyReply, { status, headers, body }: Answer) {
  return reply.code(status).type("application/json").headers(headers).send(body);
}
