import { existsSync } from "node:fs";
import { chmod, lstat, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ibmIam } from "../../src/clouds/ibm/bucket-auth.ts";
import { ociObjectStorageOptions, ociObjectStore } from "../../src/clouds/oci/object-storage/source.ts";
import type { ObjectStore } from "../../src/contracts/store.ts";
import { directoryStore } from "../../src/intake/directory/source.ts";
import { s3With } from "../../src/intake/s3/source.ts";
import type { Drawer } from "../../src/lib/errors.ts";
import type { FaultEffect } from "../simulators/oci/faults.ts";
import { startOci } from "../simulators/oci/index.ts";
import { type Fault, s3Server } from "../simulators/s3/server.ts";

const s3 = s3With(ibmIam);

/** What can go wrong with every listing, or with every reading of the object `KEY`, until it heals; the drawer, and the code. */
export const LISTING_FAULTS = {
  "no credentials": ["person", "not-authenticated"],
  "not allowed": ["person", undefined],
  "no bucket": ["person", undefined],
  "a redirect": ["person", undefined],
  overloaded: ["passing", "too-many-requests"],
  "out of order": ["passing", "service-unavailable"],
  "cut connections": ["passing", "network"],
  "a page": ["not-understood", "bad-answer"],
  "an empty answer": ["not-understood", "bad-answer"],
  "half a listing": ["not-understood", "bad-answer"],
} as const satisfies Record<string, readonly [Drawer, string | undefined]>;

export const READING_FAULTS = {
  "not allowed": ["object", "object-denied"],
  refused: ["object", "object-refused"],
  "not to be read": ["object", "object-unreadable"],
  archived: ["object", "object-archived"],
  "late to show": ["object", "object-missing"],
  "no credentials": ["person", "not-authenticated"],
  "no bucket": ["person", undefined],
  overloaded: ["passing", "too-many-requests"],
  "out of order": ["passing", "service-unavailable"],
  "cut connections": ["passing", "network"],
  "a page": ["not-understood", "bad-answer"],
  "bytes of nobody knows what": ["not-understood", "bad-answer"],
} as const satisfies Record<string, readonly [Drawer, string | undefined]>;

export const KEY = "logs/a.gz";

type Faults<Name extends string> = Readonly<Partial<Record<Name, () => void | Promise<void>>>>;

/** A bucket of its own, and what a test does to it behind the store's back. */
export interface OpenBucket {
  readonly store: ObjectStore;
  put(key: string, body: Uint8Array): Promise<void>;
  remove(key: string): Promise<void>;
  /** Those that can happen to this kind of store. */
  readonly listingFaults: Faults<keyof typeof LISTING_FAULTS>;
  readonly readingFaults: Faults<keyof typeof READING_FAULTS>;
  /** How no object at all can be read any more, until it heals; the listing goes on. */
  readonly refusals: Readonly<Record<string, () => void | Promise<void>>>;
  heal(): void | Promise<void>;
  close(): Promise<void>;
}

