import { t as Command } from "./commander-BVTyMRTV.js";
import { i as codeOf, r as UsageError } from "./errors-C4nvsd9u.js";
import { i as compareFiles, n as checkFile, r as requireGoodTables, t as checkConfigured } from "./check-BwBnixft.js";
import { t as LastGood } from "./last-good-CwyRy0uo.js";
import { l as describeIssue, n as describeProblems, o as snapshotOf, r as loadTables, s as tablePaths, t as countOf } from "./tables-DYZke6gE.js";
import { n as contains } from "./prefix-DWd56Iz9.js";
import { n as kindOf, t as TABLE_NAMES } from "./kinds-DoZuX4CL.js";
import { n as parseAddress } from "./address-DjrRxJ5_.js";
import { t as configOption } from "./config-option-BOSW5Ys2.js";
import { relative } from "node:path";
// src/enrich/tables/accept.ts
/**
* Says of each table that is refused for being short that the present content of its file is wanted: a worker that runs finds the word
* beside the copies, and so does one that starts later. Throws UsageError where there are no copies, or the word cannot be left there.
*/
async function acceptTables(options) {
	if (options.lastGood === void 0) throw new UsageError("no-last-good", `the ledger is in memory, so that no copies of the tables are kept: name a folder in enrich.lastGood, or save the table once more with a change`);
	const copies = new LastGood(options.lastGood, tablePaths(options));
	const files = await compareFiles(options);
	if (files.every(({ copy }) => copy === void 0)) throw new UsageError("no-last-good", `${copies.folder} holds no copies of these tables: a worker leaves them there when it starts`);
	const accepted = [];
	const faults = [];
	for (const { table, path, reading, copy, short } of files) if (reading.table === void 0) faults.push(describeProblems(path, reading));
	else if (typeof copy === "string") faults.push(copy);
	else if (short && copy !== void 0) {
		await copies.accept(table, path, reading.table.digest);
		accepted.push({
			table,
			path,
			rows: reading.rows,
			instead: copy.loaded.rows
		});
	}
	return {
		accepted,
		faults
	};
}
// src/enrich/tables/explain.ts
/** What a flow from or to the address would get, and from which lines. */
function explainAddress(tables, ip) {
	const placed = placer(tables);
	const networks = tables.networks.covering(ip);
	const servers = tables.servers.covering(ip);
	const network = networks[0];
	const server = servers[0];
	const approvals = tables.approvedDestinations.covering(ip);
	const inSubnets = [...tables.subnets.values()].flatMap((subnet) => subnet.networks.filter(({ prefix }) => contains(prefix, ip)).map(({ cidr, line }) => placed("subnets", line, cidr, {
		subnet: subnet.id,
		name: subnet.name
	}, true)));
	return {
		zone: network?.zone ?? "external",
		network: network?.name,
		server: server?.server,
		columns: server?.columns,
		approved: approvals[0]?.name,
		matches: [
			...networks.map(({ line, cidr, zone, name }, i) => placed("networks", line, cidr, {
				zone,
				name
			}, i === 0)),
			...servers.map(({ line, address, server: name, columns }, i) => placed("servers", line, address, {
				server: name,
				...columns
			}, i === 0)),
			...approvals.map(({ line, cidr, name }, i) => placed("approvedDestinations", line, cidr, { name }, i === 0)),
			...TABLE_NAMES.flatMap((table) => {
				return (kindOf(table).say?.(tables[table], ip) ?? []).map((saying) => ({
					table,
					line: void 0,
					...saying
				}));
			})
		],
		subnets: inSubnets
	};
}
/** What a port of TCP (6) or UDP (17) is called, and from which line. */
function explainPort(tables, port, protocol) {
	const placed = placer(tables);
	const matches = tables.ports.covering(port, protocol).map(({ from, to, protocol: written, name, line }, i) => placed("ports", line, from === to ? `${from}/${written}` : `${from}-${to}/${written}`, { name }, i === 0));
	return {
		service: tables.ports.name(port, protocol),
		matches
	};
}
/** The networks of a subnet; undefined for a subnet that the table does not have. */
function explainSubnet(tables, id) {
	const subnet = tables.subnets.get(id);
	if (subnet === void 0) return void 0;
	const placed = placer(tables);
	const matches = subnet.networks.map(({ line, cidr }) => placed("subnets", line, cidr, {
		subnet: id,
		name: subnet.name
	}, true));
	return {
		name: subnet.name,
		matches
	};
}
function placer(tables) {
	const paths = new Map(tables.files.map(({ table, path }) => [table, path]));
	return (table, line, key, said, used) => {
		const values = Object.fromEntries(Object.entries(said).filter((entry) => entry[1] !== void 0));
		return {
			table,
			path: line === void 0 ? void 0 : paths.get(table),
			line,
			key,
			values,
			used
		};
	};
}
// src/cli/lookups.ts
/** `flowferry lookups check`, `flowferry lookups get` and `flowferry lookups accept`. */
function lookupsCommand(context) {
	const check = new Command("check").description("Validate lookup tables and name every problem with file and line.").argument("[files...]", "files of tables; which table a file is, its name or its header line says").option("-c, --config <file>", "check the tables that this configuration names").option("--json", "print the findings as JSON", false).action(async (files, options) => checkTables(context, files, options));
	const get = new Command("get").description("Show what a flow would get for an address, a port or a subnet, and from which file and line.").argument("<what>", "an IP address, a port such as 443/tcp, or a subnet's OCID or id").option("-c, --config <file>", "use the tables that this configuration names, not only those that ship with the program").option("--source <name>", "of several sources with tables of their own, the one whose flow it is").option("--json", "print the answer as JSON", false).action(async (what, options) => getFromTables(context, what, options));
	const acceptance = new Command("accept").description("Say that tables which are refused because they became short are wanted as they are now.").addOption(configOption(context.env, "configuration with the tables and the ledger of the worker")).option("--json", "print the result as JSON", false).action(async (options) => accept(context, options));
	return new Command("lookups").description("Check, query and accept the lookup tables.").addCommand(check).addCommand(get).addCommand(acceptance);
}
/** The blocks `enrich` in use, each once. */
function blocksOf({ sources }) {
	return new Set(sources.map(({ enrich }) => enrich));
}
/** Throws UsageError where it is not clear which one is meant. */
function blockFor(loaded, source) {
	const names = loaded.sources.map(({ name }) => name);
	const [only, other] = blocksOf(loaded);
	const found = source === void 0 ? only : loaded.sources.find(({ name }) => name === source)?.enrich;
	if (found === void 0) throw new UsageError("unknown-source", `there is no source ${source}: ${names.join(", ")}`);
	if (source === void 0 && other !== void 0) throw new UsageError("unknown-source", `sources have tables of their own: choose one with --source (${names.join(", ")})`);
	return found;
}
async function checkTables({ loadConfig, stdout }, paths, options) {
	if (options.config === void 0 && paths.length === 0) throw new UsageError("nothing-to-check", "nothing to check: name files, or with -c the configuration that names them");
	const files = [];
	if (options.config !== void 0) for (const enrich of blocksOf(await loadConfig(options.config))) files.push(...await checkConfigured(enrich));
	for (const path of paths) files.push(await checkFile(path));
	const bad = files.filter(({ problems }) => problems > 0);
	if (options.json) stdout.write(`${JSON.stringify({
		ok: bad.length === 0,
		files
	})}\n`);
	else stdout.write(files.map(findings).join(""));
	if (bad.length > 0) throw new UsageError("bad-lookups", `${bad.length} of ${files.length} lookup files ${bad.length === 1 ? "has" : "have"} problems`);
}
function findings({ table, path, rows, version, problems, issues, lastGood }) {
	const shown = shorten(path);
	const state = problems === 0 ? "ok" : `${problems} ${problems === 1 ? "problem" : "problems"}`;
	const lines = [`${shown}: ${table ?? "unknown table"}, ${rows} ${rows === 1 ? "row" : "rows"}, version ${version ?? "none"}: ${state}`];
	for (const issue of issues) lines.push(`  ${describeIssue(shown, issue)}`);
	if (problems > issues.length) lines.push(`  and ${problems - issues.length} more`);
	if (lastGood !== void 0) lines.push(`  the last good copy is in use, of ${lastGood.at} (${countOf(lastGood.rows)})`);
	return `${lines.join("\n")}\n`;
}
async function getFromTables({ loadConfig, stdout }, what, options) {
	const enrich = options.config === void 0 ? {} : blockFor(await loadConfig(options.config), options.source);
	const query = queryOf(what);
	await requireGoodTables(enrich);
	const tables = snapshotOf(await loadTables(enrich));
	const answer = query(tables);
	if (options.json) stdout.write(`${JSON.stringify({
		query: what,
		...answer.data,
		version: tables.version
	})}\n`);
	else stdout.write(table([...answer.lines, [
		"version",
		tables.version,
		""
	]]));
}
async function accept({ loadConfig, stdout }, options) {
	const accepted = [];
	const faults = [];
	const refusals = [];
	const blocks = blocksOf(await loadConfig(options.config));
	for (const enrich of blocks) try {
		const found = await acceptTables(enrich);
		accepted.push(...found.accepted);
		faults.push(...found.faults);
	} catch (error) {
		if (codeOf(error) !== "no-last-good") throw error;
		refusals.push(error);
	}
	if (refusals.length === blocks.size) throw refusals[0];
	if (options.json) stdout.write(`${JSON.stringify({ accepted })}\n`);
	else if (accepted.length === 0) stdout.write("no table is refused for being short\n");
	for (const { path, table, rows, instead } of options.json ? [] : accepted) {
		const what = `${countOf(rows)} instead of ${instead}`;
		stdout.write(`${shorten(path)}: ${table}, ${what}: accepted; a running worker takes it up within five seconds\n`);
	}
	if (faults.length > 0) throw new UsageError("bad-lookups", faults.join("\n"));
}
/** Tells an address from a port from a subnet. */
function queryOf(what) {
	const ip = parseAddress(what);
	if (ip !== void 0) return (tables) => {
		const data = explainAddress(tables, ip);
		const { zone, network, server, columns, approved, matches, subnets } = data;
		const used = (table) => placeOf(matches.find((match) => match.used && match.table === table));
		const lines = [
			[
				"zone",
				zone,
				used("networks") || "no network holds it"
			],
			[
				"network",
				network ?? "",
				network === void 0 ? "" : used("networks")
			],
			[
				"server",
				server ?? "",
				server === void 0 ? "" : used("servers")
			],
			...Object.entries(columns ?? {}).map(([name, value]) => [
				name,
				value,
				used("servers")
			]),
			...approved === void 0 ? [] : [[
				"approved as",
				approved,
				used("approvedDestinations")
			]],
			...matches.filter((match) => match.used && kindOf(match.table).say !== void 0).flatMap(linesOf),
			...subnets.map((match) => [
				"in subnet",
				match.values.subnet ?? "",
				placeOf(match)
			]),
			...hidden(matches)
		];
		return {
			data: {
				address: what,
				...data
			},
			lines
		};
	};
	const port = /^(\d{1,5})(?:\/(tcp|udp))?$/i.exec(what);
	if (port !== null) {
		const number = Number(port[1]);
		if (number > 65535) throw new UsageError("bad-query", `${what} is no port: ports go from 0 to 65535`);
		const protocols = [["tcp", 6], ["udp", 17]].filter(([name]) => (port[2]?.toLowerCase() ?? name) === name);
		return (tables) => {
			const answers = protocols.map(([name, protocol]) => ({
				protocol: name,
				...explainPort(tables, number, protocol)
			}));
			const lines = answers.flatMap(({ protocol, service, matches }) => [[
				`${number}/${protocol}`,
				service ?? "no name",
				placeOf(matches[0])
			], ...hidden(matches)]);
			return {
				data: {
					port: number,
					services: answers
				},
				lines
			};
		};
	}
	if (/^[\d.]*\.[\d.]*(\/\d*)?$|^[\da-f:.]*:[\da-f:.]*(\/\d*)?$/i.test(what)) {
		const advice = what.includes("/") ? "ask for one address of the network" : "write one such as 10.0.1.7 or 2001:db8::7";
		throw new UsageError("bad-query", `${what} is no IPv4 or IPv6 address: ${advice}`);
	}
	return (tables) => {
		const data = explainSubnet(tables, what);
		if (data === void 0) {
			const file = tables.files.find(({ table }) => table === "subnets");
			const where = file === void 0 ? "and no subnets table is configured" : `and ${shorten(file.path)} has no such subnet`;
			throw new UsageError("not-found", `${what} is no address, no port such as 443/tcp, ${where}`);
		}
		const networks = data.matches.map((match) => [
			"network",
			match.key,
			placeOf(match)
		]);
		return {
			data: {
				subnet: what,
				...data
			},
			lines: [[
				"name",
				data.name ?? "",
				""
			], ...networks]
		};
	};
}
/** A line for each value, all from the same place. */
function linesOf(match) {
	return Object.entries(match.values).map(([name, value]) => [
		name,
		value,
		placeOf(match)
	]);
}
/** The lines that say something too, but that nothing is taken from. */
function hidden(matches) {
	return matches.filter(({ used }) => !used).map((match) => [
		"hidden",
		Object.entries(match.values).map(([name, value]) => `${name} ${value}`).join(", "),
		placeOf(match)
	]);
}
/** `lookups/servers.csv:7 10.0.1.0/24`, or where nothing was read: `built in 10.0.0.0/8`. */
function placeOf(match) {
	if (match === void 0) return "";
	const { path, line, key } = match;
	if (path === void 0) return `built in ${key}`;
	return line === void 0 ? `${shorten(path)} ${key}` : `${shorten(path)}:${line} ${key}`;
}
/** Relative to the working folder, where the path lies below it. */
function shorten(path) {
	const short = relative(process.cwd(), path);
	return short === "" || short.startsWith("..") ? path : short;
}
function table(lines) {
	const filled = lines.filter(([, value, place]) => value !== "" || place !== "");
	const width = (column) => Math.max(...filled.map((line) => line[column].length));
	const [first, second] = [width(0), width(1)];
	return filled.map(([label, value, place]) => `${label.padEnd(first)}  ${value.padEnd(second)}  ${place}`.trimEnd()).map((line) => `${line}\n`).join("");
}
export { lookupsCommand };
