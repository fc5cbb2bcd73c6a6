import type { ZodObject } from "zod";
import { alertmanager } from "./alerts/alertmanager.ts";
import { slack } from "./alerts/slack.ts";
import { webhook } from "./alerts/webhook.ts";
import { eventBridge } from "./clouds/aws/events.ts";
import { awsVpc } from "./clouds/aws/formats/vpc.ts";
import { awsVpcLogs } from "./clouds/aws/layout.ts";
import { ibmIam } from "./clouds/ibm/bucket-auth.ts";
import { ibmCloudLogs } from "./clouds/ibm/cloud-logs/sink.ts";
import { ibmVpcCollector } from "./clouds/ibm/collector.ts";
import { codeEngine } from "./clouds/ibm/events.ts";
import { ibmVpc } from "./clouds/ibm/formats/vpc.ts";
import { ibmNetwork } from "./clouds/ibm/rules/network.ts";
import { ociConnector } from "./clouds/oci/connector.ts";
import { readContent } from "./clouds/oci/content/content.ts";
import { logAnalytics as logAnalyticsOver } from "./clouds/oci/content/log-analytics.ts";
import { ociEvents } from "./clouds/oci/events.ts";
import { ociVcn } from "./clouds/oci/formats/vcn.ts";
import { vcnText } from "./clouds/oci/formats/vcn-text.ts";
import { logAnalytics } from "./clouds/oci/log-analytics/sink.ts";
import { ociNotifications } from "./clouds/oci/notifications.ts";
import { ociObjectStorage } from "./clouds/oci/object-storage/source.ts";
import { ociNetwork } from "./clouds/oci/rules/network.ts";
import type { Notifier, NotifierDependencies } from "./contracts/alert.ts";
import type { Component } from "./contracts/component.ts";
import type { EventForm } from "./contracts/object-event.ts";
import type { Sink, SinkDependencies } from "./contracts/sink.ts";
import type { Source, SourceDependencies } from "./contracts/source.ts";
import { datadogDialect } from "./dialects/datadog/dialect.ts";
import type { Dialect } from "./dialects/dialect.ts";
import { duckdbDialect } from "./dialects/duckdb/dialect.ts";
import { elasticDialect } from "./dialects/elastic/dialect.ts";
import { ibmCloudLogsDialect } from "./dialects/ibm-cloud-logs/dialect.ts";
import { lokiDialect } from "./dialects/loki/dialect.ts";
import { splunkDialect } from "./dialects/splunk/dialect.ts";
import { type OtlpSchema, otelAttributes } from "./dialects/stored-attributes.ts";
import { victorialogsDialect } from "./dialects/victorialogs/dialect.ts";
import type { CloudNetwork } from "./enrich/rules/cloud.ts";
import type { FormatKind } from "./formats/format.ts";
import { directory } from "./intake/directory/source.ts";
import { readEvents } from "./intake/events/read.ts";
import { kafka } from "./intake/kafka/source.ts";
import { s3Events } from "./intake/s3/events.ts";
import { s3With } from "./intake/s3/source.ts";
import type { Layout } from "./intake/tail/layout.ts";
import { type Bucket, tailed } from "./intake/tail/source.ts";
import { UsageError } from "./lib/errors.ts";
import { type StandardSchema, schemaOf } from "./lib/standard-schema.ts";
import { exporter } from "./sinks/exporter.ts";
import { kafkaTopic } from "./sinks/kafka/sink.ts";
import { ndjson } from "./sinks/ndjson.ts";
import { otlp } from "./sinks/otlp/sink.ts";

/** A kind of bucket whose options are a zod object: those of tailing are added to them. */
export type BucketKind = Bucket<unknown> & { readonly options: ZodObject };
export type SourceKind = Component<unknown, SourceDependencies, Source>;
export type SinkKind = Component<unknown, SinkDependencies, Sink>;
export type NotifierKind = Component<unknown, NotifierDependencies, Notifier>;

/** Log formats, in the order in which an object is asked whether it is of them. */
export const FORMATS: readonly FormatKind[] = [ociVcn, ibmVpc, awsVpc, vcnText];

/** Layouts of keys, beside `flat`. */
export const LAYOUTS: readonly Layout[] = [ociConnector, ibmVpcCollector, awsVpcLogs];

/** Forms of object-created events, in the order in which a message is asked whether it is of them. */
export const EVENT_FORMS: readonly EventForm[] = [ociEvents, codeEngine, eventBridge, s3Events];

