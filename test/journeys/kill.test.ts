import { readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { startReceiver } from "../simulators/otlp/receiver.ts";
import { writeBucket } from "./bucket.ts";
import { flowferry, start, workplace } from "./program.ts";

function query(path: string, sql: string): Record<string, unknown>[] {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    return db.prepare(sql).all();
  } finally {
    db.close();
  }
}

function inspected(path: string): unknown {
  const [row] = query(path, "select value from states");
  const [, count] = JSON.parse(String(row?.value)).clock;
  return count;
}

const alertKeys = (path: string) => query(path, "select key from alert_keys order by key").map(({ key }) => key);

const KILLS = process.env.CI === undefined ? 6 : 25;
const BATCH = 100;
const IN_FLIGHT = 2;

test(`killed ${KILLS} times at random moments, every record has arrived at both sinks, and only what was in flight came twice`, {
  timeout: 300_000,
}, async () => {
  const place = workplace();
  const out = await startReceiver({ keep: "uids", faults: { "*": { delayMs: 5 } } });
  try {
    const { records } = await writeBucket(place.path("bucket"), { format: "oci", flows: 30_000, objects: 40, vnics: 12 });
    const config = place.config({
      source: { type: "directory", path: "bucket" },
      sinks: [
        { type: "otlp", endpoint: out.url, batch: { records: BATCH }, inFlight: IN_FLIGHT },
        { type: "ndjson", path: "out.ndjson", batch: { records: BATCH } },
      ],
      alerts: { lateness: "3650d" },
      run: { checkpointMs: 100 },
    });
    let kills = 0;
    while (kills < KILLS) {
      const before = out.stats.records;
      const running = start(["run", "-c", config, "--until-caught-up"]);
      while (out.stats.records === before && running.child.exitCode === null) await sleep(1);
      await sleep(Math.random() * 60);
      if (running.child.exitCode !== null) throw new Error(`the run ended before kill ${kills + 1}: ${running.stderr()}`);
      running.child.kill("SIGKILL");
      expect((await running.ended).signal).toBe("SIGKILL");
      kills += 1;
    }
    const last = await flowferry(["run", "-c", config, "--until-caught-up"]);
    expect(last.code, last.stderr).toBe(0);

    expect(out.uids.size).toBe(records);
    expect(out.stats.records - records).toBeLessThanOrEqual(KILLS * IN_FLIGHT * BATCH);
    const lines = readFileSync(place.path("out.ndjson"), "utf8").trimEnd().split("\n");
    const uids = lines.map((line) => JSON.parse(line).attributes["log.record.uid"]);
    expect(new Set(uids)).toEqual(new Set(out.uids.keys()));
    expect(uids.length - records).toBeLessThanOrEqual(KILLS * BATCH);

    // The detections have counted every flow once, however often it was read.
    expect(inspected(place.path("flowferry.db"))).toBe(records);
    const quiet = place.config({
      source: { type: "directory", path: "bucket" },
      sinks: [{ type: "ndjson", path: "quiet.ndjson" }],
      alerts: { lateness: "3650d" },
      ledger: { path: "quiet.db" },
    });
    expect((await flowferry(["run", "-c", quiet, "--until-caught-up"])).code).toBe(0);
    expect(alertKeys(place.path("quiet.db")).length).toBeGreaterThan(0);
    expect(alertKeys(place.path("flowferry.db"))).toEqual(alertKeys(place.path("quiet.db")));
  } finally {
    await out.close();
    place.remove();
  }
});
