import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { test } from "node:test";
import { SignJWT, UnsecuredJWT } from "jose";
import { AccessTokens } from "../../src/accounts/access-tokens.ts";
import { Problem } from "../../src/problem.ts";

const secret = randomBytes(32);
const ours = { secret, issuer: "orders", audience: "orders-api", lifetimeSeconds: 60 };
const tokens = new AccessTokens(ours);
const userId = randomUUID();
const now = Math.floor(Date.now() / 1000);
const claims = { iss: "orders", aud: "orders-api", sub: userId, jti: "1", iat: now, exp: now + 60 };

function signed(changed: object, alg = "HS256"): Promise<string> {
  return new SignJWT({ ...claims, ...changed }).setProtectedHeader({ alg }).sign(secret);
}

test("a token says whose it is", async () => {
  assert.equal(await tokens.userOf(await tokens.issue(userId)), userId);
});

test("clocks may differ by half a minute", async () => {
  assert.equal(await tokens.userOf(await signed({ exp: now - 20 })), userId);
});

const forged: Record<string, () => string | Promise<string>> = {
  "another audience": () => signed({ aud: "another-api" }),
  "another issuer": () => signed({ iss: "elsewhere" }),
  "another algorithm": () => signed({}, "HS512"),
  "no expiry": () => signed({ exp: undefined }),
  "no id": () => signed({ jti: undefined }),
  "no time of issue": () => signed({ iat: undefined }),
  "a subject that is no id": () => signed({ sub: "' or true --" }),
  "an end in the past": () => signed({ exp: now - 40 }),
  "another secret": () => new AccessTokens({ ...ours, secret: randomBytes(32) }).issue(userId),
  "no signature": () => new UnsecuredJWT(claims).encode(),
  "no form": () => "garbage",
};

for (const [name, forge] of Object.entries(forged)) {
  test(`a token with ${name} does not count`, async () => {
    const token = await forge();
    await assert.rejects(
      tokens.userOf(token),
      (error) => error instanceof Problem && error.kind === "unauthorized",
    );
  });
}
