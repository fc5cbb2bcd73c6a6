import { createHmac } from "node:crypto";
import { ContextPool } from "../flow/contexts.ts";
import { copyOf } from "../flow/copy.ts";
import { CONTEXT_FIELDS, type FieldName, fieldOf } from "../flow/fields.ts";
import type { Flow, FlowContext } from "../flow/flow.ts";
import { NONE } from "../flow/types.ts";
import { parseAddress } from "../lib/ip/address.ts";
import { bytesOfAddress, plainAddress, textOfAddress } from "../lib/ip/text.ts";
import { ADDRESSES, type RedactOptions } from "./options.ts";

/** What may repeat addresses in a form of its own. */
const REPEATS_ADDRESSES: readonly FieldName[] = ["original", "logColumns", "securityLists"];
/** So many results are kept of each way to change an address. */
const KEPT = 65_536;

type Change = (value: unknown) => unknown;
type Slots = Record<string, unknown>;

/** Makes flows as the options want them: copies, and contexts that are one object where they were. */
export function redactor({ drop, hash, prefix }: RedactOptions): (flow: Flow) => Flow {
  const changes = new Map<FieldName, Change>();
  const of = (fields: readonly FieldName[] | undefined, others: readonly FieldName[] | undefined) =>
    fields ?? ADDRESSES.filter((name) => !others?.includes(name));
  if (hash !== undefined) for (const name of of(hash.fields, prefix?.fields)) changes.set(name, hashed(hash.key));
  if (prefix !== undefined) for (const name of of(prefix.fields, hash?.fields)) changes.set(name, cut(prefix));
  const left = changes.size === 0 ? drop : [...drop, ...REPEATS_ADDRESSES];
  for (const name of left) changes.set(name, () => emptyOf(name));

  const isOfContext = (name: FieldName) => (CONTEXT_FIELDS as readonly FieldName[]).includes(name);
  const ofContext = [...changes].filter(([name]) => isOfContext(name));
  // Of a name that both have, the context's is asked for where the flow has none.
  const ofFlow = [...changes].filter(([name]) => !isOfContext(name) || name === "subnetName");
  const contexts = new WeakMap<FlowContext, FlowContext>();
  const pool = new ContextPool();
  const contextOf = (context: FlowContext): FlowContext => {
    let known = contexts.get(context);
    if (known === undefined) {
      const draft = { ...context };
      apply(draft as unknown as Slots, ofContext);
      known = pool.intern(draft);
      contexts.set(context, known);
    }
    return known;
  };
  return (flow) => {
    const copy = copyOf(flow);
    apply(copy as unknown as Slots, ofFlow);
    if (ofContext.length > 0) copy.context = contextOf(flow.context);
    return copy;
  };
}

function apply(slots: Slots, changes: readonly (readonly [FieldName, Change])[]): void {
  for (const [name, change] of changes) slots[name] = change(slots[name]);
}

/** What a flow has in the place of a value that it lacks. */
function emptyOf(name: FieldName): unknown {
  const { initial, type } = fieldOf(name);
  return type === "strings" ? NONE : initial;
}

function hashed(key: string): Change {
  return kept((text) =>
    createHmac("sha256", key)
      .update(plainAddress(text) ?? text)
      .digest("hex")
      .slice(0, 32),
  );
}

function cut({ ipv4, ipv6 }: { readonly ipv4: number; readonly ipv6: number }): Change {
  return kept((text) => {
    const address = parseAddress(text);
    // What is no address is not let through.
    if (address === undefined) return undefined;
    const bits = address.family === 4 ? ipv4 : ipv6;
    return textOfAddress(
      bytesOfAddress(address).map((byte, place) => byte & (0xff00 >> Math.min(8, Math.max(0, bits - 8 * place)))),
    );
  });
}

function kept(change: (text: string) => string | undefined): Change {
  const known = new Map<unknown, string | undefined>();
  return (value) => {
    if (typeof value !== "string") return undefined;
    let result = known.get(value);
    if (result === undefined) {
      result = change(value);
      if (known.size >= KEPT) known.clear();
      known.set(value, result);
    }
    return result;
  };
}
