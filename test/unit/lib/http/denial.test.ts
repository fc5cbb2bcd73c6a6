import { expect, test } from "vitest";
import type { AnswerBody } from "../../../../src/lib/http/answers.ts";
import { denialIn, isAssent } from "../../../../src/lib/http/denial.ts";

const whole = (text: string): AnswerBody => ({ bytes: Buffer.from(text), fault: undefined });

test("a yes in words is a yes, and other words are none", () => {
  for (const yes of ["ok", "OK", "Ok.", "okay", "success", "Success!", "200 OK", "202 Accepted", "accepted", "Logs received"])
    expect([yes, isAssent(yes)]).toEqual([yes, true]);
  for (const yes of ["All logs were received successfully", "data stored", "done", "request accepted", "OK\n"])
    expect([yes, isAssent(yes)]).toEqual([yes, true]);
  for (const no of ["", "not ok", "Unauthorized", "Bad Gateway", "no healthy upstream", "status", "200", "0", "invalid token"])
    expect([no, isAssent(no)]).toEqual([no, false]);
  for (const no of ["ok, but rejected", "Please log in", "Zugriff verweigert", "ok ".repeat(50)])
    expect([no, isAssent(no)]).toEqual([no, false]);
  // Up to 100 characters.
  expect([`ok${" ".repeat(98)}`, `ok${" ".repeat(99)}`].map(isAssent)).toEqual([true, false]);
});

test.each([
  "",
  " \r\n",
  "ok",
  '"OK"',
  "{}",
  "[]",
  "null",
  "true",
  '{"status":"ok"}',
  '{"code":0,"message":"success"}',
  '{"code":200}',
  '{"code":299}',
  '{"code":"0"}',
  '{"code":"OK"}',
  '{"error":"0","fault":{}}',
  '{"status":202,"requestId":"8d1"}',
  '{"errors":false,"took":3}',
  '{"error":null,"errors":[]}',
  '[{"status":201},{"status":201}]',
])("where no body is defined, %j may stand", (body) => {
  expect(denialIn(whole(body))).toBeUndefined();
});

test.each([
  ["<!doctype html><title>Sign in</title>", "is a page with the title Sign in"],
  ["\n <html>\n<body>", "is a page"],
  ["Unauthorized", "says Unauthorized"],
  ["false", "says false"],
  ["7", "says 7"],
  ['{"half', 'says {"half'],
  ['"denied"', 'says "denied"'],
  ['{"error":"unknown tenant","status":401}', 'says {"error":"unknown tenant","status":401}'],
  ['{"errors":[{"code":"x"}]}', 'says {"errors":[{"code":"x"}]}'],
  ['{"status":401}', 'says {"status":401}'],
  ['{"statusCode":"500"}', 'says {"statusCode":"500"}'],
  ['{"code":16,"message":"token"}', 'says {"code":16,"message":"token"}'],
  ['{"code":"NotAuthenticated","message":"x"}', 'says {"code":"NotAuthenticated","message":"x"}'],
  ['{"code":199}', 'says {"code":199}'],
  ['{"code":300}', 'says {"code":300}'],
  ['{"errcode":310000}', 'says {"errcode":310000}'],
  ['{"ok":"false"}', 'says {"ok":"false"}'],
  ['{"success":false}', 'says {"success":false}'],
  ['{"message":"Forbidden"}', 'says {"message":"Forbidden"}'],
  ['{"status":"error"}', 'says {"status":"error"}'],
  ['[{"status":201},{"status":429}]', 'says [{"status":201},{"status":429}]'],
  ["\u0000\u0000", "has no text"],
])("%j acknowledges nothing", (body, said) => {
  expect(denialIn(whole(body))).toBe(said);
});

test("a body with a fault acknowledges nothing, whatever there is of it", () => {
  expect(denialIn({ bytes: Buffer.from("{}"), fault: "breaks off: x" })).toBe("breaks off: x");
});
