import { i as recordClassOf } from "./record-_FqDNRg0.js";
import { r as isoOf } from "./load-efkb9GOd.js";
// src/schemas/line.ts
/**
* Counters are printed with all their digits, as JSON numbers. `serviceName` is an attribute of the resource, in schemas whose lines
* have one.
*/
function linePrinter(schema, serviceName) {
	const members = schema.layout === "nested" ? nestedMembers(schema) : join(schema.attributes.map((one) => printerFor(schema, one)));
	if (schema.layout !== "record") return (flow) => `{${members(flow).slice(1)}}`;
	const resource = perContext(join(schema.resource.map((one) => printerFor(schema, one))));
	const service = `"service.name":${printText(serviceName)}`;
	const iso = lastTime();
	const observedIso = lastTime();
	return (flow, observed) => {
		const { eventName, severityNumber, severityText } = recordClassOf(flow);
		return `{"timestamp":"${iso(flow.time)}","observedTimestamp":"${observedIso(observed)}","severityNumber":${severityNumber},"severityText":"${severityText}","eventName":"${eventName}","resource":{${service}${resource(flow)}},"attributes":{${members(flow).slice(1)}}}`;
	};
}
function join(printers) {
	return (flow) => {
		let text = "";
		for (let index = 0; index < printers.length; index++) text += printers[index](flow);
		return text;
	};
}
/** Most values of an attribute that are kept printed, and the longest of them, in characters. */
const KEPT = 4096;
const LONGEST_KEPT = 1024;
/** Values that repeat are kept printed, as `name` and as part of a schema whose dots are objects alike. */
function printerFor(schema, attribute, name = attribute.name) {
	const { kind, varies, get } = attribute;
	if (kind === "columns") return (flow) => printColumns(get(flow), (column) => schema.columnName(attribute, column));
	const key = `,${printText(name)}:`;
	if (kind === "uid") return (flow) => `${key}"${flow.uid}"`;
	if (kind === "any" && varies === "much") return anyPrinter(key, get);
	if (varies === "much") return (flow) => {
		const value = get(flow);
		return value === void 0 ? "" : key + printValue(value);
	};
	const kept = /* @__PURE__ */ new Map();
	return (flow) => {
		const value = get(flow);
		if (value === void 0) return "";
		let text = kept.get(value);
		if (text === void 0) {
			text = key + printValue(value);
			if (kept.size < KEPT && text.length <= LONGEST_KEPT) kept.set(value, text);
		}
		return text;
	};
}
/** What is frozen is shared by many flows (the security lists of a subnet, those of a rule), and kept printed for as long as it lives. */
function anyPrinter(key, get) {
	const kept = /* @__PURE__ */ new WeakMap();
	return (flow) => {
		const value = get(flow);
		if (value === void 0) return "";
		if (typeof value !== "object" || value === null || !Object.isFrozen(value)) return key + printValue(value);
		let text = kept.get(value);
		if (text === void 0) {
			text = key + printValue(value);
			kept.set(value, text);
		}
		return text;
	};
}
function printColumns(columns, nameOf) {
	let text = "";
	if (columns === void 0) return text;
	for (const [column, value] of Object.entries(columns)) text += `,${printText(nameOf(column))}:${printText(value)}`;
	return text;
}
/** Dots in names become objects; an object without members is left out. Columns are members of the object that their name stands in. */
function nestedMembers(schema) {
	const root = {
		children: /* @__PURE__ */ new Map(),
		attribute: void 0
	};
	for (const attribute of schema.attributes) {
		let branch = root;
		const parts = attribute.name.split(".");
		for (const part of attribute.kind === "columns" ? [...parts.slice(0, -1), "*"] : parts) {
			const child = branch.children.get(part) ?? {
				children: /* @__PURE__ */ new Map(),
				attribute: void 0
			};
			branch.children.set(part, child);
			branch = child;
		}
		branch.attribute = attribute;
	}
	return printBranch(schema, root);
}
function printBranch(schema, branch) {
	const nameOf = (column) => branch.children.has(column) ? `column.${column}` : column;
	return join([...branch.children].map(([part, child]) => {
		const { attribute } = child;
		if (attribute?.kind === "columns") return (flow) => printColumns(attribute.get(flow), nameOf);
		if (attribute !== void 0) return printerFor(schema, attribute, part);
		const key = `,${printText(part)}:`;
		const within = printBranch(schema, child);
		return (flow) => {
			const text = within(flow);
			return text === "" ? "" : `${key}{${text.slice(1)}}`;
		};
	}));
}
function perContext(print) {
	const kept = /* @__PURE__ */ new WeakMap();
	return (flow) => {
		let text = kept.get(flow.context);
		if (text === void 0) {
			text = print(flow);
			kept.set(flow.context, text);
		}
		return text;
	};
}
/** Flows of the same second follow each other. */
function lastTime() {
	let last;
	let text = "";
	return (ms) => {
		if (ms !== last) {
			text = isoOf(ms);
			last = ms;
		}
		return text;
	};
}
const PLAIN = /^[ !#-[\]-~]*$/;
/** Lone surrogates, which UTF-8 cannot hold, become U+FFFD. */
function printText(text) {
	return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text.toWellFormed());
}
function printValue(value) {
	switch (typeof value) {
		case "string": return printText(value);
		case "number":
		case "bigint":
		case "boolean": return String(value);
		default: return JSON.stringify(value, exact);
	}
}
/** Of the language since 2024; TypeScript's library does not declare it yet. */
const rawJson = JSON.rawJSON;
function exact(_key, value) {
	if (typeof value === "bigint") return rawJson(String(value));
	return typeof value === "string" ? value.toWellFormed() : value;
}
export { linePrinter as t };
