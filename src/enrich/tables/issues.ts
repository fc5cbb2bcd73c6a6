/** So many problems of one file are kept; the rest is counted. */
const MAX_ISSUES = 20;

/** One thing that is wrong with a table: where it stands, and what to do about it. */
export interface TableIssue {
  /** From 1; undefined where the file as a whole is meant. */
  readonly line?: number | undefined;
  readonly column?: string | undefined;
  readonly value?: string | undefined;
  readonly reason: string;
}

export type Report = (issue: TableIssue) => void;

/** The problem in one line: `servers.csv:7: address "10.0.0.300": no IPv4 or IPv6 address: write …`. */
export function describeIssue(path: string, issue: TableIssue): string {
  const where = issue.line === undefined ? path : `${path}:${issue.line}`;
  const what = [issue.column, issue.value === undefined ? undefined : quote(issue.value)].filter((part) => part !== undefined);
  return [where, what.join(" "), issue.reason].filter((part) => part !== "").join(": ");
}

/** A value from outside as it may stand in a message: in quotes, without line breaks, cut to 80 characters. */
function quote(value: string): string {
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 79)}…` : value);
}

/** Collects the first problems and counts the others. */
export class Issues {
  readonly list: TableIssue[] = [];
  total = 0;

  readonly report: Report = (issue) => {
    if (this.list.length < MAX_ISSUES) this.list.push(issue);
    this.total++;
  };
}
