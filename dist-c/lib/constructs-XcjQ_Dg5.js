import { f as predicates } from "./yaml-file-Cn6pywsC.js";
// src/detect/constructs.ts
/** Every construct that the rule uses, those of the rules it correlates included. */
function constructsOf(rule) {
	const found = /* @__PURE__ */ new Set();
	collect(rule, found);
	return found;
}
/** Every field that the rule reads, those of the rules it correlates included, by the name the rule uses. */
function fieldsOf(rule) {
	const found = /* @__PURE__ */ new Map();
	collectFields(rule, (ref) => found.set(ref.name, ref));
	return found;
}
function collect(rule, found) {
	if (rule.kind !== "correlation") {
		collectCondition(rule.condition, found);
		if (rule.kind === "detector") found.add(rule.detector.type);
		return;
	}
	const { correlation } = rule;
	found.add(correlation.type);
	for (const part of correlation.parts) {
		if (part.groupBy.some((ref, index) => ref.name !== correlation.groupBy[index])) found.add("aliases");
		if (part.rule.kind !== "detection") found.add("chain");
		collect(part.rule, found);
	}
}
function collectCondition(condition, found) {
	switch (condition.kind) {
		case "constant": return;
		case "and":
			for (const term of condition.terms) collectCondition(term, found);
			return;
		case "or":
			found.add("or");
			for (const term of condition.terms) collectCondition(term, found);
			return;
		case "not":
			found.add("negation");
			collectCondition(condition.term, found);
			return;
		default:
			found.add(condition.kind === "text" ? condition.operator : condition.kind);
			if (condition.field.column !== void 0) found.add("columns");
	}
}
function collectFields(rule, add) {
	if (Array.isArray(rule.dedup)) for (const ref of rule.dedup) add(ref);
	if (rule.kind === "correlation") {
		const { correlation } = rule;
		if ("field" in correlation) add(correlation.field);
		for (const part of correlation.parts) {
			for (const ref of part.groupBy) add(ref);
			collectFields(part.rule, add);
		}
		return;
	}
	for (const predicate of predicates(rule.condition)) {
		add(predicate.field);
		if (predicate.kind === "fieldref") add(predicate.other);
	}
	if (rule.kind !== "detector") return;
	const { detector } = rule;
	for (const ref of detector.type === "new_terms" ? detector.fields : detector.groupBy) add(ref);
	if (detector.type === "baseline" && detector.field !== void 0) add(detector.field);
}
export { fieldsOf as n, constructsOf as t };
