import type { CloudNetwork } from "../../../enrich/rules/cloud.ts";
import { type IbmNetworkOptions, ibmNetworkOptions } from "./options.ts";
import { type IbmExport, IbmReader } from "./reader.ts";
import { ibmRuleWriter } from "./writer.ts";

/** In the order in which they are read: what is spoken of before what speaks of it. */
const EXPORTS: readonly IbmExport[] = ["subnets", "networkAcls", "securityGroups", "virtualNetworkInterfaces"];

/** The exports that the options name, with their paths. */
function exportsIn(options: IbmNetworkOptions): { kind: IbmExport; path: string }[] {
  return EXPORTS.flatMap((kind) => {
    const path = options[kind];
    return path === undefined ? [] : [{ kind, path }];
  });
}

/** Networks in IBM Cloud. */
export const ibmNetwork: CloudNetwork<IbmNetworkOptions> = {
  name: "ibm",
  provider: "ibm_cloud",
  writer: ibmRuleWriter,
  options: ibmNetworkOptions,
  resolve: (options, at, beside) => {
    const { inventory } = options;
    const exported = Object.fromEntries(exportsIn(options).map(({ kind, path }) => [kind, at(path)]));
    if (inventory === undefined) return exported;
    const cache = inventory.cache === undefined ? beside("ibm-inventory.json") : at(inventory.cache);
    return { ...exported, inventory: { ...inventory, files: inventory.files.map(at), cache } };
  },
  files: (options) => exportsIn(options).map(({ path }) => path),
  async inventory({ inventory }, surroundings) {
    return inventory && (await import("../inventory/source.ts")).ibmInventory(inventory, surroundings);
  },
  async read(options, open) {
    const exported = exportsIn(options);
    if (exported.length === 0) return undefined;
    const reader = new IbmReader();
    for (const { kind, path } of exported) {
      const document = await open(path);
      if (document !== undefined) reader.read(document, kind);
    }
    return reader.data();
  },
};
