import { j as toJSONSchema } from "./schemas-Dm7Z0tOD.js";
import { a as describeError, r as UsageError } from "./errors-C4nvsd9u.js";
import { t as nearest } from "./nearest-DcR-nB4_.js";
import { t as durationName } from "./units-BUoksYxF.js";
// src/config/validate.ts
/** Validates the value at `path` of the file, where the keys `beside` are known too; a wrong one is a UsageError with a line for each fault: where it stands and what to do. */
function validate(schema, value, source, path, beside = []) {
	const first = schema.safeParse(value, { reportInput: true });
	if (first.success) return first.data;
	const typed = withTypes(value, first.error.issues, source, path);
	const second = typed === void 0 ? first : schema.safeParse(typed, { reportInput: true });
	if (second.success) return second.data;
	const faults = second.error.issues.flatMap((issue) => faultsOf(issue, schema, source, path, beside));
	throw new UsageError("config-invalid", faults.join("\n"));
}
/** Text from the environment turned into the number or boolean that the schema wants at its place. */
function withTypes(value, issues, source, path) {
	let changed = false;
	const copy = structuredClone(value);
	for (const issue of issues) {
		if (issue.code !== "invalid_type" || !source.fromEnvironment([...path, ...issue.path])) continue;
		const text = String(issue.input);
		const typed = issue.expected === "number" ? Number(text) : issue.expected === "boolean" ? {
			true: true,
			false: false
		}[text] : void 0;
		if (typed === void 0 || Number.isNaN(typed)) continue;
		const parent = issue.path.slice(0, -1).reduce((node, key) => node[key], copy);
		parent[issue.path.at(-1)] = typed;
		changed = true;
	}
	return changed ? copy : void 0;
}
function faultsOf(issue, schema, source, path, beside) {
	const full = asWritten([...path, ...issue.path], source);
	if (issue.code === "unrecognized_keys") {
		const known = [...knownKeys(schema, issue.path).map((key) => durationName(key) ?? key), ...issue.path.length === 0 ? beside : []];
		return issue.keys.map((key) => unknownKey(key, known, source.at(full, key), full));
	}
	if (issue.code === "invalid_format" && issue.format === "url" && !/^https?:\/\//i.test(String(issue.input))) return [`${source.at(full)}: ${dotted(full)}: expected a URL with its scheme, as in https://example.com or http://localhost:4318`];
	const isMissing = issue.code === "invalid_type" && issue.input === void 0;
	const unit = durationName(String(issue.path.at(-1) ?? "")) !== void 0 && /\d$/.test(issue.message) ? " ms" : "";
	const said = isMissing ? `is missing: expected ${issue.expected}` : `${issue.message}${unit}`;
	return [`${source.at(full)}: ${dotted(full)}: ${said}`];
}
/** The path by the names of the file, where a duration has its unit. */
function asWritten(path, { value }) {
	const last = path.at(-1);
	const name = typeof last === "string" ? durationName(last) : void 0;
	const parent = path.slice(0, -1).reduce((node, key) => node?.[key], value);
	return name !== void 0 && typeof parent === "object" && parent !== null && Object.hasOwn(parent, name) ? [...path.slice(0, -1), name] : [...path];
}
/** One line about a key that means nothing at its place. */
function unknownKey(key, known, at, path) {
	const meant = nearest(key, known);
	const advice = meant !== void 0 ? `did you mean ${meant}?` : known.length > 0 ? `known here: ${known.join(", ")}` : "remove it";
	return `${at}: unknown key ${dotted([...path, key])}: ${advice}`;
}
/** The keys that the schema knows at the path. */
function knownKeys(schema, path) {
	let places = [toJSONSchema(schema, {
		io: "input",
		unrepresentable: "any"
	})];
	const alternatives = (place) => place.anyOf === void 0 ? [place] : place.anyOf.flatMap(alternatives);
	for (const key of path) places = places.flatMap(alternatives).flatMap(({ properties, items }) => (typeof key === "number" ? items : properties?.[String(key)]) ?? []);
	return places.flatMap(alternatives).flatMap(({ properties }) => Object.keys(properties ?? {}));
}
/** A path as a person writes it: `sinks[0].filter`. */
function dotted(path) {
	return path.reduce((text, key) => typeof key === "number" ? `${text}[${key}]` : text === "" ? String(key) : `${text}.${String(key)}`, "");
}
/** Runs `work`, and puts the place in the file before whatever it throws for a wrong option. */
async function at(place, work) {
	try {
		return await work();
	} catch (error) {
		throw withPlace(place, error);
	}
}
/** As `at`, of work that is done at once. */
function placed(place, work) {
	try {
		return work();
	} catch (error) {
		throw withPlace(place, error);
	}
}
function withPlace(place, error) {
	if (!(error instanceof UsageError) || error.message.startsWith(place)) return error;
	return new UsageError(error.code, `${place}: ${describeError(error)}`, { cause: error });
}
export { validate as i, dotted as n, placed as r, at as t };