/** What a text of events tells, of whichever form. */
export const announcedIn = (text: string) => readEvents(EVENT_FORMS, text);

/** Kinds of buckets. Each is tailed by the layouts. */
const BUCKETS: readonly BucketKind[] = [ociObjectStorage, s3With(ibmIam), directory];

/** Sources that are no buckets: they find what is new in a way of their own. */
const SOURCES: readonly SourceKind[] = [kafka];

const SINKS: readonly SinkKind[] = [otlp, ndjson, kafkaTopic, exporter, logAnalytics, ibmCloudLogs];

/** Clouds of whose networks something can be known. */
export const NETWORKS: readonly CloudNetwork[] = [ociNetwork, ibmNetwork];

/** Notifiers. The block of one in `alerts` is called as its type in camel case. */
const NOTIFIERS: readonly NotifierKind[] = [slack, alertmanager, webhook, ociNotifications];

/**
 * Dialects that rules and searches are printed in. Each is made when it is used: that reads the schema of the OTLP sink whose records
 * they ask for. Where records are lines instead, they are of schema `otel`.
 */
export const DIALECTS: readonly ((schema?: OtlpSchema) => Dialect)[] = [
  () => duckdbDialect(otelAttributes()),
  (schema) => victorialogsDialect(otelAttributes(schema)),
  (schema) => lokiDialect(otelAttributes(schema)),
  (schema) => elasticDialect(otelAttributes(schema)),
  (schema) => splunkDialect(otelAttributes(schema)),
  (schema) => datadogDialect(otelAttributes(schema)),
  () => ibmCloudLogsDialect(otelAttributes()),
  () => logAnalyticsOver(readContent()),
];

/** A part that comes from elsewhere: its options may be those of any library for schemas. */
type Foreign<Kind extends { options: unknown }> = Omit<Kind, "options"> & { readonly options: Kind["options"] | StandardSchema };

/** What may be registered, by kind. */
export interface Kinds {
  /** A bucket with its own way of finding what is new. */
  readonly source: Foreign<SourceKind>;
  /** A bucket that is tailed as any other. */
  readonly bucket: BucketKind;
  readonly sink: Foreign<SinkKind>;
  readonly notifier: Foreign<NotifierKind>;
  readonly format: FormatKind;
  readonly layout: Layout;
  readonly network: Foreign<CloudNetwork>;
  readonly dialect: Dialect;
}

export type Kind = keyof Kinds;

/**
 * Every kind of part that a configuration may name: those that are built in, and those that were registered. Each is found under its type
 * or name, or under another that was given when it was registered.
 */
export class Registry {
  readonly #sources = new Map<string, SourceKind>(byType(SOURCES));
  readonly #buckets = new Map<string, BucketKind>(byType(BUCKETS));
  readonly #sinks = new Map<string, SinkKind>(byType(SINKS));
  readonly #notifiers = new Map<string, NotifierKind>(NOTIFIERS.map((notifier) => [blockOf(notifier.type), notifier]));
  readonly #formats = new Map<string, FormatKind>(byName(FORMATS));
  readonly #layouts = new Map<string, Layout>(byName(LAYOUTS));
  readonly #networks = new Map<string, CloudNetwork>(byName(NETWORKS));
  readonly #dialects = new Map<string, Dialect>();

