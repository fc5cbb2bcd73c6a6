import { t as Command } from "./commander-BVTyMRTV.js";
import { t as printable } from "./printable-5Dp1saHN.js";
import { c as duration, l as rate, n as askTop, o as bytes, s as count } from "./socket-B1ZOfp3p.js";
import { n as tableLines } from "./table-BJEM8ejK.js";
import { t as configOption } from "./config-option-BOSW5Ys2.js";
import { t as requireSocket } from "./tap-DQ03Idut.js";
import { setTimeout } from "node:timers/promises";
// src/cli/top.ts
/** Back to the first place of the terminal; and away with what is behind a line, and below the last one. */
const [HOME, REST_OF_LINE, REST] = [
	"\x1B[H",
	"\x1B[K",
	"\x1B[J"
];
const EVERY_MS = 1e3;
function topCommand(context) {
	return new Command("top").description("Show what a running worker does: sources, sinks, who talks to whom, ports, alerts. Ctrl-C ends it.").addOption(configOption(context.env)).option("--once", "show it once, and end", false).option("--json", "show it once, as one JSON line", false).action(async ({ config: file, once, json }) => {
		const path = requireSocket((await context.loadConfig(file)).ledgerPath);
		if (json) context.print(JSON.stringify(await askTop(path, context.signal)));
		else if (once || !context.stderr.isTTY) for (const line of topLines(await askTop(path, context.signal))) context.print(line);
		else await watch(context, path);
	});
}
async function watch({ stderr, secrets, signal }, path) {
	stderr.write(HOME + REST);
	while (!signal.aborted) {
		const width = (stderr.columns ?? 80) - 1;
		const height = (stderr.rows ?? 24) - 1;
		const shown = topLines(await askTop(path, signal)).slice(0, height).map((line) => `${printable(secrets.scrub(line)).slice(0, width)}${REST_OF_LINE}\n`);
		stderr.write(`${HOME}${shown.join("")}${REST}`);
		await setTimeout(EVERY_MS, void 0, { signal }).catch(() => {});
	}
}
/** What a worker does, for people. */
function topLines({ version, at, startedAt, problems, sources, sinks, talkers, alerts }) {
	const health = problems.length === 0 ? ["everything does its work"] : problems.map(({ part, reason, since }) => `${part} does not do its work for ${duration(at - since)}: ${reason}`);
	return [
		`flowferry ${version}, up ${duration(at - startedAt)}`,
		...health,
		"",
		...tableLines([
			"source",
			"flows/s",
			"flows",
			"objects",
			"parked"
		], sources.map(({ name, flowsPerSecond, flows, objects, parked }) => {
			return [
				name,
				rate(flowsPerSecond),
				count(flows),
				count(objects),
				parked
			];
		})),
		"",
		...tableLines([
			"sink",
			"flows/s",
			"delivered",
			"lag",
			"wait",
			"set aside",
			"rejected"
		], sinks.map(({ name, flowsPerSecond, delivered, lagMs, waiting, setAside, rejected }) => {
			return [
				name,
				rate(flowsPerSecond),
				count(delivered),
				lagMs === void 0 ? "none" : duration(lagMs),
				waiting,
				setAside,
				rejected
			];
		})),
		...sumLines("who talks to whom, last minute", talkers.pairs),
		...sumLines("port", talkers.ports),
		...alerts.length === 0 ? [] : ["", ...alerts.slice(0, 5).map(alertLine(at))]
	];
}
function sumLines(title, sums) {
	if (sums.length === 0) return [];
	return ["", ...tableLines([
		title,
		"flows",
		"bytes"
	], sums.map(({ name, flows, bytes: sum }) => [
		name,
		flows,
		bytes(sum)
	]))];
}
const alertLine = (at) => ({ at: raised, level, summary }) => `${duration(at - raised)} ago  ${level}  ${summary}`;
export { topCommand };
