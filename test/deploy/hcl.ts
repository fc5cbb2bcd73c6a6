/** A block of Terraform's language: `resource "type" "name" { … }`, or one within it. */
export interface Block {
  readonly type: string;
  readonly labels: readonly string[];
  /** Text of each value, as it stands in the file. */
  readonly values: ReadonlyMap<string, string>;
  readonly blocks: readonly Block[];
}

/** The blocks of a file that is written as `tofu fmt` writes it: a block or value begins on a line of its own. Throws where it is not. */
export function readHcl(text: string): Block[] {
  const lines = text.split("\n");
  let at = 0;
  const body = (closes: boolean): Pick<Block, "values" | "blocks"> => {
    const values = new Map<string, string>();
    const blocks: Block[] = [];
    for (; at < lines.length; at++) {
      const line = (lines[at] ?? "").trim();
      if (line === "" || line.startsWith("#")) continue;
      if (line === "}" && closes) return { values, blocks };
      const oneLine = /^(\w+)((?: "[^"]*")*) \{ (\w+) += (.*) \}$/.exec(line);
      const opened = /^(\w+)((?: "[^"]*")*) \{$/.exec(line);
      const value = /^(\w+) += (.*)$/.exec(line);
      if (oneLine !== null) {
        const [, type = "", labels = "", name = "", inside = ""] = oneLine;
        blocks.push({ type, labels: labelsOf(labels), values: new Map([[name, inside]]), blocks: [] });
      } else if (value !== null) {
        const [, name = "", first = ""] = value;
        let whole = first;
        while (depth(whole) > 0 && at + 1 < lines.length) whole += `\n${lines[++at]}`;
        values.set(name, whole);
      } else if (opened !== null) {
        const [, type = "", labels = ""] = opened;
        at += 1;
        blocks.push({ type, labels: labelsOf(labels), ...body(true) });
      } else throw new Error(`line ${at + 1} is neither a block nor a value: ${line}`);
    }
    if (closes) throw new Error("a block is not closed");
    return { values, blocks };
  };
  return body(false).blocks.map(withoutDynamic);
}

/** A block that is made for each of some things is one of its content. */
function withoutDynamic({ type, labels, values, blocks }: Block): Block {
  const within = blocks.map((block) => {
    const content = block.type === "dynamic" ? block.blocks.find((inner) => inner.type === "content") : undefined;
    return content === undefined ? block : { ...content, type: block.labels[0] ?? "", labels: [] };
  });
  return { type, labels, values, blocks: within.map(withoutDynamic) };
}

const labelsOf = (text: string): string[] => [...text.matchAll(/"([^"]*)"/g)].map(([, label = ""]) => label);

/** How many brackets are open at the end; those in texts do not count, since they are balanced there. */
function depth(text: string): number {
  return (text.match(/[([{]/g) ?? []).length - (text.match(/[)\]}]/g) ?? []).length;
}
