import { r as UsageError } from "./errors-C4nvsd9u.js";
import { n as isShrunk, r as lastGoodOf } from "./last-good-CwyRy0uo.js";
import { a as readTableFile, i as readTable, l as describeIssue, s as tablePaths, t as countOf } from "./tables-DYZke6gE.js";
import { c as readColumns, d as readContent, f as short } from "./subnets-Ckxz2MGl.js";
import { n as kindOf, t as TABLE_NAMES } from "./kinds-DoZuX4CL.js";
import { basename, extname } from "node:path";
// src/enrich/tables/compare.ts
/** The files that the options name, each as a worker would find it that starts now. */
async function compareFiles(options) {
	return Promise.all(tablePaths(options).map(async ({ table, path }) => {
		const copies = lastGoodOf(options, table);
		const reading = await readTable(table, path, await readTableFile(table, path));
		const copy = await copies?.load(table, path);
		const loaded = reading.table;
		return {
			table,
			path,
			reading,
			copy,
			short: copies !== void 0 && typeof copy === "object" && loaded !== void 0 && isShrunk(copy.loaded.rows, loaded.rows) && !await copies.isAccepted(table, path, loaded.digest)
		};
	}));
}
// src/enrich/tables/check.ts
/** Reads the files that the options name, as a worker would that starts now: what it would refuse is a problem. */
async function checkConfigured(options) {
	return (await compareFiles(options)).map(checked);
}
function checked({ table, path, reading, copy: kept, short: isShort }) {
	const copy = typeof kept === "string" ? void 0 : kept;
	const { rows, digest } = reading;
	const issues = isShort && copy !== void 0 ? [shortage(rows, copy.loaded.rows)] : reading.issues;
	const problems = isShort ? 1 : reading.issueCount;
	const lastGood = problems > 0 && copy !== void 0 ? {
		rows: copy.loaded.rows,
		at: new Date(copy.at).toISOString()
	} : void 0;
	return {
		table,
		path,
		rows,
		version: digest === void 0 ? void 0 : short(digest),
		problems,
		issues,
		...lastGood && { lastGood }
	};
}
function shortage(rows, before) {
	return { reason: `has ${countOf(rows)} where the last good copy has ${before}: refused; if that is wanted, run flowferry lookups accept -c FILE` };
}
/** Throws UsageError with one line for each of these files that a worker would refuse. */
async function requireGoodTables(options) {
	const lines = (await checkConfigured(options)).flatMap(({ path, issues, problems, lastGood }) => {
		const [issue] = issues;
		if (issue === void 0) return [];
		const more = problems > 1 ? ` (and ${problems - 1} more: see flowferry lookups check)` : "";
		const meanwhile = lastGood === void 0 ? "" : `; the last good copy is in use, of ${lastGood.at} (${countOf(lastGood.rows)})`;
		return [`${describeIssue(path, issue)}${more}${meanwhile}`];
	});
	if (lines.length > 0) throw new UsageError("bad-lookups", lines.join("\n"));
}
/** Reads a file as the table that its name tells, else as the one that its columns belong to, and collects what is wrong. */
async function checkFile(path, named) {
	const byName = named ?? tableNamed(path);
	const content = await readContent(path, byName && kindOf(byName).maxBytes);
	const table = byName ?? tableWith(content);
	if ("problem" in content) return {
		table,
		path,
		rows: 0,
		version: void 0,
		problems: 1,
		issues: [content.problem]
	};
	const version = short(content.digest);
	if (table === void 0) return {
		table,
		path,
		rows: 0,
		version,
		problems: 1,
		issues: [{
			line: 1,
			reason: "does not show which table it is: begin with a header line such as port,protocol,name, address,server, cidr,zone,name, subnet,cidr,name or cidr,name"
		}]
	};
	const { rows, issues, issueCount } = await readTable(table, path, content);
	return {
		table,
		path,
		rows,
		version,
		problems: issueCount,
		issues
	};
}
const COLUMNS = [
	["ports", ["port"]],
	["servers", ["address"]],
	["subnets", ["subnet"]],
	["networks", ["cidr", "zone"]],
	["approvedDestinations", ["cidr", "name"]]
];
/** The table that a file is named after, or alone has files with such an end. */
function tableNamed(path) {
	const extension = extname(path);
	const name = basename(path, ".csv").replaceAll(/-(\w)/g, (_, letter) => letter.toUpperCase());
	const ending = TABLE_NAMES.filter((known) => kindOf(known).extension === extension);
	return TABLE_NAMES.find((known) => known === name) ?? (ending.length === 1 ? ending[0] : void 0);
}
function tableWith(content) {
	if ("problem" in content) return void 0;
	const columns = readColumns(content.bytes);
	return COLUMNS.find(([, needed]) => needed.every((column) => columns.includes(column)))?.[0];
}
export { compareFiles as i, checkFile as n, requireGoodTables as r, checkConfigured as t };
