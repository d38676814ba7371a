/* What the kernel programs and the node agent both lay out in memory. Its twin is abi.ts: change both, the test
 * compares them. Numbers are in the machine's order (little-endian), addresses in the network's. */
#ifndef CASA_ABI_H
#define CASA_ABI_H

#include <linux/types.h>

enum {
  CASA_FAMILY_IPV4 = 4, /* the address is ::ffff:a.b.c.d, however the app spelled it */
  CASA_FAMILY_IPV6 = 6,
  CASA_PORT_ANY = 0,
  CASA_ROW_ALLOW = 1,
  CASA_VERDICT_DENY = 0,
  CASA_VERDICT_ALLOW = 1,
  CASA_HOOK_CONNECT = 1,
  CASA_HOOK_SENDMSG = 2,
  CASA_HOOK_SOCK_CREATE = 3,
  CASA_SETTING_ALLOW_SAMPLE = 0, /* one allow in so many is an event; 0: none */
  CASA_SETTINGS = 1,
  CASA_COUNT_ALLOW = 0,
  CASA_COUNT_DENY = 1,
  CASA_COUNT_LOST = 2, /* events that found the ring full */
  CASA_COUNTS = 3,
  CASA_CGROUPS_MAX = 4096,
  CASA_ROWS_MAX = 65536,
  CASA_RING_BYTES = 1 << 20,
  CASA_TOKEN_BYTES_MAX = 4096,
  CASA_TOKEN_STREAMS_MAX = 16384,
  CASA_TOKEN_COUNT_SEEN = 0,
  CASA_TOKEN_COUNT_LOST = 1, /* events that found the ring full */
  CASA_TOKEN_COUNT_TOO_LONG = 2,
  CASA_TOKEN_COUNT_OPAQUE = 3, /* connections that are no HTTP/1, or of which bytes went by unseen */
  CASA_TOKEN_COUNTS = 4,
};

/* One destination of one policy; also the key of a row for exactly one address. */
struct casa_destination {
  __u32 policy;
  __u16 port;
  __u8 proto; /* IPPROTO_TCP or IPPROTO_UDP */
  __u8 family;
  __u32 address[4];
};

/* The key of a row for a prefix: prefix_bits counts from the policy on, so that all before the address is exact. */
struct casa_prefix_key {
  __u32 prefix_bits;
  struct casa_destination destination;
};

struct casa_event {
  __u64 at_ns; /* CLOCK_MONOTONIC */
  __u64 cgroup;
  struct casa_destination destination;
  __u32 pid;
  __u8 verdict;
  __u8 hook;
  __u16 zero;
  char command[16];
};

/* Of SipHash-2-4; is_set 0: nothing is hashed. */
struct casa_token_key {
  __u64 k0;
  __u64 k1;
  __u64 is_set;
};

/* A bearer token that left a cgroup. */
struct casa_token_event {
  __u64 at_ns; /* CLOCK_MONOTONIC */
  __u64 cgroup;
  __u64 hash;
  struct casa_destination destination;
  __u16 source_port;
  __u16 token_bytes;
  __u32 zero;
};

#endif
