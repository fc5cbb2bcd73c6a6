import { i as recordClassOf, r as bodyOf } from "./record-_FqDNRg0.js";
import { resourceFromAttributes } from "@opentelemetry/resources";
// src/sinks/log-records.ts
/** Most resources that are remembered. */
const MOST_RESOURCES = 1024;
/**
* Flows of one resource share one Resource object, by which exporters group. Counters above 2^53 - 1, which no number holds exactly,
* become text.
*/
function recordMaker(schema, options) {
	const instrumentationScope = {
		name: "flowferry",
		version: options.version
	};
	const byContext = /* @__PURE__ */ new WeakMap();
	const byContent = /* @__PURE__ */ new Map();
	const resourceOf = (flow) => {
		let resource = byContext.get(flow.context);
		if (resource === void 0) {
			const attributes = {
				"service.name": options.serviceName,
				...attributesOf(schema, schema.resource, flow)
			};
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
			...body !== void 0 && { body },
			resource: resourceOf(flow),
			instrumentationScope,
			attributes: attributesOf(schema, schema.attributes, flow),
			droppedAttributesCount: 0
		};
	};
}
/** What the attributes have of the flow, each under its name. */
function attributesOf(schema, attributes, flow) {
	const result = {};
	for (const attribute of attributes) {
		const value = attribute.get(flow);
		if (value === void 0) continue;
		if (attribute.kind === "columns") for (const [column, text] of Object.entries(value)) result[schema.columnName(attribute, column)] = text;
		else result[attribute.name] = typeof value === "bigint" ? String(value) : value;
	}
	return result;
}
/** Seconds and nanoseconds. */
function hrTimeOf(ms) {
	const seconds = Math.floor(ms / 1e3);
	return [seconds, (ms - seconds * 1e3) * 1e6];
}
export { recordMaker as n, attributesOf as t };
