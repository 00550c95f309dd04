import { createSecretKey, randomUUID, type KeyObject } from "node:crypto";
import { jwtVerify, SignJWT } from "jose";
import * as z from "zod";
import { Problem } from "../problem.ts";

const ALGORITHM = "HS256";
const LEEWAY_SECONDS = 30;

const Claims = z.object({ sub: z.guid(), jti: z.string(), iat: z.number(), exp: z.number() });

interface Issuing {
  readonly secret: Buffer;
  readonly issuer: string;
  readonly audience: string;
  readonly lifetimeSeconds: number;
}

/** Issues and checks the tokens that a request carries. */
export class AccessTokens {
  readonly lifetimeSeconds: number;
  readonly #key: KeyObject;
  readonly #issuer: string;
  readonly #audience: string;

  constructor({ secret, issuer, audience, lifetimeSeconds }: Issuing) {
    this.#key = createSecretKey(secret);
    this.#issuer = issuer;
    this.#audience = audience;
    this.lifetimeSeconds = lifetimeSeconds;
  }

  issue(userId: string): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT()
      .setProtectedHeader({ alg: ALGORITHM, typ: "JWT" })
      .setIssuer(this.#issuer)
      .setAudience(this.#audience)
      .setSubject(userId)
      .setIssuedAt(now)
      .setExpirationTime(now + this.lifetimeSeconds)
      .setJti(randomUUID())
      .sign(this.#key);
  }

  /** Returns whose token it is (BK119); throws `unauthorized` for all that is not exactly ours. */
  async userOf(token: string): Promise<string> {
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        algorithms: [ALGORITHM], // pinned: the token has no say in it
        issuer: this.#issuer,
        audience: this.#audience,
        clockTolerance: LEEWAY_SECONDS,
      });
      return Claims.parse(payload).sub;
    } catch (error) {
      const detail = "The access token does not count.";
      throw new Problem("unauthorized", detail, { cause: error, invalidToken: true });
    }
  }
}
