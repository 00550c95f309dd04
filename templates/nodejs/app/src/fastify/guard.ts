import { clientNetwork } from "../contract/client-address.ts";
import { bearerTokenOf, requireHost } from "../contract/headers.ts";
import { requireJson } from "../contract/json.ts";
import type { Services } from "../services.ts";
import type { App } from "./app.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What may be asked without an access token. */
    public?: boolean;
    /** What is limited by the caller's address. */
    limited?: boolean;
  }
  interface FastifyRequest {
    /** Whose access token it is; there is none on public routes. */
    userId: string;
  }
}

/** Lets in who may ask, as often as they may; a route is closed unless it says that it is public (BK118). */
export function guard(app: App, { config, accessTokens, limits }: Services): void {
  app.decorateRequest("userId", "");
  app.addHook("onRequest", async (request) => {
    requireHost(request.raw);
    if (request.is404) return;
    const { routeOptions, headers } = request;
    if (routeOptions.config.limited) limits.byAddress.take(clientNetwork(request, config.TRUST_PROXY_HOPS));
    if (!routeOptions.config.public) {
      request.userId = await accessTokens.userOf(bearerTokenOf(headers.authorization)); // BK119
      limits.byAccount.take(request.userId);
    }
    if (routeOptions.schema?.body) requireJson(headers);
  });
}
