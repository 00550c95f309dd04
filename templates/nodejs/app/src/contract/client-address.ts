import type { IncomingHttpHeaders } from "node:http";
import { isIP, type Socket } from "node:net";

interface Arrival {
  readonly headers: IncomingHttpHeaders;
  readonly socket: Pick<Socket, "remoteAddress">;
}

/**
 * Returns what a client is counted by: its address, or the network of an IPv6 address, which has 2^64 of them.
 * Of `X-Forwarded-For` only the entries count that one's own proxies wrote, from the right.
 */
export function clientNetwork({ headers, socket }: Arrival, hops: number): string {
  const forwarded = hops > 0 ? writtenBy(hops, [headers["x-forwarded-for"] ?? []].flat().join()) : "";
  return networkOf(isIP(forwarded) ? forwarded : (socket.remoteAddress ?? ""));
}

function writtenBy(hops: number, forwardedFor: string): string {
  const entries = forwardedFor.split(",");
  return entries.at(-Math.min(hops, entries.length))?.trim() ?? "";
}

function networkOf(address: string): string {
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (isIP(address) !== 6) return address;
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : 8 - groups.length - last.length;
  const all = [...groups, ...Array<string>(Math.max(zeros, 0)).fill("0"), ...last];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}
