import { describe, expect, test } from "vitest";
import { type Objection, objectionToAny, objectionToMoreThanObject, objectionToMoreThanOk } from "../../../src/alerts/answer.ts";

const says = (objection: Objection, text: string) => objection({ bytes: Buffer.from(text), fault: undefined });

const PAGE = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><p>…</p></body></html>";

describe("any receiver", () => {
  test.each([
    "",
    " \n",
    "ok",
    "OK",
    "1",
    "true",
    "null",
    "Thank you!",
    "queued as 4f6a31",
    "0 errors",
    "no error",
    "{}",
    "[]",
    '"accepted"',
    // PagerDuty, Opsgenie, Splunk, Discord, ntfy; the last repeats the alert, with words of refusal in it.
    '{"status":"success","message":"Event processed","dedup_key":"samplekeyhere"}',
    '{"result":"Request will be processed","took":0.302,"requestId":"43a29c5c-3dbf-4fa4-9c26-f4f71023e120"}',
    '{"text":"Success","code":0}',
    '{"id":"1","type":0,"content":"x","embeds":[],"code":"accepted"}',
    '{"id":"x","time":1735528757,"event":"message","title":"Login failed","message":"access denied, error, rejected"}',
    '{"error":null,"errors":[],"errcode":0,"ok":true}',
    '{"error":false,"success":"true","fault":{},"err":"0"}',
    '{"statusCode":202,"status":200}',
    '[{"ok":true},{"ok":true}]',
    '{"status":"received","code":1000}',
    '{"code":399}',
    '{"code":600}',
  ])("may answer %j", (text) => {
    expect(says(objectionToAny, text)).toBeUndefined();
  });

  test.each([
    [PAGE, "is a page with the title Sign in"],
    ["<p>busy</p>", "is a page"],
    ['\ufeff  <?xml version="1.0"?><Error/>', "is a page"],
    ['{"error":"token expired"}', 'says {"error":"token expired"}'],
    ['{"errors":["no"]}', 'says {"errors":["no"]}'],
    ['{"errcode":310000,"errmsg":"x"}', 'says {"errcode":310000,"errmsg":"x"}'],
    ['{"fault":{"code":1}}', 'says {"fault":{"code":1}}'],
    ['{"ok":false}', 'says {"ok":false}'],
    ['{"success":"false"}', 'says {"success":"false"}'],
    ['{"status":"error"}', 'says {"status":"error"}'],
    ['{"result":"FAILED"}', 'says {"result":"FAILED"}'],
    ['{"status":401}', 'says {"status":401}'],
    ['{"code":"503"}', 'says {"code":"503"}'],
    ['{"code":400}', 'says {"code":400}'],
    ['{"code":599}', 'says {"code":599}'],
    ['{"httpStatus":403}', 'says {"httpStatus":403}'],
    ['[{"ok":true},{"ok":false}]', 'says [{"ok":true},{"ok":false}]'],
    ["false", "says false"],
    ['"Error: no"', 'says "Error: no"'],
    ["Error: no such hook", "says Error: no such hook"],
    ["failed to queue", "says failed to queue"],
    ["Access denied", "says Access denied"],
    [
      "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429",
      "says Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429",
    ],
  ])("does not answer %j", (text, objection) => {
    expect(says(objectionToAny, text)).toBe(objection);
  });

  test("answers with a few words, or with JSON of any length", () => {
    expect(says(objectionToAny, "x".repeat(1_000))).toBeUndefined();
    expect(says(objectionToAny, "x".repeat(1_001))).toMatch(/^says x+…$/);
    expect(says(objectionToAny, JSON.stringify({ text: "x".repeat(5_000) }))).toBeUndefined();
  });

  test("answers whole", () => {
    for (const objection of [objectionToAny, objectionToMoreThanObject, objectionToMoreThanOk]) {
      expect(objection({ bytes: Buffer.from("ok"), fault: "breaks off: other side closed" })).toBe(
        "breaks off: other side closed",
      );
    }
  });
});

describe("Alertmanager", () => {
  test.each(["", '{"status":"success"}', "{}"])("may answer %j", (text) => {
    expect(says(objectionToMoreThanObject, text)).toBeUndefined();
  });

  test.each([
    ["ok", "says ok"],
    ["[]", "says []"],
    ["null", "says null"],
    [PAGE, "is a page with the title Sign in"],
    ['{"status":"error","errorType":"bad_data","error":"x"}', 'says {"status":"error","errorType":"bad_data","error":"x"}'],
  ])("does not answer %j", (text, objection) => {
    expect(says(objectionToMoreThanObject, text)).toBe(objection);
  });
});

describe("Slack", () => {
  test.each(["ok", "OK\n", '{"ok":true}', '{"success":true}'])("may answer %j", (text) => {
    expect(says(objectionToMoreThanOk, text)).toBeUndefined();
  });

  test.each([
    ["", "has no text"],
    ["okay", "says okay"],
    ["{}", "says {}"],
    ['{"ok":false,"error":"no_text"}', 'says {"ok":false,"error":"no_text"}'],
    ['{"ok":true,"error":"no_text"}', 'says {"ok":true,"error":"no_text"}'],
    [PAGE, "is a page with the title Sign in"],
  ])("does not answer %j", (text, objection) => {
    expect(says(objectionToMoreThanOk, text)).toBe(objection);
  });
});
