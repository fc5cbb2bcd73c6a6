import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts, type ServerProcess, startProcess } from "../../backends/servers/process.ts";
import { CertificateAuthority } from "../../simulators/oci/certificates.ts";
import { type Distribution, installed, NODES } from "./distribution.ts";
import { OciProfile } from "./oci-profile.ts";
import { configureTopic, createTopic, deleteTopic, metadata, type TopicOptions } from "./topics.ts";
import { WireConnection } from "./wire.ts";

/** A user of OCI Streaming, whose name has slashes and points in it, and a token that a shell would not leave alone. */
export const USER = "test-tenancy/shipper@example.com/ocid1.streampool.oc1.test.amaaaaaa";
export const PASSWORD = 'T0k>n{with};"all$of+it';

const START_MS = 120_000;

export type Listener = "SASL_SSL" | "OAUTHBEARER" | "PLAINTEXT" | "OCI";

interface Node {
  readonly id: number;
  readonly folder: string;
  readonly args: readonly string[];
  /** Of the listeners, by their names. */
  readonly ports: Readonly<Record<string, number>>;
  server: ServerProcess;
}

/** Two brokers of Apache Kafka and their controller, on loopback. Both brokers keep every topic, so that either may die. */
export class Kafka {
  readonly version: string;
  /** Of whom the certificates are, in PEM: a file. */
  readonly authority: string;
  /** What stands in front of the brokers and allows what OCI Streaming allows. */
  readonly oci: OciProfile;
  readonly #brokers: readonly Node[];
  readonly #controller: Node;
  readonly #folder: string;
  #topics = 0;

  private constructor(parts: {
    version: string;
    folder: string;
    authority: string;
    oci: OciProfile;
    controller: Node;
    brokers: readonly Node[];
  }) {
    this.version = parts.version;
    this.authority = parts.authority;
    this.oci = parts.oci;
    this.#folder = parts.folder;
    this.#controller = parts.controller;
    this.#brokers = parts.brokers;
  }

  static async start(): Promise<Kafka> {
    const distribution = await installed();
    const folder = mkdtempSync(join(tmpdir(), "flowferry-kafka-"));
    const closers: (() => Promise<void>)[] = [async () => rmSync(folder, { recursive: true, force: true })];
    try {
      const authority = new CertificateAuthority("flowferry kafka authority");
      const issued = authority.issueHost("localhost");
      writeFileSync(join(folder, "authority.pem"), authority.certificate);
      writeFileSync(join(folder, "broker.pem"), issued.key + issued.certificate);
      const [quorum = 0, ...ports] = await freePorts(1 + 5 * NODES.brokers.length);
      const oci = await OciProfile.open(issued, NODES.brokers.length, PASSWORD);
      closers.push(() => oci.close());
      const started = async (id: number, lines: readonly string[], listeners: Record<string, number>): Promise<Node> => {
        const node = await startNode(distribution, folder, id, lines, listeners);
        closers.push(() => node.server.stop(20_000));
        return node;
      };
      const voters = `controller.quorum.voters=${NODES.controller}@127.0.0.1:${quorum}`;
      const controllerLines = [voters, "process.roles=controller", `listeners=CONTROLLER://127.0.0.1:${quorum}`];
      const controller = started(NODES.controller, controllerLines, { CONTROLLER: quorum });
      const brokers = NODES.brokers.map((id, index) => {
        const [plain = 0, secure = 0, behind = 0, between = 0, bearer = 0] = ports.slice(5 * index);
        const listeners = { PLAINTEXT: plain, SASL_SSL: secure, OCI: behind, BETWEEN: between, OAUTHBEARER: bearer };
        oci.forward(index, behind);
        return started(id, [voters, ...brokerLines(folder, listeners, oci.ports[index] ?? 0)], listeners);
      });
      const parts = { controller: await controller, brokers: await Promise.all(brokers) };
      const authorityFile = join(folder, "authority.pem");
      const kafka = new Kafka({ version: distribution.version, folder, authority: authorityFile, oci, ...parts });
      await kafka.untilWhole();
      return kafka;
    } catch (error) {
      for (const close of closers.reverse()) await close();
      throw error;
    }
  }

