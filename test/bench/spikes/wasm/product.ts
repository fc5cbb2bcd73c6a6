import { ociVcn } from "../../../../src/clouds/oci/formats/vcn.ts";
import type { DecodeOptions } from "../../../../src/contracts/decoder.ts";
import type { Enricher } from "../../../../src/contracts/enricher.ts";
import { enricherOf } from "../../../../src/enrich/chain.ts";
import { loadTables, snapshotOf, type Tables } from "../../../../src/enrich/tables/tables.ts";
import { loadSchema } from "../../../../src/schemas/load.ts";
import type { Schema } from "../../../../src/schemas/schema.ts";
import { createEncoder, type OtlpEncoder } from "../../../../src/sinks/otlp/encoder.ts";
import { protobuf } from "../../../../src/sinks/otlp/protobuf.ts";

/** What the program has by default: no table but the ports that ship with it, requests of 1,000 records in schema otel. */
export interface Product {
  readonly format: ReturnType<typeof ociVcn.create>;
  readonly tables: Tables;
  readonly enrich: Enricher;
  readonly schema: Schema;
  readonly encoder: OtlpEncoder;
}

export const REQUEST_RECORDS = 1000;
export const SERVICE = "flowferry";
export const VERSION = "0.1.0";
export const DECODING: DecodeOptions = { skip: 0, maxBytes: 2 ** 40, maxRecordBytes: 2 ** 20 };

export async function product(): Promise<Product> {
  const tables = snapshotOf(await loadTables({}));
  const schema = loadSchema("otel", ".");
  const options = { serviceName: SERVICE, version: VERSION, body: "summary", maxBytes: 8 * 1024 * 1024 } as const;
  return {
    format: ociVcn.create(),
    tables,
    enrich: enricherOf(tables),
    schema,
    encoder: createEncoder(protobuf, schema, options),
  };
}
