import type { CloudNetwork } from "../../../enrich/rules/cloud.ts";
import { openOciApi } from "./api.ts";
import { type OciNetworkOptions, ociNetworkOptions } from "./options.ts";
import { OciReader, readOciDocument } from "./reader.ts";
import { ociRuleWriter } from "./writer.ts";

/** Networks in OCI. */
export const ociNetwork: CloudNetwork<OciNetworkOptions> = {
  name: "oci",
  provider: "oracle_cloud",
  writer: ociRuleWriter,
  options: ociNetworkOptions,
  resolve: ({ files, api, inventory }, at, beside) => ({
    files: files.map(at),
    inventory: inventory && {
      ...inventory,
      files: inventory.files.map(at),
      cache: inventory.cache === undefined ? beside("oci-inventory.json") : at(inventory.cache),
    },
    api: api && { ...api, cache: api.cache === undefined ? beside("network.json") : at(api.cache) },
  }),
  files: ({ files }) => files,
  async read({ files }, open, report) {
    if (files.length === 0) return undefined;
    const reader = new OciReader();
    let refused = false;
    for (const path of files) {
      const document = await open(path);
      if (document === undefined) refused = true;
      else readOciDocument(document, reader);
    }
    const data = reader.data(true);
    if (data.subnets.size === 0 && !refused) {
      const advice = "add what `oci network subnet list --all` prints";
      report(`${files.join(", ")}: hold no subnets, so no rule can be told: ${advice}`);
    }
    return data;
  },
  async inventory({ inventory }, surroundings) {
    return inventory && (await import("../inventory/source.ts")).ociInventory(inventory, surroundings);
  },
  openApi: ({ api }, surroundings, onEvent, onChange) => api && openOciApi(api, surroundings, onEvent, onChange),
};
