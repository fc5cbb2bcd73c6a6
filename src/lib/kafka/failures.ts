import { codeOf, type Drawer, describeError, Failure, FlowferryError, UsageError } from "../errors.ts";
import { networkFailure } from "../http/failures.ts";
import { INFLATED, MOST_INFLATED } from "./inflating.ts";
import type { ConnectionOptions } from "./options.ts";

/** Sorts what the client throws into its drawer, with one line for people. `doing` is the operation: `read topic flows`. What is sorted stays. */
export type KafkaFailures = (error: unknown, doing: string) => FlowferryError;

interface Meaning {
  readonly drawer: Drawer;
  readonly code: string;
  readonly says: string;
  readonly tooLarge?: boolean;
  readonly gone?: boolean;
}

const REFUSED = "kafka-refused";
const PASSING = "kafka-unavailable";

const asked = (says: string, code = REFUSED): Meaning => ({ drawer: "person", code, says });
const passes = (says: string, code = PASSING): Meaning => ({ drawer: "passing", code, says });
const ofBatch = (says: string, code = REFUSED): Meaning => ({ drawer: "batch", code, says });
const larger = (says: string): Meaning => ({ ...ofBatch(says, "kafka-too-large"), tooLarge: true });
const denied = (what: string): Meaning => asked(`the user may not use ${what}: grant it`, "not-authorized");

/** By the names of https://kafka.apache.org/protocol#protocol_error_codes. Those that are not listed pass where the protocol says so. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  TOPIC_AUTHORIZATION_FAILED: denied("the topic"),
  GROUP_AUTHORIZATION_FAILED: denied("the consumer group"),
  CLUSTER_AUTHORIZATION_FAILED: denied("the cluster"),
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: denied("an idempotent producer"),
  MESSAGE_TOO_LARGE: larger("a message is larger than the broker takes"),
  RECORD_LIST_TOO_LARGE: larger("the messages are more than the broker takes at once"),
  INVALID_RECORD: ofBatch("the broker refuses a message: of a compacted topic each needs a key"),
  INVALID_TIMESTAMP: asked("the broker refuses the time of a message: set this machine's clock", "kafka-clock"),
  CORRUPT_MESSAGE: ofBatch("the broker refuses a message: of a compacted topic each needs a key"),
  OFFSET_OUT_OF_RANGE: {
    drawer: "object",
    code: "kafka-offset-lost",
    says: "the messages are not there any more: retention has deleted them",
    gone: true,
  },
  ILLEGAL_GENERATION: passes("the group has gone on without this member", "kafka-membership"),
  UNKNOWN_MEMBER_ID: passes("the group does not know this member any more", "kafka-membership"),
  REBALANCE_IN_PROGRESS: passes("the group is sharing out its partitions", "kafka-membership"),
  FENCED_INSTANCE_ID: asked("another member of the group has the same instanceId: give each its own", "kafka-membership"),
  THROTTLING_QUOTA_EXCEEDED: passes("the broker wants fewer requests"),
  NOT_ENOUGH_REPLICAS: passes("too few replicas of the partition are in sync"),
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: passes("too few replicas of the partition are in sync"),
  KAFKA_STORAGE_ERROR: passes("the broker's disk fails"),
  UNKNOWN_SERVER_ERROR: passes("the broker failed, and does not say why"),
  BROKER_NOT_AVAILABLE: passes("the broker is not available"),
  OUT_OF_ORDER_SEQUENCE_NUMBER: passes("the broker has lost count of this producer's messages"),
  UNKNOWN_PRODUCER_ID: passes("the broker does not know this producer any more"),
  INVALID_PRODUCER_EPOCH: passes("the broker does not know this producer any more"),
  DUPLICATE_SEQUENCE_NUMBER: passes("the broker has lost count of this producer's messages"),
  OFFSET_NOT_AVAILABLE: passes("the partition's new leader is not ready"),
  FENCED_LEADER_EPOCH: passes("the partition has another leader now"),
  UNKNOWN_LEADER_EPOCH: passes("the partition has another leader now"),
  INVALID_SESSION_TIMEOUT: asked("the broker does not take the session's length: change session"),
  INCONSISTENT_GROUP_PROTOCOL: asked("members of the group share out partitions in another way: use a group of its own"),
  INVALID_GROUP_ID: asked("the broker does not take the group's name"),
  GROUP_MAX_SIZE_REACHED: asked("the group has as many members as the broker takes"),
  INVALID_TOPIC_EXCEPTION: asked("the broker does not take the topic's name", "kafka-topic-missing"),
};

/** What the client's own texts say. */
const TEXTS: readonly (readonly [RegExp, Meaning])[] = [
  [/^Broker requires TLS/, asked("the broker speaks TLS: set securityProtocol to SASL_SSL or SSL", "kafka-tls")],
  [
    new RegExp(`^${INFLATED}`),
    asked(
      `a batch of messages inflates to more than ${MOST_INFLATED >> 20} MiB, and is not read: delete it from the topic, or set the group's offset behind it`,
      "kafka-inflated",
    ),
  ],
  [/verify the broker supports TLS/, asked("the broker does not speak TLS: check the port and securityProtocol", "kafka-tls")],
  [
    /^No usable implementation|^Unsupported API|is not supported/i,
    asked("the broker is too old, or lacks what is asked for", "kafka-unsupported"),
  ],
];

