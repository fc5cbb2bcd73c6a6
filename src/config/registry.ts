import { ibmCloudLogs } from "../clouds/ibm/cloud-logs/sink.ts";
import { logAnalytics } from "../clouds/oci/log-analytics/sink.ts";
import { ociObjectStorage } from "../clouds/oci/object-storage/source.ts";
import type { Component } from "../contracts/component.ts";
import type { Sink, SinkDependencies } from "../contracts/sink.ts";
import type { Source, SourceDependencies } from "../contracts/source.ts";
import { directory } from "../intake/directory/source.ts";
import { s3 } from "../intake/s3/source.ts";
import { exporter } from "../sinks/exporter.ts";
import { ndjson } from "../sinks/ndjson.ts";
import { otlp } from "../sinks/otlp/sink.ts";

/** Every kind of source. A new one is one file, and one line here. */
export const SOURCES: readonly Component<unknown, SourceDependencies, Source>[] = [ociObjectStorage, s3, directory];

/** Every kind of sink. */
export const SINKS: readonly Component<unknown, SinkDependencies, Sink>[] = [otlp, ndjson, exporter, logAnalytics, ibmCloudLogs];
