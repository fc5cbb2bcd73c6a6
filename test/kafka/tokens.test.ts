import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { available } from "../backends/servers/available.ts";
import { Fleet } from "./fleet.ts";
import { Kafka, PASSWORD, USER } from "./rig/cluster.ts";

const kafka = available("Kafka", () => Kafka.start());
const ARRIVE = { timeout: 120_000, interval: 100 };
const WORKERS = [0, 1];
/** As short as a token of a service never is: connections prove themselves anew after four fifths of it. */
const TOKEN_MS = 10_000;
const STACK_TRACE = /^\s+at .*:\d+:\d+\)?$/m;
const COMPLAINTS = /"level":"(?:warn|error)"/;
const tell = (line: string) => process.stderr.write(`${line}\n`);

/** A token that brokers believe until it expires (RFC 7519, without a signature). */
function bearer(lifetimeMs: number): string {
  const part = (claims: object) => Buffer.from(JSON.stringify(claims)).toString("base64url");
  const seconds = (ms: number) => Math.floor(ms / 1000);
  return `${part({ alg: "none" })}.${part({ sub: "flowferry", iat: seconds(Date.now()), exp: seconds(Date.now() + lifetimeMs) })}.`;
}

/** Puts an object again and again, while something is done. */
async function filled(fleet: Fleet, during: () => Promise<unknown>): Promise<void> {
  let isOver = false;
  const filling = (async () => {
    for (; !isOver; await sleep(300)) await fleet.put(1);
  })();
  try {
    await during();
  } finally {
    isOver = true;
    await filling;
  }
}

/** Of each worker that says this, when it did so first. */
const saidBy = (fleet: Fleet, line: RegExp) => WORKERS.filter((worker) => fleet.lines(worker).some(({ msg }) => line.test(msg)));

test("a token that is renewed in time disturbs nobody; one that expires is named, and a fresh one is enough to go on", async () => {
  await using fleet = await Fleet.open(kafka(), {
    workers: WORKERS.length,
    listener: "OAUTHBEARER",
    coordination: { sasl: { mechanism: "OAUTHBEARER", tokenFile: "token" } },
  });
  const file = join(fleet.place.folder, "token");
  const renew = (lifetimeMs = TOKEN_MS) => writeFileSync(file, `${bearer(lifetimeMs)}\n`);
  renew();
  fleet.startAll();
  await filled(fleet, async () => {
    const renewing = setInterval(renew, TOKEN_MS / 4);
    await fleet.shared();
    await sleep(3 * TOKEN_MS);
    await expect.poll(() => fleet.missing(), ARRIVE).toBe(0);
    clearInterval(renewing);
  });
  await expect.poll(() => fleet.missing(), ARRIVE).toBe(0);
  expect(fleet.said()).not.toMatch(COMPLAINTS);
  expect(fleet.repeated()).toEqual([]);
  const [expired, began] = [Date.now(), fleet.wanted.size];
  const line = /the token \(OAUTHBEARER\) is refused: it may have expired: write a fresh one into token \(sasl\.tokenFile\)/;
  await expect.poll(() => saidBy(fleet, line), ARRIVE).toEqual(WORKERS);
  const namedMs = Date.now() - expired;
  await fleet.put(10);
  await sleep(2_000);
  expect(fleet.missing()).toBeGreaterThan(0);
  const renewed = Date.now();
  renew(600_000);
  await fleet.delivered();
  const healedMs = Date.now() - renewed;
  await fleet.shared();
  expect([fleet.missing(), fleet.invented()]).toEqual([0, []]);
  expect(fleet.said()).not.toMatch(STACK_TRACE);
  expect(fleet.said()).not.toMatch(/eyJhbGciOiJub25l/);
  tell(
    `a token of ${TOKEN_MS} ms, renewed in time: ${began} records once each, nothing said; then not renewed: named after ${namedMs} ms, all delivered ${healedMs} ms after a fresh one, ${fleet.repeated().length} came twice`,
  );
});

test("an auth token that is revoked and made anew is read from its file when connections are made: nothing is lost", async () => {
  const { oci } = kafka();
  await using fleet = await Fleet.open(kafka(), {
    workers: WORKERS.length,
    coordination: { sasl: { username: USER, passwordFile: "auth-token" } },
  });
  const file = join(fleet.place.folder, "auth-token");
  writeFileSync(file, PASSWORD);
  fleet.startAll();
  await fleet.shared();
  const fresh = PASSWORD.split("").reverse().join("");
  try {
    await filled(fleet, async () => {
      await sleep(1_000);
      oci.token = fresh;
      // Whoever is connected stays so, until the service closes connections, as it does now and then.
      await sleep(2_000);
      oci.cut();
      const line = /user \S+ \(PLAIN\) is refused: check sasl\.username and what is in auth-token \(sasl\.passwordFile\)/;
      await expect.poll(() => saidBy(fleet, line), ARRIVE).toEqual(WORKERS);
    });
    expect(fleet.missing()).toBeGreaterThan(0);
    writeFileSync(file, `${fresh}\n`);
    const renewed = Date.now();
    await fleet.delivered();
    const healedMs = Date.now() - renewed;
    await fleet.shared();
    expect([fleet.missing(), fleet.invented()]).toEqual([0, []]);
    expect([fleet.said().includes(PASSWORD), fleet.said().includes(fresh)]).toEqual([false, false]);
    expect(fleet.said()).not.toMatch(STACK_TRACE);
    tell(
      `a revoked auth token: ${fleet.wanted.size} records, 0 lost, all delivered ${healedMs} ms after the new one, ${fleet.repeated().length} came twice`,
    );
  } finally {
    oci.token = PASSWORD;
  }
});
