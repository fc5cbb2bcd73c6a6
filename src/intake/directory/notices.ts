import type { SourceDependencies } from "../../contracts/source.ts";
import type { ListOptions } from "../../contracts/store.ts";
import { fileErrorWords } from "../../lib/file-failures.ts";
import { compareKeys } from "../keys.ts";

/** So many files of each kind of trouble are told of by name. */
const NAMED = 1000;

export interface Notices {
  /** What is there and can be no object: told of once. */
  passOver(key: string, reason: string): void;
  /** A listing begins. */
  listing(options: ListOptions): ListingNotices;
}

export interface ListingNotices {
  /** A file or folder was looked at, or cannot be, which is told of once until it can. */
  onLook(key: string, error?: unknown): void;
  /** The listing has come to its end: what it would have met and has not is not there any more. */
  end(): void;
}

/** Tells of what a directory does not hand out. */
export function notices({ onEvent, onUnreadable }: Pick<SourceDependencies, "onEvent" | "onUnreadable">): Notices {
  const passedOver = new Set<string>();
  const unreadable = new Set<string>();
  const count = (change: () => void) => {
    const before = unreadable.size;
    change();
    if (unreadable.size !== before) onUnreadable?.(unreadable.size);
  };
  return {
    passOver(key, reason) {
      if (passedOver.has(key) || passedOver.size >= NAMED) return;
      passedOver.add(key);
      onEvent({ kind: "passed-over", key, message: `not read: ${reason}` });
    },
    listing({ prefix, startAfter, before, delimiter }) {
      const wasDue = (key: string) =>
        key.startsWith(prefix) &&
        delimiter === undefined &&
        (startAfter === undefined || compareKeys(key, startAfter) > 0) &&
        (before === undefined || compareKeys(key, before) < 0);
      const met = new Set<string>();
      return {
        onLook(key, error) {
          if (error === undefined) {
            count(() => unreadable.delete(key));
            return;
          }
          met.add(key);
          if (unreadable.has(key) || unreadable.size > NAMED) return;
          const what = unreadable.size === NAMED ? "not read, nor are others that are not named" : "not read, while others are";
          count(() => unreadable.add(key));
          onEvent({ kind: "unreadable", key, message: `${what}: ${fileErrorWords(error)}` });
        },
        end() {
          count(() => {
            for (const key of unreadable) if (wasDue(key) && !met.has(key)) unreadable.delete(key);
          });
        },
      };
    },
  };
}
