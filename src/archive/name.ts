/** Under which name the positions of the archive stand in the ledger. */
export const ARCHIVE = "archive";
