import { b as object, f as array, u as _enum, v as looseObject, w as string } from "./schemas-Dm7Z0tOD.js";
import { n as Option, t as Command } from "./commander-BVTyMRTV.js";
import { t as asset } from "./assets-DQb4Ncv_.js";
import { a as describeError, i as codeOf, n as FlowferryError, o as drawerOf, r as UsageError, t as Failure } from "./errors-C4nvsd9u.js";
import { a as GROUPS, c as refused, i as Conflict, l as removing, n as patienceMsOf, o as actionFor, r as serviceCall, s as keyOf, t as logAnalyticsSink, u as stepOrConflict } from "./log-analytics-sink-CkpLWRpl.js";
import { a as resolveField, o as hint } from "./fields-CNGBTqUH.js";
import { n as loadRules, t as formatRuleError } from "./load-DDLApW6U.js";
import { C as readContent, S as DEFAULT_LAG_MS, T as wrong, _ as allPages, a as Registry, b as logAnalytics, c as logsqlWords, d as logqlWords, f as quote, g as receiversOf, h as shippedDashboards, l as groupLabel, m as dashboardLists, p as DASHBOARDS_FILE, s as printSearch$2, u as printSearch$1, v as listOf, w as readYaml, x as PERIODS, y as resourceOf } from "./registry-BmxmoegP.js";
import { d as oneLine, o as otelAttributes } from "./conditions-BjL6rk-5.js";
import { n as loadSearches, r as defaultLabel, t as isNative } from "./load-DtnZJGzx.js";
import { D as compress, M as connectOci, O as tokenOf, d as createUploader } from "./sink-BKF8PL_n.js";
import { n as register } from "./modules-SVjUxa8b.js";
import { l as and } from "./yaml-file-Cn6pywsC.js";
import { i as parseDuration } from "./durations-Bd18bo2u.js";
import { n as addUrl } from "./of-url-LZfHtLOe.js";
import { t as configOption } from "./config-option-BOSW5Ys2.js";
import { setTimeout } from "node:timers/promises";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readFileSync } from "node:fs";
// src/clouds/oci/content/alarms.ts
const text$1 = string().min(1);
/** An alarm as Monitoring takes it, with placeholders for the compartment and the topic. */
const alarm = looseObject({
	displayName: text$1,
	namespace: text$1,
	query: text$1,
	severity: _enum([
		"CRITICAL",
		"ERROR",
		"WARNING",
		"INFO"
	]),
	destinations: array(text$1).length(1)
});
/** The alarms on the metrics that the scheduled tasks of the detections write, as they were built. Throws UsageError. */
function readAlarms(folder = asset("deploy")) {
	const file = join(folder, "log-analytics", "detections.json");
	const wrong = (what, cause) => new UsageError("bad-content", `${file}: ${what}`, { cause });
	let value;
	try {
		value = JSON.parse(readFileSync(file, "utf8"));
	} catch (cause) {
		throw wrong("cannot be read as JSON", cause);
	}
	const parsed = array(object({ alarm })).safeParse(value);
	if (parsed.success) return parsed.data.map((one) => one.alarm);
	const [issue] = parsed.error.issues;
	throw wrong(`${(issue?.path ?? []).map(String).join(": ")}: ${issue?.message}`);
}
// src/clouds/oci/content/archive.ts
/** Internal names that public parsers show for fields of the service; other fields are named by a placeholder and their title. */
const INTERNAL = {
	Time: "time",
	Action: "actn",
	Status: "status",
	"Source IP": "srcip",
	"Source Port": "srcport",
	"Destination IP": "destip",
	"Destination Port": "destport",
	"Protocol (Transport)": "tranprot",
	"Protocol Number": "protnum",
	"Content Size Out": "contszout",
	"Packets In": "pktsin",
	"OCI Subnet OCID": "ocisubnetocid"
};
/** The same for every entry and, as archives hold local time, in every time zone, so that equal content makes equal archives. */
const ENTRY = {
	mtime: new Date(1980, 0, 1),
	forceDosTimestamp: true,
	mode: 33188
};
/**
* Fields, parser and source as the document that the service exports and its console imports: a ZIP of `content.xml` and `README.txt`. The
* same content makes the same bytes.
*/
async function contentArchive(content) {
	const { ZipFile } = (await import("yazl")).default;
	const zip = new ZipFile();
	const add = (name, text) => {
		zip.addBuffer(Buffer.from(text), name, {
			...ENTRY,
			compress: false
		});
	};
	add("content.xml", contentXml(content));
	add("README.txt", `${content.source.displayName}: ${content.source.description}\n`);
	zip.end();
	return buffer(zip.outputStream);
}
function contentXml({ fields, parser, source }) {
	const own = new Map(fields.map((field) => [field.displayName, field]));
	let placeholders = 0;
	const named = parser.fieldMaps.map(({ field: { displayName }, structuredColumnInfo, parserFieldSequence }) => {
		return {
			displayName,
			name: INTERNAL[displayName] ?? `${own.get(displayName)?.dataType === "LONG" ? "udfl" : "udfs"}${++placeholders}`,
			structuredColumnInfo,
			parserFieldSequence
		};
	});
	return `${[
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
		`<LoganContent xmlns="http://www.oracle.com/DataCenter/LogAnalyticsStd" content_version="3.114.1.0.0" name=${quoted(source.displayName)}>`,
		...fields.map(fieldXml),
		`<Parser tokenize_orig_text="1" type="6">${elements({
			Name: parser.name,
			DisplayName: parser.displayName,
			Description: parser.description,
			IsSingleLineContent: 0,
			HeaderContent: parser.headerContent,
			ExampleContent: parser.exampleContent,
			IsSystem: 0,
			Encoding: parser.encoding,
			Language: parser.language
		})}<ParserFields>`,
		...named.map(({ name, structuredColumnInfo, parserFieldSequence }) => `<ParserField>${elements({
			FieldSeq: parserFieldSequence,
			FieldName: name,
			StructuredColInfo: structuredColumnInfo
		})}</ParserField>`),
		"</ParserFields><WrittenOnce>0</WrittenOnce><IsDefaultParser>1</IsDefaultParser></Parser>",
		`<Source configWarningSettings="0" name=${quoted(source.name)}><SourceType>${escaped(source.typeName)}</SourceType><TargetTypes>${source.entityTypes.map(({ entityType }) => elements({ TargetType: entityType })).join("")}</TargetTypes>${elements({
			DisplayName: source.displayName,
			Description: source.description,
			IsSystem: 0,
			IsSecureContent: 1
		})}<Parsers>${source.parsers.map(({ name, parserSequence }) => `<Parser>${elements({
			ParserSeq: parserSequence,
			ParserName: name
		})}</Parser>`).join("")}</Parsers><IsHidden>0</IsHidden><IsSMAEnabled>0</IsSMAEnabled></Source>`,
		"<FieldNameMaps>",
		...named.map(({ name, displayName }) => `<FieldNameMap>${elements({
			Name: name,
			DisplayName: displayName
		})}</FieldNameMap>`),
		"</FieldNameMaps>",
		"</LoganContent>"
	].join("\n")}\n`;
}
function fieldXml({ displayName, dataType, description, isMultiValued }) {
	return `<Field>${elements({
		DisplayName: displayName,
		Description: description,
		FieldType: 1,
		IsSystem: 0,
		IsPrimary: 1,
		DataType: dataType,
		IsMetricKeyEligible: 0,
		IsMetricValueEligible: 0,
		FacetEligible: 1,
		RangeFacetEligible: 0,
		TableEligible: 1,
		FacetPriority: 1,
		Summarizable: 1,
		HighCardinality: 1,
		LargeData: 0,
		MultiValued: isMultiValued ? 1 : 0,
		SMAEnabledSetting: 0
	})}</Field>`;
}
function elements(values) {
	return Object.entries(values).map(([name, value]) => `<${name}>${escaped(String(value))}</${name}>`).join("");
}
const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const quoted = (text) => `"${escaped(text).replaceAll("\"", "&quot;")}"`;
// src/clouds/oci/content/build.ts
/** Stands in built files for the compartment that the content is installed into. */
const COMPARTMENT = "${compartmentId}";
/** What marks saved searches and dashboards as made by this program. */
const OWN_TAGS = { "managed-by": "flowferry" };
const PROVIDER = {
	providerId: "log-analytics",
	providerName: "Logging Analytics",
	providerVersion: "3.0.0"
};
/** The filter by compartment of the log groups that comes with the service, and how saved searches and dashboards name it. */
const LOG_GROUP_FILTER = "OOBSS-management-dashboard-filter-4a";
const LOG_GROUP_PARAMETER = "log-analytics-log-group-compartment";
const LOG_GROUP_DASHBOARD_FILTER = "log-analytics-loggroup-filter";
/** A saved search looks at the log groups of one compartment and of those below it; every public one names a compartment. */
const LOG_GROUPS = {
	type: "LogGroup",
	flags: { IncludeSubCompartments: true },
	values: [{
		label: COMPARTMENT,
		value: COMPARTMENT
	}]
};
const ENTITIES = {
	type: "Entity",
	flags: {
		IncludeDependents: true,
		ScopeCompartmentId: COMPARTMENT
	},
	values: []
};
const LOG_SETS = {
	type: "LogSet",
	flags: {},
	values: []
};
const SCOPE = {
	isGlobal: false,
	filters: [
		LOG_GROUPS,
		ENTITIES,
		LOG_SETS
	],
	LogGroup: LOG_GROUPS,
	Entity: ENTITIES,
	LogSet: LOG_SETS
};
const COLUMNS$1 = 12;
const TILE_HEIGHT = 4;
/** Deterministic: the same sources make the same content. Detections become saved searches on no dashboard, and scheduled tasks. */
function buildContent({ content, searches, dashboards }, detections = []) {
	const { parser, source, fields } = content;
	const own = Object.values(fields).flatMap(({ field, type, description }) => type === void 0 || description === void 0 ? [] : [{
		displayName: field,
		dataType: type === "long" ? "LONG" : "STRING",
		description,
		isMultiValued: false
	}]);
	const example = JSON.stringify(EXAMPLE);
	return {
		fields: own,
		parser: {
			name: parser.name,
			displayName: parser.title,
			description: parser.description,
			type: "JSON",
			language: "en_US",
			encoding: "UTF-8",
			isDefault: true,
			headerContent: "$:0",
			isSingleLineContent: false,
			content: example,
			exampleContent: example,
			fieldMaps: Object.entries(fields).map(([key, { field }], index) => ({
				structuredColumnInfo: `$.${key}`,
				parserFieldSequence: index + 1,
				field: { displayName: field }
			}))
		},
		source: {
			name: source.name,
			displayName: source.name,
			description: source.description,
			typeName: "os_file",
			isForCloud: false,
			isSecureContent: true,
			warningConfig: 0,
			parsers: [{
				name: parser.name,
				parserSequence: 1,
				isDefault: true
			}],
			entityTypes: [{ entityType: source.entityType }]
		},
		searches: [...[...searches].map(([id, search]) => savedSearch(id, {
			...search,
			title: `Flowferry: ${search.title}`
		}, search.query)), ...detections.map(({ rule, savedSearch: { displayName: title, description, queryString } }) => savedSearch(rule, {
			title,
			description,
			visualisation: "summary_table",
			period: "l24hr"
		}, queryString))],
		tasks: detections.map(({ savedSearch: { displayName: search }, scheduledTask }) => {
			const { displayName, schedules, action } = scheduledTask;
			return {
				displayName,
				search,
				schedules,
				action
			};
		}),
		dashboards: [...dashboards].map(([id, one]) => dashboard$1(id, one, searches))
	};
}
/** The files of `content build`: name and text. `dashboards.json` is what the console's import takes, too. */
function contentFiles(content) {
	const { fields, parser, source, searches, dashboards } = content;
	const imports = dashboards.map((one) => ({
		...one,
		savedSearches: one.tiles.map(({ savedSearchId }) => searches.find(({ id }) => id === savedSearchId))
	}));
	const print = (value) => `${JSON.stringify(value, null, 2)}\n`;
	return /* @__PURE__ */ new Map([
		["fields.json", print(fields)],
		["parser.json", print(parser)],
		["source.json", print(source)],
		["dashboards.json", print({ dashboards: imports })]
	]);
}
const EXAMPLE = {
	time: "2026-01-02T03:04:05.000Z",
	action: "accept",
	sourceAddress: "203.0.113.9",
	sourcePort: 4e4,
	destinationAddress: "10.0.1.7",
	destinationPort: 443,
	protocolName: "tcp",
	protocol: 6,
	bytes: 1500,
	packets: 10,
	status: "OK"
};
function savedSearch(id, { title, description, visualisation, period }, queryString) {
	return {
		id: `flowferry-${id.replaceAll("_", "-")}`,
		displayName: title,
		description,
		type: "WIDGET_SHOW_IN_DASHBOARD",
		...PROVIDER,
		compartmentId: COMPARTMENT,
		isOobSavedSearch: false,
		nls: {},
		uiConfig: {
			queryString,
			visualizationType: visualisation,
			visualizationOptions: {},
			timeSelection: { timePeriod: period },
			scopeFilters: SCOPE,
			showTitle: true,
			enableWidgetInApp: true,
			vizType: "lxSavedSearchWidgetType"
		},
		dataConfig: [],
		screenImage: " ",
		metadataVersion: "2.0",
		widgetTemplate: "visualizations/chartWidgetTemplate.html",
		widgetVM: "jet-modules/dashboards/widgets/lxSavedSearchWidget",
		parametersConfig: [{
			name: LOG_GROUP_PARAMETER,
			required: true,
			defaultFilterIds: [LOG_GROUP_FILTER],
			editUi: {
				inputType: "savedSearch",
				filterTile: { filterId: LOG_GROUP_FILTER }
			},
			valueFormat: { type: "object" }
		}, {
			name: "time",
			required: true,
			hidden: true
		}],
		featuresConfig: { crossService: { shared: true } },
		drilldownConfig: [],
		freeformTags: OWN_TAGS
	};
}
function dashboard$1(id, { title, description, width, tiles }, searches) {
	const perRow = COLUMNS$1 / width;
	return {
		dashboardId: `flowferry-${id}`,
		...PROVIDER,
		displayName: title,
		description,
		compartmentId: COMPARTMENT,
		isOobDashboard: false,
		isShowInHome: false,
		metadataVersion: "2.0",
		isShowDescription: true,
		screenImage: " ",
		nls: {},
		uiConfig: {
			isFilteringEnabled: true,
			isRefreshEnabled: true,
			isTimeRangeEnabled: true
		},
		dataConfig: [],
		type: "normal",
		isFavorite: false,
		tiles: tiles.map((search, index) => ({
			displayName: searches.get(search)?.title ?? search,
			savedSearchId: `flowferry-${search.replaceAll("_", "-")}`,
			row: Math.floor(index / perRow) * TILE_HEIGHT,
			column: index % perRow * width,
			width,
			height: TILE_HEIGHT,
			nls: {},
			uiConfig: {},
			dataConfig: [],
			state: "DEFAULT",
			drilldownConfig: [],
			parametersMap: {
				time: "$(dashboard.params.time)",
				[LOG_GROUP_PARAMETER]: `$(dashboard.params.${LOG_GROUP_DASHBOARD_FILTER})`
			}
		})),
		parametersConfig: [{
			name: LOG_GROUP_DASHBOARD_FILTER,
			displayName: "Log Group Compartment",
			savedSearchId: LOG_GROUP_FILTER,
			localStorageKey: LOG_GROUP_DASHBOARD_FILTER,
			width: 4,
			state: "DEFAULT",
			parametersMap: { isStoreInLocalStorage: true },
			uiConfig: {
				internalKey: LOG_GROUP_FILTER,
				filterName: LOG_GROUP_DASHBOARD_FILTER,
				vizFilterType: "lxLogGroupDashFilterType",
				defaultWidth: 4,
				minWidth: 2
			}
		}, {
			name: "time",
			displayName: "$(bundle.globalSavedSearch.TIME)",
			src: "$(context.time)"
		}],
		featuresConfig: { crossService: { shared: true } },
		drilldownConfig: [],
		freeformTags: OWN_TAGS
	};
}
// src/clouds/oci/content/carry-out.ts
/**
* Carries out steps in their order, and goes on after a refusal with those that do not depend on what was refused. A refusal that speaks of
* that one thing (the drawer `batch`) leaves others of its kind their try; any other would meet them as well, and is told once.
*/
async function* carryOut(steps, signal) {
	const missing = /* @__PURE__ */ new Set();
	const closed = /* @__PURE__ */ new Set();
	for (const step of steps) {
		const key = keyOf(step);
		const cause = step.needs?.find((need) => missing.has(need)) ?? (closed.has(step.kind) ? `the other ${step.kind}` : void 0);
		if (step.refusal !== void 0) {
			missing.add(key);
			yield notDone(step, step.refusal);
			continue;
		}
		if (cause !== void 0) {
			missing.add(key);
			yield {
				step,
				result: "left-out",
				reason: `left out because of ${cause}`
			};
			continue;
		}
		try {
			await step.run(signal);
		} catch (error) {
			signal.throwIfAborted();
			if (!(error instanceof Failure)) throw error;
			missing.add(key);
			if (drawerOf(error) !== "batch") closed.add(step.kind);
			yield notDone(step, error);
			continue;
		}
		yield {
			step,
			result: "done"
		};
	}
}
/** A refused step, with what a person reads of it. */
function notDone(step, failure) {
	return {
		step,
		result: "refused",
		reason: describeError(failure),
		code: failure.code
	};
}
// src/clouds/oci/content/definition.ts
const text = string().trim().min(1);
/** What `content build` makes of a rule for Log Analytics, as far as it is installed. */
const detection = object({
	rule: string().regex(/^\w+$/),
	savedSearch: object({
		displayName: text,
		description: text,
		queryString: text
	}),
	scheduledTask: object({
		displayName: text,
		schedules: array(looseObject({})),
		action: looseObject({})
	})
});
/**
* Reads `log-analytics/content.yml`, `dashboards.yml` and `searches/*.yml` below a folder; by default the ones that ship.
* Throws UsageError by file and place.
*/
function readDefinition(folder = asset("deploy")) {
	const content = readContent(folder);
	const { searches: all, errors } = loadSearches(join(folder, "searches"));
	const [first] = errors;
	if (first !== void 0) throw new UsageError("bad-content", formatRuleError(first));
	const dialect = logAnalytics(content);
	const searches = /* @__PURE__ */ new Map();
	for (const search of all) {
		const printed = isNative(search) ? nativeQuery(search, content) : dialect.search(search);
		if ("query" in printed) searches.set(search.id, shown(search, printed.query));
	}
	const file = join(folder, DASHBOARDS_FILE);
	const listed = Object.entries(readYaml(file, dashboardLists));
	const ids = all.map(({ id }) => id);
	for (const [name, { tiles }] of listed) {
		const unknown = tiles.find((id) => !ids.includes(id));
		if (unknown !== void 0) throw wrong(file, `${name}: tiles: there is no search ${unknown}${hint(unknown, ids)}`);
	}
	const hidden = ids.find((id) => !listed.some(([, { tiles }]) => tiles.includes(id)));
	if (hidden !== void 0) throw wrong(file, `search ${hidden} is on no dashboard`);
	const said = listed.map(([id, one]) => [id, {
		...one,
		tiles: one.tiles.filter((tile) => searches.has(tile))
	}]);
	return {
		content,
		searches,
		dashboards: new Map(said.filter(([, { tiles }]) => tiles.length > 0))
	};
}
/** The log source is put in front of the condition. */
function nativeQuery({ native, file, line, periodMs }, { source }) {
	const text = native.get("log-analytics");
	if (text === void 0) return {
		refused: "native",
		reason: `it is written for ${[...native.keys()].join(", ")} alone`
	};
	if (!PERIODS.has(periodMs)) throw wrong(`${file}:${line}`, "period: Log Analytics looks back 1h, 24h, 7d or 30d");
	const [condition = "", ...commands] = text.split("|").map((part) => part.trim());
	return { query: [`'Log Source' = '${source.name}' and (${condition})`, ...commands].join(" | ") };
}
function shown({ title, description, visualisation, periodMs }, query) {
	const link = /\| link /.test(query);
	return {
		title,
		description: oneLine(description),
		visualisation: link ? "link" : PICTURES$1[visualisation],
		period: PERIODS.get(periodMs) ?? "l24hr",
		query
	};
}
/** What the service calls a picture of groups; it has none of the ways between them. */
const PICTURES$1 = {
	table: "summary_table",
	number: "tile",
	line: "line",
	area: "line",
	bar: "bar",
	pie: "pie",
	treemap: "treemap",
	heatmap: "heatmap",
	bubble: "link",
	sankey: "summary_table"
};
/** The detections that Log Analytics can run by itself, as they were built. Throws UsageError. */
function readDetections(folder = asset("deploy")) {
	return readYaml(join(folder, "log-analytics", "detections.json"), array(detection));
}
// src/clouds/oci/content/differences.ts
/** Paths at which `found` is not as `wanted` says. Members that `wanted` does not name may be anything: the service adds its own. */
function differences(wanted, found, path = "") {
	if (Array.isArray(wanted)) {
		if (!Array.isArray(found) || found.length !== wanted.length) return [path];
		return wanted.flatMap((item, index) => differences(item, found[index], `${path}[${index}]`));
	}
	if (typeof wanted === "object" && wanted !== null) {
		if (typeof found !== "object" || found === null) return [path];
		return Object.entries(wanted).flatMap(([name, value]) => differences(value, found[name], path === "" ? name : `${path}.${name}`));
	}
	return wanted === found ? [] : [path];
}
// src/clouds/oci/content/dashboards-installer.ts
/** Saved searches and dashboards in one compartment, found by their titles. What others made under such a title is left alone. */
function dashboardsInstaller(client, compartmentId, content, call) {
	const findSearch = async (displayName, signal) => {
		const request = {
			compartmentId,
			displayName: encodeURIComponent(displayName)
		};
		return (await call("ListManagementSavedSearches", signal, async () => listOf((await client.listSavedSearches(request))?.items))).find((item) => item.displayName === displayName);
	};
	const findDashboard = async (displayName, signal) => {
		const request = {
			compartmentId,
			displayName: encodeURIComponent(displayName)
		};
		const id = (await call("ListManagementDashboards", signal, async () => listOf((await client.listDashboards(request))?.items))).find((item) => item.displayName === displayName)?.id;
		if (id === void 0) return void 0;
		return call("GetManagementDashboard", signal, async () => resourceOf(await client.getDashboard(id), id));
	};
	/** With the compartment in the scope of the search, too. */
	const filledIn = (search) => JSON.parse(JSON.stringify(search).replaceAll(COMPARTMENT, compartmentId));
	const searchStep = async (search, signal) => {
		const { id: _, ...wanted } = {
			...filledIn(search),
			compartmentId
		};
		const found = await findSearch(search.displayName, signal);
		if (found !== void 0) refuseForeign("saved search", found);
		const changed = found === void 0 ? [] : differences(wanted, found);
		return {
			kind: "saved search",
			name: search.displayName,
			action: actionFor(found, changed),
			differences: changed,
			async run(signal) {
				if (found === void 0) {
					const token = randomUUID();
					await call("CreateManagementSavedSearch", signal, async () => resourceOf(await client.createSavedSearch(wanted, token)));
				} else await call("UpdateManagementSavedSearch", signal, async () => resourceOf(await client.updateSavedSearch(found.id, wanted), found.id));
			}
		};
	};
	const titles = new Map(content.searches.map(({ id, displayName }) => [id, displayName]));
	const searchesOf = ({ tiles }) => tiles.map(({ savedSearchId }) => titles.get(savedSearchId) ?? "");
	/** Tiles with the ids that the saved searches have in the service; undefined for one that is yet to be made. */
	const placed = async (dashboard, signal) => {
		const tiles = [];
		for (const tile of dashboard.tiles) {
			const found = await findSearch(titles.get(tile.savedSearchId) ?? "", signal);
			tiles.push({
				...tile,
				savedSearchId: found?.id
			});
		}
		return tiles;
	};
	const dashboardStep = async (dashboard, signal) => {
		const { dashboardId: _, ...rest } = {
			...dashboard,
			compartmentId
		};
		const found = await findDashboard(dashboard.displayName, signal);
		if (found !== void 0) refuseForeign("dashboard", found);
		const changed = found === void 0 ? [] : differences({
			...rest,
			tiles: await placed(dashboard, signal)
		}, found);
		return {
			kind: "dashboard",
			name: dashboard.displayName,
			action: actionFor(found, changed),
			differences: changed,
			needs: searchesOf(dashboard).map((name) => keyOf({
				kind: "saved search",
				name
			})),
			async run(signal) {
				const tiles = await placed(dashboard, signal);
				const details = {
					...rest,
					tiles
				};
				if (found === void 0) {
					const token = randomUUID();
					await call("CreateManagementDashboard", signal, async () => resourceOf(await client.createDashboard(details, token)));
				} else await call("UpdateManagementDashboard", signal, async () => resourceOf(await client.updateDashboard(found.id, details), found.id));
			}
		};
	};
	return {
		what: "saved searches and dashboards",
		searchId: async (title, signal) => (await findSearch(title, signal))?.id,
		async steps(signal) {
			const steps = [];
			for (const search of content.searches) steps.push(await stepOrConflict("saved search", search.displayName, () => searchStep(search, signal)));
			for (const dashboard of content.dashboards) steps.push(await stepOrConflict("dashboard", dashboard.displayName, () => dashboardStep(dashboard, signal)));
			return steps;
		},
		async removal(signal) {
			const steps = [];
			for (const { displayName } of content.dashboards) {
				const found = await findDashboard(displayName, signal);
				if (found === void 0 || !isOwn(found)) continue;
				const { id } = found;
				const run = async (signal) => {
					await call("DeleteManagementDashboard", signal, () => client.deleteDashboard(id));
				};
				steps.push({
					kind: "dashboard",
					name: displayName,
					action: "delete",
					differences: [],
					run
				});
			}
			for (const { displayName } of content.searches) {
				const found = await findSearch(displayName, signal);
				if (found === void 0 || !isOwn(found)) continue;
				const { id } = found;
				const run = async (signal) => {
					await call("DeleteManagementSavedSearch", signal, () => client.deleteSavedSearch(id));
				};
				const boards = content.dashboards.filter((one) => searchesOf(one).includes(displayName));
				const tasks = content.tasks.filter(({ search }) => search === displayName);
				const needs = [
					GROUPS.tasks,
					...boards.map(({ displayName: name }) => keyOf({
						kind: "dashboard",
						name
					})),
					...tasks.map(({ displayName: name }) => keyOf({
						kind: "scheduled task",
						name
					}))
				];
				steps.push({
					kind: "saved search",
					name: displayName,
					action: "delete",
					differences: [],
					needs,
					run
				});
			}
			return steps;
		}
	};
}
const isOwn = ({ freeformTags }) => differences(OWN_TAGS, freeformTags ?? {}).length === 0;
function refuseForeign(kind, found, advice = "rename it, or install into another compartment") {
	if (isOwn(found)) return;
	const [tag] = Object.entries(OWN_TAGS);
	throw new Conflict("content-conflict", `there is a ${kind} "${found.displayName}" that flowferry did not make (it lacks the tag ${tag?.join(": ")}): ${advice}`);
}
// src/clouds/oci/content/definitions-installer.ts
const PAGE$1 = 1e3;
const NUMBERS = [
	"LONG",
	"INTEGER",
	"DOUBLE",
	"FLOAT"
];
/** Fields, parser and log source. Fields are found by their title, parser and source by their name. */
function definitionsInstaller(client, { namespaceName, compartmentId }, content, call) {
	const { fields: own, parser, source } = content;
	const parserKey = keyOf({
		kind: "parser",
		name: parser.displayName
	});
	const sourceKey = keyOf({
		kind: "source",
		name: source.displayName
	});
	const listFields = async (signal) => {
		const all = await allPages("ListFields", (page) => {
			const request = {
				namespaceName,
				limit: PAGE$1,
				...page === void 0 ? {} : { page: encodeURIComponent(page) }
			};
			return call("ListFields", signal, async () => {
				const { collection, next } = await client.listFields(request);
				return {
					items: listOf(collection?.items),
					next
				};
			});
		});
		return new Map(all.map((field) => [field.displayName ?? "", field]));
	};
	const findParser = (signal) => call.orAbsent("GetParser", signal, async () => found(await client.getParser({
		namespaceName,
		parserName: parser.name
	})));
	const findSource = (signal) => {
		const request = {
			namespaceName,
			sourceName: source.name,
			compartmentId
		};
		return call.orAbsent("GetSource", signal, async () => found(await client.getSource(request)));
	};
	const upsertField = async (details, signal) => {
		const how = { opcRetryToken: randomUUID() };
		await call("UpsertField", signal, async () => named(await client.upsertField(namespaceName, details, how)));
	};
	const fieldStep = (field, found) => {
		const { displayName, dataType, description } = field;
		const conflict = conflictOf(field, found);
		if (conflict !== void 0) throw conflict;
		if (found?.isSystem === true) return step("field", displayName, "none", []);
		const changed = found === void 0 ? [] : differences({
			dataType,
			description
		}, found);
		return step("field", displayName, actionFor(found, changed), changed, async (signal) => {
			if (found !== void 0) {
				const { name, isMultiValued = false } = found;
				await upsertField({
					...field,
					isMultiValued,
					...name === void 0 ? {} : { name }
				}, signal);
				return;
			}
			try {
				await upsertField(field, signal);
			} catch (error) {
				if (!isSupplyUsedUp(error)) throw error;
				await upsertField({
					...field,
					isMultiValued: true
				}, signal);
			}
		});
	};
	const parserStep = (fields, found) => {
		const before = found && {
			...found.value,
			fieldMaps: bySequence(found.value.fieldMaps)
		};
		const changed = before === void 0 ? [] : differences(parser, before);
		let unmapped = [];
		let multiValued = own.filter(({ displayName }) => fields.get(displayName)?.isMultiValued === true).length;
		const run = async (signal) => {
			const now = await listFields(signal);
			const usable = parser.fieldMaps.filter(({ field }) => isUsable(field.displayName, now, own));
			unmapped = parser.fieldMaps.filter((map) => !usable.includes(map)).map(({ field }) => field.displayName);
			multiValued = own.filter(({ displayName }) => now.get(displayName)?.isMultiValued === true).length;
			const details = upsertable({
				...parser,
				fieldMaps: usable
			}, now, found?.value.editVersion);
			const how = {
				etag: found?.etag,
				opcRetryToken: randomUUID()
			};
			await call("UpsertParser", signal, async () => named(await client.upsertParser(namespaceName, details, how)));
		};
		const notice = () => {
			const notices = [...unmapped.length === 0 ? [] : [`the parser leaves out ${unmapped.join(", ")}, which could not be made`], ...multiValued === 0 ? [] : [`${multiValued} fields of text may hold several values, since the tenancy has no more single-valued ones`]];
			return notices.length === 0 ? void 0 : notices.join("; ");
		};
		return {
			...step("parser", parser.displayName, actionFor(found, changed), changed, run),
			notice
		};
	};
	const sourceStep = (found) => {
		const changed = found === void 0 ? [] : differences(source, found.value);
		const run = async (signal) => {
			const details = sourceDetails(source, found?.value);
			const how = {
				etag: found?.etag,
				opcRetryToken: randomUUID(),
				isIgnoreWarning: true
			};
			await call("UpsertSource", signal, async () => named(await client.upsertSource(namespaceName, details, how)));
		};
		return {
			...step("source", source.displayName, actionFor(found, changed), changed, run),
			needs: [parserKey]
		};
	};
	return {
		what: "fields, parser and source",
		async steps(signal) {
			const found = await listFields(signal);
			const missing = parser.fieldMaps.find(({ field }) => !found.has(field.displayName) && !own.some(({ displayName }) => displayName === field.displayName));
			if (missing !== void 0) {
				const message = `the service has no field ${missing.field.displayName}, which should come with it`;
				throw new Failure("person", "field-missing", message);
			}
			const fields = own.map((field) => stepOrConflict("field", field.displayName, () => fieldStep(field, found.get(field.displayName))));
			return [
				...await Promise.all(fields),
				parserStep(found, await findParser(signal)),
				sourceStep(await findSource(signal))
			];
		},
		async removal(signal) {
			const found = await listFields(signal);
			const steps = [];
			if ((await findSource(signal))?.value.isSystem === false) {
				const request = {
					namespaceName,
					sourceName: source.name
				};
				steps.push(step("source", source.displayName, "delete", [], async (signal) => {
					await call("DeleteSource", signal, () => client.deleteSource(request));
				}));
			}
			if ((await findParser(signal))?.value.isSystem === false) {
				const request = {
					namespaceName,
					parserName: parser.name
				};
				const run = async (signal) => {
					await call("DeleteParser", signal, () => client.deleteParser(request));
				};
				steps.push({
					...step("parser", parser.displayName, "delete", [], run),
					needs: [sourceKey]
				});
			}
			for (const { displayName } of own) {
				const field = found.get(displayName);
				if (field === void 0 || field.isSystem === true) continue;
				const fieldName = field.name ?? "";
				const run = async (signal) => {
					await call("DeleteField", signal, () => client.deleteField({
						namespaceName,
						fieldName
					}));
				};
				steps.push({
					...step("field", displayName, "delete", [], run),
					needs: [parserKey]
				});
			}
			return steps;
		}
	};
}
/** Why a field of that title cannot be used. The service's own fields are taken in whatever kind of number they have. */
function conflictOf({ displayName, dataType }, found) {
	const type = found?.dataType?.toUpperCase();
	if (found === void 0 || type === dataType) return void 0;
	if (found.isSystem !== true) {
		const message = `field ${displayName} exists with type ${found.dataType}, not ${dataType}: a type cannot be changed; delete the field`;
		return new Conflict("field-conflict", message);
	}
	if (dataType === "LONG" && NUMBERS.includes(type ?? "")) return void 0;
	const message = `the service has a field ${displayName} of type ${found.dataType}, not ${dataType}: it cannot be used`;
	return new Conflict("field-conflict", message);
}
function isUsable(displayName, fields, own) {
	const found = fields.get(displayName);
	const wanted = own.find((one) => one.displayName === displayName);
	return found !== void 0 && (wanted === void 0 || conflictOf(wanted, found) === void 0);
}
/** A tenancy has a finite supply of single-valued fields of text, and answers 400 when it is used up. */
function isSupplyUsedUp(error) {
	return error instanceof Failure && drawerOf(error) === "batch" && /single-valued string field/i.test(describeError(error));
}
function step(kind, name, action, changed, run = async () => void 0) {
	return {
		kind,
		name,
		action,
		differences: changed,
		run
	};
}
/** Parsers, sources and fields have no id, but a name. */
function named(value) {
	if (typeof value?.name === "string") return value;
	throw new TypeError("it holds no parser, source or field");
}
function found({ value, etag }) {
	return {
		value: named(value),
		etag
	};
}
const bySequence = (maps = []) => maps.toSorted((a, b) => (a.parserFieldSequence ?? 0) - (b.parserFieldSequence ?? 0));
/** With the internal names of the fields, which only the service knows. */
function upsertable(parser, fields, editVersion) {
	return {
		...parser,
		type: parser.type,
		...editVersion === void 0 ? {} : { editVersion },
		isSystem: false,
		fieldMaps: parser.fieldMaps.map(({ field: { displayName }, ...map }) => {
			const name = fields.get(displayName)?.name;
			if (name === void 0) throw new Failure("person", "field-missing", `the service has no field ${displayName}`);
			return {
				...map,
				field: {
					name,
					displayName
				},
				parserFieldName: name,
				storageFieldName: name
			};
		})
	};
}
function sourceDetails(source, found) {
	const { parsers, entityTypes, ...rest } = source;
	return {
		...rest,
		isSystem: false,
		parsers: [...parsers],
		entityTypes: [...entityTypes],
		...found?.sourceId === void 0 ? {} : { sourceId: found.sourceId },
		...found?.editVersion === void 0 ? {} : { editVersion: found.editVersion }
	};
}
// src/clouds/oci/content/topic-installer.ts
const NAME = "flowferry-detections";
/** What alarms and subscriptions need. */
const TOPIC_KEY = keyOf({
	kind: "topic",
	name: NAME
});
const DESCRIPTION = "Alarms of flowferry's detections on flow logs";
/** The topic that alarms tell: `existing`, which is only looked at, or one of our own. `users` are the keys of what uses it. */
function topicInstaller(client, compartmentId, existing, users, calls) {
	let known;
	const find = async (signal) => {
		return (await calls.manage("ListTopics", signal, async () => listOf(await client.listTopics({
			compartmentId,
			name: NAME
		})))).find(({ name, lifecycleState }) => name === NAME && lifecycleState !== "DELETING");
	};
	const step = async (signal) => {
		const found = await find(signal);
		if (found !== void 0) refuseForeign("topic", {
			...found,
			displayName: NAME
		}, `give it as --topic ${found.topicId} to use it`);
		const changed = found === void 0 ? [] : differences({ description: DESCRIPTION }, found);
		return {
			kind: "topic",
			name: NAME,
			action: actionFor(found, changed),
			differences: changed,
			async run(signal) {
				if (found === void 0) {
					const details = {
						name: NAME,
						compartmentId,
						description: DESCRIPTION,
						freeformTags: OWN_TAGS
					};
					const token = randomUUID();
					known = await calls.manage("CreateTopic", signal, async () => idOf(await client.createTopic(details, token)));
				} else {
					const details = {
						description: DESCRIPTION,
						freeformTags: {
							...found.freeformTags,
							...OWN_TAGS
						}
					};
					await calls.manage("UpdateTopic", signal, async () => idOf(await client.updateTopic(found.topicId, details)));
				}
			}
		};
	};
	return {
		what: TOPIC_KEY,
		async topicId(signal) {
			known ??= existing ?? (await find(signal))?.topicId;
			return known;
		},
		async steps(signal) {
			if (existing === void 0) return [await stepOrConflict("topic", NAME, () => step(signal))];
			await calls.use("GetTopic", signal, async () => idOf(await client.getTopic(existing)));
			return [];
		},
		async removal(signal) {
			const found = await find(signal);
			if (found === void 0 || !isOwn(found)) return [];
			const { topicId } = found;
			const run = removing(calls.manage, "DeleteTopic", () => client.deleteTopic(topicId), { isThere: async (signal) => await find(signal) !== void 0 });
			return [{
				kind: "topic",
				name: NAME,
				action: "delete",
				differences: [],
				needs: users,
				run
			}];
		}
	};
}
function idOf(topic) {
	if (typeof topic?.topicId === "string") return topic.topicId;
	throw new TypeError("it holds no topic");
}
// src/clouds/oci/content/alarms-installer.ts
/** Stand in built alarms for what is known when they are installed. */
const PLACEHOLDER$1 = /\$\{(compartmentId|topicId)\}/g;
const PAGE = 1e3;
/** Alarms that tell a topic of the detections, found by their titles. What others made is left alone. */
function alarmsInstaller(client, compartmentId, alarms, call, topicId) {
	/** Titles need not be unique: of several, our own counts. */
	const list = async (signal) => {
		const found = /* @__PURE__ */ new Map();
		const all = await allPages("ListAlarms", (page) => {
			const request = {
				compartmentId,
				limit: PAGE,
				...page === void 0 ? {} : { page: encodeURIComponent(page) }
			};
			return call("ListAlarms", signal, async () => {
				const { items, next } = await client.listAlarms(request);
				return {
					items: listOf(items),
					next
				};
			});
		});
		for (const one of all) {
			const earlier = found.get(one.displayName);
			if (earlier === void 0 || !isOwn(earlier)) found.set(one.displayName, one);
		}
		return found;
	};
	const filledIn = (alarm, topic) => {
		const values = {
			compartmentId,
			topicId: topic
		};
		return JSON.parse(JSON.stringify(alarm).replaceAll(PLACEHOLDER$1, (_, name) => values[name] ?? ""));
	};
	const alarmStep = async (alarm, summary, signal) => {
		const { displayName } = alarm;
		if (summary !== void 0) refuseForeign("alarm", summary);
		const get = async (alarmId) => resourceOf(await client.getAlarm(alarmId), alarmId);
		const found = summary && await call("GetAlarm", signal, () => get(summary.id));
		const changed = found === void 0 ? [] : differences(filledIn(alarm, await topicId(signal) ?? ""), found);
		return {
			kind: "alarm",
			name: displayName,
			action: actionFor(found, changed),
			differences: changed,
			needs: [TOPIC_KEY],
			async run(signal) {
				const topic = await topicId(signal);
				if (topic === void 0) throw new Failure("person", "topic-missing", `there is no topic for the alarm "${displayName}"`);
				const details = {
					...filledIn(alarm, topic),
					freeformTags: {
						...found?.freeformTags,
						...OWN_TAGS
					}
				};
				if (found === void 0) {
					const token = randomUUID();
					await call("CreateAlarm", signal, async () => resourceOf(await client.createAlarm(details, token)));
				} else await call("UpdateAlarm", signal, async () => resourceOf(await client.updateAlarm(found.id, details), found.id));
			}
		};
	};
	return {
		what: GROUPS.alarms,
		async steps(signal) {
			if (alarms.length === 0) return [];
			const found = await list(signal);
			const steps = [];
			for (const alarm of alarms) {
				const { displayName } = alarm;
				steps.push(await stepOrConflict("alarm", displayName, () => alarmStep(alarm, found.get(displayName), signal)));
			}
			return steps;
		},
		async removal(signal) {
			if (alarms.length === 0) return [];
			const found = await list(signal);
			return alarms.flatMap(({ displayName }) => {
				const one = found.get(displayName);
				if (one === void 0 || !isOwn(one)) return [];
				return [{
					kind: "alarm",
					name: displayName,
					action: "delete",
					differences: [],
					run: removing(call, "DeleteAlarm", () => client.deleteAlarm(one.id), { isThere: async (signal) => (await list(signal)).has(displayName) })
				}];
			});
		}
	};
}
// src/clouds/oci/content/slack-subscription-installer.ts
/** Says which webhook a subscription is for, without its URL. */
const DIGEST_TAG = "flowferry-endpoint";
/** https://docs.oracle.com/iaas/api/#/en/notification/20181201/datatypes/CreateSubscriptionDetails */
const LONGEST_URL = 512;
const CONFIRMATION = "the Slack subscription is pending: open the link that Notifications has sent to the channel, within 3 days; until then the channel gets no alarm";
/** The URL of a Slack webhook as Notifications takes it. Throws UsageError, without the URL in it. */
function slackWebhook(text) {
	const wrong = (what) => new UsageError("slack-url", `the URL of the Slack webhook ${what}`);
	if (!URL.canParse(text)) throw wrong("is not a URL");
	const { protocol, search, hash, username } = new URL(text);
	if (protocol !== "https:") throw wrong("must begin with https://");
	if (search !== "" || hash !== "" || username !== "") throw wrong("may have no query, no fragment and no user name");
	if (text.length > LONGEST_URL) throw wrong(`is longer than ${LONGEST_URL} characters`);
	return text;
}
/**
* The subscription of a Slack channel to the topic. The service cannot change the URL of a subscription, so that another webhook is
* another subscription, and the one before is deleted. Without a webhook, what is there stays.
*/
function slackSubscriptionInstaller(client, compartmentId, webhookUrl, call, topicId) {
	const list = async (signal) => {
		return (await allPages("ListSubscriptions", (page) => {
			const request = {
				compartmentId,
				...page === void 0 ? {} : { page: encodeURIComponent(page) }
			};
			return call("ListSubscriptions", signal, async () => {
				const { items, next } = await client.listSubscriptions(request);
				return {
					items: listOf(items),
					next
				};
			});
		})).filter(({ protocol, lifecycleState }) => protocol === "SLACK" && lifecycleState !== "DELETED");
	};
	const remove = ({ id }) => removing(call, "DeleteSubscription", () => client.deleteSubscription(id), { isThere: async (signal) => (await list(signal)).some((one) => one.id === id) });
	const step = async (endpoint, signal) => {
		const digest = `sha256:${createHash("sha256").update(endpoint).digest("hex").slice(0, 32)}`;
		const topic = await topicId(signal);
		const all = await list(signal);
		if (all.some((one) => one.topicId === topic && one.endpoint === endpoint && !isOwn(one))) throw new Conflict("content-conflict", "the topic has a subscription to this Slack webhook that flowferry did not make: leave out --slack-webhook-env");
		const own = all.filter(isOwn);
		const found = own.find((one) => one.topicId === topic && one.freeformTags?.[DIGEST_TAG] === digest);
		const stale = own.filter((one) => one !== found);
		let pending = found?.lifecycleState === "PENDING";
		return {
			kind: "subscription",
			name: "Slack",
			action: found !== void 0 && stale.length === 0 ? "none" : own.length === 0 ? "create" : "update",
			differences: stale.length === 0 ? [] : ["endpoint"],
			needs: [TOPIC_KEY],
			notice: () => pending ? CONFIRMATION : void 0,
			async run(signal) {
				if (found === void 0) {
					const topic = await topicId(signal);
					if (topic === void 0) throw new Failure("person", "topic-missing", "there is no topic to subscribe Slack to");
					const details = {
						topicId: topic,
						compartmentId,
						protocol: "SLACK",
						endpoint,
						freeformTags: {
							...OWN_TAGS,
							[DIGEST_TAG]: digest
						}
					};
					const token = randomUUID();
					pending = (await call("CreateSubscription", signal, async () => resourceOf(await client.createSubscription(details, token)))).lifecycleState === "PENDING";
				}
				for (const one of stale) await remove(one)(signal);
			}
		};
	};
	return {
		what: GROUPS.subscription,
		async steps(signal) {
			if (webhookUrl === void 0) return [];
			return [await stepOrConflict("subscription", "Slack", () => step(webhookUrl, signal))];
		},
		async removal(signal) {
			return (await list(signal)).filter(isOwn).map((one) => ({
				kind: "subscription",
				name: "Slack",
				action: "delete",
				differences: [],
				run: remove(one)
			}));
		}
	};
}
// src/clouds/oci/content/open-alarms.ts
/** Topic, subscription and alarms, in the order in which they are made. Asks nothing of the network. */
async function openAlarms({ alarms, topicId, slackWebhookUrl, notificationsEndpoint, monitoringEndpoint }, { elsewhere, compartmentId, patienceMs }, surroundings) {
	const [{ NotificationsClient }, { MonitoringClient }] = await Promise.all([import("./notifications-client-BWPV3_9S.js"), import("./monitoring-client-B4puoFjB.js")]);
	const at = (endpoint) => ({
		...elsewhere,
		...endpoint === void 0 ? {} : { endpoint }
	});
	const notifications = await connectOci(at(notificationsEndpoint), surroundings, {
		what: "Notifications",
		create: (params, configuration) => new NotificationsClient(params, configuration)
	});
	const monitoring = await connectOci(at(monitoringEndpoint), surroundings, {
		what: "Monitoring",
		create: (params, configuration) => new MonitoringClient(params, configuration)
	});
	const here = `in compartment id ${compartmentId}`;
	const place = `in compartment ${compartmentId}`;
	const users = [
		GROUPS.alarms,
		GROUPS.subscription,
		...alarms.map(({ displayName: name }) => keyOf({
			kind: "alarm",
			name
		})),
		keyOf({
			kind: "subscription",
			name: "Slack"
		})
	];
	const topic = topicInstaller(notifications.client, compartmentId, topicId, users, {
		manage: serviceCall(notifications, {
			place,
			permission: `manage ons-topics ${here}`,
			explain: explainTaken,
			patienceMs
		}),
		use: serviceCall(notifications, {
			place: `of topic ${topicId}`,
			permission: "use ons-topics in compartment <the topic's compartment>",
			patienceMs
		})
	});
	const subscriptionsCall = serviceCall(notifications, {
		place,
		permission: [`manage ons-subscriptions ${here}`, `use ons-topics in compartment <the topic's compartment>`],
		patienceMs
	});
	const alarmsCall = serviceCall(monitoring, {
		place,
		permission: [
			`manage alarms ${here}`,
			`read metrics ${here}`,
			"use ons-topics in compartment <the topic's compartment>"
		],
		patienceMs
	});
	return {
		installers: [
			topic,
			slackSubscriptionInstaller(notifications.client, compartmentId, slackWebhookUrl, subscriptionsCall, topic.topicId),
			alarmsInstaller(monitoring.client, compartmentId, alarms, alarmsCall, topic.topicId)
		],
		async close() {
			await Promise.all([notifications.close(), monitoring.close()]);
		}
	};
}
/** A topic's name is unique in the tenancy. */
function explainTaken({ statusCode, message }) {
	if (statusCode !== 409 || !/exist/i.test(message)) return void 0;
	return {
		code: "content-conflict",
		advice: "it is in another compartment of the tenancy: give a topic with --topic",
		drawer: "person"
	};
}
// src/clouds/oci/content/tasks-installer.ts
/** Stand in built tasks for what is known when they are installed. */
const PLACEHOLDER = /\$\{(compartmentId|savedSearchId)\}/g;
/** Scheduled tasks that run the saved searches of detections, found by their titles. What others made is left alone. */
function tasksInstaller(client, { namespaceName, compartmentId }, { tasks }, call, searchId) {
	const find = async (displayName, signal) => {
		const id = (await allPages("ListScheduledTasks", (page) => {
			const query = {
				compartmentId,
				...page === void 0 ? {} : { page: encodeURIComponent(page) },
				displayName: encodeURIComponent(displayName)
			};
			return call("ListScheduledTasks", signal, async () => {
				const { collection, next } = await client.listScheduledTasks(namespaceName, query);
				return {
					items: listOf(collection?.items),
					next
				};
			});
		})).find((item) => item.displayName === displayName)?.id;
		if (id === void 0) return void 0;
		const get = {
			namespaceName,
			scheduledTaskId: id
		};
		return await call("GetScheduledTask", signal, async () => {
			return resourceOf(await client.getScheduledTask(get), id);
		});
	};
	const filledIn = (task, savedSearchId) => {
		const values = {
			compartmentId,
			savedSearchId
		};
		const fill = (value) => JSON.parse(JSON.stringify(value).replaceAll(PLACEHOLDER, (_, name) => values[name] ?? ""));
		return {
			schedules: fill(task.schedules),
			action: fill(task.action)
		};
	};
	const taskStep = async (task, signal) => {
		const { displayName, search } = task;
		const found = await find(displayName, signal);
		if (found !== void 0) refuseForeign("scheduled task", found);
		const wanted = filledIn(task, await searchId(search, signal) ?? "");
		const changed = found === void 0 ? [] : differences(wanted, found);
		return {
			kind: "scheduled task",
			name: displayName,
			action: actionFor(found, changed),
			differences: changed,
			needs: [keyOf({
				kind: "saved search",
				name: search
			})],
			async run(signal) {
				const savedSearchId = await searchId(search, signal);
				if (savedSearchId === void 0) throw new Failure("person", "search-missing", `there is no saved search "${search}" to schedule`);
				const details = {
					displayName,
					freeformTags: OWN_TAGS,
					...filledIn(task, savedSearchId)
				};
				if (found !== void 0) {
					const update = {
						kind: "STANDARD",
						...details
					};
					await call("UpdateScheduledTask", signal, async () => resourceOf(await client.updateScheduledTask(namespaceName, found.id, update), found.id));
					return;
				}
				const create = {
					kind: "STANDARD",
					taskType: "SAVED_SEARCH",
					compartmentId,
					...details
				};
				const token = randomUUID();
				await call("CreateScheduledTask", signal, async () => resourceOf(await client.createScheduledTask(namespaceName, create, token)));
			}
		};
	};
	return {
		what: GROUPS.tasks,
		async steps(signal) {
			const steps = [];
			for (const task of tasks) steps.push(await stepOrConflict("scheduled task", task.displayName, () => taskStep(task, signal)));
			return steps;
		},
		async removal(signal) {
			const steps = [];
			for (const { displayName } of tasks) {
				const found = await find(displayName, signal);
				if (found === void 0 || !isOwn(found)) continue;
				const scheduledTaskId = found.id;
				const run = async (signal) => {
					await call("DeleteScheduledTask", signal, () => client.deleteScheduledTask({
						namespaceName,
						scheduledTaskId
					}));
				};
				steps.push({
					kind: "scheduled task",
					name: displayName,
					action: "delete",
					differences: [],
					run
				});
			}
			return steps;
		}
	};
}
// src/clouds/oci/content/open.ts
/**
* The content of one tenancy. Asks nothing of the network before the first look. A group of things that may not be looked at becomes one
* refused step, and the other groups are looked at. Throws UsageError.
*/
async function openInstaller(content, { connection, namespace, compartmentId, dashboardEndpoint, notifications, patienceMs }, surroundings) {
	const [{ LogAnalyticsClient }, { DashboardsClient }] = await Promise.all([import("./log-analytics-BF14NrwM.js"), import("./dashboards-client-BnjdaOvw.js")]);
	const { endpoint: _, ...elsewhere } = connection;
	const analytics = await connectOci(connection, surroundings, {
		what: `Log Analytics namespace ${namespace}`,
		create: (params, configuration) => new LogAnalyticsClient(params, configuration)
	});
	const dashboards = await connectOci({
		...elsewhere,
		...dashboardEndpoint === void 0 ? {} : { endpoint: dashboardEndpoint }
	}, surroundings, {
		what: "Management Dashboard",
		create: (params, configuration) => new DashboardsClient(params, configuration)
	});
	const at = {
		namespaceName: namespace,
		compartmentId
	};
	const analyticsCall = serviceCall(analytics, {
		place: `in Log Analytics namespace ${namespace}`,
		permission: "manage loganalytics-features-family in tenancy",
		patienceMs
	});
	const tasksCall = serviceCall(analytics, {
		place: `in Log Analytics namespace ${namespace}`,
		permission: `manage loganalytics-scheduled-task in compartment id ${compartmentId}`,
		patienceMs
	});
	const dashboardsCall = serviceCall(dashboards, {
		place: `in compartment ${compartmentId}`,
		permission: `manage management-dashboard-family in compartment id ${compartmentId}`,
		patienceMs
	});
	const definitions = definitionsInstaller(analytics.client, at, content, analyticsCall);
	const boards = dashboardsInstaller(dashboards.client, compartmentId, content, dashboardsCall);
	const tasks = tasksInstaller(analytics.client, at, content, tasksCall, boards.searchId);
	const alarms = notifications && await openAlarms(notifications, {
		elsewhere,
		compartmentId,
		patienceMs
	}, surroundings);
	const inOrder = [
		definitions,
		boards,
		tasks,
		...alarms?.installers ?? []
	];
	const all = async (installers, look) => {
		const steps = [];
		for (const installer of installers) try {
			steps.push(...await look(installer));
		} catch (error) {
			if (!(error instanceof Failure)) throw error;
			steps.push(refused(installer.what, "", error));
		}
		return steps;
	};
	return {
		steps: (signal) => all(inOrder, (one) => one.steps(signal)),
		removal: (signal) => all(inOrder.toReversed(), (one) => one.removal(signal)),
		async close() {
			await Promise.all([
				analytics.close(),
				dashboards.close(),
				alarms?.close()
			]);
		}
	};
}
// src/dialects/grafana/detections-field.ts
/** Ids of the rules that a flow matched: a list, which backends keep as JSON. Rules cannot name it, and searches neither. */
const DETECTIONS = {
	name: "detections",
	field: "detections",
	column: void 0,
	class: "text",
	get: (flow) => flow.detections.length === 0 ? void 0 : JSON.stringify(flow.detections)
};
/** The attributes, and the one that holds the list. */
function withDetections(attributes) {
	const list = attributes.all.find(({ name, type }) => type === "strings" && name === "flow.detections");
	return {
		...attributes,
		of: (ref) => ref.field === DETECTIONS.field ? list : attributes.of(ref)
	};
}
// src/dialects/grafana/backend.ts
/** What a group is called whose records have no value. */
const NONE = "(none)";
/** Headings of the columns of time. */
function timeColumns({ time }) {
	if (time === void 0) return [];
	return time.kind === "interval" ? ["Time"] : ["Weekday", "Hour"];
}
/** Headings of the columns of groups. */
function keyColumns(search) {
	return [...timeColumns(search), ...search.by.map(({ label }) => label)];
}
function isTime({ kind }) {
	return kind === "earliest" || kind === "latest";
}
/** Puts columns in the order of the headings; `names` are what columns are called until then, where it is not their heading. */
function arrange(headings, names = /* @__PURE__ */ new Map()) {
	const nameOf = (heading) => names.get(heading) ?? heading;
	return {
		id: "organize",
		options: {
			indexByName: Object.fromEntries(headings.map((heading, index) => [nameOf(heading), index])),
			renameByName: Object.fromEntries([...names].map(([heading, name]) => [name, heading]))
		}
	};
}
function convert(conversions) {
	return conversions.length === 0 ? [] : [{
		id: "convertFieldType",
		options: { conversions }
	}];
}
/** The legend of a series by its labels: those of its groups, and which measure it is where there are several. */
function legend({ measures, by }, labels, measure) {
	const parts = [...labels, ...measures.length > 1 ? [measure] : []];
	return by.length === 0 && measures.length === 1 ? measures[0]?.label ?? "" : parts.map((label) => `{{${label}}}`).join(" · ");
}
// src/dialects/grafana/picture.ts
/** Grafana's name of what a measure counts. */
function unitOf(measure) {
	switch (measure.kind) {
		case "count":
		case "distinct": return "short";
		case "share": return "percent";
		case "sum": return measure.field.name === "bytes" ? "bytes" : "short";
		case "min":
		case "max": return measure.field.name === "bytes" ? "bytes" : "none";
		default: return "dateTimeAsIso";
	}
}
/** Settings of the column or series of that name. */
function override(name, settings) {
	const properties = Object.entries(settings).map(([id, value]) => ({
		id,
		value
	}));
	return {
		matcher: {
			id: "byName",
			options: name
		},
		properties
	};
}
// src/dialects/grafana/pictures.ts
/** Colours from few to many. */
const SCALE = { mode: "continuous-BlYlRd" };
/** A tile for each value of the first group, in a box for each of the second. Needs the plugin `marcusolsson-treemap-panel`. */
function treemap({ by }, drawn) {
	const [first, second] = by;
	return {
		type: "marcusolsson-treemap-panel",
		fieldConfig: {
			defaults: {
				unit: unitOf(drawn),
				color: SCALE
			},
			overrides: []
		},
		options: {
			tiling: "treemapSquarify",
			textField: first?.label ?? "",
			sizeField: drawn.label,
			colorByField: drawn.label,
			...second !== void 0 && { groupByField: second.label }
		}
	};
}
/**
* The ways through the columns of groups, as wide as the measure, which is the last column. Needs the plugin
* `netsage-sankey-panel`.
*/
function sankey(_, drawn) {
	return {
		type: "netsage-sankey-panel",
		fieldConfig: {
			defaults: { unit: unitOf(drawn) },
			overrides: []
		},
		options: {
			monochrome: false,
			nodeColor: "grey",
			nodeWidth: 20,
			nodePadding: 12,
			valueField: drawn.label,
			iteration: 15
		}
	};
}
/** A table of coloured cells: a row for each value of the first column, a column for each of the second. */
function heatmap(search, drawn) {
	const [row = "", column = ""] = keyColumns(search);
	const corner = `${row}\\${column}`;
	const sorted = (field) => ({
		id: "sortBy",
		options: {
			fields: {},
			sort: [{ field }]
		}
	});
	return {
		type: "table",
		transformations: [
			sorted(column),
			{
				id: "groupingToMatrix",
				options: {
					rowField: row,
					columnField: column,
					valueField: drawn.label,
					emptyValue: "null"
				}
			},
			sorted(corner)
		],
		fieldConfig: {
			defaults: {
				unit: unitOf(drawn),
				color: SCALE,
				custom: {
					align: "center",
					width: 48,
					cellOptions: {
						type: "color-background",
						mode: "basic"
					}
				}
			},
			overrides: [override(corner, {
				displayName: row,
				"custom.width": 90,
				"custom.cellOptions": { type: "auto" },
				...row === "Weekday" && {
					unit: "none",
					mappings: WEEKDAYS
				}
			})]
		},
		options: {
			showHeader: true,
			cellHeight: "sm",
			sortBy: []
		}
	};
}
const WEEKDAYS = [{
	type: "value",
	options: Object.fromEntries([
		"Monday",
		"Tuesday",
		"Wednesday",
		"Thursday",
		"Friday",
		"Saturday",
		"Sunday"
	].map((text, index) => [String(index + 1), {
		text,
		index
	}]))
}];
/**
* A circle for each row over its first column: its size and height (Grafana takes nothing but numbers there) are the
* measure, its colour the last group; the other groups stand in its tooltip.
*/
function bubble(search, drawn) {
	const columns = keyColumns(search);
	const [across = ""] = columns;
	const colour = columns.length > 2 ? columns.at(-1) : void 0;
	const matcher = (options) => ({ matcher: {
		id: "byName",
		options
	} });
	return {
		type: "xychart",
		transformations: [{
			id: "calculateField",
			options: {
				mode: "unary",
				unary: {
					operator: "abs",
					fieldName: drawn.label
				},
				alias: SIZE,
				replaceFields: false
			}
		}, ...colour === void 0 ? [] : [{
			id: "partitionByValues",
			options: {
				fields: [colour],
				keepFields: true,
				naming: { asLabels: true }
			}
		}]],
		fieldConfig: {
			defaults: { custom: {
				show: "points",
				pointShape: "circle",
				pointSize: {
					fixed: 5,
					min: 4,
					max: 50
				},
				fillOpacity: 50
			} },
			overrides: [override(drawn.label, {
				unit: unitOf(drawn),
				"custom.scaleDistribution": {
					type: "log",
					log: 10
				}
			}), override(SIZE, { unit: unitOf(drawn) })]
		},
		options: {
			mapping: "auto",
			series: [{
				x: matcher(across),
				y: matcher(drawn.label),
				size: matcher(SIZE)
			}],
			legend: {
				displayMode: "list",
				placement: "bottom",
				showLegend: true,
				calcs: []
			},
			tooltip: {
				mode: "single",
				sort: "none"
			}
		}
	};
}
const SIZE = "Size";
// src/dialects/grafana/panels.ts
/** The search as Grafana draws it. */
function searchPanel(search, backend) {
	const drawn = drawnMeasure(search);
	switch (search.visualisation) {
		case "number": return panel(search, backend.number(search), number(drawn));
		case "line":
		case "area": return panel(search, backend.series(search), overTime(search.visualisation, drawn));
		case "bar": return search.time?.kind === "interval" ? panel(search, backend.series(search), overTime("bar", drawn)) : panel(search, backend.rows(search), table(search, drawn));
		case "sankey": {
			const only = {
				...search,
				measures: [drawn],
				sort: search.sort && drawn
			};
			return panel(only, backend.rows(only), sankey(only, drawn));
		}
		default: return panel(search, backend.rows(search), PICTURES[search.visualisation](search, drawn));
	}
}
/** What a picture of one measure shows: the measure that the search sorts by, or its first. */
function drawnMeasure({ sort, measures: [first], file }) {
	if (first === void 0) throw new Error(`${file} has no measure`);
	return sort ?? first;
}
const PICTURES = {
	table: (search) => table(search, void 0),
	pie: (search, drawn) => ({
		type: "piechart",
		fieldConfig: {
			defaults: { unit: unitOf(drawn) },
			overrides: []
		},
		options: {
			pieType: "donut",
			reduceOptions: {
				values: true,
				calcs: [],
				fields: `/^${drawn.label}$/`,
				limit: search.limit ?? 100
			},
			legend: {
				displayMode: "table",
				placement: "right",
				showLegend: true,
				values: ["value", "percent"]
			}
		}
	}),
	treemap,
	heatmap,
	bubble
};
/** A panel that says of itself what the search says. */
function panel({ title, description }, asked, picture) {
	return {
		title,
		description: oneLine(description),
		type: picture.type,
		targets: [asked.target],
		transformations: [...asked.transformations, ...picture.transformations ?? []],
		fieldConfig: picture.fieldConfig,
		options: picture.options
	};
}
/** Colours of what became of flows, whether it is a value or the heading of a measure. */
const ACTIONS = [{
	names: ["Accepted", "accept"],
	color: "green"
}, {
	names: ["Rejected", "reject"],
	color: "red"
}];
function number(drawn) {
	return {
		type: "stat",
		fieldConfig: {
			defaults: {
				unit: unitOf(drawn),
				noValue: "0"
			},
			overrides: []
		},
		options: {
			reduceOptions: {
				calcs: ["lastNotNull"],
				fields: "",
				values: false
			},
			colorMode: "value",
			graphMode: "none",
			textMode: "value"
		}
	};
}
function overTime(mark, drawn) {
	return {
		type: "timeseries",
		fieldConfig: {
			defaults: {
				unit: unitOf(drawn),
				custom: mark === "line" ? {
					drawStyle: "line",
					fillOpacity: 10,
					showPoints: "auto"
				} : {
					drawStyle: "bars",
					fillOpacity: 60,
					stacking: {
						mode: "normal",
						group: "A"
					}
				}
			},
			overrides: ACTIONS.flatMap(({ names, color }) => names.map((name) => override(name, { color: {
				mode: "fixed",
				fixedColor: color
			} })))
		},
		options: {
			legend: {
				displayMode: "list",
				placement: "bottom",
				showLegend: true
			},
			tooltip: {
				mode: "multi",
				sort: "desc"
			}
		}
	};
}
/** With `drawn`, its cells hold bars. */
function table(search, drawn) {
	const { measures, by, sort, time } = search;
	const cells = measures.map((measure) => override(measure.label, {
		...!isTime(measure) && { unit: unitOf(measure) },
		...measure === drawn && {
			"custom.cellOptions": {
				type: "gauge",
				mode: "basic",
				valueDisplayMode: "text"
			},
			color: {
				mode: "fixed",
				fixedColor: "blue"
			},
			min: 0
		}
	}));
	const actions = by.filter(({ field }) => field.name === "action").map(({ label }) => actionColumn(label));
	const first = sort?.label ?? (time === void 0 ? void 0 : keyColumns(search)[0]);
	return {
		type: "table",
		fieldConfig: {
			defaults: { custom: { filterable: true } },
			overrides: [...cells, ...actions]
		},
		options: {
			showHeader: true,
			cellHeight: "sm",
			sortBy: first === void 0 ? [] : [{
				displayName: first,
				desc: sort !== void 0
			}]
		}
	};
}
function actionColumn(label) {
	return override(label, {
		mappings: [{
			type: "value",
			options: Object.fromEntries(ACTIONS.flatMap(({ names, color }) => names.map((name) => [name, { color }])))
		}],
		"custom.cellOptions": { type: "color-text" }
	});
}
// src/dialects/grafana/detections.ts
const FOUND = {
	kind: "exists",
	field: DETECTIONS
};
const RULE = {
	field: DETECTIONS,
	names: void 0,
	label: "Detection"
};
const MOST_RECORDS = 200;
/** What the rules found, as far as the stream evaluated them. */
function detectionPanels(backend) {
	const { title, description } = LATEST;
	return [...SEARCHES.map((search) => searchPanel(search, backend)), panel({
		title,
		description
	}, backend.records(FOUND, MOST_RECORDS), {
		type: "logs",
		fieldConfig: {
			defaults: {},
			overrides: []
		},
		options: {
			showTime: true,
			wrapLogMessage: true,
			enableLogDetails: true,
			sortOrder: "Descending",
			dedupStrategy: "none"
		}
	})];
}
const LATEST = {
	title: "Latest flows that a rule found",
	description: "Newest first."
};
const DEFAULTS = {
	periodMs: 216e5,
	file: import.meta.filename,
	line: 1,
	condition: FOUND,
	time: void 0,
	by: [],
	measures: [{
		kind: "count",
		label: "Flows",
		where: void 0
	}],
	outliers: void 0,
	sort: void 0,
	limit: void 0
};
const BY_FLOWS = {
	sort: DEFAULTS.measures[0],
	limit: 50
};
const SEARCHES = [
	{
		...DEFAULTS,
		id: "detections_over_time",
		title: "Detections",
		description: "Flows by the rules that found them.",
		visualisation: "area",
		time: {
			kind: "interval",
			ms: 9e5
		},
		by: [RULE]
	},
	{
		...DEFAULTS,
		...BY_FLOWS,
		id: "detections_by_pair",
		title: "Detections by pair",
		description: "What each rule found between whom.",
		visualisation: "table",
		by: [RULE, ...keys("sourceAddress", "destinationAddress", "destinationServer")]
	},
	{
		...DEFAULTS,
		...BY_FLOWS,
		id: "beacon_suspects",
		title: "Beacon suspects",
		description: "Pairs whose connections the rule beacon found to come at regular times.",
		visualisation: "table",
		condition: and([FOUND, {
			kind: "text",
			field: DETECTIONS,
			operator: "contains",
			value: "\"beacon\""
		}]),
		by: keys("sourceAddress", "sourceServer", "destinationAddress", "destinationServer", "destinationPort"),
		measures: [
			...DEFAULTS.measures,
			{
				kind: "earliest",
				label: "First Seen"
			},
			{
				kind: "latest",
				label: "Last Seen"
			}
		]
	},
	{
		...DEFAULTS,
		id: "flows_found",
		title: "Flows that a rule found",
		description: "Flows that carry the name of at least one detection rule.",
		visualisation: "number"
	}
];
function keys(...names) {
	return names.map((name) => {
		const field = resolveField(name);
		if (typeof field === "string") throw new Error(field);
		return {
			field,
			names: void 0,
			label: defaultLabel(field)
		};
	});
}
// src/dialects/grafana/dashboard.ts
/** Grafana's grid, in columns; the lists are for one of 12. */
const COLUMNS = 24;
const LIST_COLUMNS = 12;
const TILE = {
	w: 6,
	h: 4
};
const PICTURE_HEIGHT = 9;
const DATASOURCE = "${datasource}";
/**
* One dashboard with a row for each list, and one for what the rules found. A search that the backend's language cannot
* say is left out. The same searches make the same text. Closed rows ask nothing.
*/
function grafanaDashboard(backend, lists, searches) {
	const byId = new Map(searches.map(({ search }) => [search.id, search]));
	const [first, ...rest] = Object.values(lists).map(({ title, width, tiles }, index) => {
		const found = tiles.flatMap((tile) => byId.get(tile) ?? []);
		return {
			title: heading(title),
			open: index === 0,
			panels: found.map((search) => place(searchPanel(search, backend), width * COLUMNS / LIST_COLUMNS))
		};
	}).filter(({ panels }) => panels.length > 0);
	const found = {
		title: "Detections",
		open: true,
		panels: detectionPanels(backend).map((panel) => ({
			panel,
			w: panel.type === "logs" ? COLUMNS : COLUMNS / 2,
			h: PICTURE_HEIGHT
		}))
	};
	const rows = [
		...first === void 0 ? [] : [first],
		found,
		...rest
	];
	return `${JSON.stringify(dashboard(backend, layOut(rows, backend)), null, 2)}\n`;
}
/** Titles of the lists name the program, which the dashboard's own does already. */
function heading(title) {
	const own = title.replace(/^Flowferry: /, "");
	return own.slice(0, 1).toUpperCase() + own.slice(1);
}
function place(panel, width) {
	return {
		panel,
		...panel.type === "stat" ? TILE : {
			w: width,
			h: PICTURE_HEIGHT
		}
	};
}
/** Row by row, from left to right; what stands side by side is equally high. Panels of a closed row stand within it. */
function layOut(rows, backend) {
	const datasource = {
		type: backend.datasource,
		uid: DATASOURCE
	};
	let id = 0;
	let top = 0;
	return rows.flatMap(({ title, open, panels }) => {
		id += 1;
		const row = {
			id,
			type: "row",
			title,
			collapsed: !open,
			gridPos: {
				x: 0,
				y: top,
				w: COLUMNS,
				h: 1
			}
		};
		top += 1;
		let [x, y, height] = [
			0,
			top,
			0
		];
		const placed = panels.map(({ panel, w, h }) => {
			if (x + w > COLUMNS || height > 0 && height !== h) [x, y, height] = [
				0,
				y + height,
				0
			];
			id += 1;
			const { targets, ...rest } = panel;
			const made = {
				id,
				...rest,
				datasource,
				gridPos: {
					x,
					y,
					w,
					h
				},
				targets: targets.map((target) => ({
					refId: "A",
					datasource,
					...target
				}))
			};
			[x, height] = [x + w, h];
			return made;
		});
		if (open) top = y + height;
		return open ? [{
			...row,
			panels: []
		}, ...placed] : [{
			...row,
			panels: placed
		}];
	});
}
function dashboard({ name, title, datasource }, panels) {
	const service = {
		text: "flowferry",
		value: "flowferry"
	};
	return {
		uid: `flowferry-${name}`,
		title: `Flowferry: flows in ${title}`,
		description: "Flow logs as flowferry delivers them: what was let in, what was turned away, who talks to whom, and what the rules found.",
		tags: ["flowferry", "flow-logs"],
		schemaVersion: 39,
		version: 1,
		editable: true,
		graphTooltip: 1,
		refresh: "",
		time: {
			from: "now-6h",
			to: "now"
		},
		timezone: "browser",
		templating: { list: [{
			name: "datasource",
			label: title,
			type: "datasource",
			query: datasource,
			hide: 0,
			includeAll: false,
			multi: false
		}, {
			name: "service",
			label: "Service",
			description: "service.name of the sink",
			type: "textbox",
			query: service.value,
			current: service,
			options: [{
				...service,
				selected: true
			}],
			hide: 0
		}] },
		annotations: { list: [] },
		panels
	};
}
// src/dialects/loki/grafana.ts
/** Which measure a sample is of. */
const MEASURE = "measure";
/** Panels over Loki. */
function lokiBackend(attributes) {
	const words = logqlWords(withDetections(attributes), "{service_name=\"$service\"}");
	const labelsOf = ({ by }) => by.map((key) => groupLabel(key, words).name);
	/** Loki has no label for a value that is missing. */
	const complete = (expr, search) => labelsOf(search).reduce((text, label) => `label_replace(${text}, ${quote(label)}, ${quote(NONE)}, ${quote(label)}, "")`, expr);
	function ask(expr, queryType, more = {}) {
		return {
			target: {
				expr,
				queryType,
				editorMode: "code",
				...more
			},
			transformations: []
		};
	}
	return {
		name: "loki",
		title: "Loki",
		datasource: "loki",
		rows(search) {
			const { measures, limit, sort } = search;
			const printed = printSearch$1({
				...search,
				sort: limit === void 0 ? void 0 : sort
			}, words, "$__range");
			const [only] = measures;
			const named = measures.length === 1 ? `label_replace(${printed}, "${MEASURE}", ${quote(only?.label ?? "")}, "", "")` : printed;
			const headings = [...keyColumns(search), ...measures.map(({ label }) => label)];
			const names = new Map(search.by.map(({ label }, index) => [label, labelsOf(search)[index] ?? ""]));
			return {
				...ask(complete(named, search), "instant"),
				transformations: [
					{
						id: "filterFieldsByName",
						options: { exclude: { names: ["Time"] } }
					},
					{
						id: "labelsToFields",
						options: {
							mode: "columns",
							valueLabel: MEASURE
						}
					},
					{
						id: "merge",
						options: {}
					},
					arrange(headings, names),
					...convert([...timeColumns(search).map((targetField) => targetField === "Time" ? {
						targetField,
						destinationType: "time",
						dateFormat: "X"
					} : {
						targetField,
						destinationType: "number"
					}), ...measures.filter(isTime).map(({ label }) => ({
						targetField: label,
						destinationType: "time"
					}))])
				]
			};
		},
		number: (search) => ask(printSearch$1(search, words, "$__range"), "instant", { legendFormat: legend(search, labelsOf(search), MEASURE) }),
		series(search) {
			const whole = {
				...search,
				time: void 0,
				sort: void 0,
				limit: void 0
			};
			return ask(complete(printSearch$1(whole, words, "$__auto"), whole), "range", { legendFormat: legend(whole, labelsOf(whole), MEASURE) });
		},
		records: (condition, most) => ask(words.select(condition), "range", { maxLines: most })
	};
}
// src/dialects/victorialogs/grafana.ts
/** Rows that are asked for where a search has no limit. */
const MOST_ROWS = 1e4;
/** Panels over VictoriaLogs: its datasource's `instant` gives what a query gives, `stats` and `statsRange` numbers. */
function victorialogsBackend(attributes) {
	const words = logsqlWords(withDetections(attributes));
	const scope = "{\"service.name\"=\"$service\"}";
	const print = (search) => printSearch$2(search, words, {
		scope,
		missing: NONE
	});
	function ask(expr, queryType, more = {}) {
		return {
			target: {
				expr,
				queryType,
				editorMode: "code",
				...more
			},
			transformations: []
		};
	}
	return {
		name: "victorialogs",
		title: "VictoriaLogs",
		datasource: "victoriametrics-logs-datasource",
		rows(search) {
			const { measures, by, time, limit } = search;
			const interval = time?.kind === "interval";
			return {
				...ask(interval ? `${print(search)} | rename Time as _time` : print(search), "instant", { maxLines: limit ?? MOST_ROWS }),
				transformations: [
					{
						id: "extractFields",
						options: {
							source: "labels",
							format: "json",
							replace: true,
							keepTime: interval
						}
					},
					arrange([...keyColumns(search), ...measures.map(({ label }) => label)]),
					...convert([
						...(time?.kind === "hour-of-week" ? ["Weekday", "Hour"] : []).map((targetField) => ({
							targetField,
							destinationType: "number"
						})),
						...by.map(({ label }) => ({
							targetField: label,
							destinationType: "string"
						})),
						...measures.map((measure) => ({
							targetField: measure.label,
							destinationType: isTime(measure) ? "time" : "number"
						}))
					])
				]
			};
		},
		number: (search) => ask(print(search), "stats", { legendFormat: legend(search, [], "__name__") }),
		series(search) {
			const whole = {
				...search,
				time: void 0,
				sort: void 0,
				limit: void 0
			};
			const labels = whole.by.map(({ label }) => label);
			return ask(print(whole), "statsRange", { legendFormat: legend(whole, labels, "__name__") });
		},
		records: (condition, most) => ask(`${scope} ${words.filter(condition)} | sort by (_time desc) | limit ${most}`, "instant", { maxLines: most })
	};
}
// src/dialects/content.ts
/** What Grafana asks, by name of the dialect that it asks in. */
function grafanaBackends() {
	const otel = otelAttributes();
	return new Map([lokiBackend(otel), victorialogsBackend(otel)].map((backend) => [backend.name, backend]));
}
/**
* The rules and searches below a folder (`detections`, `searches`) in each of the dialects, Grafana's dashboards, and the tables
* of what each dialect can say. Throws UsageError for a bad rule or search.
*/
async function dialectFiles(dialects, { lagMs = DEFAULT_LAG_MS, receivers = /* @__PURE__ */ new Map(), folder = asset("deploy") } = {}) {
	const { rules, errors } = await loadRules(join(folder, "detections"));
	const { searches, errors: searchErrors } = loadSearches(join(folder, "searches"));
	const [first] = [...errors, ...searchErrors];
	if (first !== void 0) throw new UsageError("bad-rules", formatRuleError(first));
	const alertingRules = rules.filter((rule) => rule.alerts);
	const files = /* @__PURE__ */ new Map();
	const ruleTable = new Table("rule");
	const searchTable = new Table("search");
	const backends = grafanaBackends();
	for (const dialect of dialects) {
		const saidRules = alertingRules.flatMap((rule) => {
			const printed = dialect.rule(rule);
			ruleTable.add(rule.name, dialect.title, printed);
			return "query" in printed ? {
				rule,
				query: printed.query
			} : [];
		});
		const saidSearches = searches.flatMap((search) => {
			const printed = printSearch(search, dialect);
			searchTable.add(search.id, dialect.title, printed);
			return "query" in printed && !isNative(search) ? [{
				search,
				query: printed.query
			}] : [];
		});
		const alerting = {
			lagMs,
			receiver: receivers.get(dialect.name)
		};
		for (const [name, text] of dialect.files({
			rules: saidRules,
			searches: saidSearches,
			alerting
		})) files.set(`${dialect.name}/${name}`, text);
		const backend = backends.get(dialect.name);
		if (backend !== void 0) files.set(`grafana/${backend.name}.json`, grafanaDashboard(backend, shippedDashboards(), saidSearches));
	}
	const summary = summaryOf(ruleTable, searchTable);
	files.set("dialects.md", page(summary, ruleTable, searchTable));
	return {
		files,
		summary
	};
}
function printSearch(search, dialect) {
	if (!isNative(search)) return dialect.search(search);
	const query = search.native.get(dialect.name);
	if (query !== void 0) return { query };
	return {
		refused: "native",
		reason: `written for ${[...search.native.keys()].join(", ")} alone`
	};
}
/** A row for each name, a column for each dialect, and numbered notes about refusals. */
var Table = class {
	#kind;
	#titles = /* @__PURE__ */ new Set();
	#rows = /* @__PURE__ */ new Map();
	#notes = [];
	constructor(kind) {
		this.#kind = kind;
	}
	add(name, title, printed) {
		this.#titles.add(title);
		const cells = this.#rows.get(name) ?? [];
		this.#rows.set(name, cells);
		if ("query" in printed) cells.push("yes");
		else {
			const note = `${printed.refused}: ${printed.reason}`;
			if (!this.#notes.includes(note)) this.#notes.push(note);
			cells.push(`no ${this.#notes.indexOf(note) + 1}`);
		}
	}
	get size() {
		return this.#rows.size;
	}
	get titles() {
		return [...this.#titles];
	}
	/** How many the dialect of that title says. */
	said(title) {
		const column = this.titles.indexOf(title);
		return [...this.#rows.values()].filter((cells) => cells[column] === "yes").length;
	}
	print() {
		return `${markdown([[this.#kind, ...this.#titles], ...[...this.#rows].map(([name, cells]) => [name, ...cells])])}\n\n${this.#notes.map((note, index) => `${index + 1}. ${note}`).join("\n")}`;
	}
};
function summaryOf(rules, searches) {
	return markdown([[
		"dialect",
		"rules",
		"saved searches"
	], ...rules.titles.map((title) => [
		title,
		`${rules.said(title)} of ${rules.size}`,
		`${searches.said(title)} of ${searches.size}`
	])]);
}
function markdown([head = [], ...rows]) {
	const line = (cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
	return [
		line(head),
		line(head.map(() => "---")),
		...rows.map(line)
	].join("\n");
}
function page(summary, rules, searches) {
	return `# Dialects

Made by \`flowferry content build\`. What a dialect cannot say is refused, never changed: the number says why.

${summary}

## Rules

Wherever the stream evaluator runs, every rule works: its flows carry the rule's name in \`flow.detections\`.

DuckDB looks at every window of a correlation's timespan. The other backends look at one window each time they evaluate a rule: the
timespan and the interval between two evaluations, so that each window of the timespan lies within one of them. Flows come late: a rule that counts
waits until its flows can have come (\`content build --lag\`, 70 minutes by default), and a rule on single flows is asked again for so long.

${rules.print()}

## Searches

${searches.print()}
`;
}
// src/clouds/oci/content/verify.ts
const HOUR_MS = 36e5;
/** Values that say nothing but that they are there. */
const VALUES = {
	action: "accept",
	sourceAddress: "192.0.2.1",
	sourcePort: 4e4,
	destinationAddress: "192.0.2.2",
	destinationPort: 443,
	protocolName: "tcp",
	protocol: 6,
	bytes: 1,
	packets: 1,
	bytesReverse: 1,
	status: "OK"
};
/** Uploads one record that fills every field of the content, and asks until the service finds it which of them have a value. */
async function verifyContent({ parser, source, fields }, now, steps) {
	const mark = `flowferryverify${randomBytes(8).toString("hex")}`;
	const numbers = new Set(fields.filter(({ dataType }) => dataType === "LONG").map(({ displayName }) => displayName));
	const record = Object.fromEntries(parser.fieldMaps.map(({ structuredColumnInfo, field: { displayName } }) => {
		const key = structuredColumnInfo.slice(2);
		if (key === "time") return [key, new Date(now).toISOString()];
		return [key, VALUES[key] ?? (numbers.has(displayName) ? 1 : mark)];
	}));
	const logEvents = [{
		logSourceName: source.name,
		logPath: mark,
		logRecords: [JSON.stringify(record)]
	}];
	await steps.upload(JSON.stringify({
		metadata: {},
		logEvents
	}));
	const titles = parser.fieldMaps.map(({ field }) => field.displayName);
	const text = `'Log Source' = '${source.name}' and '${mark}' | fields ${titles.map((title) => `'${title}'`).join(", ")}`;
	do {
		const [row] = await steps.query(text, /* @__PURE__ */ new Date(now - HOUR_MS), new Date(now + HOUR_MS));
		if (row !== void 0) {
			const filled = titles.filter((title) => row[title] !== void 0 && row[title] !== null && row[title] !== "");
			return {
				mark,
				found: true,
				filled,
				empty: titles.filter((title) => !filled.includes(title))
			};
		}
	} while (await steps.wait());
	return {
		mark,
		found: false,
		filled: [],
		empty: titles
	};
}
/** Rows by title, whether the answer names its values by title or by internal name. */
function rowsByTitle(items, columns) {
	return items.map((item) => {
		const titled = columns.flatMap(({ displayName, internalName }) => displayName === void 0 ? [] : [[displayName, item[displayName] ?? item[internalName ?? displayName]]]);
		return {
			...item,
			...Object.fromEntries(titled)
		};
	});
}
// src/cli/content-verify.ts
const PAUSE_MS = 1e4;
/** `flowferry content verify`. */
function contentVerifyCommand(context) {
	return new Command("verify").description("Upload one record with a mark, wait until Log Analytics finds it, and say which of its fields have no value there.").addOption(configOption(context.env, "configuration with a log-analytics sink, to whose log group the record goes")).requiredOption("--compartment <ocid>", "compartment of the log group, or one above it").option("--sink <name>", "name of the sink, where the configuration has several of type log-analytics").option("--wait <duration>", "how long to wait for the record", "10m").option("--patience <duration>", "how long a call that may heal is tried again", "60s").option("--json", "print the result as JSON", false).action((options) => verify(context, options));
}
async function verify({ loadConfig, env, secrets, print, signal }, options) {
	const config = await loadConfig(options.config);
	const sink = logAnalyticsSink(config, options.sink);
	if (sink.mode !== "events") throw new UsageError("bad-option", "content verify needs a sink of mode events: OTLP lands in another log source");
	const until = Date.now() + parseDuration(options.wait);
	const patienceMs = patienceMsOf(options.patience);
	const { namespace: namespaceName } = sink;
	const surroundings = {
		baseDir: config.baseDir,
		env,
		secrets
	};
	const { LogAnalyticsClient } = await import("./log-analytics-BF14NrwM.js");
	const uploader = await createUploader(sink, surroundings);
	const connection = await connectOci(sink, surroundings, {
		what: `Log Analytics namespace ${namespaceName}`,
		create: (params, configuration) => new LogAnalyticsClient(params, configuration)
	});
	const call = serviceCall(connection, {
		place: `in Log Analytics namespace ${namespaceName}`,
		permission: ["{LOG_ANALYTICS_QUERY_VIEW, LOG_ANALYTICS_QUERYJOB_WORK_REQUEST_READ} in tenancy", "read loganalytics-log-group in compartment <the log group's compartment>"],
		patienceMs
	});
	try {
		tell(await verifyContent(buildContent(readDefinition()), Date.now(), {
			async upload(file) {
				const bytes = Buffer.from(file);
				await uploader.uploadEvents(await compress(bytes), "GZIP", tokenOf([namespaceName, sink.logGroupId], [bytes]), signal);
			},
			query: (queryString, from, to) => call("Query", signal, async () => {
				const answer = await connection.client.query(namespaceName, queryDetails(queryString, options.compartment, from, to));
				if (!Array.isArray(answer?.items)) throw new TypeError("it holds no items");
				return rowsByTitle(answer.items, answer.columns ?? []);
			}),
			async wait() {
				if (Date.now() + PAUSE_MS > until) return false;
				await setTimeout(PAUSE_MS, void 0, { signal });
				return true;
			}
		}), print, options);
	} finally {
		await Promise.all([uploader.close(), connection.close()]);
	}
}
function queryDetails(queryString, compartmentId, from, to) {
	return {
		compartmentId,
		compartmentIdInSubtree: true,
		queryString,
		subSystem: "LOG",
		maxTotalCount: 1,
		timeFilter: {
			timeStart: from.toISOString(),
			timeEnd: to.toISOString(),
			timeZone: "UTC"
		},
		shouldIncludeColumns: true
	};
}
/** Throws FlowferryError when something is missing. */
function tell(verified, print, { json, wait }) {
	const { mark, found, filled, empty } = verified;
	if (json) print(JSON.stringify(verified));
	else if (found) for (const title of empty) print(`! ${title}: empty`);
	if (!found) throw new FlowferryError("content-unverified", `Log Analytics did not find the record ${mark} within ${wait}`);
	if (!json) print(`${filled.length} of ${filled.length + empty.length} fields have a value (record ${mark})`);
	if (empty.length > 0) throw new FlowferryError("content-unverified", `${empty.length} fields are empty: ${empty.join(", ")}`);
}
// src/cli/content.ts
/** `flowferry content build`, `diff`, `install`, `verify` and `uninstall`. */
function contentCommand(context) {
	const build = new Command("build").description("Write what backends take: the rules and searches in every dialect, and for Log Analytics fields, parser, log source, saved searches and dashboards.").option("--to <folder>", "where the files go; by default beside their sources in deploy").option("--dialect <module...>", "a dialect of your own, too: npm: and a package, or the path of a module").addOption(new Option("--lag <duration>", "how long after its time a flow may become visible in a backend: rules are evaluated so that none escapes").argParser(lagOf).default(DEFAULT_LAG_MS, "70m")).option("--receiver <dialect=receiver...>", "who is told of alerts, as in loki=#flow-alerts or datadog=@slack-acme-flow-alerts").option("--check", "write nothing, and fail if a file is not as it would be written", false).action((options) => buildFiles(context, options));
	return new Command("content").description("Build and install what Log Analytics needs to read and show the records.").addCommand(build).addCommand(contentVerifyCommand(context)).addCommand(installing(context, "diff", "Show what an install would change, and change nothing.", (installer) => installer.steps(context.signal), false)).addCommand(installing(context, "install", "Make or update what is missing or different; running it again changes nothing.", (installer) => installer.steps(context.signal), true)).addCommand(installing(context, "uninstall", "Delete what an install made. Records that were uploaded stay.", (installer) => installer.removal(context.signal), true));
}
function installing(context, name, description, stepsOf, carriesOut) {
	return new Command(name).description(description).addOption(configOption(context.env, "configuration with a log-analytics sink, whose tenancy and credentials are used")).requiredOption("--compartment <ocid>", "compartment of the saved searches and dashboards").option("--sink <name>", "name of the sink, where the configuration has several of type log-analytics").option("--dashboard-endpoint <url>", "base URL of Management Dashboard; by default the region's").option("--detections", "the detections that Log Analytics can run by itself, too: saved searches, scheduled tasks, a topic and alarms that tell it", false).option("--topic <ocid>", "topic that the alarms tell; by default one named flowferry-detections is made").option("--slack-webhook-env <name>", "environment variable with the URL of a Slack webhook that is subscribed to the topic").option("--notifications-endpoint <url>", "base URL of Notifications; by default the region's").option("--monitoring-endpoint <url>", "base URL of Monitoring; by default the region's").option("--patience <duration>", "how long a call that may heal is tried again", "60s").option("--json", "print the result as JSON", false).action(async (options) => {
		const installer = await open$1(context, options);
		try {
			await perform(context, await stepsOf(installer), carriesOut, options.json);
		} finally {
			await installer.close();
		}
	});
}
async function open$1(context, options) {
	const config = await context.loadConfig(options.config);
	const { namespace, region, endpoint, auth, connectTimeoutMs, timeoutMs } = logAnalyticsSink(config, options.sink);
	if (!/^ocid1\.(compartment|tenancy)\./.test(options.compartment)) throw new UsageError("bad-option", `--compartment ${options.compartment} is no OCID of a compartment or tenancy`);
	const notifications = notificationsOf(options, context.env);
	addUrl(context.secrets, notifications?.slackWebhookUrl ?? "", { secretPath: true });
	return openInstaller(buildContent(readDefinition(), options.detections ? readDetections() : []), {
		connection: {
			region,
			endpoint,
			auth,
			connectTimeoutMs,
			timeoutMs
		},
		namespace,
		compartmentId: options.compartment,
		dashboardEndpoint: options.dashboardEndpoint,
		...notifications === void 0 ? {} : { notifications },
		patienceMs: patienceMsOf(options.patience)
	}, {
		baseDir: config.baseDir,
		env: context.env,
		secrets: context.secrets
	});
}
/** Undefined without --detections. The URL of the webhook comes from the environment, and is in no message. */
function notificationsOf(options, env) {
	const { detections, topic, slackWebhookEnv, notificationsEndpoint, monitoringEndpoint } = options;
	const given = {
		"--topic": topic,
		"--slack-webhook-env": slackWebhookEnv
	};
	if (!detections) {
		const [only] = Object.entries(given).flatMap(([name, value]) => value === void 0 ? [] : [name]);
		if (only !== void 0) throw new UsageError("bad-option", `${only} is of use with --detections only`);
		return;
	}
	if (topic !== void 0 && !/^ocid1\.onstopic\./.test(topic)) throw new UsageError("bad-option", `--topic ${topic} is no OCID of a topic`);
	let slackWebhookUrl;
	if (slackWebhookEnv !== void 0) {
		const text = env[slackWebhookEnv];
		if (!/^\w+$/.test(slackWebhookEnv)) throw new UsageError("bad-option", "--slack-webhook-env takes the name of an environment variable, as in SLACK_WEBHOOK_URL");
		if (text === void 0 || text === "") throw new UsageError("bad-option", `the environment variable ${slackWebhookEnv} (--slack-webhook-env) is not set`);
		slackWebhookUrl = slackWebhook(text);
	}
	return {
		alarms: readAlarms(),
		topicId: topic,
		slackWebhookUrl,
		notificationsEndpoint,
		monitoringEndpoint
	};
}
/** Shows the steps that are due, or carries them out. Throws FlowferryError, after all others, if there are some that cannot be done. */
async function perform({ print, signal }, steps, carriesOut, json) {
	const due = steps.filter(({ action }) => action !== "none");
	const outcomes = [];
	for await (const outcome of carriesOut ? carryOut(due, signal) : plannedOutcomes(due)) {
		outcomes.push(outcome);
		if (!json) print(lineOf(outcome));
	}
	const done = outcomes.filter(({ result }) => result === "done");
	const left = outcomes.filter(({ result }) => result !== "done");
	const undone = new Set(left.map(({ step }) => step));
	const notices = steps.flatMap((step) => undone.has(step) ? [] : step.notice?.() ?? []);
	const count = (action) => done.filter(({ step }) => step.action === action).length;
	const unchanged = steps.length - due.length;
	if (json) {
		const changes = done.map(({ step: { kind, name, action, differences } }) => ({
			kind,
			name,
			action,
			differences
		}));
		const named = left.map(({ step: { kind, name }, result, code, reason }) => ({
			kind,
			name,
			result,
			code,
			reason
		}));
		print(JSON.stringify({
			changes,
			notDone: named,
			unchanged,
			done: carriesOut,
			notices
		}));
	} else {
		const counts = carriesOut ? `${count("create")} created, ${count("update")} updated, ${count("delete")} deleted, ${unchanged} unchanged` : `${count("create")} to create, ${count("update")} to update, ${count("delete")} to delete, ${unchanged} unchanged`;
		const said = left.length === 0 ? counts : `${counts}, ${left.length} not done`;
		for (const line of [...notices, said]) print(line);
	}
	const [first] = left;
	if (first !== void 0) {
		const message = `${left.length} of ${steps.length} steps cannot be done, first: ${keyOf(first.step)}: ${first.reason}`;
		throw new FlowferryError("content-incomplete", message);
	}
}
function* plannedOutcomes(steps) {
	for (const step of steps) yield step.refusal === void 0 ? {
		step,
		result: "done"
	} : notDone(step, step.refusal);
}
const SIGNS = {
	create: "+",
	update: "~",
	delete: "-",
	none: " ",
	refused: "!"
};
function lineOf({ step, result, reason }) {
	const { action, differences } = step;
	if (result !== "done") return `! ${keyOf(step)}: ${reason}`;
	const changed = differences.length === 0 ? "" : `  (${differences.slice(0, 5).join(", ")}${differences.length > 5 ? ", …" : ""})`;
	return `${SIGNS[action]} ${keyOf(step)}${changed}`;
}
async function buildFiles({ stdout }, { to, dialect = [], lag, receiver = [], check }) {
	const folder = to ?? asset("deploy");
	const registry = new Registry();
	for (const module of dialect) await register(registry, ["dialect"], module, ".");
	const content = buildContent(readDefinition());
	const files = new Map([
		...[...contentFiles(content)].map(([name, text]) => [join("log-analytics", name), text]),
		[join("log-analytics", "content.zip"), await contentArchive(content)],
		...(await dialectFiles(registry.dialects(), {
			lagMs: lag,
			receivers: receiversOf(receiver)
		})).files
	]);
	const stale = [];
	for (const [name, text] of files) {
		const path = join(folder, name);
		if (!check) {
			await mkdir(dirname(path), { recursive: true });
			await writeFile(path, text);
		} else if ((await read(path))?.equals(Buffer.from(text)) !== true) stale.push(path);
	}
	if (stale.length > 0) throw new FlowferryError("stale-content", `not as their sources make them: ${stale.join(", ")}; run \`flowferry content build\``);
	stdout.write(`${files.size} files in ${folder} ${check ? "are as their sources make them" : "written"}\n`);
}
const MINUTE_MS = 6e4;
const LONGEST_LAG_MS = 108e5;
/** Whole minutes, since backends count in them; three hours are what the shortest of them waits at most. */
function lagOf(text) {
	const ms = parseDuration(text);
	if (ms % MINUTE_MS === 0 && ms >= MINUTE_MS && ms <= LONGEST_LAG_MS) return ms;
	throw new UsageError("bad-option", `--lag ${text}: give whole minutes, from 1m to 3h`);
}
/** Undefined for a file that is not there. */
async function read(path) {
	try {
		return await readFile(path);
	} catch (error) {
		if (codeOf(error) === "ENOENT") return void 0;
		throw error;
	}
}
export { contentCommand };
