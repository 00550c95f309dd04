import type { Server } from "node:http";
import type { Socket } from "node:net";

/** Node.js refuses an `Expect` that it does not know, past every handler; it may be ignored (RFC 9110, 10.1.1). */
export function ignoreExpectations(server: Server): void {
  server.on("checkExpectation", (request, response) => server.emit("request", request, response));
}

/**
 * Returns what lets go of a server's connections: at once of those that wait for no answer, and of each other one after
 * its answer. `closeIdleConnections` leaves those open that have never sent a request, and one of them is enough to
 * hold up `close`.
 */
export function trackConnections(server: Server): () => void {
  const open = new Set<Socket>();
  const answering = new Map<Socket, number>();
  let closing = false;

  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    if (closing) socket.destroy();
  });
  server.on("request", ({ socket }, response) => {
    answering.set(socket, (answering.get(socket) ?? 0) + 1);
    response.once("close", () => {
      const left = (answering.get(socket) ?? 1) - 1;
      if (left > 0) {
        answering.set(socket, left);
        return;
      }
      answering.delete(socket);
      if (closing) socket.destroySoon();
    });
  });
  return () => {
    closing = true;
    for (const socket of open) if (!answering.has(socket)) socket.destroy();
  };
}
