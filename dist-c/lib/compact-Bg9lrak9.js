import { t as Command } from "./commander-BVTyMRTV.js";
import { c as TIME, l as UID, r as ALWAYS } from "./uploads-B8o7Nm1B.js";
import { a as literal, n as identifier } from "./conditions-BjL6rk-5.js";
import { a as REPLACES, c as fetchObject, l as filesByHour, n as archiveStore, o as ownParquet, r as progressOf, s as findFiles, u as openDuckdb } from "./asking-BjedELR0.js";
import { t as configOption } from "./config-option-BOSW5Ys2.js";
import { t as EXIT } from "./context-BVD8iu4e.js";
import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
// src/query/compact.ts
/**
* Makes one file, sorted by time, of the files of each hour that has several, each flow once. The new file is there before the old ones are
* removed, and names them: a reader sees each flow once at any moment, and a compaction that died is completed by the next. Files that are
* written meanwhile are left to the next one.
*/
async function compact(store, prefix, signal, onProgress = () => {}) {
	const hours = [...await filesByHour(store, prefix, ALWAYS, signal)].filter(([, files]) => files.length > 1);
	const result = {
		hours: hours.length,
		done: 0,
		before: 0,
		after: 0,
		repeated: 0,
		passedOver: []
	};
	if (hours.length === 0) return result;
	const folder = mkdtempSync(join(tmpdir(), "flowferry-compact-"));
	let database;
	try {
		database = await openDuckdb(join(folder, "spill"));
		await database.connection.run("SET preserve_insertion_order = true");
		const { connection } = database;
		const onAbort = () => connection.interrupt();
		signal.addEventListener("abort", onAbort, { once: true });
		for (const [hour, files] of hours) {
			signal.throwIfAborted();
			onProgress(result);
			await mergeHour({
				store,
				database,
				folder: join(folder, "hour"),
				signal
			}, hour, files, result);
			result.done += 1;
		}
		signal.removeEventListener("abort", onAbort);
		onProgress(result);
		return result;
	} finally {
		database?.close();
		rmSync(folder, {
			recursive: true,
			force: true
		});
	}
}
async function mergeHour({ store, database: { connection }, folder, signal }, hour, objects, result) {
	try {
		const keys = /* @__PURE__ */ new Map();
		for (const object of objects) keys.set(await fetchObject(store, object, folder, signal), object.key);
		const found = findFiles([folder], ALWAYS);
		const broken = [...found.passedOver];
		const { files, replaced } = await ownParquet(connection, found.files.get("parquet") ?? [], broken);
		const remove = async (file) => store.deleteObject(keys.get(file), signal);
		for (const { file, reason } of broken) result.passedOver.push({
			file: keys.get(file) ?? file,
			reason
		});
		for (const file of replaced) await remove(file);
		if (files.length < 2) return;
		const names = files.map((file) => basename(file)).sort();
		const digest = createHash("sha256").update(names.join("\n")).digest("hex").slice(0, 32);
		const merged = join(folder, "merged.tmp");
		const from = `read_parquet([${files.map(literal).join(", ")}], union_by_name = true, hive_partitioning = false)`;
		const uid = identifier(UID);
		const rows = await connection.run(`COPY (
      SELECT * REPLACE (${TIME}::TIMESTAMP_MS AS ${TIME}) FROM ${from}
      QUALIFY row_number() OVER (PARTITION BY ${uid}) = 1 ORDER BY ${TIME}, ${uid}
    ) TO ${literal(merged)} (FORMAT parquet, COMPRESSION zstd, KV_METADATA {${literal(REPLACES)}: ${literal(names.join(","))}})`);
		const [[total]] = (await connection.runAndReadAll(`SELECT count(*) FROM ${from}`)).getRowsJson();
		chmodSync(merged, 384);
		signal.throwIfAborted();
		const key = `${hour}/compact-${digest}.parquet`;
		await store.putFile(key, merged, signal);
		for (const file of files) await remove(file);
		result.before += files.length;
		result.after += 1;
		result.repeated += Number(total) - rows.rowsChanged;
	} finally {
		rmSync(folder, {
			recursive: true,
			force: true
		});
	}
}
// src/cli/compact.ts
function compactCommand(context, finish) {
	return new Command("compact").description("Make one file of the several of each hour of the archive, each flow once. Workers and readers may go on.").addOption(configOption(context.env)).option("--json", "end with one JSON line", false).action(async ({ config: file, json }) => {
		const { store, prefix } = await archiveStore(await context.loadConfig(file), context.env);
		let [done, hours] = [0, 0];
		const stop = progressOf(context, (seconds) => `${done} of ${hours} hours, ${seconds} s`);
		try {
			const result = await compact(store, prefix, context.signal, (progress) => {
				({done, hours} = progress);
			});
			stop();
			for (const { file: broken, reason } of result.passedOver) context.stderr.write(`flowferry: ${broken} ${reason}: passed over\n`);
			const { before, after, repeated, passedOver } = result;
			if (json) context.print(JSON.stringify({
				hours: result.hours,
				before,
				after,
				repeated,
				passedOver: passedOver.length
			}));
			else context.print(`${result.hours} hours: ${before} files became ${after}, ${repeated} repeated flows are gone`);
			finish(passedOver.length > 0 ? EXIT.incomplete : EXIT.done);
		} finally {
			stop();
			await store.close();
		}
	});
}
export { compactCommand };
