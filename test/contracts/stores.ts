import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ObjectStore } from "../../src/contracts.ts";
import { directoryStore } from "../../src/sources/directory.ts";
import { ociObjectStorageOptions, ociObjectStore } from "../../src/sources/oci-object-storage.ts";
import { s3Options } from "../../src/sources/s3/options.ts";
import { s3Store } from "../../src/sources/s3.ts";
import { startOci } from "../simulators/oci/index.ts";
import { s3Server } from "../simulators/s3/server.ts";

/** A bucket of its own, and what a test does to it behind the store's back. */
export interface OpenBucket {
  readonly store: ObjectStore;
  put(key: string, body: Uint8Array): Promise<void>;
  remove(key: string): Promise<void>;
  close(): Promise<void>;
}

export interface StoreKind {
  readonly name: string;
  /** Keys are paths: no empty part, none that is also a folder, and no name that begins with a dot. */
  readonly paths: boolean;
  open(): Promise<OpenBucket>;
}

/** Every kind of store. A new one is one entry here. */
export const STORES: readonly StoreKind[] = [
  {
    name: "directory",
    paths: true,
    async open() {
      const root = await mkdtemp(join(tmpdir(), "flowferry-store-"));
      const store = await directoryStore({ path: root, ignore: [".*", "*.tmp", "*.part"] }, { baseDir: "/", onEvent: () => {} });
      return {
        store,
        async put(key, body) {
          await mkdir(dirname(join(root, key)), { recursive: true });
          await writeFile(join(root, `${key}.tmp`), body);
          await rename(join(root, `${key}.tmp`), join(root, key));
        },
        remove: (key) => rm(join(root, key)),
        async close() {
          await store.close();
          await rm(root, { recursive: true });
        },
      };
    },
  },
  {
    name: "s3",
    paths: false,
    async open() {
      const server = await s3Server("flows");
      const options = s3Options.parse({
        bucket: "flows",
        endpoint: server.endpoint,
        accessKeyId: "key",
        secretAccessKey: "secret",
      });
      const store = await s3Store(options, { env: {}, onEvent: () => {} });
      return {
        store,
        put: async (key, body) => server.put(key, body),
        remove: async (key) => server.remove(key),
        async close() {
          await store.close();
          await server.close();
        },
      };
    },
  },
  {
    name: "oci-object-storage",
    paths: false,
    async open() {
      const oci = await startOci({ buckets: ["flows"] });
      const auth = { type: "config-file", file: oci.config };
      const options = ociObjectStorageOptions.parse({ namespace: oci.namespace, bucket: "flows", endpoint: oci.endpoint, auth });
      const store = await ociObjectStore(options, { baseDir: "/", env: {} });
      return {
        store,
        put: async (key, body) => void oci.put("flows", key, body),
        remove: async (key) => oci.delete("flows", key),
        async close() {
          await store.close();
          await oci.stop();
        },
      };
    },
  },
];
