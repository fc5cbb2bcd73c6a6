// The flows of the request at hand, by resource and context.

import { ENTRIES, ENTRY, E_AT, E_KIND, E_LENGTH, E_NEXT, FIRST, LAST, NEXT, RESOURCE } from "./memory";

/** The request at hand, and where the reading stands. */
export class Batch {
  /** Flows of the request, and the first and last of its resources. */
  static count: u32 = 0;
  static firstResource: usize = 0;
  static lastResource: usize = 0;
  /** Most flows of a request. */
  static most: u32 = 0;
  /** The number of the last record of the object. */
  static lastRecord: u32 = 0;
  /** What stands before the record's number in the uid. */
  static uid: usize = 0;
  /** Why `scan` has stopped: all is read, the request is full, or what follows is none of its lines, or not all of one. */
  static stopped: u32 = 0;
}

export const READ: u32 = 0;
export const FULL: u32 = 1;
export const OTHER: u32 = 2;

export function setMost(records: u32): void {
  Batch.most = records;
}
export function setObject(record: u32, at: usize): void {
  Batch.lastRecord = record;
  Batch.uid = at;
}
export function setRecord(record: u32): void {
  Batch.lastRecord = record;
}
export function getRecord(): u32 {
  return Batch.lastRecord;
}
export function getStopped(): u32 {
  return Batch.stopped;
}
export function getCount(): u32 {
  return Batch.count;
}
/** Hands an entry to its context. */
@inline
export function gather(entry: usize, context: usize): void {
  store<u32>(entry, 0, E_NEXT);
  Batch.count++;
  const last: usize = load<u32>(context, LAST);
  store<u32>(context, <u32>entry, LAST);
  if (last != 0) {
    store<u32>(last, <u32>entry, E_NEXT);
    return;
  }
  store<u32>(context, <u32>entry, FIRST);
  store<u32>(context, 0, NEXT);
  const resource: usize = load<u32>(context, RESOURCE);
  const lastContext: usize = load<u32>(resource, LAST);
  store<u32>(resource, <u32>context, LAST);
  if (lastContext != 0) {
    store<u32>(lastContext, <u32>context, NEXT);
    return;
  }
  store<u32>(resource, <u32>context, FIRST);
  store<u32>(resource, 0, NEXT);
  if (Batch.lastResource != 0) store<u32>(Batch.lastResource, <u32>resource, NEXT);
  else Batch.firstResource = resource;
  Batch.lastResource = resource;
}

/** Takes a record that the host has written. */
export function add(context: usize, at: usize, length: usize): void {
  const entry = ENTRIES + <usize>Batch.count * ENTRY;
  store<u32>(entry, 2, E_KIND);
  store<u32>(entry, <u32>at, E_AT);
  store<u32>(entry, <u32>length, E_LENGTH);
  gather(entry, context);
}
