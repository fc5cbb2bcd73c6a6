import { t as DETECTIONS } from "./fields-CNGBTqUH.js";
import { t as readConditions } from "./draft-k6oXIixG.js";
import { r as readSearches } from "./yaml-file-Cn6pywsC.js";
import { t as compileCondition } from "./compile-DH_54Bg1.js";
// src/detect/filter.ts
/** The block `filter` of the document, or undefined after every mistake has been reported with its line. */
function readFilter(document, report) {
	let failed = false;
	const note = (line, message) => {
		failed = true;
		report(line, message);
	};
	const { condition: text } = document.value.filter;
	const searches = readSearches(document, ["filter"], ["condition"], note, [DETECTIONS]);
	const isList = Array.isArray(text) && text.length > 0 && text.every((one) => typeof one === "string");
	if (typeof text !== "string" && !isList) note(document.lineOf(["filter"]), "condition is missing, which joins the searches by their names: `condition: selection`");
	if (failed) return void 0;
	const condition = readConditions(text, ["filter", "condition"], document, searches, note);
	if (condition === void 0) return void 0;
	const asked = [...predicatesOf(condition)].filter((predicate) => "field" in predicate && predicate.field === DETECTIONS);
	const rules = asked.flatMap((predicate) => predicate.kind === "one-of" ? predicate.values.map(String) : []);
	return {
		test: compileCondition(condition),
		asksDetections: asked.length > 0,
		rules
	};
}
function* predicatesOf(condition) {
	if (condition.kind === "and" || condition.kind === "or") for (const term of condition.terms) yield* predicatesOf(term);
	else if (condition.kind === "not") yield* predicatesOf(condition.term);
	else yield condition;
}
export { readFilter as t };
