import { alertmanager } from "./alerts/alertmanager.ts";
import { slack } from "./alerts/slack.ts";
import { webhook } from "./alerts/webhook.ts";
import { ibmIam } from "./clouds/ibm/bucket-auth.ts";
import { ibmCloudLogs } from "./clouds/ibm/cloud-logs/sink.ts";
import { ibmVpcCollector } from "./clouds/ibm/collector.ts";
import { ibmVpc } from "./clouds/ibm/formats/vpc.ts";
import { ibmNetwork } from "./clouds/ibm/rules/network.ts";
import { ociConnector } from "./clouds/oci/connector.ts";
import { readContent } from "./clouds/oci/content/content.ts";
import { logAnalytics as logAnalyticsOver } from "./clouds/oci/content/log-analytics.ts";
import { ociVcn } from "./clouds/oci/formats/vcn.ts";
import { vcnText } from "./clouds/oci/formats/vcn-text.ts";
import { logAnalytics } from "./clouds/oci/log-analytics/sink.ts";
import { ociNotifications } from "./clouds/oci/notifications.ts";
import { ociObjectStorage } from "./clouds/oci/object-storage/source.ts";
import { ociNetwork } from "./clouds/oci/rules/network.ts";
import type { Notifier, NotifierDependencies } from "./contracts/alert.ts";
import type { Component } from "./contracts/component.ts";
import type { Sink, SinkDependencies } from "./contracts/sink.ts";
import type { Source, SourceDependencies } from "./contracts/source.ts";
import { datadogDialect } from "./dialects/datadog/dialect.ts";
import type { Dialect } from "./dialects/dialect.ts";
import { duckdbDialect } from "./dialects/duckdb/dialect.ts";
import { elasticDialect } from "./dialects/elastic/dialect.ts";
import { ibmCloudLogsDialect } from "./dialects/ibm-cloud-logs/dialect.ts";
import { lokiDialect } from "./dialects/loki/dialect.ts";
import { splunkDialect } from "./dialects/splunk/dialect.ts";
import { otelAttributes } from "./dialects/stored-attributes.ts";
import { victorialogsDialect } from "./dialects/victorialogs/dialect.ts";
import type { CloudNetwork } from "./enrich/rules/cloud.ts";
import type { FormatKind } from "./formats/format.ts";
import { directory } from "./intake/directory/source.ts";
import { s3With } from "./intake/s3/source.ts";
import type { Layout } from "./intake/tail/layout.ts";
import { tailed } from "./intake/tail/source.ts";
import { exporter } from "./sinks/exporter.ts";
import { ndjson } from "./sinks/ndjson.ts";
import { otlp } from "./sinks/otlp/sink.ts";

/** Log formats, in the order in which an object is asked whether it is of them. */
export const FORMATS: readonly FormatKind[] = [ociVcn, ibmVpc, vcnText];

/** Layouts of keys, beside `flat`. */
export const LAYOUTS: readonly Layout[] = [ociConnector, ibmVpcCollector];

export const SOURCES: readonly Component<unknown, SourceDependencies, Source>[] = [
  tailed(ociObjectStorage, LAYOUTS),
  tailed(s3With(ibmIam), LAYOUTS),
  tailed(directory, LAYOUTS),
];

export const SINKS: readonly Component<unknown, SinkDependencies, Sink>[] = [otlp, ndjson, exporter, logAnalytics, ibmCloudLogs];

/** Clouds of whose networks something can be known. */
export const NETWORKS: readonly CloudNetwork[] = [ociNetwork, ibmNetwork];

/** Notifiers. The block of one in `alerts` is called as its type in camel case. */
export const NOTIFIERS: readonly Component<unknown, NotifierDependencies, Notifier>[] = [
  slack,
  alertmanager,
  webhook,
  ociNotifications,
];

/** Dialects that rules and searches are printed in. Each is made when it is used: that reads a schema. */
export const DIALECTS: readonly (() => Dialect)[] = [
  () => duckdbDialect(otelAttributes()),
  () => victorialogsDialect(otelAttributes()),
  () => lokiDialect(otelAttributes()),
  () => elasticDialect(otelAttributes()),
  () => splunkDialect(otelAttributes()),
  () => datadogDialect(otelAttributes()),
  () => ibmCloudLogsDialect(otelAttributes()),
  () => logAnalyticsOver(readContent()),
];
