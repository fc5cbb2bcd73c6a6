import { expect, test } from "vitest";
import { z } from "zod";
import { checkConnection, connectionShape } from "../../../../src/lib/kafka/options.ts";

const schema = z.strictObject(connectionShape);
const sasl = { username: "token", password: "secret" };
const check = (given: object) => checkConnection(schema.parse({ brokers: ["broker-0.example.com:9093"], sasl, ...given }));

test("a user and a password over TLS are enough", () => {
  expect(() => check({})).not.toThrow();
  expect(() => check({ securityProtocol: "SSL", sasl: undefined })).not.toThrow();
  expect(() => check({ sasl: { mechanism: "OAUTHBEARER", tokenFile: "token" } })).not.toThrow();
});

test.each([
  [{ sasl: undefined }, /needs sasl/],
  [{ securityProtocol: "PLAINTEXT" }, /set SASL_PLAINTEXT/],
  [{ securityProtocol: "SSL" }, /set SASL_SSL/],
  [{ sasl: { username: "token" } }, /PLAIN needs sasl.username and sasl.password/],
  [{ sasl: { mechanism: "OAUTHBEARER", ...sasl } }, /either sasl.token or sasl.tokenFile/],
  [{ sasl: { ...sasl, passwordFile: "password" } }, /sasl.password and sasl.passwordFile exclude each other/],
  [{ tls: { certFile: "client.pem" } }, /belong together/],
])("options that contradict each other are refused: %j", (given, message) => {
  expect(() => check(given)).toThrow(message);
});

test("a password goes unencrypted to this machine alone, unless that is wanted", () => {
  const open = { securityProtocol: "SASL_PLAINTEXT" };
  expect(() => check(open)).toThrow(/broker-0.example.com:9093 unencrypted/);
  expect(() => check({ ...open, brokers: ["127.0.0.1:9092", "localhost:9093"] })).not.toThrow();
  expect(() => check({ ...open, allowInsecure: true })).not.toThrow();
});

test.each(["broker", "broker:", ":9092", "kafka://broker:9092", "a b:9092"])("%s is no broker", (broker) => {
  expect(schema.safeParse({ brokers: [broker] }).success).toBe(false);
});
