import { Prisma } from "#prisma";

/** What the driver adapter says of a failure; Prisma hands it on bare, or inside an error of its own. */
interface Cause {
  readonly kind?: string;
  readonly originalCode?: string;
  readonly originalMessage?: string;
  readonly constraint?: { readonly index?: string };
}

interface Failure {
  readonly cause?: Cause;
  readonly meta?: { readonly driverAdapterError?: Failure };
}

function causeOf(error: unknown): Cause {
  const failure = error as Failure | null | undefined;
  return (failure?.meta?.driverAdapterError ?? failure)?.cause ?? {};
}

/** Returns the SQLSTATE of a failure, where PostgreSQL gave one. */
export function sqlState(error: unknown): string | undefined {
  return causeOf(error).originalCode;
}

/** Returns the name of the constraint that a statement violated. */
export function violatedConstraint(error: unknown): string | undefined {
  return causeOf(error).constraint?.index;
}

/** Tells whether to try the whole transaction again: a serialisation failure or a deadlock, and nothing else. */
export function isConflict(error: unknown): boolean {
  return ["40001", "40P01"].includes(sqlState(error) ?? "");
}

const UNAVAILABLE_STATES = /^(?:08|53|57P|40001|40P01|55P03|57014|25P03|25P04)/;
const UNAVAILABLE_KINDS = new Set([
  "DatabaseNotReachable",
  "ConnectionClosed",
  "SocketTimeout",
  "TooManyConnections",
]);
const UNAVAILABLE_CODES = new Set([
  // of Prisma
  ...["P1001", "P1002", "P1008", "P1017", "P2024", "P2028", "P2034", "P2037"],
  // of sockets and names
  ...[
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ECONNRESET",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "ENOTFOUND",
    "EPIPE",
    "ETIMEDOUT",
  ],
]);
/** pg throws these without a code. */
const UNAVAILABLE_MESSAGES =
  /^(?:timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error|Client was closed|Query read timeout)/;

/** Tells whether the database could not do its work now, and may be able to later. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { kind, originalCode } = causeOf(error);
  const { code } = error as { code?: unknown };
  return (
    error instanceof Prisma.PrismaClientInitializationError ||
    UNAVAILABLE_STATES.test(originalCode ?? "") ||
    UNAVAILABLE_KINDS.has(kind ?? "") ||
    UNAVAILABLE_CODES.has(String(code)) ||
    UNAVAILABLE_MESSAGES.test(error.message)
  );
}
