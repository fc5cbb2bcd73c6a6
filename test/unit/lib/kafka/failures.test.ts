import { AuthenticationError, MultipleErrors, NetworkError, ProtocolError, protocolErrors, UserError } from "@platformatic/kafka";
import { expect, test } from "vitest";
import { drawerOf, Failure, UsageError } from "../../../../src/lib/errors.ts";
import { kafkaFailures } from "../../../../src/lib/kafka/failures.ts";

const failure = kafkaFailures({
  brokers: ["one.example.com:9093", "two.example.com:9093"],
  sasl: { mechanism: "PLAIN", username: "token", password: "s3cret" },
});
const sorted = (error: unknown) => failure(error, "read topic flows");

test.each([
  ["TOPIC_AUTHORIZATION_FAILED", "person", "not-authorized"],
  ["GROUP_AUTHORIZATION_FAILED", "person", "not-authorized"],
  ["UNKNOWN_TOPIC_OR_PARTITION", "person", "kafka-topic-missing"],
  ["SASL_AUTHENTICATION_FAILED", "person", "not-authenticated"],
  ["MESSAGE_TOO_LARGE", "batch", "kafka-too-large"],
  ["INVALID_TIMESTAMP", "person", "kafka-clock"],
  ["OFFSET_OUT_OF_RANGE", "object", "kafka-offset-lost"],
  ["ILLEGAL_GENERATION", "passing", "kafka-membership"],
  ["FENCED_INSTANCE_ID", "person", "kafka-membership"],
  ["NOT_LEADER_OR_FOLLOWER", "passing", "kafka-unavailable"],
  ["COORDINATOR_LOAD_IN_PROGRESS", "passing", "kafka-unavailable"],
  ["NOT_ENOUGH_REPLICAS", "passing", "kafka-unavailable"],
  ["POLICY_VIOLATION", "person", "kafka-refused"],
])("%s lies in the drawer %s", (id, drawer, code) => {
  const found = sorted(new ProtocolError(id));
  expect([drawerOf(found), found.code]).toEqual([drawer, code]);
});

test("every error of the protocol is one line that names the brokers, and lies in a drawer", () => {
  for (const id of Object.keys(protocolErrors).filter((one) => one !== "NONE")) {
    const found = sorted(new MultipleErrors("produce failed 2 times.", [new ProtocolError(id)]));
    expect(found, id).toBeInstanceOf(Failure);
    expect(found.message, id).toMatch(
      /^Kafka: cannot read topic flows at one.example.com:9093 and two.example.com:9093: \S.*[^.]$/,
    );
  }
});

test("a refused user is found among the errors of all brokers, within their causes, and the password is not told", () => {
  const refused = new AuthenticationError("SASL authentication failed.", {
    cause: new ProtocolError("SASL_AUTHENTICATION_FAILED"),
  });
  const down = new NetworkError("Connection to two failed.", {
    cause: Object.assign(new Error("refused"), { code: "ECONNREFUSED" }),
  });
  const all = new MultipleErrors("Cannot connect to any broker.", [
    down,
    new NetworkError("Connection to one failed.", { cause: refused }),
  ]);
  const found = sorted(all);
  expect([drawerOf(found), found.code]).toEqual(["person", "not-authenticated"]);
  expect(found.message).toMatch(/user token \(PLAIN\) is refused: check sasl.username and sasl.password$/);
  expect(found.message).not.toMatch(/s3cret/);
});

test("what the network says passes, what TLS says needs a person", () => {
  const broken = (code: string) => new NetworkError("Connection failed.", { cause: Object.assign(new Error("x"), { code }) });
  expect(drawerOf(sorted(broken("ECONNREFUSED")))).toBe("passing");
  expect(drawerOf(sorted(broken("SELF_SIGNED_CERT_IN_CHAIN")))).toBe("person");
  expect(sorted(broken("SELF_SIGNED_CERT_IN_CHAIN")).message).toMatch(/name it in tls.caFile/);
  expect(sorted(new UserError("Broker requires TLS.")).message).toMatch(/set securityProtocol to SASL_SSL/);
});

test("what is sorted already stays, also within", () => {
  const own = new UsageError("kafka-secret", "sasl.tokenFile: cannot read /token");
  expect(sorted(own)).toBe(own);
  const within = sorted(new NetworkError("Connection failed.", { cause: own }));
  expect([drawerOf(within), within.code, within.message]).toEqual(["person", "kafka-secret", own.message]);
});
