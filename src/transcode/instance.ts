import { KERNEL } from "./kernel-module.ts";

/** What is in use of the engine; TypeScript's library declares it with a browser's objects only. */
interface Engine {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Readonly<Record<string, unknown>> };
}

/** There is none where the engine may not make machine code (`node --jitless`). */
const engine = (globalThis as unknown as { readonly WebAssembly?: Engine }).WebAssembly;

/** Whom the kernel asks, see `kernel/answers.as`. Places are bytes of its memory. */
export interface Host {
  address(place: number, length: number, subnet: number): number;
  protocol(number: number, at: number, length: number): number;
  service(port: number, isUdp: number): number;
  combined(key: number): number;
}

/** Functions of the kernel, see `kernel/events.as`. */
export interface Functions {
  /** Where the event ends; LEFT and FULL are no places. */
  take(from: number, end: number, record: number): number;
  getTaken(): number;
  fetched(): void;
  getMissedFrom(): number;
  getMissedTo(): number;
  setTails(accept: number, reject: number): void;
  describe(from: number, to: number, description: number): void;
}
export const LEFT = 0;
export const FULL = 1;

const PLACES = [
  ...["PROTOCOLS", "TEMPLATES", "UID", "ENTRY", "RANKS", "TAKEN", "INPUT", "INPUT_END", "ARENA", "ARENA_END", "OUTPUT"],
  ...["T_SIZE", "IPV6", "INSIDE", "NAMELESS"],
] as const;

/** Where things stand in the kernel's memory, and marks of its answers: see `kernel/memory.as`. */
export type Places = Readonly<Record<(typeof PLACES)[number], number>>;

export interface KernelInstance {
  readonly functions: Functions;
  readonly memory: Buffer;
  readonly places: Places;
}

const bytes = () => Buffer.from(KERNEL, "base64");
let compiled: object | undefined;

/** Whether this machine can run the kernel: it needs instructions that old processors have not. */
export function isAvailable(): boolean {
  return engine?.validate(bytes()) === true;
}

/** An instance with a memory of its own, which asks this host. To be had where the kernel is available. */
export function instantiate(host: Host): KernelInstance {
  if (engine === undefined) throw new Error("there is no WebAssembly");
  compiled ??= new engine.Module(bytes());
  const { exports } = new engine.Instance(compiled, { host });
  const places = Object.fromEntries(PLACES.map((name) => [name, (exports[name] as { readonly value: number }).value]));
  const { buffer } = exports.memory as { readonly buffer: ArrayBuffer };
  return { functions: exports as unknown as Functions, memory: Buffer.from(buffer), places: places as Places };
}
