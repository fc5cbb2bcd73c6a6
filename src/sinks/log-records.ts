import type { AnyValue, Attributes, HrTime } from "@opentelemetry/api";
import { type Resource, resourceFromAttributes } from "@opentelemetry/resources";
import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import type { Flow, FlowContext } from "../flow/flow.ts";
import type { Columns } from "../flow/types.ts";
import { type Body, bodyOf, recordClassOf } from "../schemas/record.ts";
import type { Attribute, Schema } from "../schemas/schema.ts";

/** Makes an OpenTelemetry log record of a flow; `observed` is in ms since the epoch. */
export type RecordMaker = (flow: Flow, observed: number) => ReadableLogRecord;

/** Most resources that are remembered. */
const MOST_RESOURCES = 1024;

/**
 * Flows of one resource share one Resource object, by which exporters group. Counters above 2^53 - 1, which no number holds exactly,
 * become text.
 */
export function recordMaker(schema: Schema, options: { serviceName: string; version: string; body: Body }): RecordMaker {
  const instrumentationScope = { name: "flowferry", version: options.version };
  const byContext = new WeakMap<FlowContext, Resource>();
  const byContent = new Map<string, Resource>();
  const resourceOf = (flow: Flow): Resource => {
    let resource = byContext.get(flow.context);
    if (resource === undefined) {
      const attributes = { "service.name": options.serviceName, ...attributesOf(schema, schema.resource, flow) };
      const content = JSON.stringify(attributes);
      resource = byContent.get(content) ?? resourceFromAttributes(attributes);
      if (byContent.size < MOST_RESOURCES) byContent.set(content, resource);
      byContext.set(flow.context, resource);
    }
    return resource;
  };
  return (flow, observed) => {
    const { eventName, severityNumber, severityText } = recordClassOf(flow);
    const body = bodyOf(flow, options.body);
    return {
      hrTime: hrTimeOf(flow.time),
      hrTimeObserved: hrTimeOf(observed),
      severityNumber,
      severityText,
      eventName,
      ...(body !== undefined && { body }),
      resource: resourceOf(flow),
      instrumentationScope,
      attributes: attributesOf(schema, schema.attributes, flow),
      droppedAttributesCount: 0,
    };
  };
}

/** What the attributes have of the flow, each under its name. */
export function attributesOf(schema: Schema, attributes: readonly Attribute[], flow: Flow): Attributes {
  const result: Record<string, AnyValue> = {};
  for (const attribute of attributes) {
    const value = attribute.get(flow);
    if (value === undefined) continue;
    if (attribute.kind === "columns") {
      for (const [column, text] of Object.entries(value as Columns)) result[schema.columnName(attribute, column)] = text;
    } else result[attribute.name] = typeof value === "bigint" ? String(value) : (value as AnyValue);
  }
  return result as Attributes;
}

/** Seconds and nanoseconds. */
function hrTimeOf(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, (ms - seconds * 1000) * 1_000_000];
}
