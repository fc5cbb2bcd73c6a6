/** Loaded before a program: its clock is ahead, or behind, as a machine's is whose time is wrong. What measures how long something took is not. */
const aheadMs = Number(process.env.SKEWED_CLOCK_MS);
const Right = Date;

globalThis.Date = class extends Right {
  constructor(...given: unknown[]) {
    super(...((given.length === 0 ? [Right.now() + aheadMs] : given) as [number]));
  }

  static override now(): number {
    return Right.now() + aheadMs;
  }
} as DateConstructor;
