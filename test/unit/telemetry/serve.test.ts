import { readFileSync } from "node:fs";
import { metrics } from "@opentelemetry/api";
import { afterEach, expect, test } from "vitest";
import { asset } from "../../../src/lib/assets.ts";
import { serveTelemetry } from "../../../src/telemetry/telemetry.ts";

afterEach(() => metrics.disable());

test("/metrics says which program, of which version, it is", async () => {
  const server = await serveTelemetry(
    "127.0.0.1:0",
    { problems: [], starting: false },
    { token: () => undefined, policy: "", html: () => "" },
  );
  try {
    server.meter.createCounter("flowferry.objects").add(1);
    const page = await (await fetch(`${server.address}/metrics`)).text();
    const { version } = JSON.parse(readFileSync(asset("package.json"), "utf8")) as { version: string };
    expect(page).toContain(`service_name="flowferry",service_version="${version}"`);
  } finally {
    await server.close();
  }
});