  /** Where clients ask first: each broker's listener with TLS and SASL PLAIN, or tokens, without it, or behind what OCI Streaming allows. */
  brokers(listener: Listener): string[] {
    if (listener === "OCI") return this.oci.ports.map((port) => `localhost:${port}`);
    const host = listener === "PLAINTEXT" ? "127.0.0.1" : "localhost";
    return this.#brokers.map(({ ports }) => `${host}:${ports[listener]}`);
  }

  /** A new topic, and its name, which no other has. */
  async topic(name: string, options: TopicOptions): Promise<string> {
    this.#topics += 1;
    const full = `${name}-${this.#topics}`;
    await createTopic(this.#port(), full, options);
    return full;
  }

  /** Deletes a topic and makes one of the same name. */
  async replaceTopic(name: string, options: TopicOptions): Promise<void> {
    await deleteTopic(this.#port(), name);
    await createTopic(this.#port(), name, options);
  }

  configureTopic(name: string, configuration: Readonly<Record<string, string>>): Promise<void> {
    return configureTopic(this.#port(), name, configuration);
  }

  /** Ends a broker (0 or 1) at once, as a machine that loses its power. */
  async kill(broker: number): Promise<void> {
    const { server } = this.#broker(broker);
    process.kill(server.pid, "SIGKILL");
    await server.stop();
  }

  /** Starts a killed broker again with what it has on its disk, and waits until both keep every partition again. */
  async revive(broker: number): Promise<void> {
    const node = this.#broker(broker);
    node.server = await startProcess("java", node.args, { cwd: node.folder });
    await this.untilWhole();
  }

  /** Stops a process (SIGSTOP) without ending it, or wakes it. */
  pause(broker: number, signal: "SIGSTOP" | "SIGCONT"): void {
    process.kill(this.#broker(broker).server.pid, signal);
  }

  /** Waits until both brokers are there and keep every partition. */
  async untilWhole(): Promise<void> {
    const deadline = Date.now() + START_MS;
    let last = "";
    while (Date.now() < deadline) {
      for (const { id, server } of [this.#controller, ...this.#brokers]) {
        if (server.ended() !== undefined) throw new Error(`Kafka's node ${id} ended (${server.ended()})\n${server.output()}`);
      }
      try {
        const states = await Promise.all(this.#brokers.map(({ ports }) => stateOf(ports.PLAINTEXT ?? 0)));
        const lacking = states.flatMap(({ brokers, topics }) => [
          ...(brokers.length === NODES.brokers.length ? [] : [`brokers ${brokers}`]),
          ...[...topics].flatMap(([name, partitions]) =>
            partitions.filter(({ inSync, leader }) => leader < 0 || inSync.length < 2).map(({ index }) => `${name}:${index}`),
          ),
        ]);
        if (lacking.length === 0) return;
        last = lacking.join(", ");
      } catch (error) {
        last = String(error);
      }
      await sleep(100);
    }
    throw new Error(`Kafka is not whole after ${START_MS} ms: ${last}\n${this.#brokers[0]?.server.output()}`);
  }

  async stop(): Promise<void> {
    await this.oci.close();
    // What the brokers hold goes with them: nobody waits until they have handed it over.
    for (const { server } of [...this.#brokers, this.#controller]) {
      if (server.ended() === undefined) process.kill(server.pid, "SIGKILL");
    }
    await Promise.all([...this.#brokers, this.#controller].map(({ server }) => server.stop()));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #broker(index: number): Node {
    const broker = this.#brokers[index];
    if (broker === undefined) throw new Error(`there is no broker ${index}`);
    return broker;
  }

  /** Of a broker that runs. */
  #port(): number {
    const running = this.#brokers.find(({ server }) => server.ended() === undefined);
    if (running === undefined) throw new Error("no broker runs");
    return running.ports.PLAINTEXT ?? 0;
  }
}

async function stateOf(port: number) {
  await using connection = await WireConnection.to(port);
  return await metadata(connection);
}

async function startNode(
  distribution: Distribution,
  root: string,
  id: number,
  lines: readonly string[],
  ports: Record<string, number>,
): Promise<Node> {
  const folder = join(root, `node-${id}`);
  mkdirSync(folder);
  distribution.formatted(id, join(folder, "store"));
  const properties = join(folder, "server.properties");
  const common = [`node.id=${id}`, `log.dirs=${join(folder, "store")}`, "controller.listener.names=CONTROLLER"];
  writeFileSync(properties, `${[...common, ...lines].join("\n")}\n`);
  const memory = id === NODES.controller ? "256m" : "512m";
  // Half the time that a start takes goes into compiling what runs once.
  const machine = [
    `-Xmx${memory}`,
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
  ];
  const args = [...machine, "-cp", distribution.classPath, "kafka.Kafka", properties];
  return { id, folder, args, ports, server: await startProcess("java", args, { cwd: folder }) };
}

function brokerLines(folder: string, ports: Record<string, number>, proxied: number): string[] {
  const jaas = `org.apache.kafka.common.security.plain.PlainLoginModule required "user_${escaped(USER)}"="${escaped(PASSWORD)}";`;
  const listeners = Object.entries(ports).map(([name, port]) => `${name}://127.0.0.1:${port}`);
  const advertised = [
    ...[`PLAINTEXT://127.0.0.1:${ports.PLAINTEXT}`, `SASL_SSL://localhost:${ports.SASL_SSL}`],
    ...[`OCI://localhost:${proxied}`, `BETWEEN://127.0.0.1:${ports.BETWEEN}`, `OAUTHBEARER://localhost:${ports.OAUTHBEARER}`],
  ];
  return [
    "process.roles=broker",
    `listeners=${listeners.join(",")}`,
    `advertised.listeners=${advertised.join(",")}`,
    "inter.broker.listener.name=BETWEEN",
    "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,OCI:SASL_PLAINTEXT,OAUTHBEARER:SASL_SSL,BETWEEN:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "sasl.enabled.mechanisms=PLAIN",
    // Believes every token that has not expired, and closes connections whose token has.
    "listener.name.oauthbearer.sasl.enabled.mechanisms=OAUTHBEARER",
    "listener.name.oauthbearer.oauthbearer.sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;",
    ...["sasl_ssl", "oci"].map((name) => `listener.name.${name}.plain.sasl.jaas.config=${property(jaas)}`),
    ...["sasl_ssl", "oauthbearer"].flatMap((name) => [
      `listener.name.${name}.ssl.keystore.type=PEM`,
      `listener.name.${name}.ssl.keystore.location=${join(folder, "broker.pem")}`,
    ]),
    "message.max.bytes=1048576",
    // What a topic keeps too long is deleted within seconds, where it keeps no more.
    ...["log.initial.task.delay.ms=1000", "log.retention.check.interval.ms=1000"],
    "auto.create.topics.enable=false",
    "default.replication.factor=2",
    "min.insync.replicas=1",
    "offsets.topic.replication.factor=2",
    "offsets.topic.num.partitions=4",
    "group.initial.rebalance.delay.ms=0",
    "group.min.session.timeout.ms=1000",
    // A broker that died is seen soon, as in a cluster whose leaders move within seconds.
    ...["broker.session.timeout.ms=3000", "broker.heartbeat.interval.ms=500"],
    ...["leader.imbalance.check.interval.seconds=5", "leader.imbalance.per.broker.percentage=0"],
  ];
}

/** Of a text within quotes of a JAAS configuration. */
const escaped = (value: string): string => value.replaceAll(/["\\]/g, "\\$&");
/** Of a value of a Java properties file. */
const property = (value: string): string => value.replaceAll("\\", "\\\\");
