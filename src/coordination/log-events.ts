export interface LogEvents {
  /** A topic cannot be written or read now; it is tried again. */
  onTrouble(error: unknown): void;
  onWell(): void;
}
