import { a as InvalidArgumentError, n as Option } from "./commander-BVTyMRTV.js";
import { c as TIME, n as writable, o as hourIn, r as ALWAYS, s as overlaps, u as archiveColumns } from "./uploads-B8o7Nm1B.js";
import { t as at } from "./validate-lkLC497-.js";
import { a as parseInstant } from "./durations-Bd18bo2u.js";
import { a as describeError, i as codeOf, r as UsageError } from "./errors-C4nvsd9u.js";
import { r as fileErrorWords, t as makeFolder } from "./folders-B2Ho0hJC.js";
import { a as literal, n as identifier, o as otelAttributes } from "./conditions-BjL6rk-5.js";
import { a as resolveField } from "./fields-CNGBTqUH.js";
import { n as tableLines, t as csvLines } from "./table-BJEM8ejK.js";
import { t as configOption } from "./config-option-BOSW5Ys2.js";
import { t as EXIT } from "./context-BVD8iu4e.js";
import { gunzipSync } from "node:zlib";
import { Readable } from "node:stream";
import { basename, dirname, join, relative, resolve } from "node:path";
import { closeSync, createWriteStream, mkdtempSync, openSync, readSync, readdirSync, rmSync, statSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { tmpdir } from "node:os";
// src/query/duckdb.ts
/**
* DuckDB is a package that users add, since only the commands that ask questions need it. It loads no extension and asks nobody; what does
* not fit into memory goes to `spill`. Throws UsageError where it is not installed.
*/
async function openDuckdb(spill) {
	const { DuckDBInstance } = await load();
	const instance = await DuckDBInstance.create(":memory:", {
		autoinstall_known_extensions: "false",
		autoload_known_extensions: "false",
		temp_directory: spill,
		preserve_insertion_order: "false"
	});
	const connection = await instance.connect();
	return {
		connection,
		close() {
			connection.closeSync();
			instance.closeSync();
		}
	};
}
async function load() {
	try {
		return await import("@duckdb/node-api");
	} catch (cause) {
		if (codeOf(cause) !== "ERR_MODULE_NOT_FOUND" && codeOf(cause) !== "MODULE_NOT_FOUND") throw cause;
		throw new UsageError("duckdb-missing", "this command needs DuckDB, which is not installed: npm install @duckdb/node-api", { cause });
	}
}
// src/query/fetch.ts
/** The Parquet files of an archive below the prefix whose hours overlap the window, by the folder of their hour. */
async function filesByHour(store, prefix, window, signal) {
	const hours = /* @__PURE__ */ new Map();
	for await (const { objects } of store.list({ prefix: `${prefix}year=` }, signal)) for (const object of objects) {
		const hour = hourIn(object.key.slice(prefix.length));
		if (hour === void 0 || !object.key.endsWith(".parquet") || !overlaps(hour, window)) continue;
		const folder = dirname(object.key);
		hours.set(folder, [...hours.get(folder) ?? [], object]);
	}
	return hours;
}
/** Copies an object to a file of the same path below the folder, for this user alone; returns the file's path. */
async function fetchObject(store, object, folder, signal) {
	const path = join(folder, object.key);
	makeFolder(dirname(path));
	const bytes = await store.open(object, signal);
	await pipeline(Readable.from(bytes), createWriteStream(path, { mode: 384 }), { signal });
	return path;
}
// src/query/files.ts
/**
* The files of flows below the inputs (files or folders), without those of hours outside of the window. Names that begin with a dot or an
* underscore are not the reader's. Throws UsageError for an input that is not there.
*/
function findFiles(inputs, window) {
	const files = /* @__PURE__ */ new Map();
	const passedOver = [];
	let pruned = 0;
	const take = (file, root) => {
		const hour = hourIn(relative(root, file));
		if (hour !== void 0 && !overlaps(hour, window)) {
			pruned += 1;
			return;
		}
		const kind = kindOf(file);
		if (kind === void 0) return;
		if (typeof kind === "object") passedOver.push({
			file,
			...kind
		});
		else files.set(kind, [...files.get(kind) ?? [], file]);
	};
	for (const input of inputs) {
		const root = resolve(input);
		if (!statOf(root).isDirectory()) {
			const before = passedOver.length + count$1(files);
			take(root, root);
			if (passedOver.length + count$1(files) === before) throw new UsageError("input-unknown", `${root} is no file of flows: give Parquet, NDJSON or JSON, or a folder of such files`);
			continue;
		}
		for (const file of walk(root)) take(file, root);
	}
	return {
		files,
		passedOver,
		pruned
	};
}
const count$1 = (files) => [...files.values()].reduce((sum, some) => sum + some.length, 0);
function statOf(path) {
	try {
		return statSync(path);
	} catch (cause) {
		throw new UsageError("input-missing", `cannot read ${path}: ${fileErrorWords(cause)}`, { cause });
	}
}
function* walk(folder) {
	let entries;
	try {
		entries = readdirSync(folder, { withFileTypes: true });
	} catch (cause) {
		throw new UsageError("input-missing", `cannot read ${folder}: ${fileErrorWords(cause)}`, { cause });
	}
	entries.sort((one, other) => one.name < other.name ? -1 : 1);
	for (const entry of entries) {
		if (/^[._]/.test(entry.name)) continue;
		const path = join(folder, entry.name);
		if (entry.isDirectory()) yield* walk(path);
		else if (entry.isFile()) yield path;
	}
}
/** What the file holds, by its name and its first bytes; undefined for a name of something else. */
function kindOf(file) {
	if (!/\.(parquet|(ndjson|jsonl|json)(\.gz)?)$/i.test(file)) return void 0;
	try {
		if (/\.parquet$/i.test(file)) return wholeParquet(file) ? "parquet" : { reason: "is no whole Parquet file" };
		const start = firstBytes(file).trimStart();
		if (start === "") return { reason: "is empty" };
		const isArray = start.startsWith("[");
		if (isArray && /"internal_or_external_source"/.test(start)) return "seed-array";
		if (isArray && /^\[\s*\]/.test(start)) return void 0;
		if (start.startsWith("{") && /"attributes"\s*:/.test(start)) return "otel-lines";
		if (start.startsWith("{") && /"internal_or_external_source"/.test(start)) return "seed-lines";
		return { reason: "holds no flows of schema otel or seed" };
	} catch (error) {
		return { reason: `cannot be read: ${describeError(error)}` };
	}
}
const PEEKED = 65536;
function firstBytes(file) {
	const bytes = bytesAt(file, 0, PEEKED);
	return (bytes[0] === 31 && bytes[1] === 139 ? gunzipSync(bytes, { finishFlush: 2 }) : bytes).toString("utf8");
}
/** Whether it begins and ends as Parquet does, and the index that it says to have fits into it. */
function wholeParquet(file) {
	const { size } = statSync(file);
	if (size < 12 || bytesAt(file, 0, 4).toString("latin1") !== "PAR1") return false;
	const end = bytesAt(file, size - 8, 8);
	return end.toString("latin1", 4) === "PAR1" && end.readUInt32LE(0) <= size - 12;
}
function bytesAt(file, at, length) {
	const opened = openSync(file, "r");
	try {
		const bytes = Buffer.alloc(length);
		return bytes.subarray(0, readSync(opened, bytes, 0, length, at));
	} finally {
		closeSync(opened);
	}
}
// src/query/own-parquet.ts
/** Under this key the metadata of a compacted file names those beside it that it replaces, separated by commas. */
const REPLACES = "flowferry.replaces";
/** The files that the archive has written, of whatever version; the others are told. */
async function ownParquet(connection, files, passedOver) {
	const own = [];
	const columns = /* @__PURE__ */ new Set();
	const look = async (some) => {
		const sql = `SELECT file_name, list(name) FROM parquet_schema([${some.map(literal).join(", ")}]) GROUP BY file_name`;
		const rows = (await connection.runAndReadAll(sql)).getRowsJson();
		for (const [file, names] of rows) if (names.includes("time") && names.includes("log.record.uid")) {
			own.push(file);
			for (const name of names) columns.add(name);
		} else passedOver.push({
			file,
			reason: "is Parquet of somebody else: it has no flows"
		});
	};
	if (files.length === 0) return {
		files: own,
		columns,
		replaced: []
	};
	try {
		await look(files);
	} catch {
		own.length = 0;
		columns.clear();
		for (const file of files) await look([file]).catch((error) => passedOver.push({
			file,
			reason: `is broken: ${describeError(error)}`
		}));
	}
	const replaced = await replacedFiles(connection, own);
	const [kept, left] = [own.filter((file) => !replaced.has(file)), own.filter((file) => replaced.has(file))];
	return {
		files: kept.sort(),
		columns,
		replaced: left
	};
}
/** What a compacted file replaces: it is still there while a compaction runs, and after one that died. */
async function replacedFiles(connection, files) {
	const compacted = files.filter((file) => basename(file).startsWith("compact-"));
	if (compacted.length === 0) return /* @__PURE__ */ new Set();
	const sql = `SELECT file_name, decode(value) FROM parquet_kv_metadata([${compacted.map(literal).join(", ")}])
    WHERE decode(key) = ${literal(REPLACES)}`;
	const rows = (await connection.runAndReadAll(sql)).getRowsJson();
	return new Set(rows.flatMap(([file, names]) => names.split(",").map((name) => join(dirname(file), name))));
}
// src/query/ask.ts
/** A file that a compaction has replaced since the files were listed. */
var FilesChanged = class extends Error {};
/**
* Asks one question that changes nothing. Times are ISO 8601 in UTC, numbers beyond 2^53 text. Throws UsageError, in one line, for what is no
* question, what DuckDB does not understand, and what takes too long; FilesChanged where the files have to be listed again.
*/
async function ask(connection, sql, limits, signal) {
	signal.throwIfAborted();
	let isLate = false;
	const timer = setTimeout(() => {
		isLate = true;
		connection.interrupt();
	}, limits.timeoutMs);
	const onAbort = () => connection.interrupt();
	signal.addEventListener("abort", onAbort, { once: true });
	try {
		await requireQuestion(connection, sql);
		const result = await connection.stream(sql);
		const columns = result.columnNames();
		const types = columns.map((_, index) => result.columnType(index).toString());
		const rows = [];
		for await (const chunk of result.yieldRowsJson()) for (const row of chunk) {
			if (rows.length === limits.rows) return {
				columns,
				rows,
				more: true
			};
			rows.push(row.map((value, index) => plainOf(value, types[index] ?? "")));
		}
		return {
			columns,
			rows,
			more: false
		};
	} catch (error) {
		signal.throwIfAborted();
		if (isLate) throw new UsageError("query-late", `the query took longer than ${limits.timeoutMs / 1e3} s: ask about less time (--since), or allow more (--timeout)`, { cause: error });
		if (error instanceof UsageError) throw error;
		const said = error instanceof Error ? error.message : String(error);
		if (/No such file or directory|Cannot open file/.test(said)) throw new FilesChanged(said, { cause: error });
		throw new UsageError("query-refused", firstParagraph(said), { cause: describeError(error) });
	} finally {
		clearTimeout(timer);
		signal.removeEventListener("abort", onAbort);
	}
}
async function requireQuestion(connection, sql) {
	const { StatementType } = await import("@duckdb/node-api");
	if (sql.trim() === "") throw new UsageError("query-refused", "there is no question: write a SELECT");
	const statements = await connection.extractStatements(sql);
	const only = "only one question (SELECT) is answered, which changes nothing and reads nothing but the flows";
	if (statements.count !== 1) throw new UsageError("query-refused", `these are ${statements.count} statements: ${only}`);
	const { statementType: type } = await statements.prepare(0);
	if (type !== StatementType.SELECT && type !== StatementType.EXPLAIN) throw new UsageError("query-refused", only);
}
/** Without the place in the text, which stands in lines below. */
function firstParagraph(text) {
	const [first = text] = text.split(/\n\s*\n/);
	return first.replaceAll(/\s*\n\s*/g, " ");
}
const WHOLE = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER)$/;
function plainOf(value, type) {
	if (typeof value !== "string") return value;
	if (type.startsWith("TIMESTAMP")) return `${value.replace(" ", "T")}Z`;
	if (!WHOLE.test(type) && !type.startsWith("DECIMAL")) return value;
	const number = Number(value);
	return Number.isInteger(number) && !Number.isSafeInteger(number) ? value : number;
}
// src/query/chart.ts
const BLOCKS = " ▏▎▍▌▋▊▉█";
/** Lines of a bar for each row: the last column of numbers, against the largest of them; the columns before it name the bar. */
function chartLines({ columns, rows }, width = 40) {
	const isNumber = (column) => rows.length > 0 && rows.every((row) => typeof row[column] === "number" || row[column] === null);
	const measure = columns.findLastIndex((_, column) => isNumber(column));
	if (measure < 0) return ["there is no column of numbers to draw"];
	const labels = rows.map((row) => row.slice(0, measure).map(shown).join("  "));
	const most = Math.max(...rows.map((row) => Number(row[measure] ?? 0)), 0);
	const longest = Math.max(0, ...labels.map(({ length }) => length));
	return [`${columns.slice(0, measure).join("  ")}: ${columns[measure]}`, ...rows.map((row, index) => {
		const value = Number(row[measure] ?? 0);
		return `${labels[index]?.padEnd(longest)}  ${bar(most <= 0 ? 0 : Math.max(0, value) / most * width)} ${value}`;
	})];
}
function bar(length) {
	const eighths = Math.round(length * 8);
	return `${"█".repeat(eighths >> 3)}${eighths % 8 === 0 ? "" : BLOCKS[eighths % 8]}`;
}
/** A value as people read it in a table. */
function shown(value) {
	if (value === null || value === void 0) return "";
	return typeof value === "object" ? JSON.stringify(value) : String(value);
}
// src/query/views.ts
/**
* The view `flows`: a column `time` (TIMESTAMP, UTC), one for each attribute of schema `otel`, and year, month, day and hour. `fields` are
* further columns of tables that a query names. `parquetColumns`: what the archive's files have.
*/
function flowsView(files, { window, fields, parquetColumns }) {
	const attributes = otelAttributes();
	const columns = columnsOf(attributes, fields);
	const parts = [...files].map(([kind, some]) => {
		const from = FROM[kind](some, attributes, columns);
		const value = (column) => (kind === "parquet" ? column.parquet(parquetColumns) : kind === "otel-lines" ? column.otel : column.seed) ?? "NULL";
		return `SELECT\n${columns.map((column) => `  CAST(${value(column)} AS ${column.type}) AS ${identifier(column.name)}`).join(",\n")}\nFROM ${from}`;
	});
	const none = `SELECT ${columns.map(({ name, type }) => `CAST(NULL AS ${type}) AS ${identifier(name)}`).join(", ")} WHERE FALSE`;
	return `CREATE VIEW flows AS SELECT *,
  year(time) AS year, month(time) AS month, day(time) AS day, hour(time) AS hour
FROM (\n${parts.length === 0 ? none : parts.join("\nUNION ALL\n")}\n)${within(window)}`;
}
/** Records of schema seed have no time: they are of every window. */
function within({ since, until }) {
	const bounds = [...Number.isFinite(since) ? [`${TIME} >= ${timestamp(since)}`] : [], ...Number.isFinite(until) ? [`${TIME} < ${timestamp(until)}`] : []];
	return bounds.length === 0 ? "" : `\nWHERE (${bounds.join(" AND ")}) OR ${TIME} IS NULL`;
}
/** A time of ms since the epoch, as SQL. */
const timestamp = (ms) => `TIMESTAMP ${literal(new Date(ms).toISOString().slice(0, -1).replace("T", " "))}`;
/** Lines that are none, or have no time, by file. */
function brokenLines(files) {
	return `SELECT filename, count(*) FROM read_json(${list(files)}, format = 'newline_delimited', ignore_errors = true, filename = true,
  columns = {timestamp: 'TIMESTAMP'}) WHERE timestamp IS NULL GROUP BY filename ORDER BY filename`;
}
const list = (files) => `[${files.map(literal).join(", ")}]`;
const FROM = {
	parquet: (files) => `read_parquet(${list(files)}, union_by_name = true, hive_partitioning = false)`,
	"otel-lines": (files, attributes, columns) => {
		const known = new Map(attributes.all.map((attribute) => [attribute.name, attribute]));
		const named = columns.filter(({ otel }) => otel?.startsWith("attributes.") || otel?.startsWith("resource."));
		const struct = (resource) => named.filter(({ name }) => (known.get(name)?.resource ?? false) === resource).map(({ name, type }) => `${identifier(name)} ${type}`).join(", ");
		return `read_json(${list(files)}, format = 'newline_delimited', ignore_errors = true, columns = {
    timestamp: 'TIMESTAMP', resource: ${literal(`STRUCT(${struct(true)})`)}, attributes: ${literal(`STRUCT(${struct(false)})`)}
  }) WHERE timestamp IS NOT NULL`;
	},
	"seed-lines": (files) => `read_json(${list(files)}, format = 'newline_delimited', ignore_errors = true, columns = ${SEED})`,
	"seed-array": (files) => `read_json(${list(files)}, format = 'array', columns = ${SEED})`
};
/** What stands in a record of schema seed as `N/A`, or as a number. */
const SEED = `{
    sourceAddress: 'VARCHAR', destinationAddress: 'VARCHAR', destinationPort: 'VARCHAR', protocol: 'VARCHAR', protocolName: 'VARCHAR',
    internal_or_external_source: 'VARCHAR', internal_or_external_destination: 'VARCHAR', traffic_direction: 'VARCHAR',
    traffic_type: 'VARCHAR', oracle: 'JSON'
  }`;
