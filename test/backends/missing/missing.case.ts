import { expect, test } from "vitest";
import { available } from "../servers/available.ts";
import { Unavailable } from "../servers/unavailable.ts";

const server = available("Nothing", async (): Promise<{ stop(): Promise<void> }> => {
  throw new Unavailable("Nothing", "there is no such server");
});

test("a journey through it", () => {
  expect(server()).toBeDefined();
});
