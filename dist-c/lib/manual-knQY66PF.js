import { t as Command } from "./commander-BVTyMRTV.js";
import { t as version } from "./version-BRz3Snu3.js";
import { n as treeOf, t as allOf } from "./command-tree-kXda0hzT.js";
// src/cli/manual.ts
/** `flowferry man`. `load` makes every command of the program. */
function manualCommand({ stdout }, load) {
	return new Command("man").description("Print the manual page, as in `flowferry man | man -l -`.").action(async () => stdout.write(manualPage(treeOf(await load()))));
}
/** The manual page in the language of man(7). */
function manualPage(nodes) {
	return `${[
		`.TH FLOWFERRY 1 "" "flowferry ${text(version)}"`,
		".SH NAME",
		"flowferry \\- tails buckets of cloud flow logs, enriches every flow, and delivers it at least once",
		".SH SYNOPSIS",
		".B flowferry",
		".I command",
		"[options]",
		".SH COMMANDS",
		...allOf(nodes).flatMap(ofCommand),
		".SH FILES",
		".TP",
		".I flowferry.yaml",
		"The configuration of a command without \\fB\\-c\\fR, in the folder where it is started. Paths in it start at its own folder.",
		".TP",
		".I flowferry.db",
		"The ledger, unless \\fBledger.path\\fR says otherwise: how far each sink is, and what was set aside.",
		".SH ENVIRONMENT",
		".TP",
		".B FLOWFERRY_CONFIG",
		"The configuration of a command without \\fB\\-c\\fR, before the folder's own.",
		".TP",
		".B HTTPS_PROXY, HTTP_PROXY, NO_PROXY",
		"Proxies on the way to clouds and receivers, each a URL with its scheme.",
		".SH SIGNALS",
		".TP",
		".B SIGTERM, SIGINT",
		"End a run: what is on its way may be acknowledged for \\fBrun.shutdown\\fR. A second one ends at once.",
		".TP",
		".B SIGUSR2",
		"A look for new objects follows at once.",
		".SH EXIT STATUS",
		...[
			["0", "done"],
			["1", "it failed"],
			["2", "wrong usage or configuration"],
			["3", "a job is done, but something was set aside, is parked, or waits to be told"],
			["130", "interrupted"]
		].flatMap(([code, meaning]) => [
			".TP",
			`.B ${code}`,
			text(`${meaning}.`)
		])
	].join("\n")}\n`;
}
function ofCommand({ path, description, usage, options, children }) {
	if (children.length > 0) return [`.SS flowferry ${text(path)}`, text(description)];
	return [
		`.SS flowferry ${text(`${path} ${usage}`.trim())}`,
		text(description),
		...options.flatMap(({ flags, description: meaning, choices }) => [
			".TP",
			`.B ${text(flags)}`,
			text(choices.length > 0 ? `${meaning}: ${choices.join(", ")}` : meaning)
		])
	];
}
/** As it is: no escapes, and no line that begins a request. */
function text(words) {
	return words.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll("\n", " ").replace(/^(?=[.'])/, "\\&");
}
export { manualCommand };
