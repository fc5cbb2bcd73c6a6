/** As in `1 object`, `2 objects`. */
export const counted = (amount: number, one: string): string =>
  `${amount.toLocaleString("en-US")} ${one}${amount === 1 ? "" : "s"}`;

/** How often, as in `once`, `2 times`. */
export const times = (amount: number): string => (amount === 1 ? "once" : counted(amount, "time"));
