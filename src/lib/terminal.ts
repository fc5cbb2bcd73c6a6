/** Where the program writes for a person: a stream of the process, or one that stands for it. */
export interface Terminal extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  /** Its number, where it is open in the operating system. */
  readonly fd?: number;
}
