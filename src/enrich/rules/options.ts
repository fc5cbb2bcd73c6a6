import { z } from "zod";

/** The part of the `enrich` block that says how much a flow gets of the rules. */
export const detailOptions = z.strictObject({
  securityLists: z
    .enum(["none", "matched", "full"])
    .default("matched")
    .describe(
      "How much of the rules a flow gets, where oci or ibm describes the network: none; matched: the rule that governs it, and the security lists cut down to the rules that cover it; full: that rule, and all security lists of its subnet",
    ),
});
