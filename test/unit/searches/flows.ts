import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Flow, FlowContext } from "../../../src/flow/flow.ts";
import { originOf } from "../../../src/flow/origin.ts";
import { decoderFor } from "../../../src/formats/formats.ts";
import { generate } from "../../../src/generator/generate.ts";
import { INCIDENTS } from "../../../src/generator/incidents.ts";
import { lookupFiles } from "../../../src/generator/lookup-files.ts";
import { FORMATS } from "../../../src/registry.ts";
import { openLookups } from "../enrich/lookups.ts";

const DECODE_OPTIONS = { skip: 0, maxBytes: 1e9, maxRecordBytes: 1e7 };

const made = new Map<string, Promise<readonly Flow[]>>();

/** Flows and quality records of a generated OCI bucket, with its incidents, enriched by its own tables; made once in a process. */
export function generatedFlows(flows: number, spanMs: number): Promise<readonly Flow[]> {
  const name = `${flows} in ${spanMs}`;
  const found = made.get(name) ?? makeFlows(flows, spanMs);
  made.set(name, found);
  return found;
}

async function makeFlows(flows: number, spanMs: number): Promise<readonly Flow[]> {
  const generation = generate({ format: "oci", seed: "searches", incidents: INCIDENTS, flows, spanMs, vnics: 12 });
  const folder = mkdtempSync(join(tmpdir(), "flowferry-searches-"));
  try {
    const tables = { ...lookupFiles(generation), "ports.csv": PORTS };
    for (const [name, text] of Object.entries(tables)) writeFileSync(join(folder, name), text);
    const at = (name: string): string => join(folder, `${name}.csv`);
    const paths = { ports: at("ports"), servers: at("servers"), subnets: at("subnets"), networks: at("networks") };
    const lookups = await openLookups(paths, (event) => {
      throw new Error(JSON.stringify(event));
    });
    const decode = decoderFor(FORMATS, "oci-vcn");
    const found: Flow[] = [];
    for await (const object of generation) {
      async function* bytes() {
        yield object.bytes;
      }
      for await (const { flows: decoded } of decode(bytes(), originOf("test://searches", object.key, "1"), DECODE_OPTIONS)) {
        lookups.enrich(decoded);
        for (const flow of decoded) {
          // In a generated bucket nobody is turned away from the web.
          if (flow.destinationPort === 443 && flow.record % 5 === 0) flow.action = "reject";
          if (flow.record % 7 === 0) flow.context = streamed(flow.context, object.key);
          found.push(flow);
        }
      }
    }
    await lookups.close();
    return found;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** As if an IBM collector had written the object. */
function streamed(context: FlowContext, objectPath: string): FlowContext {
  const captureRecords = objectPath.length;
  return { ...context, recordType: "all", stream: `2026010${objectPath.length % 3}T000000Z`, captureRecords, objectPath };
}

const PORTS = `port,protocol,name
22,tcp,SSH
53,udp,DNS
80,tcp,HTTP
123,udp,NTP
443,tcp,HTTPS
1521,tcp,Oracle
3389,tcp,RDP
`;
