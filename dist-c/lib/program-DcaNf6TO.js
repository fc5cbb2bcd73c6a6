import { i as CommanderError, t as Command } from "./commander-BVTyMRTV.js";
import { a as describeError, i as codeOf, r as UsageError } from "./errors-C4nvsd9u.js";
import { n as printableLines, t as printable } from "./printable-5Dp1saHN.js";
import { t as version } from "./version-BRz3Snu3.js";
import { n as createContext, t as EXIT } from "./context-BVD8iu4e.js";
// src/cli/program.ts
/** Every command by its name, in the order of the help. Each is loaded when it is used. */
const COMMANDS = {
	init: async (context) => (await import("./init-u966_mwI.js")).initCommand(context),
	run: async (context, finish) => (await import("./run-CIylRm3g.js")).runCommand(context, finish),
	demo: async (context, finish) => (await import("./demo-CGb7bHRv.js")).demoCommand(context, finish),
	check: async (context, finish) => (await import("./check-BUhAUwdH.js")).checkCommand(context, finish),
	plan: async (context) => (await import("./plan-CQ-yc2a8.js")).planCommand(context),
	status: async (context) => (await import("./status-mgAuEXoo.js")).statusCommand(context),
	top: async (context) => (await import("./top-BN8Zazu3.js")).topCommand(context),
	tap: async (context) => (await import("./tap-R0dJ8ETR.js")).tapCommand(context),
	replay: async (context, finish) => (await import("./replay-Dm3Gcmg1.js")).replayCommand(context, finish),
	explain: async (context, finish) => (await import("./explain-BQbp0vCU.js")).explainCommand(context, finish),
	report: async (context, finish) => (await import("./report-CJndG0An.js")).reportCommand(context, finish),
	search: async (context, finish) => (await import("./search-Da72JdB9.js")).searchCommand(context, finish),
	sql: async (context, finish) => (await import("./sql-a10ZpTjx.js")).sqlCommand(context, finish),
	compact: async (context, finish) => (await import("./compact-Bg9lrak9.js")).compactCommand(context, finish),
	lookups: async (context) => {
		const [{ lookupsCommand }, { lookupsPushCommand }] = await Promise.all([import("./lookups-R4vFO4Tp.js"), import("./lookups-push-Cep-kNuc.js")]);
		return lookupsCommand(context).addCommand(lookupsPushCommand(context));
	},
	rules: async (context) => (await import("./rules-C_wK0g1S.js")).rulesCommand(context),
	alerts: async (context, finish) => (await import("./alerts-DE92nFxl.js")).alertsCommand(context, finish),
	content: async (context) => (await import("./content-DZ20OhQq.js")).contentCommand(context),
	generate: async (context) => (await import("./generate-CwY_cp4Y.js")).generateCommand(context),
	config: async (context) => (await import("./config-hFOGKv4W.js")).configCommand(context),
	schema: async (context) => (await import("./schema-8U-IBB9d.js")).schemaCommand(context),
	completion: async (context, finish) => (await import("./completion-B3gdeh_7.js")).completionCommand(context, () => everyCommand(context, finish)),
	man: async (context, finish) => (await import("./manual-knQY66PF.js")).manualCommand(context, () => everyCommand(context, finish))
};
/** Runs one command, with the arguments after the program's name, to its end and resolves to the exit code. Never throws. */
async function main(args, process) {
	const interruption = new AbortController();
	const onSignal = (name) => {
		if (interruption.signal.aborted) process.exit(EXIT.interrupted);
		interruption.abort(name);
	};
	process.on("SIGINT", onSignal);
	process.on("SIGTERM", onSignal);
	process.stdout.on("error", (error) => {
		if (error.code === "EPIPE") interruption.abort("EPIPE");
		else throw error;
	});
	const context = createContext(process, interruption.signal);
	const asJson = args.includes("--json");
	const onUncaught = (error) => process.exit(report(error, context, asJson));
	process.on("uncaughtException", onUncaught);
	let code = EXIT.done;
	try {
		await (await createProgram(args, context, (result) => {
			code = result;
		})).parseAsync(args, { from: "user" });
		return code;
	} catch (error) {
		return report(error, context, asJson);
	} finally {
		process.off("SIGINT", onSignal);
		process.off("SIGTERM", onSignal);
		process.off("uncaughtException", onUncaught);
	}
}
function everyCommand(context, finish) {
	return Promise.all(Object.values(COMMANDS).map((load) => load(context, finish)));
}
async function createProgram(args, context, finish) {
	const program = new Command("flowferry").description("Tails buckets of cloud flow logs, enriches every flow, and delivers it at least once.").version(version).exitOverride().configureOutput({
		writeOut: (text) => context.stdout.write(text),
		writeErr: (text) => void context.stderr.write(printableLines(context.secrets.scrub(text)))
	}).configureHelp({ showGlobalOptions: false }).showSuggestionAfterError();
	for (const load of needed(args[0])) program.addCommand(inheriting(await load(context, finish), program));
	return program;
}
/** The command that the first argument names; none for the version; all where help lists them, or a wrong name is compared with them. */
function needed(first) {
	if (first === "--version" || first === "-V") return [];
	const named = first !== void 0 && Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : void 0;
	return named === void 0 ? Object.values(COMMANDS) : [named];
}
/** Subcommands that are built apart do not inherit how the program ends and prints. */
function inheriting(command, parent) {
	command.copyInheritedSettings(parent);
	for (const child of command.commands) inheriting(child, command);
	return command;
}
/** Tells what went wrong: on a line for people, and of a command with `--json` as one object among its results. */
function report(error, { stderr, print, signal, secrets }, asJson) {
	if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
	const isUsage = error instanceof CommanderError || error instanceof UsageError;
	if (signal.aborted && !isUsage) return EXIT.interrupted;
	const said = isUsage ? error.message : describeError(error);
	if (asJson) {
		const code = error instanceof CommanderError ? "bad-arguments" : codeOf(error);
		print(JSON.stringify({ error: {
			code,
			message: said
		} }));
	}
	if (!(error instanceof CommanderError)) {
		const safe = secrets.scrub(said);
		stderr.write(`flowferry: ${isUsage ? printableLines(safe) : printable(safe)}\n`);
	}
	return isUsage ? EXIT.usage : EXIT.failed;
}
export { main };
