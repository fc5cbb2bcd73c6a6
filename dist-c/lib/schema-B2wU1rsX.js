import { C as strictObject, D as unknown, O as url, S as record, b as object, f as array, g as int, u as _enum, v as looseObject, w as string } from "./schemas-Dm7Z0tOD.js";
import { t as allowInsecure } from "./urls-hmwHZnCP.js";
import { n as secret } from "./mark-COnWLKoh.js";
import { r as instantText, t as durationText } from "./durations-Bd18bo2u.js";
import { t as AUTO } from "./formats-DGXMnJnZ.js";
// src/archive/options.ts
/** Where the archive goes: a kind of bucket by its type, with that kind's options. */
const place = looseObject({ type: string().describe("Kind of the bucket") }).describe("The bucket or folder to write to, which nobody else writes to; a folder is made");
const archiveOptions = strictObject({
	to: place,
	format: _enum(["parquet", "json"]).default("parquet").describe("`parquet`: every attribute of schema otel, in folders of hours (year=/month=/day=/hour=, UTC); `json`: one array of records of schema seed for each source object"),
	prefix: string().regex(/^([^/].*\/)?$/, "expected the empty text, or a folder that ends with / and does not begin with it").default("").describe("Folder in the bucket, as in `flows/`"),
	rollBytes: int().min(65536).default(128 * 1024 ** 2).describe("A Parquet file of this size is finished, in bytes"),
	rollMs: int().min(100).default(6e5).describe("A Parquet file of this age is finished, in ms; until then what is in it is not committed"),
	retention: durationText().optional().describe("Whole days that ended so long ago are deleted from the Parquet archive, as in 400d; nothing is deleted by default")
});
// src/config/schema.ts
/** A part of the configuration that is named by `type` and handed to the component of that type. */
const part = looseObject({ type: string().describe("Kind of the part") });
const filterOptions = strictObject({
	action: _enum(["accept", "reject"]).optional().describe("Ship only flows with this action; by default both are shipped"),
	since: instantText().optional().describe("Ship only flows of this time and later: a time as in 2026-01-31T00:00:00Z, or an age as in 30d"),
	until: instantText().optional().describe("Ship only flows before this time: a time or an age. Objects that begin later by more than the look-back of the source are not read")
});
const limitOptions = strictObject({
	maxObjectBytes: int().positive().default(16 * 1024 ** 3).describe("Largest decompressed size of one object, in bytes; what lies beyond is set aside as `too-large`"),
	maxRecordBytes: int().min(1024).max(64 * 1024 ** 2).default(1024 ** 2).describe("Longest single record, in bytes; a longer one is set aside as `line-too-long`")
});
const runOptions = strictObject({
	objects: int().min(1).max(256).default(4).describe("How many objects are read side by side"),
	pollMs: int().min(100).default(1e4).describe("Pause between two looks for new objects, in ms"),
	stallMs: int().min(100).default(2e3).describe("A sink that had no room for this long while another one had goes on alone, and catches up by reading again, in ms"),
	shutdownMs: int().min(0).default(2e4).describe("After SIGTERM or Ctrl-C, how long batches and alerts in flight may take to be acknowledged, in ms; a job that ends waits as long for a notifier that takes nothing"),
	checkpointMs: int().min(100).default(3e4).describe("How often the state of the detections is saved, in ms; after a crash they read again what came since"),
	retry: strictObject({
		initialMs: int().min(1).default(500).describe("First pause after a failure, in ms; it doubles with each further one"),
		maxMs: int().min(1).default(3e4).describe("Longest pause that the other side did not ask for, in ms")
	}).prefault({}).describe("Pauses between attempts at what may heal")
});
const ledgerOptions = strictObject({ path: string().min(1).default("flowferry.db").describe("SQLite file that remembers positions and dead letters; `:memory:` forgets with the process. One ledger serves one worker") });
const telemetryOptions = strictObject({
	listen: string().regex(/^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$/, "expected host:port, as in 127.0.0.1:9464").optional().describe("Address for the status page (/), /metrics (Prometheus), /healthz and /readyz, as in 127.0.0.1:9464; not served by default"),
	token: secret(string().min(16, "expected 16 characters or more")).optional().describe("What the status page asks for, as a Bearer token or as the password of whatever user; without it, it is shown on 127.0.0.1 and ::1 alone. Metrics and health ask for none"),
	otlpEndpoint: url().optional().describe("Base URL of an OTLP receiver that gets the program's own log lines, as in http://localhost:4318"),
	allowInsecure,
	level: _enum([
		"trace",
		"debug",
		"info",
		"warn",
		"error"
	]).default("info").describe("Least severity of the program's own log lines")
});
const name = string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, "expected letters, digits, dots, dashes and underscores");
/** What each of several sources may have beside the options of its type. */
const ofSource = object({
	name: name.optional().describe("Name of the source in the ledger, in metrics and in logs; its type and its bucket by default. Positions belong to the name"),
	format: string().optional().describe("Format of its objects; the common one by default"),
	filter: filterOptions.optional().describe("Which of its flows are shipped, in place of the common filter"),
	enrich: unknown().optional().describe("Lookup tables for its flows, in place of the common block")
});
const settings = strictObject({
	source: part.optional().describe("The bucket to tail; this, or `sources`"),
	format: string().default(AUTO).describe("Format of the objects; `auto` finds it from the first bytes of each"),
	filter: filterOptions.prefault({}).describe("Which flows are shipped"),
	limits: limitOptions.prefault({}).describe("Bounds for what comes from outside"),
	enrich: unknown().optional().describe("Lookup tables"),
	sinks: array(part.extend({
		name: name.refine((text) => text !== "none", "none is no name for a sink: as `--sink none` it stands for records that could not be decoded").optional().describe("Name of the sink in the ledger, in metrics and in logs; its type by default. Positions belong to the name"),
		filter: record(string(), unknown()).optional().describe("Which flows the sink gets, all by default: searches and a condition, as in the `detection` of a rule, as in { wanted: { action: reject }, condition: wanted }. Its field `detections` holds the names of the rules that the flow matched")
	})).min(1, "at least one sink is needed").optional().describe("Destinations; each has its own position. Where there is an archive there may be none"),
	archive: unknown().optional().describe("Files of all flows, in a bucket or a folder, for questions over days and years"),
	alerts: unknown().optional().describe("Detections and who is told; without this block no rule is evaluated"),
	ledger: ledgerOptions.prefault({}).describe("Memory of the worker"),
	run: runOptions.prefault({}).describe("Pace of the worker"),
	telemetry: telemetryOptions.prefault({}).describe("The program's own logs and metrics")
});
/** What stands beside the options of a part's own type. */
const OF_SOURCE = Object.keys(ofSource.shape);
const OF_SINK = ["name", "filter"];
/** The top level of a configuration file. Parts are validated by their components. */
function configSchema(formats) {
	const { format } = settings.shape;
	const names = _enum([AUTO, ...formats.map(({ name }) => name)]).default(AUTO);
	const one = part.extend({
		...ofSource.shape,
		format: names.unwrap().optional().describe(ofSource.shape.format.description ?? "")
	});
	return settings.extend({
		format: names.describe(format.description ?? ""),
		sources: array(one).min(1, "at least one source is needed").optional().describe("Several buckets to tail side by side; each has positions, readers and pauses of its own")
	});
}
export { archiveOptions as a, ofSource as i, OF_SOURCE as n, configSchema as r, OF_SINK as t };
