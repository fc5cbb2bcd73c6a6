import { ociObjectStorageOptions, ociObjectStore } from "../../../src/clouds/oci/object-storage/source.ts";
import type { ObjectRef, ObjectStore } from "../../../src/contracts/store.ts";
import type { Drawer } from "../../../src/lib/errors.ts";
import type { Secrets } from "../../../src/lib/secrets/secrets.ts";
import type { Oci } from "../../simulators/oci/index.ts";

export const never = new AbortController().signal;

/** A store on the simulator, from the options as a configuration file has them. */
export function storeOn(
  oci: Oci,
  options: Record<string, unknown> = {},
  env: NodeJS.ProcessEnv = {},
  baseDir = "/",
  secrets?: Secrets,
): Promise<ObjectStore> {
  const given = {
    namespace: oci.namespace,
    bucket: "flows",
    endpoint: oci.endpoint,
    auth: { type: "config-file", file: oci.config },
    ...options,
  };
  return ociObjectStore(ociObjectStorageOptions.parse(given), { baseDir, env, secrets });
}

export async function listAll(
  store: ObjectStore,
  options: Partial<Parameters<ObjectStore["list"]>[0]> = {},
): Promise<ObjectRef[]> {
  const found: ObjectRef[] = [];
  for await (const { objects } of store.list({ prefix: "", ...options }, never)) found.push(...objects);
  return found;
}

/** The version of an object that the simulator holds, as a listing tells of it. */
export function refOf(oci: Oci, key: string): ObjectRef {
  const object = oci.find("flows", key);
  if (object === undefined) throw new Error(`no object ${key}`);
  return { key, etag: object.etag, size: object.size, time: object.timeModified };
}

export async function readAll(store: ObjectStore, object: ObjectRef): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await store.open(object, never)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** What a call fails with. */
export async function failureOf(
  call: Promise<unknown>,
): Promise<Error & { code?: string; drawer?: Drawer; retryAfterMs?: number }> {
  const outcome = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(outcome instanceof Error)) throw new Error(`did not fail with an Error but with ${String(outcome)}`);
  return outcome;
}
