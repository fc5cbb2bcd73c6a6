import { _ as wordsOf, c as FIELD_NAMES, d as isField, l as fieldOf, t as GETTERS, u as formOf } from "./access-CkpRYHIj.js";
import { t as nearest } from "./nearest-DcR-nB4_.js";
// src/detect/hint.ts
/** Up to so many candidates are listed when none is close. */
const MAX_LISTED = 12;
/** `; did you mean 'x'?`, or the list of what there is when nothing is close, or nothing when that list is long. */
function hint(word, candidates) {
	const match = nearest(word, candidates) ?? candidates.find((candidate) => isSwapped(word.toLowerCase(), candidate.toLowerCase()));
	if (match !== void 0) return `; did you mean '${match}'?`;
	return candidates.length > 0 && candidates.length <= MAX_LISTED ? `; known: ${candidates.join(", ")}` : "";
}
/** Whether two words differ by two neighbouring letters that have changed places. */
function isSwapped(a, b) {
	const at = [...a].findIndex((letter, index) => letter !== b[index]);
	return at !== -1 && a.slice(0, at) + a[at + 1] + a[at] + a.slice(at + 2) === b;
}
// src/detect/fields.ts
/** What the rules found: no field of a rule itself. */
const DETECTIONS = {
	name: "detections",
	field: "detections",
	column: void 0,
	class: "text",
	get: GETTERS.detections,
	isList: true
};
/** The only values that the field takes, or undefined when there is no such list. A rule that names another is wrong. */
function enumeration(ref) {
	return ref.column === void 0 ? wordsOf(fieldOf(ref.field).type) : void 0;
}
/** Whether the field holds an IP address: what `cidr` may be used on. */
function isAddress(ref) {
	return ref.column === void 0 && fieldOf(ref.field).type === "address";
}
/** The field of that name, or one line that says why a rule cannot use it; the fields `beside` may be used too. */
function resolveField(name, beside = []) {
	const found = beside.find((field) => field.name === name);
	if (found !== void 0) return found;
	const dot = name.indexOf(".");
	const base = dot === -1 ? name : name.slice(0, dot);
	if (!isField(base)) return `unknown field '${name}'${hint(base, [...FIELD_NAMES.filter(isUsable), ...beside.map((field) => field.name)])}`;
	if (formOf(base) === "columns") return columnOf(name, base, dot);
	if (dot !== -1) return `field '${base}' has no parts, so '${name}' names nothing`;
	const kind = classOf(base);
	if (kind === void 0) return `field '${name}' (${formOf(base)}) cannot be used in a rule`;
	return {
		name,
		field: base,
		column: void 0,
		class: kind,
		get: GETTERS[base]
	};
}
function columnOf(name, field, dot) {
	const column = dot === -1 ? "" : name.slice(dot + 1);
	if (column === "") return `field '${field}' holds the columns of a server's row: name one, for example '${field}.owner'`;
	const read = GETTERS[field];
	const get = (flow) => {
		const columns = read(flow);
		return columns !== void 0 && Object.hasOwn(columns, column) ? columns[column] : void 0;
	};
	return {
		name,
		field,
		column,
		class: "text",
		get
	};
}
function classOf(field) {
	switch (formOf(field)) {
		case "string": return "text";
		case "number":
		case "counter":
		case "time": return "number";
		case "boolean": return "boolean";
		default: return;
	}
}
/** Whether a rule may name the field, or columns of it. */
function isUsable(field) {
	return formOf(field) === "columns" || classOf(field) !== void 0;
}
export { resolveField as a, isUsable as i, enumeration as n, hint as o, isAddress as r, DETECTIONS as t };
