/** Something that is due at the first look, and again when `ms` have passed since it was done. */
export interface Rhythm {
  isDue(now: number): boolean;
  done(now: number): void;
}

/** A clock that was set back makes it due: it says nothing of how long ago it was done. */
export function every(ms: number): Rhythm {
  let last: number | undefined;
  return {
    isDue: (now) => last === undefined || now < last || now - last >= ms,
    done(now) {
      last = now;
    },
  };
}
