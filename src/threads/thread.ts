import { parentPort, workerData } from "node:worker_threads";
import type { Setup, ToThread } from "./messages.ts";
import { Work } from "./work.ts";

if (parentPort === null) throw new Error("this file is the beginning of a thread");
const port = parentPort;
const work = new Work(workerData as Setup, (message, transfer = []) => port.postMessage(message, [...transfer]));
port.on("message", (message: ToThread) => work.handle(message));
