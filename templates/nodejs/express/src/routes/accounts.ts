import { Router } from "express";
import { authenticate, findAccount, signUp } from "../../../app/src/accounts/accounts.ts";
import {
  beginSession,
  continueSession,
  endSession,
  type RefreshToken as IssuedToken,
} from "../../../app/src/accounts/sessions.ts";
import { readBody, readQuery } from "../../../app/src/contract/input.ts";
import { Credentials, NoQuery, RefreshToken } from "../../../app/src/contract/schemas.ts";
import { userView } from "../../../app/src/contract/views.ts";
import type { Services } from "../../../app/src/services.ts";
import { bodyOf, bytesOf, endpoint, type Answer } from "../endpoint.ts";
import { limitByAddress, requireAccount } from "../guard.ts";
import { allowOnly } from "../problems.ts";

export function accountRoutes(services: Services): Router {
  const { config, prisma, passwords, accessTokens, limits } = services;
  const lifetime = { lifetimeSeconds: config.REFRESH_TOKEN_SECONDS };
  const open = [limitByAddress(services), ...bodyOf(services)];
  const router = Router({ caseSensitive: true, strict: true });

  async function tokens({ userId, secret }: IssuedToken): Promise<Answer> {
    const access_token = await accessTokens.issue(userId);
    const expires_in = accessTokens.lifetimeSeconds;
    return { body: { access_token, token_type: "Bearer", expires_in, refresh_token: secret } };
  }

  router
    .route("/v1/users")
    .post(
      open,
      endpoint(services, async ({ request, signal }) => {
        readQuery(NoQuery, request.query);
        const credentials = readBody(Credentials, bytesOf(request));
        return { status: 201, body: userView(await signUp(prisma, passwords, credentials, signal)) };
      }),
    )
    .all(allowOnly("POST"));

  router
    .route("/v1/auth/sign-in")
    .post(
      open,
      endpoint(services, async ({ request, signal }) => {
        readQuery(NoQuery, request.query);
        const credentials = readBody(Credentials, bytesOf(request));
        limits.byEmail.take(credentials.email);
        const userId = await authenticate(prisma, passwords, credentials, signal);
        return tokens(await beginSession(prisma, userId, lifetime));
      }),
    )
    .all(allowOnly("POST"));

  router
    .route("/v1/auth/refresh")
    .post(
      open,
      endpoint(services, async ({ request }) => {
        readQuery(NoQuery, request.query);
        const { refresh_token } = readBody(RefreshToken, bytesOf(request));
        return tokens(await continueSession(prisma, refresh_token, lifetime));
      }),
    )
    .all(allowOnly("POST"));

  router
    .route("/v1/auth/sign-out")
    .post(
      open,
      endpoint(services, async ({ request }) => {
        readQuery(NoQuery, request.query);
        const { refresh_token } = readBody(RefreshToken, bytesOf(request));
        await endSession(prisma, refresh_token);
        return { status: 204 };
      }),
    )
    .all(allowOnly("POST"));

  router
    .route("/v1/me")
    .get(
      requireAccount(services),
      endpoint(services, async ({ request, userId }) => {
        readQuery(NoQuery, request.query);
        return { body: userView(await findAccount(prisma, userId)) };
      }),
    )
    .all(allowOnly("GET", "HEAD"));

  return router;
}
