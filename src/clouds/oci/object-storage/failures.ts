import { drawerOfObjectStatus } from "../../../lib/http/failures.ts";
import { type Explanation, type OciCall, policyStatement } from "../errors.ts";
import type { OciIdentity } from "../identity.ts";

interface Refusal {
  readonly statusCode: number;
  readonly serviceCode: string;
}

/** What a refusal of Object Storage means: `listing` of a listing, `reading` of one object, `writing` of putting or deleting one; for `ociError`. */
export function explanations(bucket: string, identity: OciIdentity) {
  const policyTo = (verb: string) => {
    const permission = `${verb} objects in compartment <the bucket's compartment>`;
    return `the policy that is needed: ${policyStatement(identity, permission, [`target.bucket.name = '${bucket}'`])}`;
  };
  const policy = policyTo("read");
  const person = (code: string, advice: string): Explanation => ({ code, advice, drawer: "person" });
  const object = (code: string, advice: string): Explanation => ({ code, advice, drawer: "object" });

  /** The service answers so for a while after a policy is changed, too. */
  const ofTheBucket = ({ serviceCode }: Refusal): Explanation | undefined => {
    if (serviceCode === "BucketNotFound") return person("bucket-not-found", `check the names and the region; ${policy}`);
    if (serviceCode === "NamespaceNotFound") {
      return person("namespace-not-found", `the namespace is what \`oci os ns get\` prints; ${policy}`);
    }
    return undefined;
  };
  return {
    listing: {
      explain(refusal: Refusal): Explanation | undefined {
        const { statusCode: status } = refusal;
        return ofTheBucket(refusal) ?? (status === 403 || status === 404 ? person("not-authorized", policy) : undefined);
      },
    },
    writing: {
      explain(refusal: Refusal): Explanation | undefined {
        const { statusCode: status } = refusal;
        return (
          ofTheBucket(refusal) ?? (status === 403 || status === 404 ? person("not-authorized", policyTo("manage")) : undefined)
        );
      },
    },
    reading: {
      drawer: drawerOfObjectStatus,
      explain(refusal: Refusal): Explanation | undefined {
        const { statusCode: status, serviceCode } = refusal;
        const known = ofTheBucket(refusal);
        if (known !== undefined) return known;
        if (serviceCode === "NotRestored")
          return object("object-archived", "it is in the Archive tier: restore it, and it is read");
        if (status === 403) return object("object-denied", policy);
        if (status === 404) {
          const advice = "the listing still names it: the service may show an object late, or hide it from who may not read it";
          return object("object-missing", `${advice}; ${policy}`);
        }
        return drawerOfObjectStatus(status) === "object" ? object("object-refused", "") : undefined;
      },
    },
  } satisfies Record<string, Pick<OciCall, "explain" | "drawer">>;
}
