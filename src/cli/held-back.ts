/** Of a sink: `, 3 filtered, 40 sampled out, 20 aggregated`, as far as there are any. */
export function heldBackWords({ filtered, sampled, aggregated }: Record<"filtered" | "sampled" | "aggregated", number>): string {
  const counts: [string, number][] = [
    ["filtered", filtered],
    ["sampled out", sampled],
    ["aggregated", aggregated],
  ];
  return counts
    .filter(([, count]) => count > 0)
    .map(([word, count]) => `, ${count} ${word}`)
    .join("");
}
