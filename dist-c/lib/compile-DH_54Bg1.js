import { t as compileNetworks } from "./prefix-DWd56Iz9.js";
import { n as enumeration } from "./fields-CNGBTqUH.js";
import { i as compilePattern } from "./yaml-file-Cn6pywsC.js";
// src/detect/stream/compile.ts
/** The condition as a function. Throws TypeError on networks and patterns that the loader would have refused. */
function compileCondition(condition) {
	if ("field" in condition && condition.field.isList) return compileList(condition);
	switch (condition.kind) {
		case "constant": {
			const { value } = condition;
			return () => value;
		}
		case "and": return compileAnd(condition.terms.map(compileCondition));
		case "or": return compileOr(condition.terms.map(compileCondition));
		case "not": {
			const test = compileCondition(condition.term);
			return (flow) => !test(flow);
		}
		case "one-of": return compileOneOf(condition);
		case "compare": return compileCompare(condition);
		case "text": return compileText(condition);
		case "cidr": {
			const { get } = condition.field;
			const inside = compileNetworks(condition.networks);
			return (flow) => {
				const value = get(flow);
				return typeof value === "string" && inside(value);
			};
		}
		case "re": {
			const { get } = condition.field;
			const found = compilePattern(condition);
			if (typeof found === "string") throw new TypeError(found);
			return (flow) => {
				const value = get(flow);
				return typeof value === "string" && found(value);
			};
		}
		case "exists": {
			const { get } = condition.field;
			return (flow) => get(flow) !== void 0;
		}
		case "fieldref": {
			const { get } = condition.field;
			const { get: getOther } = condition.other;
			return (flow) => {
				const value = get(flow);
				if (value === void 0) return false;
				const other = getOther(flow);
				if (value === other) return true;
				return typeof value === "string" && typeof other === "string" && value.toLowerCase() === other.toLowerCase();
			};
		}
	}
}
function compileList(predicate) {
	const { get, isList: _, ...field } = predicate.field;
	const test = compileCondition({
		...predicate,
		field: {
			...field,
			get: (value) => value
		}
	});
	return (flow) => get(flow).some(test);
}
function compileAnd(tests) {
	const [first, second, third] = tests;
	if (first === void 0) return () => true;
	if (second === void 0) return first;
	if (third === void 0) return (flow) => first(flow) && second(flow);
	if (tests.length === 3) return (flow) => first(flow) && second(flow) && third(flow);
	const rest = compileAnd(tests.slice(3));
	return (flow) => first(flow) && second(flow) && third(flow) && rest(flow);
}
function compileOr(tests) {
	const [first, second] = tests;
	if (first === void 0) return () => false;
	if (second === void 0) return first;
	if (tests.length === 2) return (flow) => first(flow) || second(flow);
	const rest = compileOr(tests.slice(1));
	return (flow) => first(flow) || rest(flow);
}
function compileOneOf({ field, values }) {
	const { get } = field;
	const [only] = values;
	if (field.class !== "text" || enumeration(field) !== void 0) {
		if (values.length === 1) return (flow) => get(flow) === only;
		const exact = new Set(values);
		return (flow) => exact.has(get(flow));
	}
	const folded = new Set(values.map((value) => String(value).toLowerCase()));
	return (flow) => {
		const value = get(flow);
		return typeof value === "string" && (folded.has(value) || folded.has(value.toLowerCase()));
	};
}
/** Counters above 2^53 are bigints; JavaScript compares them with numbers exactly. */
function compileCompare({ field, operator, value: limit }) {
	const get = field.get;
	switch (operator) {
		case "gt": return (flow) => (get(flow) ?? NaN) > limit;
		case "gte": return (flow) => (get(flow) ?? NaN) >= limit;
		case "lt": return (flow) => (get(flow) ?? NaN) < limit;
		case "lte": return (flow) => (get(flow) ?? NaN) <= limit;
	}
}
function compileText({ field, operator, value }) {
	const get = field.get;
	const part = value.toLowerCase();
	switch (operator) {
		case "contains": return (flow) => get(flow)?.toLowerCase().includes(part) === true;
		case "startswith": return (flow) => get(flow)?.toLowerCase().startsWith(part) === true;
		case "endswith": return (flow) => get(flow)?.toLowerCase().endsWith(part) === true;
	}
}
export { compileCondition as t };
