// What stands where in the memory.

// The memory. A block is its length, 32 bits, and its bytes; whoever copies one reads and writes up to 15 bytes more.
export const PROTOCOLS: usize = 0x10000; // 256 of 64 bytes: name (16), its length, attributes, text if accepted, if rejected, has ports
export const TEMPLATES: usize = 0x14000; // 9 of 64 bytes, see below
export const COMBINED: usize = 0x18000; // 8192 addresses of blocks
export const UIDS: usize = 0x20000; // 2048 of 64 bytes, by turns: what stands before the record's number, with its length at the end
export const RANKS: usize = 0x40000; // 65536 bytes: how likely a service listens on the port
export const SERVICES: usize = 0x50000; // 65536 addresses for TCP, as many for UDP
export const BLOCKS: usize = 0xd0000; // 4096 of 8 bytes: hash, address of the description
export const ADDRESSES: usize = 0x100000; // 16384 of 64 bytes: text (48), answer
export const ENTRIES: usize = 0x200000; // 4096 of 256 bytes
export const FOREIGN: usize = 0x300000; // 5 MiB of records that the host has written
export const INPUT: usize = 0x800000; // 1535 KiB of lines
export const INPUT_END: usize = 0x97ff00;
export const ARENA: usize = 0x980000; // 22 MiB of what the host answers
export const ARENA_END: usize = 0x2000000;
export const OUTPUT: usize = 0x2000000; // 16 MiB
export const OUTPUT_END: usize = 0x2fff000;

export const VALID: u32 = 0x100;
export const IPV6: u32 = 0x80;
export const ZONE: u32 = 0x7;
export const NAMELESS: usize = 1;

/** Most bytes of a record without its context. */
export const FRAME: usize = 2048;

// Of a description of a block: what is before the changing text, what is after it, and its context.
export const BEFORE: usize = 0;
export const BEFORE_LENGTH: usize = 4;
export const AFTER: usize = 8;
export const AFTER_LENGTH: usize = 12;
export const CONTEXT: usize = 16;

// Of a context: the block of its attributes, its resource; in the request at hand the first and last entry, and the next context.
export const ATTRIBUTES: usize = 0;
export const RESOURCE: usize = 4;
export const FIRST: usize = 8;
export const LAST: usize = 12;
export const NEXT: usize = 16;
// Of a resource: its block; in the request at hand its first and last context, and the next resource.

// Of an entry.
export const ENTRY: usize = 256;
export const E_NEXT: usize = 0;
export const E_KIND: usize = 4; // 0 accepted, 1 rejected, 2 written by the host
export const E_RECORD: usize = 8;
export const E_UID: usize = 12;
export const E_COMBINED: usize = 16;
export const E_PROTOCOL: usize = 20;
export const E_SOURCE_SERVICE: usize = 24;
export const E_DESTINATION_SERVICE: usize = 28;
export const E_START: usize = 32;
export const E_END: usize = 40;
export const E_BYTES: usize = 48;
export const E_PACKETS: usize = 56;
export const E_SOURCE_PORT: usize = 64;
export const E_DESTINATION_PORT: usize = 72;
export const E_SOURCE_LENGTH: usize = 80;
export const E_DESTINATION_LENGTH: usize = 84;
export const E_FLOW_LENGTH: usize = 88;
export const E_SOURCE_INFO: usize = 92;
export const E_DESTINATION_INFO: usize = 96;
export const E_SOURCE_DIGITS: usize = 100;
export const E_DESTINATION_DIGITS: usize = 104;
export const E_SOURCE_PORT_TEXT: usize = 112;
export const E_DESTINATION_PORT_TEXT: usize = 120;
export const E_FLOW: usize = 128;
export const E_SOURCE: usize = 160;
export const E_DESTINATION: usize = 208;
// Of an entry that the host has written.
export const E_AT: usize = 8;
export const E_LENGTH: usize = 12;

export const LONGEST_ADDRESS: usize = 39;
export const LONGEST_FLOW: usize = 32;
export const LONGEST_PROTOCOL: usize = 16;
