/** Where secrets go that are read or received: what is added is kept out of every log, message and dead letter from then on. */
export interface Secrets {
  /** `names` is what the value is called where it may be shown: an option, a header, a parameter. */
  add(value: string, ...names: string[]): void;
  /** Of a value that is no secret by its name and looks like words, such as a tenant's: it is hidden beside its name only. */
  addWords(value: string, name: string): void;
  /** Of a value that another will replace, such as an access token. */
  addPassing(value: string): void;
}
