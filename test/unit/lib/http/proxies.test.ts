import { expect, test } from "vitest";
import { proxiesOf } from "../../../../src/lib/http/proxies.ts";

test("proxies are those of the environment, in small letters first", () => {
  const env = { HTTPS_PROXY: "http://one:3128", https_proxy: "http://two:3128", NO_PROXY: "internal" };
  expect(proxiesOf(env)).toEqual({ httpProxy: "", httpsProxy: "http://two:3128", noProxy: "internal" });
});

test.each(["proxy.example.com:3128", "localhost:3128", "//proxy", "http://"])("%s is no proxy", (value) => {
  expect(() => proxiesOf({ HTTP_PROXY: value })).toThrow("HTTP_PROXY is no URL with a scheme: write it as in http://proxy");
});
