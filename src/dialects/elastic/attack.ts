/** Tactics of ATT&CK (enterprise, 18.1), by how tags name them. */
const TACTICS: Readonly<Record<string, readonly [id: string, name: string]>> = {
  reconnaissance: ["TA0043", "Reconnaissance"],
  "resource-development": ["TA0042", "Resource Development"],
  "initial-access": ["TA0001", "Initial Access"],
  execution: ["TA0002", "Execution"],
  persistence: ["TA0003", "Persistence"],
  "privilege-escalation": ["TA0004", "Privilege Escalation"],
  "defense-evasion": ["TA0005", "Defense Evasion"],
  "credential-access": ["TA0006", "Credential Access"],
  discovery: ["TA0007", "Discovery"],
  "lateral-movement": ["TA0008", "Lateral Movement"],
  collection: ["TA0009", "Collection"],
  "command-and-control": ["TA0011", "Command and Control"],
  exfiltration: ["TA0010", "Exfiltration"],
  impact: ["TA0040", "Impact"],
};

/** Techniques that the shipped rules speak of, with the tactics that they serve; a part of a technique serves those of the whole. */
const TECHNIQUES: Readonly<Record<string, readonly [name: string, tactics?: string]>> = {
  T1018: ["Remote System Discovery", "discovery"],
  T1021: ["Remote Services", "lateral-movement"],
  "T1021.001": ["Remote Desktop Protocol"],
  "T1021.002": ["SMB/Windows Admin Shares"],
  "T1021.004": ["SSH"],
  "T1021.005": ["VNC"],
  T1030: ["Data Transfer Size Limits", "exfiltration"],
  T1040: ["Network Sniffing", "credential-access discovery"],
  T1046: ["Network Service Discovery", "discovery"],
  T1048: ["Exfiltration Over Alternative Protocol", "exfiltration"],
  "T1048.003": ["Exfiltration Over Unencrypted Non-C2 Protocol"],
  T1071: ["Application Layer Protocol", "command-and-control"],
  "T1071.001": ["Web Protocols"],
  "T1071.003": ["Mail Protocols"],
  "T1071.004": ["DNS"],
  T1078: ["Valid Accounts", "defense-evasion persistence privilege-escalation initial-access"],
  T1095: ["Non-Application Layer Protocol", "command-and-control"],
  T1110: ["Brute Force", "credential-access"],
  "T1110.001": ["Password Guessing"],
  "T1110.003": ["Password Spraying"],
  T1133: ["External Remote Services", "persistence initial-access"],
  T1187: ["Forced Authentication", "credential-access"],
  T1190: ["Exploit Public-Facing Application", "initial-access"],
  T1210: ["Exploitation of Remote Services", "lateral-movement"],
  T1213: ["Data from Information Repositories", "collection"],
  T1219: ["Remote Access Tools", "command-and-control"],
  T1496: ["Resource Hijacking", "impact"],
  T1562: ["Impair Defenses", "defense-evasion"],
  "T1562.008": ["Disable or Modify Cloud Logs"],
  T1563: ["Remote Service Session Hijacking", "lateral-movement"],
  T1567: ["Exfiltration Over Web Service", "exfiltration"],
  T1570: ["Lateral Tool Transfer", "lateral-movement"],
  T1571: ["Non-Standard Port", "command-and-control"],
  T1572: ["Protocol Tunneling", "command-and-control"],
  T1595: ["Active Scanning", "reconnaissance"],
  "T1595.001": ["Scanning IP Blocks"],
};

interface Named {
  readonly id: string;
  readonly name: string;
  readonly reference: string;
}

/** What a rule of Elastic Security says of ATT&CK: a tactic, and the techniques that serve it. */
export interface Threat {
  readonly framework: "MITRE ATT&CK";
  readonly tactic: Named;
  readonly technique: readonly (Named & { readonly subtechnique?: readonly Named[] })[];
}

/**
 * The tags `attack.…` of a rule in the form of Kibana's rule schema. A technique stands under those of the rule's tactics that it serves, and where the
 * rule names none of them, under its own first one. One that is not in the table is called by its number, and stands under all of the rule's tactics.
 */
export function threatsOf(tags: readonly string[]): Threat[] {
  const names = tags.flatMap((tag) => (tag.startsWith("attack.") ? [tag.slice("attack.".length)] : []));
  /** By tactic: techniques, and which parts of them. */
  const found = new Map<string, Map<string, string[]>>(names.filter((name) => name in TACTICS).map((name) => [name, new Map()]));
  const tagged = [...found.keys()];
  for (const name of names) {
    if (!/^t\d/.test(name)) continue;
    const [technique = "", part] = name.toUpperCase().split(".");
    const serves = TECHNIQUES[technique]?.[1]?.split(" ") ?? tagged;
    const shared = serves.filter((tactic) => tagged.includes(tactic));
    for (const tactic of shared.length > 0 ? shared : serves.slice(0, 1)) {
      const techniques = found.get(tactic) ?? new Map<string, string[]>();
      found.set(tactic, techniques);
      techniques.set(technique, [...(techniques.get(technique) ?? []), ...(part === undefined ? [] : [`${technique}.${part}`])]);
    }
  }
  return [...found].map(([tactic, techniques]) => ({
    framework: "MITRE ATT&CK",
    tactic: tacticOf(tactic),
    technique: [...techniques].map(([id, parts]) => ({
      ...techniqueOf(id),
      ...(parts.length > 0 && { subtechnique: parts.map(techniqueOf) }),
    })),
  }));
}

function tacticOf(tag: string): Named {
  const [id, name] = TACTICS[tag] ?? [tag, tag];
  return { id, name, reference: `https://attack.mitre.org/tactics/${id}/` };
}

function techniqueOf(id: string): Named {
  const [name] = TECHNIQUES[id] ?? [id];
  return { id, name, reference: `https://attack.mitre.org/techniques/${id.replace(".", "/")}/` };
}
