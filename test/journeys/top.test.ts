import { expect, test } from "vitest";
import { flowferry } from "./program.ts";
import { expectRefusal, setting, toFile, until } from "./setting.ts";

const { configFor, begin, bucket } = setting();

test("top and tap show what a running worker does; without one they say so", async () => {
  await bucket({ flows: 300, objects: 1, incidents: [] });
  const config = configFor([toFile({ name: "lines" })]);
  expectRefusal(await flowferry(["top", "-c", config]), 2, "no worker listens at");
  const running = begin(["run", "-c", config]);
  const top = await until("all is delivered", running, async () => {
    const { code, stdout } = await flowferry(["top", "-c", config, "--json"]);
    const shown = code === 0 ? JSON.parse(stdout) : { sinks: [] };
    return shown.sinks.some(({ delivered }: { delivered: number }) => delivered >= 300) ? shown : undefined;
  });
  expect(top).toMatchObject({ problems: [], sources: [{ name: "directory-bucket" }], sinks: [{ name: "lines", waiting: 0 }] });
  const shown = await flowferry(["top", "-c", config, "--once"]);
  expect(shown.stdout).toMatch(/^sink +flows\/s +delivered/m);
  let isOver = false;
  const tapped = flowferry(["tap", "sourceZone: internal", "-c", config, "--limit", "3"]).finally(() => {
    isOver = true;
  });
  // Objects come until the tap, which began at some time, has seen enough.
  await until("flows pass", running, async () => {
    if (!isOver) await bucket({ flows: 300, objects: 1, incidents: [], prefix: `${Date.now()}/` });
    return isOver;
  });
  const { code, stdout } = await tapped;
  expect(code).toBe(0);
  expect(stdout.trimEnd().split("\n")).toHaveLength(3);
  expectRefusal(await flowferry(["tap", "sourcZone: internal", "-c", config]), 2, "the filter is wrong", "sourceZone");
  running.child.kill("SIGTERM");
  expect((await running.ended).code).toBe(0);
  expectRefusal(await flowferry(["tap", "-c", config]), 2, "no worker listens at");
});
