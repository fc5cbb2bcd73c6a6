/** Where the program writes for a person: a stream of the process, or one that stands for it. */
export interface Terminal extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  /** Its number, where it is open in the operating system. */
  readonly fd?: number;
  /** Its width and height, where it is a terminal. */
  readonly columns?: number;
  readonly rows?: number;
}

/** Takes away what stands in the line of a terminal, so that something else may. */
export const CLEAR_LINE = "\r\u001b[K";
