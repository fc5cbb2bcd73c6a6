import { t as Command } from "./commander-BVTyMRTV.js";
import { M as connectOci } from "./sink-BKF8PL_n.js";
import { c as readColumns, l as readCsv } from "./subnets-Ckxz2MGl.js";
import { a as readTableFile, c as Issues, i as readTable, l as describeIssue, n as describeProblems, s as tablePaths } from "./tables-DYZke6gE.js";
import { a as describeError, n as FlowferryError, r as UsageError, t as Failure } from "./errors-C4nvsd9u.js";
import { i as Conflict, n as patienceMsOf, r as serviceCall, t as logAnalyticsSink } from "./log-analytics-sink-CkpLWRpl.js";
import { t as configOption } from "./config-option-BOSW5Ys2.js";
import { createHash, randomUUID } from "node:crypto";
// src/clouds/oci/content/lookup-tables.ts
/** The service takes no more in one upload. */
const LARGEST_UPLOAD_BYTES = 1e7;
const LARGEST_PORT = 65535;
const PROTOCOLS = [["tcp", 6], ["udp", 17]];
const NAMES = {
	ports: {
		name: "flowferry_ports",
		type: "Lookup",
		description: "Names of ports, a row for each port and protocol"
	},
	servers: {
		name: "flowferry_server_ranges",
		type: "Dictionary",
		description: "Servers by address and network"
	},
	networks: {
		name: "flowferry_network_ranges",
		type: "Dictionary",
		description: "Networks by range of addresses"
	}
};
/**
* The tables of a configuration that are worth having in Log Analytics: ports, servers and networks. Ports are spelled out, a row for each port
* and protocol, since a lookup finds equal values only; servers and networks become dictionaries, the narrowest range first. Throws UsageError with one line for each file that is missing or wrong.
*/
async function lookupTables(options) {
	const tables = [];
	const faults = [];
	for (const { table, path } of tablePaths(options)) {
		const named = NAMES[table];
		if (named === void 0) continue;
		const content = await readTableFile(table, path);
		const reading = await readTable(table, path, content);
		if (reading.table === void 0 || "problem" in content) {
			faults.push(describeProblems(path, reading));
			continue;
		}
		const lines = table === "ports" ? portLines(reading.table.content) : await rangeLines(path, content.bytes, table === "servers" ? "address" : "cidr");
		const [header = "", ...rows] = lines;
		const version = createHash("sha256").update(lines.join("\n")).digest("hex").slice(0, 16);
		tables.push({
			...named,
			version,
			header,
			rows
		});
	}
	if (faults.length > 0) throw new UsageError("bad-lookups", faults.join("\n"));
	return tables;
}
function portLines(ports) {
	const lines = ["port,protocol,name"];
	for (let port = 0; port <= LARGEST_PORT; port++) for (const [protocol, number] of PROTOCOLS) {
		const name = ports.name(port, number);
		if (name !== void 0) lines.push(line([
			String(port),
			protocol,
			name
		]));
	}
	return lines;
}
/** A dictionary: how a row compares (`EQUAL` an address, `CIDRMATCH` a network), with what, and the other columns. */
async function rangeLines(path, bytes, range) {
	const columns = readColumns(bytes).filter((column) => column !== range);
	const rows = [];
	const issues = new Issues();
	await readCsv(bytes, {
		required: [],
		optional: [],
		further: () => void 0
	}, issues.report, (row) => {
		const text = row.cell(range);
		const bits = text.includes(":") ? 128 : 32;
		const [, length = String(bits)] = text.split("/");
		const width = bits - Number(length);
		const cells = columns.map((column) => row.cell(column));
		rows.push({
			width,
			cells: [
				text.includes("/") ? "CIDRMATCH" : "EQUAL",
				text,
				...cells
			]
		});
	});
	const [issue] = issues.list;
	if (issue !== void 0) throw new UsageError("bad-lookups", describeIssue(path, issue));
	return [[
		"Operator",
		"Condition",
		...columns
	], ...rows.toSorted((a, b) => a.width - b.width).map(({ cells }) => cells)].map(line);
}
const line = (cells) => cells.map(quoted).join(",");
const quoted = (cell) => /[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll("\"", "\"\"")}"` : cell;
/** The table in pieces that the service takes, each with the header. Throws UsageError for a row that is too large. */
function piecesOf({ name, header, rows }, maxBytes) {
	const pieces = [];
	const start = `${header}\n`;
	const startBytes = Buffer.byteLength(start);
	let text = start;
	let bytes = startBytes;
	for (const row of rows) {
		const rowBytes = Buffer.byteLength(row) + 1;
		if (startBytes + rowBytes > maxBytes) throw new UsageError("lookup-too-large", `a row of ${name} has ${rowBytes} bytes, Log Analytics takes ${maxBytes} at a time`);
		if (bytes + rowBytes > maxBytes) {
			pieces.push(text);
			text = start;
			bytes = startBytes;
		}
		text += `${row}\n`;
		bytes += rowBytes;
	}
	pieces.push(text);
	return pieces;
}
// src/clouds/oci/content/push-lookups.ts
/**
* Brings a table into Log Analytics, if the service has another version of it or none. What stands in the description tells which
* version it has; it is written last, so that a push that breaks off is repeated as a whole. Each request has a token of its own, so that a
* repetition of it is carried out once.
*/
async function pushLookup(client, namespaceName, table, call, signal, maxBytes = LARGEST_UPLOAD_BYTES) {
	const { name, type, rows } = table;
	const description = `${table.description}. Kept by flowferry, version ${table.version}`;
	const pushed = (action) => ({
		lookup: name,
		rows: rows.length,
		action
	});
	const at = {
		namespaceName,
		lookupName: name
	};
	const found = await call.orAbsent("GetLookup", signal, async () => {
		const lookup = await client.getLookup(at);
		if (lookup?.name === void 0) throw new TypeError("it holds no lookup");
		return lookup;
	});
	if (found !== void 0 && !(found.description ?? "").includes("Kept by flowferry")) {
		const message = `there is a lookup ${name} that flowferry did not make: rename or delete it`;
		throw new Conflict("content-conflict", message);
	}
	if (found?.description === description) return pushed("unchanged");
	const [first = "", ...more] = piecesOf(table, maxBytes);
	if (found === void 0) {
		const unfinished = encodeURIComponent(`${table.description}. Kept by flowferry, being filled`);
		const token = randomUUID();
		await call("RegisterLookup", signal, () => client.registerLookup(namespaceName, {
			name,
			type,
			description: unfinished
		}, first, token));
	} else {
		const token = randomUUID();
		await call("UpdateLookupData", signal, () => client.changeLookupData("updateData", at, first, token));
	}
	for (const piece of more) {
		const token = randomUUID();
		await call("AppendLookupData", signal, () => client.changeLookupData("appendData", at, piece, token));
	}
	await call("UpdateLookup", signal, () => client.updateLookup(at, { description }));
	return pushed(found === void 0 ? "created" : "replaced");
}
// src/cli/lookups-push.ts
/** `flowferry lookups push`. */
function lookupsPushCommand(context) {
	return new Command("push").description("Bring the port and server tables into Log Analytics as lookups, where they have changed.").addOption(configOption(context.env, "configuration with the tables and a log-analytics sink")).option("--sink <name>", "name of the sink, where the configuration has several of type log-analytics").option("--patience <duration>", "how long a call that may heal is tried again", "60s").option("--json", "print the result as JSON", false).action((options) => push(context, options));
}
async function push({ env, loadConfig, stdout, signal }, options) {
	const config = await loadConfig(options.config);
	const sink = logAnalyticsSink(config, options.sink);
	const patienceMs = patienceMsOf(options.patience);
	const tables = await lookupTables(config.enrich);
	const { LogAnalyticsClient } = await import("./log-analytics-BF14NrwM.js");
	const connection = await connectOci(sink, {
		baseDir: config.baseDir,
		env,
		secrets: config.secrets
	}, {
		what: `Log Analytics namespace ${sink.namespace}`,
		create: (params, configuration) => new LogAnalyticsClient(params, configuration)
	});
	try {
		const place = `in Log Analytics namespace ${sink.namespace}`;
		const call = serviceCall(connection, {
			place,
			permission: "manage loganalytics-features-family in tenancy",
			patienceMs
		});
		const done = [];
		const refused = [];
		for (const table of tables) try {
			const pushed = await pushLookup(connection.client, sink.namespace, table, call, signal);
			done.push(pushed);
			if (!options.json) stdout.write(`${pushed.lookup}: ${pushed.action}, ${pushed.rows} rows\n`);
		} catch (error) {
			if (!(error instanceof Failure)) throw error;
			const reason = describeError(error);
			refused.push({
				lookup: table.name,
				code: error.code,
				reason
			});
			if (!options.json) stdout.write(`${table.name}: not pushed: ${reason}\n`);
		}
		if (options.json) stdout.write(`${JSON.stringify({
			lookups: done,
			refused
		})}\n`);
		const [first] = refused;
		if (first === void 0) return;
		const message = `${refused.length} of ${tables.length} lookups were not pushed, first ${first.lookup}: ${first.reason}`;
		throw new FlowferryError("lookups-incomplete", message);
	} finally {
		await connection.close();
	}
}
export { lookupsPushCommand };
