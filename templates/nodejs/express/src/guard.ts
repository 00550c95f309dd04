import type { RequestHandler, Response } from "express";
import { clientNetwork } from "../../app/src/contract/client-address.ts";
import { bearerTokenOf } from "../../app/src/contract/headers.ts";
import type { Services } from "../../app/src/services.ts";

/** Counts a request by the caller's address. */
export function limitByAddress({ config, limits }: Services): RequestHandler {
  return (request, _response, next) => {
    limits.byAddress.take(clientNetwork(request, config.TRUST_PROXY_HOPS));
    next();
  };
}

/** Lets in who has an access token, as often as an account may ask (BK118, BK119). */
export function requireAccount({ accessTokens, limits }: Services): RequestHandler {
  return async ({ headers }, response, next) => {
    const userId = await accessTokens.userOf(bearerTokenOf(headers.authorization));
    limits.byAccount.take(userId);
    response.locals["userId"] = userId;
    next();
  };
}

/** Returns whose access token it was; nothing on public routes. */
export function userOf(response: Response): string {
  return (response.locals["userId"] as string | undefined) ?? "";
}
