import * as z from "zod";
import { authenticate, findAccount, signUp } from "../../accounts/accounts.ts";
import { beginSession, continueSession, endSession, type RefreshToken } from "../../accounts/sessions.ts";
import {
  Credentials,
  NoQuery,
  RefreshToken as RefreshTokenBody,
  Tokens,
  User,
} from "../../contract/schemas.ts";
import { userView } from "../../contract/views.ts";
import type { Services } from "../../services.ts";
import type { App } from "../app.ts";

const tags = ["accounts"];
const open = { public: true, limited: true };

export function accountRoutes(app: App, services: Services): void {
  const { config, prisma, passwords, accessTokens, limits } = services;
  const lifetime = { lifetimeSeconds: config.REFRESH_TOKEN_SECONDS };

  async function tokens({ userId, secret }: RefreshToken): Promise<z.infer<typeof Tokens>> {
    return {
      access_token: await accessTokens.issue(userId),
      token_type: "Bearer",
      expires_in: accessTokens.lifetimeSeconds,
      refresh_token: secret,
    };
  }

  app.post(
    "/v1/users",
    {
      config: { ...open, problems: [409] },
      schema: {
        operationId: "signUp",
        summary: "Sign up",
        tags,
        querystring: NoQuery,
        body: Credentials,
        response: { 201: User.describe("The account.") },
      },
    },
    async (request, reply) => {
      const account = await signUp(prisma, passwords, request.body, request.deadline);
      reply.code(201);
      return userView(account);
    },
  );

  app.post(
    "/v1/auth/sign-in",
    {
      config: { ...open, problems: [401], headers: ["Cache-Control"] },
      schema: {
        operationId: "signIn",
        summary: "Sign in",
        description: "An unknown email and a wrong password give the same answer, after the same work.",
        tags,
        querystring: NoQuery,
        body: Credentials,
        response: { 200: Tokens.describe("An access token and a refresh token.") },
      },
    },
    async (request) => {
      limits.byEmail.take(request.body.email);
      const userId = await authenticate(prisma, passwords, request.body, request.deadline);
      return tokens(await beginSession(prisma, userId, lifetime));
    },
  );

  app.post(
    "/v1/auth/refresh",
    {
      config: { ...open, problems: [401], headers: ["Cache-Control"] },
      schema: {
        operationId: "refresh",
        summary: "Exchange a refresh token for new tokens",
        description:
          "Each refresh token works once; its second use ends all that descend from the same sign-in.",
        tags,
        querystring: NoQuery,
        body: RefreshTokenBody,
        response: {
          200: Tokens.describe("An access token, and the refresh token that replaces the one sent."),
        },
      },
    },
    async (request) => tokens(await continueSession(prisma, request.body.refresh_token, lifetime)),
  );

  app.post(
    "/v1/auth/sign-out",
    {
      config: open,
      schema: {
        operationId: "signOut",
        summary: "Sign out",
        description: "Ends all tokens that descend from the same sign-in.",
        tags,
        querystring: NoQuery,
        body: RefreshTokenBody,
        response: { 204: z.undefined().describe("Signed out.") },
      },
    },
    async (request, reply) => {
      await endSession(prisma, request.body.refresh_token);
      reply.code(204);
    },
  );

  app.get(
    "/v1/me",
    {
      schema: {
        operationId: "getMe",
        summary: "Who is signed in",
        tags,
        querystring: NoQuery,
        response: { 200: User.describe("The account of the access token.") },
      },
    },
    async (request) => userView(await findAccount(prisma, request.userId)),
  );
}
