import * as z from "zod";

// What goes over the wire. Where JSON Schema has a word for a rule, `meta` says it in that word, so that the document
// made from these schemas is the contract's; where Zod's own check means something else (code points instead of UTF-16
// units, one form of a UUID), the rule is a `refine`.

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const Uuid = z
  .string()
  .refine((text) => UUID.test(text), "has to be a UUID")
  .toLowerCase()
  .meta({ format: "uuid" });

function integer(minimum: number, maximum?: number) {
  const number = z.number().min(minimum);
  return (maximum === undefined ? number : number.max(maximum))
    .refine(Number.isSafeInteger, "has to be a whole number")
    .meta({ type: "integer" });
}

const TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,3})?Z$/;

export const Time = z
  .string()
  .regex(TIME, "has to be a time in UTC such as 2026-11-22T18:00:00.000Z")
  .refine(isOnTheCalendar, "has to be a day and a time that exist")
  .meta({ format: "date-time" });

/** `Date` takes 30 February for 2 March; the way back shows it. PostgreSQL has no year 0. */
function isOnTheCalendar(text: string): boolean {
  const time = new Date(text);
  return (
    time.getUTCFullYear() > 0 && time.toISOString().startsWith(text.slice(0, "2026-11-22T18:00:00".length))
  );
}

const Email = z
  .string()
  .min(3)
  .max(254)
  .regex(/^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+([.][A-Za-z0-9-]+)+$/, "has to be an email address")
  .toLowerCase();

const Password = z
  .string()
  // eslint-disable-next-line no-control-regex -- PostgreSQL cannot store it
  .regex(/^[^\u0000]*$/, "must not contain U+0000")
  .refine((text) => text.isWellFormed(), "has to be valid Unicode")
  .refine(hasFifteenTo128, "has to have 15 to 128 characters")
  .meta({ minLength: 15, maxLength: 128 });

/** JSON Schema counts code points. */
function hasFifteenTo128(text: string): boolean {
  const length = text.length > 256 ? text.length : Array.from(text).length;
  return length >= 15 && length <= 128;
}

export const Credentials = z.strictObject({ email: Email, password: Password });

export const RefreshToken = z.strictObject({
  refresh_token: z
    .string()
    .min(1)
    .max(128)
    .regex(/^[A-Za-z0-9_-]+$/, "has to be base64url"),
});

export const Tokens = z.strictObject({
  access_token: z.string(),
  token_type: z.literal("Bearer"),
  expires_in: integer(1),
  refresh_token: z.string(),
});

export const User = z.strictObject({ id: Uuid, email: z.string(), created_at: Time });

export const Money = z.strictObject({
  amount_minor: integer(0, Number.MAX_SAFE_INTEGER),
  currency: z.string().regex(/^[A-Z]{3}$/),
});

export const Product = z.strictObject({ id: Uuid, name: z.string(), price: Money, stock: integer(0) });

const NewOrderLine = z.strictObject({ product_id: Uuid, quantity: integer(1, 1000) });

export const NewOrder = z.strictObject({
  lines: z.array(NewOrderLine).min(1).max(50).superRefine(oneLineForEachProduct),
});

function oneLineForEachProduct(lines: z.infer<typeof NewOrderLine>[], check: z.RefinementCtx): void {
  const seen = new Set<string>();
  for (const [index, { product_id }] of lines.entries()) {
    if (seen.has(product_id)) {
      check.addIssue({ code: "custom", path: [index, "product_id"], message: "has a line already" });
    }
    seen.add(product_id);
  }
}

export const OrderStatus = z.enum(["placed", "cancelled"]);

export const OrderLine = z.strictObject({ product_id: Uuid, quantity: integer(1), unit_price: Money });

export const OrderLines = z.strictObject({ items: z.array(OrderLine) });

export const Order = z.strictObject({
  id: Uuid,
  status: OrderStatus,
  total: Money,
  lines: z.array(OrderLine),
  version: integer(1),
  created_at: Time,
});

function pageOf<T extends z.ZodType>(item: T) {
  return z.strictObject({ items: z.array(item), next_cursor: z.string().nullable() });
}

export const ProductPage = pageOf(Product);
export const OrderPage = pageOf(Order);

const FieldError = z.strictObject({
  pointer: z.string().optional(),
  parameter: z.string().optional(),
  detail: z.string(),
});

export const ProblemDetails = z.strictObject({
  type: z.string().regex(/^urn:problem:[a-z-]+$/),
  title: z.string(),
  status: integer(400, 599),
  detail: z.string().optional(),
  request_id: z.string(),
  errors: z.array(FieldError).optional(),
});

const DEFAULT_LIMIT = 20;

const Limit = z
  .string()
  .refine((text) => /^(?:[1-9][0-9]?|100)$/.test(text), "has to be a whole number from 1 to 100")
  .optional()
  .meta({ type: "integer", minimum: 1, maximum: 100, default: DEFAULT_LIMIT })
  .transform((text) => (text === undefined ? DEFAULT_LIMIT : Number(text)));

const Cursor = z
  .string()
  .min(1)
  .max(512)
  .regex(/^[A-Za-z0-9_-]+$/, "has to be the next_cursor of a page");

export const NoQuery = z.strictObject({});
export const ProductQuery = z.strictObject({ limit: Limit, cursor: Cursor.optional() });
export const OrderQuery = z.strictObject({
  limit: Limit,
  cursor: Cursor.optional(),
  status: OrderStatus.optional(),
  placed_from: Time.optional(),
  placed_before: Time.optional(),
});

export const ProductPath = z.object({ product_id: Uuid });
export const OrderPath = z.object({ order_id: Uuid });

export const IdempotencyKey = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[A-Za-z0-9_.:-]+$/);

export const IfMatch = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/);
