import { readFileSync } from "node:fs";
import { createNoopMeter } from "@opentelemetry/api";
import pino from "pino";
import { expect, test } from "vitest";
import { alertOptions } from "../../../src/config/alerts.ts";
import type { Ledger } from "../../../src/contracts/ledger.ts";
import { CHECKPOINT } from "../../../src/delivery/checkpoint.ts";
import { EMPTY_CONTEXT, Flow } from "../../../src/flow/flow.ts";
import { originOf } from "../../../src/flow/origin.ts";
import { openLedger } from "../../../src/ledger/sqlite.ts";
import { type Detections, openDetections } from "../../../src/run/detections.ts";
import { Health } from "../../../src/telemetry/health.ts";
import { createInstruments } from "../../../src/telemetry/telemetry.ts";

/** Opens the shipped rules on the ledger, and closes them again; the messages of the log. */
async function logOf(ledger: Ledger, use: (detections: Detections) => void = () => {}): Promise<string[]> {
  const lines: string[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => void lines.push(JSON.parse(line).msg) });
  const instruments = createInstruments(createNoopMeter());
  const retry = { initialMs: 1, maxMs: 1 };
  const place = { baseDir: ".", env: {} };
  const surroundings = { ledger, log, instruments, retry, shutdownMs: 1, health: new Health(), ...place };
  const detections = await openDetections({ ...alertOptions(new Map()).parse({}), notifiers: [] }, surroundings);
  use(detections);
  await detections.close();
  return lines;
}

function save(detections: Detections, ledger: Ledger): void {
  const saving = detections.save();
  for (const lot of saving.lots) ledger.states.put(CHECKPOINT, lot);
  ledger.checkpoint(CHECKPOINT, saving.head(), []);
  ledger.states.discard(CHECKPOINT, saving.done());
}

const memory = () => openLedger({ path: ":memory:", sources: [{ name: "bucket", store: "memory://bucket" }] });
const inspectOne = (detections: Detections) =>
  detections.inspect([new Flow(originOf("memory://bucket", "a", "1"), 1, EMPTY_CONTEXT, 0)], true);

test("a saved state is taken up without a word", async () => {
  const ledger = memory();
  await logOf(ledger, (detections) => {
    inspectOne(detections);
    save(detections, ledger);
  });
  const saved = ledger.states.read(CHECKPOINT)?.head;
  expect(await logOf(ledger)).toEqual([]);
  expect(ledger.states.read(CHECKPOINT)?.head).toBe(saved);
});

test("a state of another version is refused with one line, and removed", async () => {
  const ledger = memory();
  ledger.states.put(CHECKPOINT, [{ number: 3, value: "what belongs to it" }]);
  ledger.checkpoint(CHECKPOINT, '{"version":17}', []);
  expect(await logOf(ledger)).toEqual([
    "the state of the detections cannot be taken up, they start anew: the saved state cannot be read: its version is 17, not 3 or 4",
  ]);
  expect(ledger.states.read(CHECKPOINT)).toBeUndefined();
  ledger.checkpoint(CHECKPOINT, "", []);
  expect([...(ledger.states.read(CHECKPOINT)?.parts ?? [])]).toEqual([]);
});

test("rules that have changed or gone are named", async () => {
  const ledger = memory();
  ledger.checkpoint(CHECKPOINT, readFileSync("test/fixtures/detections/state-version-3.json", "utf8"), []);
  expect(await logOf(ledger)).toEqual([
    "rules that have changed or gone start anew: few, many, values, sum, any, pair, chain, volume, fresh, regular",
  ]);
});

test("a ledger that cannot be read is no damaged state", async () => {
  const ledger = memory();
  await logOf(ledger, (detections) => {
    inspectOne(detections);
    save(detections, ledger);
  });
  const broken: Ledger = {
    ...ledger,
    states: {
      ...ledger.states,
      read: () => ({
        head: ledger.states.read(CHECKPOINT)?.head ?? "",
        parts: {
          [Symbol.iterator]() {
            throw new Error("disk I/O error");
          },
        },
      }),
    },
  };
  await expect(logOf(broken)).rejects.toThrow("disk I/O error");
  expect(await logOf(ledger)).toEqual([]);
});
