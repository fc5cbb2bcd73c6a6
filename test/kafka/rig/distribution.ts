import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { installDebianPackages } from "../../backends/servers/debian.ts";
import { run } from "../../backends/servers/process.ts";
import { Unavailable } from "../../backends/servers/unavailable.ts";

const VERSION = "4.4.0";
const ARTIFACTS = [
  `org.apache.kafka:kafka_2.13:${VERSION}`,
  `org.apache.kafka:kafka-tools:${VERSION}`,
  "org.slf4j:slf4j-simple:1.7.36",
];
const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "flowferry-kafka");
/** Of every cluster that the tests start: none of them meets another one. */
const CLUSTER_ID = "Zmxvd2ZlcnJ5LXRlc3RzMQ";

export const NODES = { controller: 1, brokers: [2, 3] } as const;

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>test</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>
${ARTIFACTS.map((artifact) => {
  const [group, name, version] = artifact.split(":");
  return `    <dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`;
}).join("\n")}
  </dependencies>
</project>
`;

export interface Distribution {
  readonly version: string;
  /** Of the Java virtual machine. */
  readonly classPath: string;
  /** Puts the empty store of a node there. */
  formatted(node: number, folder: string): void;
}

/** Apache Kafka from Maven Central, kept in the cache folder, with an empty store for each node. */
export async function installed(): Promise<Distribution> {
  await installDebianPackages("Kafka", ["default-jre-headless", "maven"], ["java", "mvn"]);
  const home = join(CACHE, VERSION);
  if (!existsSync(home)) await fetched(home);
  return {
    version: VERSION,
    classPath: join(home, "libs", "*"),
    formatted: (node, folder) => cpSync(join(home, `node-${node}`), folder, { recursive: true }),
  };
}

async function fetched(home: string): Promise<void> {
  process.stderr.write(`Kafka: fetching ${VERSION} from Maven Central (once; 54 MB)\n`);
  mkdirSync(CACHE, { recursive: true });
  const making = mkdtempSync(join(CACHE, "making-"));
  try {
    writeFileSync(join(making, "pom.xml"), pom);
    const libraries = [`-DoutputDirectory=${join(making, "libs")}`, "-DincludeScope=runtime"];
    const copy = ["-q", "-B", "-f", join(making, "pom.xml"), "dependency:copy-dependencies", ...libraries];
    await run("mvn", copy, { timeoutMs: 900_000 });
    await Promise.all([NODES.controller, ...NODES.brokers].map((node) => format(making, node)));
    renameSync(making, home);
  } catch (error) {
    if (existsSync(home)) return;
    throw new Unavailable("Kafka", `it cannot be installed: ${error instanceof Error ? error.message : error}`, { cause: error });
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}

/** Which ports a node has is not written down in its store, so that one store does for every start. */
async function format(making: string, node: number): Promise<void> {
  const properties = join(making, `format-${node}.properties`);
  const store = join(making, `node-${node}`);
  const isController = node === NODES.controller;
  const lines = [
    ...[`node.id=${node}`, `process.roles=${isController ? "controller" : "broker"}`, `log.dirs=${store}`],
    ...[`controller.quorum.voters=${NODES.controller}@127.0.0.1:9`, "controller.listener.names=CONTROLLER"],
    isController ? "listeners=CONTROLLER://127.0.0.1:9" : "listeners=PLAINTEXT://127.0.0.1:9",
  ];
  writeFileSync(properties, `${lines.join("\n")}\n`);
  const tool = ["-cp", join(making, "libs", "*"), "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", properties];
  await run("java", tool, { timeoutMs: 120_000 });
}
