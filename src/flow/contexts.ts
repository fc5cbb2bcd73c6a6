import { CONTEXT_FIELDS, type FieldFrom } from "./fields.ts";
import type { FlowContext } from "./flow.ts";

/** Contexts that are remembered at once; past it they are forgotten together, and equal ones are made anew. */
const MOST = 4_096;
/** Of those, contexts of one VNIC apart from the newest. */
const MOST_ALIKE = 7;

export type ContextField = FieldFrom<"context">;
export type ContextDraft = { -readonly [Name in ContextField]: FlowContext[Name] };

/** Makes equal contexts one object. */
export class ContextPool {
  /** By VNIC. */
  readonly #known = new Map<string, FlowContext[]>();
  #size = 0;

  intern(draft: ContextDraft): FlowContext {
    const name = draft.vnic ?? "";
    const alike = this.#known.get(name);
    const known = alike?.find((context) => isSame(context, draft));
    if (known !== undefined) return known;
    const context = Object.freeze({ ...draft });
    if (this.#size === MOST) {
      this.#known.clear();
      this.#size = 0;
    }
    this.#size++;
    this.#known.set(name, [...(this.#known.get(name) ?? []).slice(-MOST_ALIKE), context]);
    return context;
  }
}

function isSame(a: FlowContext, b: FlowContext): boolean {
  for (const field of CONTEXT_FIELDS) if (a[field] !== b[field]) return false;
  return true;
}
