import { t as Command } from "./commander-BVTyMRTV.js";
import { t as formatRuleError } from "./load-DDLApW6U.js";
import { a as requireRules, f as openEnrichment, i as openSource, r as openSink } from "./compose-CbHgHWNM.js";
import { r as requireGoodTables } from "./check-BwBnixft.js";
import { t as originOf } from "./origin-DBD0VGCV.js";
import { n as decoderFor } from "./formats-DGXMnJnZ.js";
import { t as NOTHING_SEEN } from "./nothing-seen-Bl1sQhkd.js";
import { a as describeError, i as codeOf, r as UsageError } from "./errors-C4nvsd9u.js";
import { a as openNotifiers, r as closeNotifiers, t as loadEnabledRules } from "./detections-D3NX89Ko.js";
import { t as configOption } from "./config-option-BOSW5Ys2.js";
import { t as EXIT } from "./context-BVD8iu4e.js";
// src/cli/check.ts
function checkCommand(context, finish) {
	return new Command("check").description("Try credentials, listing, reading one object, the lookup tables, each sink, the rules and who is told. Nothing is shipped.").addOption(configOption(context.env)).option("--json", "one JSON line for each step", false).action(async ({ config: file, json }) => {
		const config = await context.loadConfig(file);
		let failed = false;
		for await (const finding of check(config, context)) {
			failed ||= !finding.ok;
			context.print(json ? JSON.stringify(finding) : `${finding.ok ? "ok    " : "FAILED"} ${finding.step}: ${finding.detail}`);
		}
		finish(failed ? EXIT.failed : EXIT.done);
	});
}
async function* check(config, { env, signal }) {
	yield {
		step: "configuration",
		ok: true,
		detail: config.file
	};
	yield await step("lookups", async () => {
		const faults = [];
		const dependencies = {
			baseDir: config.baseDir,
			env,
			secrets: config.secrets,
			onLookups: () => {}
		};
		const onNetwork = ({ ok, message }) => void (ok || faults.push(message));
		const versions = [];
		for (const enrich of new Set(config.sources.map((named) => named.enrich))) {
			await requireGoodTables(enrich);
			const enrichment = await openEnrichment({
				...enrich,
				lastGood: void 0
			}, {
				...dependencies,
				networks: config.registry.networks,
				onNetwork
			});
			await enrichment.close();
			versions.push(enrichment.version);
		}
		const network = faults.length === 0 ? "" : `; the network's description has ${faults.length} faults, first: ${faults[0]}`;
		return `tables are valid, version ${versions.join(", ")}${network}`;
	});
	for (const named of config.sources) {
		let source;
		const of = config.sources.length === 1 ? "" : ` ${named.name}`;
		yield await step(`source${of}`, async () => {
			source = await openSource(config, named, env, () => {});
			return source.name;
		});
		if (source !== void 0) yield* checkSource(config, named, source, of, signal);
		signal.throwIfAborted();
	}
	for (const named of config.sinks) {
		yield await step(`sink ${named.name}`, async () => {
			const sink = await openSink(config, named, env);
			try {
				return await sink.probe(signal);
			} finally {
				await sink.close();
			}
		});
		signal.throwIfAborted();
	}
	const { alerts, baseDir } = config;
	if (alerts === void 0) return;
	yield await step("rules", async () => {
		const { rules, errors } = await loadEnabledRules(alerts);
		const [first] = errors;
		if (first !== void 0) throw new UsageError("bad-rules", `rule refused: ${formatRuleError(first)}`);
		const marking = rules.filter((rule) => rule.alerts);
		requireRules(config, marking.map(({ name }) => name));
		return `${marking.length} rules are valid`;
	});
	yield await step("alerts", async () => {
		const notifiers = await openNotifiers(alerts, {
			baseDir,
			env
		});
		try {
			const findings = [];
			for (const [name, notifier] of notifiers) findings.push(`${name}: ${await notifier.probe?.(signal) ?? "not asked"}`);
			return `${findings.length === 0 ? "nobody is told" : findings.join("; ")}; \`flowferry alerts test\` sends one to each`;
		} finally {
			await closeNotifiers(notifiers);
		}
	});
}
/** `of` follows the names of the steps: the source's name, where there are several. */
async function* checkSource(config, named, source, of, signal) {
	try {
		let page;
		yield await step(`list${of}`, async () => {
			for await (const found of source.discover(NOTHING_SEEN, signal)) {
				if (found.objects.length === 0) continue;
				page = found;
				return `${found.objects.length} objects on the first page of ${found.partition || source.name}`;
			}
			const bounds = boundsOf(named);
			return bounds.length === 0 ? "allowed; there are no objects yet" : `allowed; no object lies within ${bounds.join(", ")}`;
		});
		const objects = page?.objects.slice(0, OBJECTS_READ) ?? [];
		if (objects.length > 0) yield await step(`read${of}`, () => readSome(config, named, source, objects, signal));
	} finally {
		await source.close();
	}
}
/** What the configuration says of the source that leaves objects out of the listing. */
function boundsOf({ options, filter }) {
	const said = new Map(Object.entries(options));
	return [...[
		"prefix",
		"include",
		"exclude",
		"since",
		"until"
	].filter((key) => (said.get(key) ?? "") !== ""), ...["since", "until"].filter((key) => filter[key] !== void 0).map((key) => `filter.${key}`)];
}
/** Of so many objects one has to yield a flow: some are empty. */
const OBJECTS_READ = 5;
/** Says what the first of the objects with a flow in it holds. Throws when an object holds none but other things, or none holds any. */
async function readSome({ limits, registry }, { format }, source, objects, signal) {
	const { maxObjectBytes: maxBytes, maxRecordBytes } = limits;
	for (const object of objects) {
		const origin = originOf(source.name, object.key, object.etag);
		const bytes = await source.open(object, signal);
		const other = {
			bad: 0,
			first: "",
			skipped: /* @__PURE__ */ new Map()
		};
		for await (const { flows, bad, skipped } of decoderFor(registry.formats, format)(bytes, origin, {
			skip: 0,
			maxBytes,
			maxRecordBytes
		})) {
			other.bad += bad.length;
			if (other.first === "" && bad[0] !== void 0) other.first = `, first: ${bad[0].reason}`;
			for (const [type, { length }] of Object.entries(skipped)) other.skipped.set(type, (other.skipped.get(type) ?? 0) + length);
			const others = [...other.skipped].map(([type, count]) => `, ${count} of type ${type}`).join("");
			if (flows.length > 0) return `${object.key}: its first piece has ${flows.length} flows, ${other.bad} bad records${other.first}${others}`;
		}
		const others = [...other.skipped].map(([type, count]) => `, ${count} of type ${type}`).join("");
		if (other.bad > 0 || other.skipped.size > 0) throw new UsageError("no-flows", `${object.key} holds no flow: ${other.bad} bad records${other.first}${others}`);
	}
	const keys = objects.length === 1 ? objects[0]?.key ?? "" : `the first ${objects.length} objects`;
	throw new UsageError("no-flows", `allowed, but no flow was found in ${keys}`);
}
async function step(name, work) {
	try {
		return {
			step: name,
			ok: true,
			detail: await work()
		};
	} catch (error) {
		return {
			step: name,
			ok: false,
			detail: describeError(error),
			code: codeOf(error)
		};
	}
}
export { checkCommand };
