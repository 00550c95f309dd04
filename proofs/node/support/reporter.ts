// Tells the harness how each test ended, in one line of JSON.
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";

interface Ended {
  readonly type: string;
  readonly data: {
    readonly name: string;
    readonly file?: string;
    readonly line?: number;
    readonly details: {
      readonly duration_ms: number;
      readonly error?: { readonly failureType?: string; readonly cause?: unknown; readonly signal?: string | null };
    };
  };
}

const FRAME = /(file:\/\/\S+?|\/\S+?):(\d+):\d+\)?$/gmu;

/** Returns the topmost place of a stack that is in a proof or a sample. */
function place(stack: string): { path?: string; line?: number } {
  for (const [, where = "", line] of stack.matchAll(FRAME)) {
    const path = where.startsWith("file:") ? fileURLToPath(where) : where;
    if (path.includes("/rules/")) return { path, line: Number(line) };
  }
  return {};
}

function describe({ type, data }: Ended): object {
  const { error, duration_ms } = data.details;
  const cause = error?.cause;
  const message = cause instanceof Error ? (cause.stack ?? cause.message) : inspect(cause ?? "");
  return {
    file: data.file,
    name: data.name,
    passed: type === "test:pass",
    signal: error?.signal ?? "",
    seconds: duration_ms / 1000,
    ...(error && { message, path: data.file, line: data.line, ...place(message) }),
  };
}

export default async function* report(source: AsyncIterable<Ended>) {
  for await (const event of source) {
    if (event.type === "test:pass" || event.type === "test:fail") yield `${JSON.stringify(describe(event))}\n`;
  }
}
