import type { Flow } from "../flow/flow.ts";

/** Sets derived fields of a flow. Synchronous, never throws. */
export type Enricher = (flow: Flow) => void;