interface Leaf {
  readonly message: string;
  readonly code?: string;
  readonly apiId?: string;
  readonly canRetry?: boolean;
  readonly serverErrorMessage?: string | null;
}

/** A sorter for errors of these brokers. */
export function kafkaFailures({ brokers, sasl }: Pick<ConnectionOptions, "brokers" | "sasl">): KafkaFailures {
  const where = brokers.length > 2 ? `${brokers[0]} and ${brokers.length - 1} more` : brokers.join(" and ");
  const user = sasl?.username === undefined ? "the token" : `user ${sasl.username}`;
  const remedy = remedyOf(sasl);
  const meaningOf = (leaf: Leaf): Meaning | undefined => {
    const { apiId, code, message } = leaf;
    if (isRefusedUser(leaf)) {
      const says = `${user} (${sasl?.mechanism ?? "no SASL"}) is refused: ${remedy}`;
      return asked(says, "not-authenticated");
    }
    if (apiId === "UNKNOWN_TOPIC_OR_PARTITION" || apiId === "UNKNOWN_TOPIC_ID" || /^Unknown topic /.test(message)) {
      return asked("there is no such topic, or it may not be seen: create it, or correct its name", "kafka-topic-missing");
    }
    if (apiId !== undefined && apiId in MEANINGS) return MEANINGS[apiId];
    if (apiId !== undefined) {
      return leaf.canRetry === true ? passes(sentence(message)) : asked(sentence(leaf.serverErrorMessage ?? message));
    }
    if (code === "PLT_KFK_UNSUPPORTED_API") return asked("the broker lacks what is asked for", "kafka-unsupported");
    return TEXTS.find(([text]) => text.test(message))?.[1];
  };
  return (error, doing) => {
    if (error instanceof FlowferryError) return error;
    const leaves = leavesOf(error);
    const own = leaves.find((leaf) => leaf instanceof UsageError);
    if (own !== undefined) return new Failure("person", codeOf(own), own.message, { cause: error });
    const meanings = leaves.flatMap((leaf) => meaningOf(leaf) ?? []);
    // Of several brokers one may be down while another says what is really wrong.
    const meaning = meanings.find(({ drawer }) => drawer === "person") ?? meanings[0];
    const what = `Kafka: cannot ${doing}`;
    if (meaning !== undefined) {
      const { drawer, code, says, tooLarge = false, gone = false } = meaning;
      return new Failure(drawer, code, `${what} at ${where}: ${says}`, { cause: error, tooLarge, gone });
    }
    const network = leaves.find(({ code }) => code !== undefined && !code.startsWith("PLT_KFK")) ?? leaves[0];
    const timedOut = leaves.some(({ message }) => /timed out/i.test(message));
    const cause =
      timedOut && network?.code?.startsWith("PLT_KFK")
        ? Object.assign(new Error(), { code: "UND_ERR_HEADERS_TIMEOUT" })
        : network;
    const failure = networkFailure("kafka-unreachable", what, where, cause, "tls.caFile");
    return new Failure(failure.drawer, failure.code, failure.message, { cause: error });
  };
}

/** What a person does about a user that brokers refuse. */
function remedyOf(sasl: ConnectionOptions["sasl"]): string {
  const { mechanism, passwordFile, tokenFile } = sasl ?? {};
  if (mechanism !== "OAUTHBEARER")
    return `check sasl.username and ${passwordFile === undefined ? "sasl.password" : `what is in ${passwordFile} (sasl.passwordFile)`}`;
  if (tokenFile === undefined)
    return "it may have expired: set a fresh sasl.token and start again, or use sasl.tokenFile, which is read again";
  return `it may have expired: write a fresh one into ${tokenFile} (sasl.tokenFile), which is read again`;
}

const isRefusedUser = ({ apiId, code }: Leaf): boolean =>
  apiId === "SASL_AUTHENTICATION_FAILED" ||
  apiId === "UNSUPPORTED_SASL_MECHANISM" ||
  apiId === "ILLEGAL_SASL_STATE" ||
  code === "PLT_KFK_AUTHENTICATION";

const sentence = (text: string): string => `${text.slice(0, 1).toLowerCase()}${text.slice(1).replace(/\.$/, "")}`;

/** Everything that an error is made of, from the inside out: of several errors in one, and of causes, each. */
function leavesOf(error: unknown, depth = 0): Leaf[] {
  if (typeof error !== "object" || error === null || depth > 6) return [];
  const { errors, cause } = error as { errors?: unknown; cause?: unknown };
  const inner = [...(Array.isArray(errors) ? errors : []), cause].flatMap((part) => leavesOf(part, depth + 1));
  const own = Array.isArray(errors) ? [] : [error as Leaf];
  const all = [...inner, ...own];
  return all.length > 0 ? all : [{ message: describeError(error) }];
}
