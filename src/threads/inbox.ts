/** Hands values from whoever has them to one who waits for them, in their order. */
export class Inbox<Value> {
  readonly #values: Value[] = [];
  #failed: { readonly error: unknown } | undefined;
  #wake = () => {};

  add(value: Value): void {
    this.#values.push(value);
    this.#wake();
  }

  /** Nothing more comes: whoever waits, or asks after all that is there was taken, gets the error. */
  fail(error: unknown): void {
    this.#failed ??= { error };
    this.#wake();
  }

  /** What was added and not taken. */
  rest(): Value[] {
    return this.#values.splice(0);
  }

  async next(): Promise<Value> {
    for (;;) {
      const value = this.#values.shift();
      if (value !== undefined) return value;
      if (this.#failed !== undefined) throw this.#failed.error;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
