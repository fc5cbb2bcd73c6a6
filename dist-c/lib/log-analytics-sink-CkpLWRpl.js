import { a as describeError, o as drawerOf, r as UsageError, t as Failure } from "./errors-C4nvsd9u.js";
import { r as retryBriefly } from "./retry-eMsisCTR.js";
import { f as isAbsent, m as policyStatement, p as ociError, t as logAnalytics } from "./sink-BKF8PL_n.js";
import { n as drawerOfStatus } from "./failures-B32_Iw8l.js";
import { i as parseDuration } from "./durations-Bd18bo2u.js";
// src/clouds/oci/content/step.ts
/** Names of groups that others hang on: what could not be looked at is not known to be gone. */
const GROUPS = {
	tasks: "scheduled tasks",
	subscription: "subscription",
	alarms: "alarms"
};
/** Something is in the way that somebody else has made. */
var Conflict = class extends Failure {
	constructor(code, message) {
		super("person", code, message);
	}
};
function keyOf({ kind, name }) {
	return `${kind} ${name}`.trim();
}
function refused(kind, name, refusal) {
	return {
		kind,
		name,
		action: "refused",
		differences: [],
		refusal,
		run: async () => void 0
	};
}
/** The step that `look` finds, or one that says what is in the way. */
async function stepOrConflict(kind, name, look) {
	try {
		return await look();
	} catch (error) {
		if (error instanceof Conflict) return refused(kind, name, error);
		throw error;
	}
}
/** What a found thing needs to be as wanted. */
function actionFor(found, differences) {
	if (found === void 0) return "create";
	return differences.length === 0 ? "none" : "update";
}
/**
* Deletes something. That it is not there is no failure, since the answer to an earlier attempt may have been lost; but the service says
* the same of what must not be touched, so it is looked for again.
*/
function removing(call, operation, request, { isThere }) {
	return async (signal) => {
		if (await call.orAbsent(operation, signal, request) === void 0 && await isThere(signal)) await call(operation, signal, request);
	};
}
// src/clouds/oci/content/service-call.ts
const POLICY = {
	initialMs: 500,
	maxMs: 5e3
};
/** Calls with the project's retries and errors. */
function serviceCall({ client, identity, ask }, { place, permission, patienceMs, explain }) {
	const policies = [permission].flat().map((one) => policyStatement(identity, one));
	const denied = {
		code: "not-authorized",
		advice: `the ${policies.length === 1 ? "policy that is" : "policies that are"} needed: ${policies.join("; ")}`,
		drawer: "person"
	};
	const run = async (operation, signal, request, mayBeAbsent) => {
		const late = AbortSignal.timeout(patienceMs);
		const within = AbortSignal.any([signal, late]);
		let last;
		const attempt = async () => {
			try {
				return (await ask(within, request)).result;
			} catch (failure) {
				if (mayBeAbsent && isAbsent(failure)) return void 0;
				throw ociError(failure, {
					operation,
					place,
					endpoint: client.endpoint,
					identity,
					explain: (refused) => {
						const { statusCode } = refused;
						return explain?.(refused) ?? (statusCode === 403 || statusCode === 404 ? denied : void 0);
					},
					drawer: drawerOfStatus
				});
			}
		};
		try {
			return await retryBriefly(attempt, POLICY, within, ({ error }) => {
				last = error;
			});
		} catch (error) {
			signal.throwIfAborted();
			if (!late.aborted) throw error;
			const message = `given up after ${Math.round(patienceMs / 1e3)} s: ${describeError(last ?? error)}`;
			throw new Failure(last === void 0 ? "passing" : drawerOf(last), "no-success", message, { cause: last });
		}
	};
	const strict = (async (operation, signal, request) => run(operation, signal, request, false));
	strict.orAbsent = (operation, signal, request) => run(operation, signal, request, true);
	return strict;
}
// src/cli/log-analytics-sink.ts
/** The options of the configuration's log-analytics sink, whose tenancy and credentials a command uses. */
function logAnalyticsSink({ sinks, file }, name) {
	const found = sinks.filter((sink) => sink.component.type === logAnalytics.type && (name === void 0 || sink.name === name));
	const [only] = found;
	if (only !== void 0 && found.length === 1) return only.options;
	const names = found.map((sink) => sink.name).join(", ");
	const message = found.length === 0 ? `${file} has no sink of type ${logAnalytics.type}${name === void 0 ? "" : ` with the name ${name}`}` : `${file} has several sinks of type ${logAnalytics.type}: choose one with --sink (${names})`;
	throw new UsageError("no-sink", message);
}
/** `--patience` in ms: a duration, or a bare number of seconds. */
function patienceMsOf(text) {
	const patience = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) * 1e3 : parseDuration(text);
	if (patience > 0) return patience;
	throw new UsageError("bad-option", `--patience ${text} is no time at all: write a duration such as 60s or 5m`);
}
export { GROUPS as a, refused as c, Conflict as i, removing as l, patienceMsOf as n, actionFor as o, serviceCall as r, keyOf as s, logAnalyticsSink as t, stepOrConflict as u };
