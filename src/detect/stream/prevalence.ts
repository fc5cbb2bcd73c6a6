/** Who speaks with whom, as far as it takes to know what everybody speaks with. Bounded: who was met first is forgotten first. */
export class Prevalence {
  readonly #peers = new Map<string, Set<string>>();
  readonly #most: number;
  readonly #enough: number;

  /** `enough`: as many as make a peer common; `most`: peers that are remembered. */
  constructor(enough: number, most: number) {
    this.#enough = enough;
    this.#most = most;
  }

  add(who: string, peer: string): void {
    let known = this.#peers.get(peer);
    if (known === undefined) {
      known = new Set();
      this.#peers.set(peer, known);
      if (this.#peers.size > this.#most) this.#peers.delete(this.#peers.keys().next().value as string);
    }
    if (known.size < this.#enough) known.add(who);
  }

  isCommon(peer: string): boolean {
    return (this.#peers.get(peer)?.size ?? 0) >= this.#enough;
  }
}
