/** `{n}`, `{n+1000}`, `{n%250}`, `{n/250}`, `{n/250+1}`: the number of the repetition, from 0, worked on from left to right. */
const EXPRESSION = /\{n((?:[+*/%-]\d{1,12})*)\}/g;

/** Whether repetitions may have different texts. */
export function isTemplate(text: string): boolean {
  return text.includes("{n");
}

/** The text for one repetition. Braces that are no expression stay. */
export function fill(template: string, n: number): string {
  return template.replaceAll(EXPRESSION, (_whole, steps: string) => String(compute(n, steps)));
}

function compute(n: number, steps: string): number {
  let value = n;
  for (const [, operator, digits] of steps.matchAll(/([+*/%-])(\d+)/g)) {
    const operand = Number(digits);
    if (operator === "+") value += operand;
    else if (operator === "-") value -= operand;
    else if (operator === "*") value *= operand;
    else if (operator === "/") value = Math.floor(value / operand);
    else value %= operand;
  }
  return value;
}