const PAGE = "<!DOCTYPE html><html><title>Sign in</title></html>";
const HTML = { "content-type": "text/html" };
/** What overload says of the pause that it wants. */
export const RETRY_AFTER_MS = 7000;
const RETRY_AFTER = { "retry-after": "7" };

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
      const heal = async () => {
        letIn();
        if (existsSync(`${root}.away`)) await rename(`${root}.away`, root);
        if (existsSync(`${root}.kept`)) await rename(`${root}.kept`, join(root, KEY));
        await chmod(root, 0o755);
        for (const file of await readdir(root, { recursive: true }))
          if ((await lstat(join(root, file))).isFile()) await chmod(join(root, file), 0o644);
      };
      const store = await directoryStore({ path: root, ignore: [".*", "*.tmp", "*.part"] }, { baseDir: "/", onEvent: () => {} });
      return {
        store,
        async put(key, body) {
          await mkdir(dirname(join(root, key)), { recursive: true });
          await writeFile(join(root, `${key}.tmp`), body);
          await rename(join(root, `${key}.tmp`), join(root, key));
        },
        remove: (key) => rm(join(root, key)),
        listingFaults: {
          "not allowed": () => lockOut(root),
          "no bucket": () => rename(root, `${root}.away`),
        },
        readingFaults: {
          "not allowed": () => lockOut(join(root, KEY)),
          async "not to be read"() {
            await rename(join(root, KEY), `${root}.kept`);
            await symlink("a.gz", join(root, KEY));
          },
          "no bucket": () => rename(root, `${root}.away`),
        },
        refusals: {
          async "not allowed"() {
            await chmod(root, 0o755);
            for (const file of await readdir(root)) await chmod(join(root, file), 0);
            becomeAnother();
          },
        },
        heal,
        async close() {
          await heal();
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
      const options = s3.options.parse({
        bucket: "flows",
        endpoint: server.endpoint,
        accessKeyId: "key",
        secretAccessKey: "wJalrXUtnFEMI",
      });
      const store = await s3.create(options, { env: {}, onEvent: () => {} });
      const strike = (path: string, fault: Fault) => () => {
        server.fault = (request) => (request.path === path ? fault : undefined);
      };
      const refusing = (fault: Fault) => () => {
        server.fault = ({ path }) => (path === "/flows/" ? undefined : fault);
      };
      const listing = (fault: Fault) => strike("/flows/", fault);
      const reading = (fault: Fault) => strike(`/flows/${KEY}`, fault);
      return {
        store,
        listingFaults: {
          "no credentials": listing({ status: 403, code: "InvalidAccessKeyId" }),
          "not allowed": listing({ status: 403, code: "AccessDenied" }),
          "no bucket": listing({ status: 404, code: "NoSuchBucket" }),
          "a redirect": listing({ status: 301, code: "PermanentRedirect" }),
          overloaded: listing({ status: 503, code: "SlowDown", headers: RETRY_AFTER }),
          "out of order": listing({ status: 500, code: "InternalError" }),
          "cut connections": listing({ reset: true }),
          "a page": listing({ instead: PAGE }),
          "an empty answer": listing({ instead: "" }),
          "half a listing": listing({ cut: 300 }),
        },
        readingFaults: {
          "not allowed": reading({ status: 403, code: "AccessDenied" }),
          refused: reading({ status: 400, code: "InvalidRequest" }),
          archived: reading({ status: 403, code: "InvalidObjectState" }),
          "late to show": reading({ status: 404, code: "NoSuchKey" }),
          "no credentials": reading({ status: 401, code: "Unauthorized" }),
          "no bucket": reading({ status: 404, code: "NoSuchBucket" }),
          overloaded: reading({ status: 429, code: "TooManyRequests", headers: RETRY_AFTER }),
          "out of order": reading({ status: 500, code: "InternalError" }),
          "cut connections": reading({ reset: true }),
          "a page": reading({ instead: PAGE }),
          "bytes of nobody knows what": reading({ instead: "bytes", headers: { etag: '"another"' } }),
        },
        refusals: {
          "not allowed": refusing({ status: 403, code: "AccessDenied" }),
          "no credentials": refusing({ status: 401, code: "Unauthorized" }),
          "an expired token": refusing({ status: 400, code: "ExpiredToken" }),
        },
        heal() {
          server.fault = () => undefined;
        },
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
      const strike = (on: string, effect: FaultEffect) => () => oci.faults.add({ on, times: Number.POSITIVE_INFINITY }, effect);
      const listing = (effect: FaultEffect) => strike("list", effect);
      const reading = (effect: FaultEffect) => strike("get", effect);
      return {
        store,
        listingFaults: {
          "no credentials": listing({ status: 401 }),
          "not allowed": listing({ status: 404, code: "NotAuthorizedOrNotFound" }),
          "no bucket": listing({ status: 404, code: "BucketNotFound" }),
          "a redirect": listing({ raw: { status: 302, headers: { ...HTML, location: "https://sso.example/" }, body: PAGE } }),
          overloaded: listing({ status: 429, headers: RETRY_AFTER }),
          "out of order": listing({ status: 500 }),
          "cut connections": listing({ reset: true }),
          "a page": listing({ raw: { status: 200, headers: HTML, body: PAGE } }),
          "an empty answer": listing({ raw: { status: 200 } }),
          "half a listing": listing({ truncateAfterBytes: 30 }),
        },
        readingFaults: {
          "not allowed": reading({ status: 403, code: "NotAuthorized" }),
          refused: reading({ status: 400 }),
          archived: reading({ status: 409, code: "NotRestored" }),
          "late to show": reading({ status: 404, code: "ObjectNotFound" }),
          "no credentials": reading({ status: 401 }),
          "no bucket": reading({ status: 404, code: "BucketNotFound" }),
          overloaded: reading({ status: 429, headers: RETRY_AFTER }),
          "out of order": reading({ status: 500 }),
          "cut connections": reading({ reset: true }),
          "a page": reading({ raw: { status: 200, headers: HTML, body: PAGE } }),
          "bytes of nobody knows what": reading({ raw: { status: 200, body: "bytes", headers: { etag: "another" } } }),
        },
        refusals: {
          "not allowed": reading({ status: 403, code: "NotAuthorized" }),
          "no credentials": reading({ status: 401 }),
          "no policy": reading({ status: 404, code: "NotAuthorizedOrNotFound" }),
        },
        heal: () => oci.faults.clear(),
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

/** Takes the rights to a path from this process, which then is another user where it is root. */
async function lockOut(path: string): Promise<void> {
  await chmod(path, 0);
  becomeAnother();
}

function becomeAnother(): void {
  if (process.getuid?.() === 0) process.seteuid?.(65_534);
}

function letIn(): void {
  if (process.getuid?.() === 0) process.seteuid?.(0);
}
