/** The ledger, as health names it. */
export const LEDGER = "ledger";

/** Of a row of failures, the 1st, 2nd, 4th, 8th, … is told. */
export function worthTelling(failures: number): boolean {
  return (failures & (failures - 1)) === 0;
}
