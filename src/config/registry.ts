import type { Component } from "../contracts/component.ts";
import type { Sink, SinkDependencies } from "../contracts/sink.ts";
import type { Source, SourceDependencies } from "../contracts/source.ts";
import { exporter } from "../sinks/exporter.ts";
import { ibmCloudLogs } from "../sinks/ibm-cloud-logs/sink.ts";
import { logAnalytics } from "../sinks/log-analytics/sink.ts";
import { ndjson } from "../sinks/ndjson.ts";
import { otlp } from "../sinks/otlp/sink.ts";
import { directory } from "../sources/directory.ts";
import { ociObjectStorage } from "../sources/oci-object-storage.ts";
import { s3 } from "../sources/s3.ts";

/** Every kind of source. A new one is one file, and one line here. */
export const SOURCES: readonly Component<unknown, SourceDependencies, Source>[] = [ociObjectStorage, s3, directory];

/** Every kind of sink. */
export const SINKS: readonly Component<unknown, SinkDependencies, Sink>[] = [otlp, ndjson, exporter, logAnalytics, ibmCloudLogs];