  /** Sources by what `type` says: buckets, tailed by the layouts, and those that find what is new in their own way. */
  get sources(): ReadonlyMap<string, SourceKind> {
    const tailing = [...this.#buckets].map(([type, bucket]) => [type, tailed(bucket, this.layouts)] as const);
    return new Map([...tailing, ...this.#sources]);
  }

  /** Buckets by what `type` says. */
  get buckets(): ReadonlyMap<string, BucketKind> {
    return this.#buckets;
  }

  /** Sinks by what `type` says. */
  get sinks(): ReadonlyMap<string, SinkKind> {
    return this.#sinks;
  }

  /** Notifiers by what their block in `alerts` is called. */
  get notifiers(): ReadonlyMap<string, NotifierKind> {
    return this.#notifiers;
  }

  /** In the order in which an object is asked whether it is of them. */
  get formats(): readonly FormatKind[] {
    return [...this.#formats.values()];
  }

  /** Beside `flat`. */
  get layouts(): readonly Layout[] {
    return [...this.#layouts.values()];
  }

  get networks(): readonly CloudNetwork[] {
    return [...this.#networks.values()];
  }

  /** Makes the built-in ones, which reads a schema, beside those that were registered. */
  dialects(schema?: OtlpSchema): readonly Dialect[] {
    return [...DIALECTS.map((make) => make(schema)), ...this.#dialects.values()];
  }

  /** Another one that holds the same: what is registered with it is not registered here. */
  copy(): Registry {
    const copy = new Registry();
    for (const kind of KINDS) for (const [name, part] of this.#all(kind)) copy.#all(kind).set(name, part);
    return copy;
  }

  /**
   * Adds a part, which is checked for what it must have. `name` is what a configuration calls it, by default the part's own type or name
   * (of a notifier in camel case). Throws UsageError for a part that lacks something, or a name that is taken.
   */
  register<K extends Kind>(kind: K, part: Kinds[K], name?: string): void {
    const taken = takenPart(kind, part, name);
    const own = String(taken.type ?? taken.name);
    const key = name ?? (kind === "notifier" ? blockOf(own) : own);
    const isTaken =
      this.#all(kind).has(key) || (kind === "source" && this.#buckets.has(key)) || (kind === "bucket" && this.#sources.has(key));
    if (isTaken) throw new UsageError("part-known", `there is a ${kind} ${key} already`);
    this.#all(kind).set(key, taken);
  }

  #all(kind: Kind): Map<string, unknown> {
    const all: Readonly<Record<Kind, Map<string, unknown>>> = {
      source: this.#sources,
      bucket: this.#buckets,
      sink: this.#sinks,
      notifier: this.#notifiers,
      format: this.#formats,
      layout: this.#layouts,
      network: this.#networks,
      dialect: this.#dialects,
    } as Readonly<Record<Kind, Map<string, never>>>;
    return all[kind];
  }
}

const COMPONENT = { texts: ["type", "summary"], functions: ["create"], options: true } as const;

/** What a part of each kind must have. */
const MEMBERS: Readonly<
  Record<Kind, { readonly texts: readonly string[]; readonly functions: readonly string[]; readonly options?: boolean }>
> = {
  source: COMPONENT,
  bucket: COMPONENT,
  sink: COMPONENT,
  notifier: COMPONENT,
  format: { texts: ["name"], functions: ["create"] },
  layout: { texts: ["name", "summary", "root"], functions: ["holds", "tail"] },
  network: { texts: ["name"], functions: ["resolve", "files", "read"], options: true },
  dialect: { texts: ["name", "title"], functions: ["rule", "search", "files"] },
};
const KINDS = Object.keys(MEMBERS) as readonly Kind[];
/** What a part may have. */
const MORE = ["timeWindow", "encoder", "check", "openApi", "provider", "writer"];

/** The part with its schema as the program uses it; in a kind of parts that are called by `name`, under the name that is given. */
function takenPart(kind: Kind, part: unknown, name: string | undefined): Record<string, unknown> {
  const { texts, functions, options } = MEMBERS[kind];
  if (typeof part !== "object" || part === null) throw new UsageError("part-invalid", `the ${kind} is no object`);
  const given = part as Record<string, unknown>;
  const schema = options === true ? schemaOf(given.options) : undefined;
  const lacks = [
    ...texts.filter((member) => typeof given[member] !== "string"),
    ...functions.filter((member) => typeof given[member] !== "function").map((member) => `${member}()`),
    ...(options === true && schema === undefined ? ["options (a schema)"] : []),
  ];
  if (lacks.length > 0) throw new UsageError("part-invalid", `the ${kind} lacks ${lacks.join(", ")}`);
  const members = [...texts, ...functions, ...MORE].flatMap((member) => {
    const value = given[member];
    return value === undefined ? [] : [[member, typeof value === "function" ? value.bind(part) : value]];
  });
  const taken: Record<string, unknown> = { ...Object.fromEntries(members), ...(schema && { options: schema }) };
  return taken.name === undefined ? taken : { ...taken, name: name ?? taken.name };
}

const byType = <Part extends { readonly type: string }>(parts: readonly Part[]): [string, Part][] =>
  parts.map((part) => [part.type, part]);
const byName = <Part extends { readonly name: string }>(parts: readonly Part[]): [string, Part][] =>
  parts.map((part) => [part.name, part]);

/** What the block of a notifier is called: its type in camel case. */
function blockOf(type: string): string {
  return type.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