const known = (name) => `nullif(${name}, 'N/A')`;
const ofOracle = (...names) => `coalesce(${names.map((name) => `json_extract_string(oracle, '$.${name}')`).join(", ")}, NULL)`;
/** Columns of the view from records of schema seed. The log's own block has its names in one case or the other. */
const FROM_SEED = {
	"source.address": known("sourceAddress"),
	"destination.address": known("destinationAddress"),
	"source.address.hex": hex(known("sourceAddress")),
	"destination.address.hex": hex(known("destinationAddress")),
	"destination.port": `TRY_CAST(${known("destinationPort")} AS INTEGER)`,
	"flow.protocol.number": `TRY_CAST(${known("protocol")} AS INTEGER)`,
	"flow.protocol.name": known("protocolName"),
	"network.transport": "CASE protocolName WHEN 'TCP' THEN 'tcp' WHEN 'UDP' THEN 'udp' END",
	"flow.direction": "CASE WHEN traffic_direction IN ('ingress', 'egress') THEN traffic_direction ELSE 'unknown' END",
	"flow.traffic_type": "CASE traffic_type WHEN 'internal traffic' THEN 'east-west' WHEN 'external traffic' THEN 'north-south' END",
	"flow.source.zone": "internal_or_external_source",
	"flow.destination.zone": "internal_or_external_destination",
	"flow.status": "'OK'",
	"flow.subnet.id": ofOracle("vnicsubnetocid"),
	"flow.subnet.name": ofOracle("vnicsubnetname"),
	"flow.vnic.id": ofOracle("vnicocid"),
	"flow.compartment.id": ofOracle("vniccompartmentocid", "compartmentid"),
	"cloud.account.id": ofOracle("tenantid"),
	"cloud.provider": "'oracle_cloud'"
};
/** An IPv4 address in the form that compares; of IPv6 only the archive has it. */
function hex(address) {
	const part = (index) => `split_part(${address}, '.', ${index})::UTINYINT`;
	return `CASE WHEN regexp_full_match(${address}, '[0-9]{1,3}([.][0-9]{1,3}){3}') THEN printf('00000000000000000000ffff%02x%02x%02x%02x', ${[
		1,
		2,
		3,
		4
	].map(part).join(", ")}) END`;
}
function columnsOf(attributes, fields) {
	const resource = new Set(attributes.all.filter((one) => one.resource).map(({ name }) => name));
	const own = new Set(attributes.all.map(({ name }) => name));
	const stored = archiveColumns();
	const inLines = (name) => {
		if (name === "time") return "timestamp";
		if (own.has(name)) return `${resource.has(name) ? "resource" : "attributes"}.${identifier(name)}`;
		const address = /^(.*)\.hex$/.exec(name)?.[1];
		return address === void 0 ? void 0 : hex(`attributes.${identifier(address)}`);
	};
	const columns = stored.map(({ name, type }) => ({
		name,
		type,
		parquet: (has) => has.has(name) ? identifier(name) : void 0,
		otel: inLines(name),
		seed: FROM_SEED[name]
	}));
	const seen = new Set(columns.map(({ name }) => name));
	for (const { field, column, name: asked } of fields) {
		if (column === void 0) continue;
		const ref = resolveField(asked);
		const attribute = typeof ref === "string" ? void 0 : attributes.of(ref);
		const whole = stored.find(({ columnsOf: of }) => of === field);
		if (attribute === void 0 || whole === void 0 || seen.has(attribute.name)) continue;
		seen.add(attribute.name);
		columns.push({
			name: attribute.name,
			type: "VARCHAR",
			parquet: (has) => has.has(whole.name) ? `json_extract_string(${identifier(whole.name)}, ${literal(`$.${JSON.stringify(column)}`)})` : void 0,
			otel: `attributes.${identifier(attribute.name)}`,
			seed: void 0
		});
	}
	return columns;
}
// src/query/flows.ts
/**
* Opens archives (Parquet), enriched JSON (schema seed) and NDJSON (schema otel or seed), in files and folders, as the view `flows`: `time`
* (TIMESTAMP, UTC; NULL in schema seed), a column for each attribute of schema `otel`, `year`, `month`, `day` and `hour`. Nothing but the
* inputs can be read through the connection, and its settings cannot be changed. Throws UsageError for an input that is not there, and
* where DuckDB is not installed.
*/
async function openFlows(inputs, { window = ALWAYS, fields = [] } = {}) {
	const found = findFiles(inputs, window);
	const spill = mkdtempSync(join(tmpdir(), "flowferry-query-"));
	const close = () => rmSync(spill, {
		recursive: true,
		force: true
	});
	let database;
	try {
		database = await openDuckdb(spill);
	} catch (error) {
		close();
		throw error;
	}
	const { connection } = database;
	const end = () => {
		database.close();
		close();
	};
	try {
		const passedOver = [...found.passedOver];
		const files = new Map(found.files);
		const parquet = await ownParquet(connection, files.get("parquet") ?? [], passedOver);
		if (parquet.files.length > 0) files.set("parquet", parquet.files);
		else files.delete("parquet");
		const lines = files.get("otel-lines");
		if (lines !== void 0) passedOver.push(...await broken(connection, lines));
		await connection.run(flowsView(files, {
			window,
			fields,
			parquetColumns: parquet.columns
		}));
		await confine(connection, inputs);
		const kinds = [...files.keys()];
		return {
			connection,
			files: [...files.values()].reduce((sum, some) => sum + some.length, 0),
			pruned: found.pruned,
			passedOver,
			timeless: kinds.some((kind) => kind.startsWith("seed-")),
			close: end
		};
	} catch (error) {
		end();
		throw error;
	}
}
/** The inputs can be read, nothing else, and nobody can change that. */
async function confine(connection, inputs) {
	const paths = inputs.map((input) => resolve(input));
	const list = (some) => `[${some.map(literal).join(", ")}]`;
	const folders = paths.filter((path) => statSync(path).isDirectory());
	await connection.run(`SET allowed_directories = ${list(folders)}`);
	await connection.run(`SET allowed_paths = ${list(paths.filter((path) => !folders.includes(path)))}`);
	await connection.run("SET enable_external_access = false");
	await connection.run("SET lock_configuration = true");
}
async function broken(connection, files) {
	return (await connection.runAndReadAll(brokenLines(files))).getRowsJson().map(([file, count]) => ({
		file,
		reason: `has ${count} lines that are no flows`
	}));
}
// src/cli/asking.ts
const FORMATS = [
	"table",
	"csv",
	"json",
	"chart"
];
const count = (text) => {
	const number = Number(text);
	if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError("expected a whole number from 1 on");
	return number;
};
/** Adds the options to a command. */
function withAsking(command, { env }) {
	return command.addOption(configOption(env, "configuration file (YAML), whose archive is asked")).option("-i, --input <path...>", "files or folders to ask instead: Parquet of an archive, enriched JSON, NDJSON").option("--since <time>", "only flows from then on: a time, a date, or how long ago (7d)").option("--until <time>", "only flows before then").addOption(new Option("--limit <rows>", "most rows").argParser(count)).addOption(new Option("--timeout <seconds>", "how long it may take").argParser(count).default(60)).addOption(new Option("--format <format>", "how the answer is printed").choices(FORMATS).default("table"));
}
/** The archive of a configuration, as a bucket. */
async function archiveStore(config, env) {
	const { archive, baseDir, secrets } = config;
	if (archive === void 0) throw new UsageError("archive-none", `${config.file} has no archive: add the block \`archive\`, or name files with --input`);
	if (archive.format !== "parquet") throw new UsageError("archive-none", `${config.file}: the archive is no Parquet: name its folder with --input`);
	const { to, prefix } = archive;
	const store = await at(to.place, () => to.component.create(to.options, {
		baseDir,
		env,
		onEvent: () => {},
		secrets
	}));
	return {
		store: writable(store),
		prefix
	};
}
/** Asks and prints; what was passed over is told on stderr. */
async function answerQuestion(context, flags, question) {
	const now = Date.now();
	const { since, until } = flags;
	const window = {
		since: since === void 0 ? question.window.since : parseInstant(since, now),
		until: until === void 0 ? question.window.until : parseInstant(until, now)
	};
	if (window.since >= window.until) throw new UsageError("bad-filter", `--since (${since ?? ""}) is not before --until (${until ?? ""})`);
	const stop = progressOf(context);
	try {
		const { answer, flows } = await asked(context, flags, window, question, {
			rows: question.rows,
			timeoutMs: flags.timeout * 1e3
		});
		stop();
		print(context, answer, flags.format);
		const notes = [
			...flows.passedOver.map(({ file, reason }) => `${file} ${reason}: passed over`),
			...flows.timeless && (since ?? until) !== void 0 ? ["enriched JSON holds no times: all of it is asked"] : [],
			...flows.files === 0 ? [`there are no files of flows${flows.pruned > 0 ? ` of that time, but ${flows.pruned} of others` : ""}`] : [],
			...answer.more ? [`there are more than ${question.rows} rows: --limit shows more`] : []
		];
		for (const note of notes) context.stderr.write(`flowferry: ${context.secrets.scrub(note)}\n`);
		return flows.passedOver.length > 0 ? EXIT.incomplete : EXIT.done;
	} finally {
		stop();
	}
}
/** A compaction may replace files between their listing and their reading: they are listed once more. */
async function asked(context, flags, window, { sql, fields }, limits) {
	for (let attempt = 1;; attempt += 1) {
		const input = await inputsOf(context, flags, window);
		try {
			const flows = await openFlows(input.paths, {
				window,
				fields
			});
			try {
				return {
					answer: await ask(flows.connection, sql, limits, context.signal),
					flows
				};
			} finally {
				flows.close();
			}
		} catch (error) {
			if (!(error instanceof FilesChanged) || attempt === 3) throw error;
		} finally {
			input.remove();
		}
	}
}
/** What is asked: what was named, the archive's folder, or copies of what its bucket holds of that time. */
async function inputsOf(context, { input, config: file }, window) {
	if (input !== void 0) return {
		paths: input,
		remove: () => {}
	};
	const config = await context.loadConfig(file);
	const { path } = config.archive?.to.options ?? {};
	const { store, prefix } = await archiveStore(config, context.env);
	try {
		if (path !== void 0) return {
			paths: [resolve(config.baseDir, path, prefix)],
			remove: () => {}
		};
		const folder = mkdtempSync(join(tmpdir(), "flowferry-asked-"));
		const remove = () => rmSync(folder, {
			recursive: true,
			force: true
		});
		try {
			const hours = await filesByHour(store, prefix, window, context.signal);
			for (const object of [...hours.values()].flat()) await fetchObject(store, object, folder, context.signal);
		} catch (error) {
			remove();
			throw error;
		}
		return {
			paths: [folder],
			remove
		};
	} finally {
		await store.close();
	}
}
function print(context, answer, format) {
	const { columns, rows } = answer;
	const cells = () => rows.map((row) => row.map((value) => typeof value === "number" ? value : shown(value)));
	switch (format) {
		case "json":
			for (const row of rows) context.print(JSON.stringify(Object.fromEntries(row.map((value, index) => [columns[index], value]))));
			return;
		case "chart":
			context.stdout.write(`${chartLines(answer).join("\n")}\n`);
			return;
		default: context.stdout.write(`${(format === "csv" ? csvLines : tableLines)(columns, cells()).join("\n")}\n`);
	}
}
/** On a terminal, what takes longer than two seconds shows that it goes on. */
function progressOf({ stderr }, line = (seconds) => `asking, ${seconds} s`) {
	if (!stderr.isTTY) return () => {};
	const started = performance.now();
	let isShown = false;
	const timer = setInterval(() => {
		const seconds = Math.round((performance.now() - started) / 1e3);
		if (seconds < 2) return;
		isShown = true;
		stderr.write(`\r${line(seconds)} `);
	}, 1e3);
	return () => {
		clearInterval(timer);
		if (isShown) stderr.write("\r\x1B[K");
		isShown = false;
	};
}
export { REPLACES as a, fetchObject as c, withAsking as i, filesByHour as l, archiveStore as n, ownParquet as o, progressOf as r, findFiles as s, answerQuestion as t, openDuckdb as u };
