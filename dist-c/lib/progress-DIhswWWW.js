import { u as CLEAR_LINE } from "./compose-CbHgHWNM.js";
// src/cli/progress.ts
/**
* How far a run is, on a terminal: of a job a bar over the stored bytes of what was discovered so far, of a worker a line that is written
* anew each second. Nothing where there is no terminal, or nobody wants to hear.
*/
async function showProgress(stderr, hasEnd, { quiet = false, problems = () => [] } = {}) {
	if (!stderr.isTTY || quiet) return {
		update: () => {},
		stop: () => {}
	};
	return hasEnd ? showBar(stderr) : showLine(stderr, problems);
}
async function showBar(stderr) {
	const { SingleBar } = await import("cli-progress");
	const bar = new SingleBar({
		stream: stderr,
		format: "{bar} {percentage}% | {objects}/{discovered} objects | {records} records | {rate}/s | {elapsed} elapsed",
		etaBuffer: 100,
		hideCursor: true,
		clearOnComplete: false,
		noTTYOutput: false,
		formatValue: (value, _options, type) => type === "percentage" ? String(value).padStart(3) : String(value)
	});
	const started = performance.now();
	bar.start(1, 0, {
		objects: 0,
		discovered: 0,
		records: 0,
		rate: 0,
		elapsed: "0 s"
	});
	return {
		update({ discovered, discoveredBytes, objects, readBytes, records }) {
			const seconds = (performance.now() - started) / 1e3;
			bar.setTotal(Math.max(1, discoveredBytes));
			bar.update(readBytes, {
				objects,
				discovered,
				records,
				rate: Math.round(records / seconds),
				elapsed: `${Math.round(seconds)} s`
			});
		},
		stop: () => bar.stop()
	};
}
/** Log lines begin by taking it away, and it comes again with the next second. */
function showLine(stderr, problems) {
	let shown;
	let before = 0;
	const draw = () => {
		const records = shown?.records ?? 0;
		const line = statusLine(shown, records - before, problems());
		before = records;
		stderr.write(`${CLEAR_LINE}${line.slice(0, (stderr.columns ?? 80) - 1)}`);
	};
	const clock = setInterval(draw, 1e3).unref();
	return {
		update: (totals) => {
			shown = totals;
		},
		stop: () => {
			clearInterval(clock);
			stderr.write(CLEAR_LINE);
		}
	};
}
/** What a worker does at the moment: flows of the last second, what was read, what each sink has, and what does not do its work. */
function statusLine(shown, flowsPerSecond, problems) {
	const count = (value) => value.toLocaleString("en-US");
	const failing = problems.map(({ part }) => `${part} fails`);
	if (shown === void 0 || shown.records === 0) return ["waits for flows", ...failing].join(" | ");
	const sinks = Object.entries(shown.sinks ?? {}).map(([name, { delivered }]) => `${name} ${count(delivered)}`);
	const read = `${count(shown.records)} flows of ${count(shown.objects)} objects`;
	return [
		`${count(flowsPerSecond)}/s`,
		read,
		...sinks,
		...failing
	].join(" | ");
}
export { showProgress as t };
