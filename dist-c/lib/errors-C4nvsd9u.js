// src/lib/errors.ts
/**
* Every failure that a user may see. A message is one line: what is wrong, where, and what to do.
* `code` is stable: dead letters, metrics and scripts refer to it. The program puts no secret into a message; where others, whom a message
* quotes, repeat one, the Scrubber takes it out before the text leaves the program.
*/
var FlowferryError = class extends Error {
	code;
	constructor(code, message, options) {
		super(message, options);
		this.name = new.target.name;
		this.code = code;
	}
};
/** Wrong usage or configuration: the command ends with exit code 2. */
var UsageError = class extends FlowferryError {};
/** A failure that is sorted. */
var Failure = class extends FlowferryError {
	drawer;
	retryAfterMs;
	tooLarge;
	certain;
	gone;
	constructor(drawer, code, message, options = {}) {
		super(code, message, options);
		this.drawer = drawer;
		this.retryAfterMs = options.retryAfterMs;
		this.tooLarge = options.tooLarge ?? false;
		this.certain = options.certain ?? false;
		this.gone = options.gone ?? false;
	}
};
/** The drawer of any thrown value; what nobody has sorted is not understood. */
function drawerOf(thrown) {
	return thrown instanceof Failure ? thrown.drawer : "not-understood";
}
/** The one line that a person reads of any thrown value, with the messages of its causes and without a stack. */
function describeError(thrown) {
	const parts = [];
	let current = thrown;
	while (current !== void 0 && current !== null && parts.length < 4) {
		const text = messageOf(current);
		if (text !== "" && !parts.some((part) => part.includes(text))) parts.push(text);
		current = current instanceof Error ? current.cause : void 0;
	}
	return parts.join(": ").replaceAll(/\s*\n\s*/g, " ");
}
/** The stable code of any thrown value: its own, Node's (`ECONNREFUSED`), or `error`. */
function codeOf(thrown) {
	if (typeof thrown === "object" && thrown !== null && "code" in thrown && typeof thrown.code === "string") return thrown.code;
	return thrown instanceof Error && thrown.cause !== void 0 ? codeOf(thrown.cause) : "error";
}
function messageOf(thrown) {
	if (thrown instanceof AggregateError && thrown.message === "") return thrown.errors.map(messageOf).join("; ");
	if (thrown instanceof Error) return thrown.message || thrown.name;
	if (typeof thrown === "object" && thrown !== null) {
		if ("message" in thrown && typeof thrown.message === "string") return thrown.message;
		return JSON.stringify(thrown);
	}
	return String(thrown);
}
export { describeError as a, codeOf as i, FlowferryError as n, drawerOf as o, UsageError as r, Failure as t };
