/** A server cannot be had on this machine: no root, no Go, no package registry. The message names it, the cause and the remedy. */
export class Unavailable extends Error {
  override name = "Unavailable";

  constructor(server: string, cause: string, options?: ErrorOptions) {
    super(`${server}: ${cause}`, options);
  }
}
