import { Problem } from "../problem.ts";

/** Throws unless the headers announce JSON in UTF-8, not compressed. */
export function requireJson(headers: Readonly<Record<string, string | string[] | undefined>>): void {
  const encoding = headers["content-encoding"] ?? "identity";
  if (isJsonInUtf8(String(headers["content-type"])) && encoding === "identity") return;
  throw new Problem(
    "unsupported-media-type",
    "The body has to be application/json in UTF-8, not compressed.",
  );
}

function isJsonInUtf8(contentType: string): boolean {
  const [type, charset = "charset=utf-8", ...more] = contentType.toLowerCase().split(";");
  const announced = charset.trim().replaceAll('"', "");
  return type?.trim() === "application/json" && announced === "charset=utf-8" && more.length === 0;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Returns what the bytes say. The parser's message quotes the text, and so stays here. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    throw new Problem("malformed-request", "The body is no JSON in UTF-8.");
  }
}
