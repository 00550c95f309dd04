import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError, readApiConfig, readMigrationConfig, readWorkerConfig } from "../../src/config.ts";

const required = {
  DATABASE_URL: "postgresql://app:secret@localhost/orders",
  JWT_SECRET: Buffer.alloc(32, 1).toString("base64"),
};

function faultsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.faults;
  }
  return [];
}

test("what is not set has its default, and what is set empty too", () => {
  const config = readApiConfig({ ...required, PORT: "", OTEL_EXPORTER_OTLP_ENDPOINT: "" });
  assert.equal(config.PORT, 8080);
  assert.equal(config.REQUEST_TIMEOUT_MS, 5000);
  assert.equal(config.OTEL_EXPORTER_OTLP_ENDPOINT, undefined);
  assert.equal(config.JWT_SECRET.length, 32);
});

test("all faults are named at once, and no value is shown", () => {
  const wrong = {
    DATABASE_URL: "canary://host",
    PORT: "canary",
    DATABASE_POOL_SIZE: "0",
    LOG_LEVEL: "canary",
    TRUST_PROXY_HOPS: "1.5",
    JWT_SECRET: "canary",
  };
  const faults = faultsOf(() => readApiConfig(wrong));
  assert.deepEqual(faults.map((fault) => fault.split(":", 1)[0]).sort(), Object.keys(wrong).sort());
  assert.ok(!faults.join().includes("canary"));
});

test("what is required and missing is named", () => {
  assert.deepEqual(
    faultsOf(() => readApiConfig({})),
    ["DATABASE_URL: is required", "JWT_SECRET: is required"],
  );
  assert.deepEqual(
    faultsOf(() => readMigrationConfig(required)),
    ["MIGRATION_DATABASE_URL: is required"],
  );
});

test("a worker needs no secret of the API", () => {
  assert.equal(readWorkerConfig({ DATABASE_URL: required.DATABASE_URL }).OUTBOX_POLL_MS, 500);
});

for (const secret of ["not base64, but longer than thirty-two bytes", "c2hvcnQ="]) {
  test(`${secret} is no secret`, () => {
    assert.equal(faultsOf(() => readApiConfig({ ...required, JWT_SECRET: secret })).length, 1);
  });
}
