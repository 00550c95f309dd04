import { isIP } from "node:net";

/**
 * Returns what a client is counted by: its address, or the network of an IPv6 address, which has 2^64 of them.
 * Of `X-Forwarded-For` only the entries count that one's own proxies wrote, from the right.
 */
export function clientNetwork(socketAddress: string, forwardedFor: string | undefined, hops: number): string {
  return networkOf(clientAddress(socketAddress, forwardedFor, hops));
}

function clientAddress(socketAddress: string, forwardedFor: string | undefined, hops: number): string {
  if (hops === 0 || forwardedFor === undefined) return socketAddress;
  const entries = forwardedFor.split(",").map((entry) => entry.trim());
  const written = entries.at(-Math.min(hops, entries.length)) ?? "";
  return isIP(written) ? written : socketAddress;
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
