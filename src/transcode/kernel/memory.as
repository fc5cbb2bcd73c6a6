// What stands where in the memory. A block is its length, 32 bits, and its bytes; whoever copies one reads and writes up to 15 bytes more.

export const PROTOCOLS: usize = 0x10000; // 256 of 64 bytes: name (16), its length, attributes, text if accepted, if rejected, has ports
export const TEMPLATES: usize = 0x14000; // 9 of 64 bytes: what stands in front of an attribute's value
export const UID: usize = 0x14400; // what stands before the record's number, 46 bytes
export const ENTRY: usize = 0x14800; // what was read of the line at hand, see below
export const COMBINED: usize = 0x18000; // 16384 addresses of blocks
export const RANKS: usize = 0x30000; // 65536 bytes: how likely a service listens on the port
export const SERVICES: usize = 0x40000; // 65536 addresses for TCP, as many for UDP
export const BLOCKS: usize = 0xc0000; // 4096 of 8 bytes: hash, address of the description
export const ADDRESSES: usize = 0x100000; // 65536 of 64 bytes: text (44), number of the subnet, and the answer
export const TAKEN: usize = 0x500000; // 4096 of 20 bytes: a record that was taken
export const INPUT: usize = 0x520000; // 512 KiB of lines
export const INPUT_END: usize = 0x5a0000;
export const ARENA: usize = 0x5b0000; // 6 MiB of what the host answers
export const ARENA_END: usize = 0xbb0000;
export const OUTPUT: usize = 0xbb0000; // 1 MiB of records
export const OUTPUT_END: usize = 0xcb0000;

/** Most records that wait to be fetched. */
export const MOST_TAKEN: u32 = 4096;
/** Most bytes of a record: its length has two bytes. */
export const LONGEST_RECORD: usize = 16384;

// Of an answer about an address.
export const ZONE: u32 = 0x7;
export const IPV6: u32 = 0x80;
/** It is in the networks of the subnet that was asked about. */
export const INSIDE: u32 = 0x200;
// Where that stands in its place: the marks above, the block of attributes of a source, and of a destination.
export const A_MARKS: usize = 48;
export const A_SOURCE: usize = 52;
export const A_DESTINATION: usize = 56;

/** Of a port that has no name. */
export const NAMELESS: usize = 1;

// Of the description of a block of metadata: what is before the changing text, what is after it, and what the block says.
export const BEFORE: usize = 0;
export const BEFORE_LENGTH: usize = 4;
export const AFTER: usize = 8;
export const AFTER_LENGTH: usize = 12;
/** The number by which the host knows the context, the number of its subnet, the blocks of its attributes and of its subnet's name. */
export const CONTEXT: usize = 16;
export const SUBNET: usize = 20;
export const ATTRIBUTES: usize = 24;
export const SUBNET_NAME: usize = 28;

// Of the entry.
export const E_START: usize = 0;
export const E_END: usize = 8;
export const E_BYTES: usize = 16;
export const E_PACKETS: usize = 24;
export const E_SOURCE_PORT: usize = 32;
export const E_DESTINATION_PORT: usize = 40;
export const E_SOURCE_PORT_TEXT: usize = 48;
export const E_DESTINATION_PORT_TEXT: usize = 56;
export const E_FLOW: usize = 64; // 32 bytes
export const E_SOURCE: usize = 96; // 48 bytes
export const E_DESTINATION: usize = 144; // 48 bytes
export const E_SOURCE_LENGTH: usize = 192;
export const E_DESTINATION_LENGTH: usize = 196;
export const E_SOURCE_DIGITS: usize = 200;
export const E_DESTINATION_DIGITS: usize = 204;
export const E_FLOW_LENGTH: usize = 208;
export const E_REJECTED: usize = 212;
export const E_PROTOCOL: usize = 216;
export const E_SOURCE_SERVICE: usize = 220;
export const E_DESTINATION_SERVICE: usize = 224;
/** The blocks of what is known of the addresses. */
export const E_SOURCE_ANSWER: usize = 228;
export const E_DESTINATION_ANSWER: usize = 232;
export const E_COMBINED: usize = 236;
export const E_ATTRIBUTES: usize = 240;
export const E_RECORD: usize = 244;
export const E_IPV6: usize = 248;
export const E_SUBNET_NAME: usize = 252;

// Of a record that was taken: where it ends in OUTPUT, its context, its number, its time in seconds (64 bits).
export const T_SIZE: usize = 20;
export const T_END: usize = 0;
export const T_CONTEXT: usize = 4;
export const T_RECORD: usize = 8;
export const T_TIME: usize = 12;

export const LONGEST_ADDRESS: usize = 39;
export const LONGEST_FLOW: usize = 32;
export const LONGEST_PROTOCOL: usize = 16;
