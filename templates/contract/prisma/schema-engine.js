#!/usr/bin/env node
// Speaks what Prisma's command line speaks to its native schema engine (arguments, then JSON-RPC line by line on stdin
// and stdout), and lets the WebAssembly build of the same engine do the work. See README.md.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { PrismaPg } from "@prisma/adapter-pg";
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from "@prisma/driver-adapter-utils";
import { SchemaEngine } from "@prisma/schema-engine-wasm";
import pg from "pg";

const RPC_ERROR = 4466;
const EXIT_PANIC = 101;
const OID = { char: 18, text: 25 };

const { values, positionals } = parseArgs({
  strict: false,
  allowPositionals: true,
  options: {
    version: { type: "boolean" },
    datasource: { type: "string" },
    datamodels: { type: "string", multiple: true, default: [] },
  },
});
if (values.version) {
  process.stdout.write("schema-engine-cli wasm\n");
  process.exit(0);
}
if (positionals.includes("cli")) process.exit(0); // asks whether the database can be reached, or created: it is there

/** adapter-pg 7.10, with what the native engine's own driver can do besides. */
class Adapters extends PrismaPg {
  async connect() {
    return complete(await super.connect());
  }

  async connectToShadowDb() {
    return complete(await super.connectToShadowDb());
  }
}

function complete(adapter) {
  // A script goes to the server whole, and so in one transaction; the adapter cuts it at each semicolon.
  adapter.executeScript = async (script) => {
    await adapter.underlyingDriver().query(script).catch((error) => adapter.onError(error));
  };
  // PostgreSQL's catalogue is full of `"char"`, which the adapter does not know.
  const { queryRaw } = adapter;
  adapter.queryRaw = async (query) => {
    const answer = await adapter.performIO(query);
    const isChar = answer.fields.map((field) => field.dataTypeID === OID.char);
    for (const field of answer.fields) if (field.dataTypeID === OID.char) field.dataTypeID = OID.text;
    const known = Object.create(adapter, { performIO: { value: () => answer } });
    const { columnTypes, ...rest } = await queryRaw.call(known, query);
    return { ...rest, columnTypes: columnTypes.map((type, at) => (isChar[at] ? ColumnTypeEnum.Character : type)) };
  };
  return adapter;
}

globalThis.PRISMA_WASM_PANIC_REGISTRY = { set_message: (message) => process.stderr.write(`${message}\n`) };
letShadowDatabasesGo();
process.on("uncaughtException", (error) => {
  if (error.code === "57P01") return; // a session that was ended on purpose, with its shadow database
  process.stderr.write(`${error.stack}\n`);
  process.exit(EXIT_PANIC);
});

const connection = connectionOf(JSON.parse(values.datasource ?? "{}").url ?? process.env.DATABASE_URL);
const datamodels = values.datamodels.map((path) => [path, readFileSync(path, "utf8")]);
const engine = await SchemaEngine.new(
  { datamodels: datamodels.length > 0 ? datamodels : undefined },
  () => {},
  bindMigrationAwareSqlAdapterFactory(new Adapters(connection)),
);
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (id !== undefined && method) await answer(id, method, params);
}
process.exit(0);

async function answer(id, method, params) {
  try {
    const result = (await engine[method === "getDatabaseVersion" ? "version" : method](params)) ?? {};
    if (method === "diff" && result.stdout) {
      send({ id: 1_000_000 + id, method: "print", params: { content: result.stdout } });
      result.stdout = null;
    }
    send({ id, result });
  } catch (error) {
    const data = { is_panic: false, message: String(error.message), error_code: error.code ?? null, meta: null };
    send({ id, error: { code: RPC_ERROR, message: "engine error", data } });
  }
}

function send(message) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
}

/** The adapter reaches a shadow database by changing `database`, which a connection string would win over. */
function connectionOf(address) {
  const url = new URL(address);
  return {
    host: url.hostname,
    port: Number(url.port || 5432),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)),
    ...(url.searchParams.has("options") && { options: url.searchParams.get("options") }),
  };
}

/** adapter-pg 7.10 drops a shadow database while its own pool is still connected to it. */
function letShadowDatabasesGo() {
  const { query } = pg.Client.prototype;
  const forced = (text) => (/^DROP DATABASE "prisma_migrate_shadow_db_/.test(text) ? `${text} WITH (FORCE)` : text);
  pg.Client.prototype.query = function (first, ...rest) {
    const changed = typeof first === "string" ? forced(first) : first;
    return query.call(this, changed, ...rest);
  };
}
