import type { FastifySchemaCompiler } from "fastify";
import type { z } from "zod";
import { readBody, readPath, readQuery } from "../contract/input.ts";
import type { App } from "./app.ts";

/** Reads bodies as bytes, and checks what a request says against its route's schemas. */
export function readInput(app: App): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, bytes, done) => {
    done(null, bytes);
  });
  // A route without a body does not read one. A route with one has refused all other media types by now.
  app.addContentTypeParser("*", (_request, _payload, done) => {
    done(null);
  });
  app.setValidatorCompiler(compile);
  // Fastify looks at the body before the query; the contract has it the other way round.
  app.addHook("preValidation", (request, _reply, done) => {
    const { body, querystring } = request.routeOptions.schema ?? {};
    if (body) readQuery(querystring as z.ZodType, request.query);
    done();
  });
}

const readers: Record<string, (schema: z.ZodType, data: unknown) => unknown> = {
  params: readPath,
  querystring: readQuery,
  body: (schema, data) => readBody(schema, data as Uint8Array),
};

/** Fastify wants errors returned, where the reading throws them. */
const compile: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart = "" }) => {
  const read = readers[httpPart] ?? ((_, data) => data); // a header's fault has a problem of its own: see the routes
  return (data: unknown) => {
    try {
      return { value: read(schema, data) };
    } catch (error) {
      return { error: error as Error };
    }
  };
};
