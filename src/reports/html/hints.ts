const ADMIN = new Set([22, 23, 135, 139, 445, 1433, 1521, 3306, 3389, 5432, 5900, 5985, 5986, 6379, 9042, 9200, 27017]);
const FEW = 8;

/** What the accepted flows say of a rule's text, as in `ingress tcp 22 from 0.0.0.0/0`; empty where it is as wide as it is used. */
export function hintOf({
  rule,
  peers,
  ports,
}: {
  readonly rule: string;
  /** Its far ends: who came in by a rule of ingress, and where one went by a rule of egress. */
  readonly peers: number;
  readonly ports: number;
}): string {
  const hints: string[] = [];
  const isOpen = / (0\.0\.0\.0\/0|::\/0)( |$)/.test(rule);
  const isIngress = rule.startsWith("ingress ");
  const port = /^ingress [a-z/]+ (\d{1,5}) /.exec(rule)?.[1];
  if (isOpen && isIngress && port !== undefined && ADMIN.has(Number(port)))
    hints.push("open to everybody at a port of administration or data");
  const used = (one: string) => (peers === 1 ? `one ${one}` : `${peers} ${one}s`);
  if (isOpen && peers <= FEW)
    hints.push(
      isIngress ? `open to everybody, used by ${used("source")}` : `open to everywhere, used for ${used("destination")}`,
    );
  const allPorts = /^\w+ [a-z/]+ (from|to) /.test(rule);
  if (allPorts && ports > 0 && ports <= FEW) hints.push(`allows all ports, ${ports === 1 ? "one was" : `${ports} were`} asked`);
  return hints.join("; ");
}
