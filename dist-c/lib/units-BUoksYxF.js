import { i as parseDuration, n as formatDuration } from "./durations-Bd18bo2u.js";
import { r as UsageError } from "./errors-C4nvsd9u.js";
// src/config/units.ts
/** Schemas have durations in ms, under names such as `pollMs`; a configuration has them with their unit, as in `poll: 10s`. */
const IN_MS = /^(\w+)Ms$/;
/** What a configuration calls an option that its schema calls `pollMs`; undefined for an option that is no duration. */
function durationName(option) {
	return IN_MS.exec(option)?.[1];
}
/** The value with each duration that has a unit in ms, as the schema wants it. What is no duration is reported, and left as it is. */
function inMilliseconds(schema, value, path, report) {
	return copyOf(schema, value, path, report);
}
function copyOf(schema, value, path, report) {
	const def = schema._zod?.def;
	switch (def?.type) {
		case "optional":
		case "nonoptional":
		case "nullable":
		case "default":
		case "prefault":
		case "readonly":
		case "catch": return copyOf(def.innerType, value, path, report);
		case "pipe": return copyOf(def.in, value, path, report);
		case "union": return def.options.reduce((copy, option) => copyOf(option, copy, path, report), value);
		case "array": return Array.isArray(value) ? value.map((element, index) => copyOf(def.element, element, [...path, index], report)) : value;
		case "object": return isBlock(value) ? blockOf(def.shape, value, path, report) : value;
		default: return value;
	}
}
function blockOf(shape, value, path, report) {
	const copy = { ...value };
	for (const [key, schema] of Object.entries(shape)) {
		const name = durationName(key);
		if (name !== void 0 && Object.hasOwn(value, name) && !Object.hasOwn(shape, name)) {
			const ms = msOf(value[name], [...path, name], report);
			if (Object.hasOwn(value, key)) report([...path, key], `is ${name} in ms: leave out one of the two`);
			delete copy[name];
			if (ms !== void 0) copy[key] = ms;
		} else if (Object.hasOwn(value, key)) copy[key] = copyOf(schema, value[key], [...path, key], report);
	}
	return copy;
}
function msOf(value, path, report) {
	try {
		return parseDuration(String(value));
	} catch (error) {
		if (!(error instanceof UsageError)) throw error;
		report(path, error.message);
		return;
	}
}
/** A value as a configuration has it: each `pollMs: 10000` as `poll: 10s`. */
function withUnits(value) {
	if (Array.isArray(value)) return value.map(withUnits);
	if (!isBlock(value)) return value;
	const members = Object.entries(value).map(([key, member]) => {
		const name = typeof member === "number" ? durationName(key) : void 0;
		return name === void 0 ? [key, withUnits(member)] : [name, formatDuration(member)];
	});
	return Object.fromEntries(members);
}
function isBlock(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
export { inMilliseconds as n, withUnits as r, durationName as t };
