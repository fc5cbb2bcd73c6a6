/** What a host program may import: to run a pipeline, to bring parts of its own, and what any OpenTelemetry program can use. */

export { OciLogAnalyticsExporter, type OciLogAnalyticsExporterOptions } from "./clouds/oci/log-analytics/exporter.ts";
export type { Alert, AlertFact, AlertLink, Notifier, NotifierDependencies } from "./contracts/alert.ts";
export type { Component } from "./contracts/component.ts";
export type { BadRecords, Decoded, DecodeOptions, Decoder, QualityNotice } from "./contracts/decoder.ts";
export type { Keeper } from "./contracts/keeper.ts";
export type { Problem } from "./contracts/ledger.ts";
export type {
  Batch,
  BatchLimits,
  Encoder,
  EncoderDependencies,
  Payload,
  Refusal,
  Segment,
  Sink,
  SinkDependencies,
  TimeWindow,
  WriteResult,
} from "./contracts/sink.ts";
export type {
  Discovery,
  FoundObject,
  ObjectBytes,
  Seen,
  Source,
  SourceDependencies,
  SourceEvent,
  SourceListener,
} from "./contracts/source.ts";
export type { ListOptions, ListPage, ObjectRef, ObjectStore, ObjectVersion } from "./contracts/store.ts";
export type { Dialect } from "./dialects/dialect.ts";
export type {
  CloudNetwork,
  NetworkApi,
  NetworkCounts,
  NetworkEvent,
  NetworkSurroundings,
} from "./enrich/rules/cloud.ts";
export { GETTERS } from "./flow/access.ts";
export { ContextPool } from "./flow/contexts.ts";
export { FIELD_NAMES, type FieldName } from "./flow/fields.ts";
export { EMPTY_CONTEXT, Flow, type FlowContext } from "./flow/flow.ts";
export { type Origin, originOf } from "./flow/origin.ts";
export type { Format, FormatKind, Sample } from "./formats/format.ts";
export { decodeLines, type LineReader } from "./formats/lines.ts";
export { Piece } from "./formats/piece.ts";
export { type Span, textOf } from "./formats/span.ts";
export type { Unpacked } from "./formats/unpacked.ts";
export type { Layout } from "./intake/tail/layout.ts";
export { type Drawer, Failure, type FailureOptions, FlowferryError, UsageError } from "./lib/errors.ts";
export type { StandardSchema } from "./lib/standard-schema.ts";
export { type OpenOptions, openPipeline, type Pipeline, type RunOptions, type Summary } from "./library/pipeline.ts";
export { FlowEnrichingProcessor, type FlowEnrichingProcessorOptions } from "./library/processor.ts";
export { type Kind, type Kinds, Registry } from "./registry.ts";
export type { LogEntry } from "./telemetry/telemetry.ts";
