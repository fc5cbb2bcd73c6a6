import { s as ledgerWrite } from "./detections-D3NX89Ko.js";
import { t as Failure } from "./errors-C4nvsd9u.js";
// src/run/problems.ts
/**
* Keeps in the ledger what `status` says of this worker: what was told last, as soon as the ledger takes it. A ledger that cannot be written
* is itself what is wrong, and is told elsewhere.
*/
function keepProblems(ledger, policy) {
	const end = new AbortController();
	const write = ledgerWrite(policy, end.signal, {
		onTrouble: () => {},
		onRecovery: () => {}
	});
	let told;
	let isWriting = false;
	const save = () => {
		if (told !== void 0) ledger.setProblems(told);
		told = void 0;
	};
	const saveAll = async () => {
		isWriting = true;
		try {
			while (told !== void 0) await write(save);
		} catch (error) {
			if (!end.signal.aborted && !(error instanceof Failure)) throw error;
		} finally {
			isWriting = false;
		}
	};
	return {
		tell: (problems) => {
			if (end.signal.aborted) return;
			told = problems;
			if (!isWriting) saveAll();
		},
		close: () => end.abort()
	};
}
export { keepProblems as t };
