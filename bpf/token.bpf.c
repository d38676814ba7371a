/* Which bearer tokens leave a cgroup in cleartext HTTP/1, by a keyed hash that only the runtime can join with a token
 * (DESIGN 5.7). It observes and decides nothing: every packet passes, whatever is in it. */
#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "casa_abi.h"
#include "token_scan.h"

#define PASS 1
#define CGROUP_LEVELS_MAX 16
#define WINDOW_BYTES 4096
#define SEGMENT_BYTES_MAX (1 << 16)

char casa_license[] SEC("license") = "Dual BSD/GPL";

/* Cgroup id to policy: the map of connect.bpf.c. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, CASA_CGROUPS_MAX);
  __type(key, __u64);
  __type(value, __u32);
} casa_cgroups SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct casa_token_key);
} casa_token_key SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, CASA_TOKEN_COUNTS);
  __type(key, __u32);
  __type(value, __u64);
} casa_token_counts SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, CASA_RING_BYTES);
} casa_token_events SEC(".maps");

/* Socket cookie to what is known of its stream. */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, CASA_TOKEN_STREAMS_MAX);
  __type(key, __u64);
  __type(value, struct stream);
} casa_token_streams SEC(".maps");

struct window {
  __u8 bytes[WINDOW_BYTES];
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct window);
} casa_token_windows SEC(".maps");

/* One segment on its way through the scan; offsets are from the packet's start. */
struct segment {
  struct __sk_buff *skb;
  struct stream *stream;
  struct window *window;
  const struct casa_token_key *key;
  __u32 at;
  __u32 end;
  __u32 window_start;
  __u32 window_end;
  __u32 sequence;
  __u16 source_port;
  __u8 is_start; /* SYN without ACK: the stream begins here, and is the client's */
  __u8 is_end;
  struct casa_destination destination;
};

static __always_inline void count(__u32 which) {
  __u64 *counted = bpf_map_lookup_elem(&casa_token_counts, &which);
  if (counted)
    __sync_fetch_and_add(counted, 1);
}

/* The nearest cgroup with a policy, from the socket's own upwards; 0: there is none. */
static __always_inline __u32 policy_of_socket(struct __sk_buff *skb) {
  __u64 cgroup = bpf_skb_cgroup_id(skb);
  __u32 *policy = bpf_map_lookup_elem(&casa_cgroups, &cgroup);
  for (int level = CGROUP_LEVELS_MAX; level > 0 && !policy; level--) {
    cgroup = bpf_skb_ancestor_cgroup_id(skb, level);
    if (cgroup)
      policy = bpf_map_lookup_elem(&casa_cgroups, &cgroup);
  }
  return policy ? *policy : 0;
}

/* The reader comes by itself every few milliseconds: waking it would cost more than the scan. */
static __always_inline void report(struct segment *segment) {
  struct casa_token_event *event = bpf_ringbuf_reserve(&casa_token_events, sizeof(*event), 0);
  if (!event) {
    count(CASA_TOKEN_COUNT_LOST);
    return;
  }
  event->at_ns = bpf_ktime_get_ns();
  event->cgroup = bpf_skb_cgroup_id(segment->skb);
  event->hash = token_hash(segment->stream);
  event->destination = segment->destination;
  event->destination.policy = policy_of_socket(segment->skb);
  event->source_port = segment->source_port;
  event->token_bytes = segment->stream->token_bytes;
  event->zero = 0;
  bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
  count(CASA_TOKEN_COUNT_SEEN);
}

/* Brings the next bytes into the window; 0: there are none. */
static __always_inline int fill_window(struct segment *segment) {
  __u32 bytes = segment->end - segment->at;
  /* clang would check one copy of it and use another. */
  asm volatile("" : "+r"(bytes));
  if (bytes > WINDOW_BYTES)
    bytes = WINDOW_BYTES;
  if (bytes < 1)
    return 0;
  asm volatile("" : "+r"(bytes));
  if (bytes < 1 || bytes > WINDOW_BYTES || bpf_skb_load_bytes(segment->skb, segment->at, segment->window->bytes, bytes))
    return 0;
  segment->window_start = segment->at;
  segment->window_end = segment->at + bytes;
  return 1;
}

/* One step of the scan: a byte, or as much of a body as there is. 1: the segment is done. */
static long scan_step(__u32 index __attribute__((unused)), void *context) {
  struct segment *segment = context;
  struct stream *stream = segment->stream;
  if (segment->at >= segment->end || stream->state == OPAQUE)
    return 1;
  if (stream->state == BODY || stream->state == CHUNK) {
    __u32 here = segment->end - segment->at;
    __u32 skipped = stream->body_bytes < here ? stream->body_bytes : here;
    segment->at += skipped;
    skip_body(stream, skipped);
    return 0;
  }
  if (segment->at >= segment->window_end && !fill_window(segment))
    return 1;
  __u8 byte = segment->window->bytes[(segment->at - segment->window_start) & (WINDOW_BYTES - 1)];
  segment->at += 1;
  switch (scan_byte(stream, segment->key, byte)) {
  case FOUND_TOKEN:
    report(segment);
    break;
  case FOUND_TOO_LONG:
    count(CASA_TOKEN_COUNT_TOO_LONG);
    break;
  case FOUND_NOTHING:
    break;
  case FOUND_OPAQUE:
    count(CASA_TOKEN_COUNT_OPAQUE);
    break;
  }
  return 0;
}

/* Where the payload begins, and whose it is; 0: no TCP, or not to be read. */
static __always_inline int read_headers(struct __sk_buff *skb, struct segment *segment) {
  __u32 offset;
  struct casa_destination *destination = &segment->destination;
  if (skb->protocol == bpf_htons(0x0800)) {
    struct iphdr ip;
    if (bpf_skb_load_bytes(skb, 0, &ip, sizeof(ip)) || ip.protocol != IPPROTO_TCP)
      return 0;
    offset = ip.ihl * 4;
    destination->family = CASA_FAMILY_IPV4;
    destination->address[2] = bpf_htonl(0xffff);
    destination->address[3] = ip.daddr;
  } else if (skb->protocol == bpf_htons(0x86dd)) {
    struct ipv6hdr ip;
    if (bpf_skb_load_bytes(skb, 0, &ip, sizeof(ip)) || ip.nexthdr != IPPROTO_TCP)
      return 0;
    offset = sizeof(ip);
    destination->family = CASA_FAMILY_IPV6;
    __builtin_memcpy(destination->address, &ip.daddr, sizeof(destination->address));
  } else {
    return 0;
  }
  struct tcphdr tcp;
  if (bpf_skb_load_bytes(skb, offset, &tcp, sizeof(tcp)))
    return 0;
  destination->proto = IPPROTO_TCP;
  destination->port = bpf_ntohs(tcp.dest);
  segment->source_port = bpf_ntohs(tcp.source);
  segment->at = offset + tcp.doff * 4;
  segment->end = skb->len;
  segment->sequence = bpf_ntohl(tcp.seq) + tcp.syn;
  segment->is_start = tcp.syn && !tcp.ack;
  segment->is_end = tcp.fin || tcp.rst;
  return segment->at <= segment->end && segment->end - segment->at <= SEGMENT_BYTES_MAX;
}

/* Goes on where the last segment of the stream ended: what was sent again is read once. 0: nothing new. */
static __always_inline int follow(struct segment *segment) {
  struct stream *stream = segment->stream;
  __u32 bytes = segment->end - segment->at;
  __s32 known = stream->next_sequence - segment->sequence;
  if (stream->state == OPAQUE)
    return 0;
  if (known < 0) {
    /* Bytes went by unseen: a body could not be told from a request any more. */
    stream->state = OPAQUE;
    count(CASA_TOKEN_COUNT_OPAQUE);
    return 0;
  }
  if ((__u32)known >= bytes)
    return 0;
  segment->at += known;
  stream->next_sequence = segment->sequence + bytes;
  return 1;
}

SEC("cgroup_skb/egress")
int casa_token_egress(struct __sk_buff *skb) {
  struct segment segment = {.skb = skb};
  if (!read_headers(skb, &segment))
    return PASS;
  __u64 cookie = bpf_get_socket_cookie(skb);
  if (segment.is_start) {
    struct stream begun = {.next_sequence = segment.sequence, .state = METHOD};
    bpf_map_update_elem(&casa_token_streams, &cookie, &begun, BPF_ANY);
  }
  __u32 only = 0;
  segment.stream = bpf_map_lookup_elem(&casa_token_streams, &cookie);
  segment.window = bpf_map_lookup_elem(&casa_token_windows, &only);
  segment.key = bpf_map_lookup_elem(&casa_token_key, &only);
  if (!segment.stream || !segment.window || !segment.key || !segment.key->is_set)
    return PASS;
  if (follow(&segment))
    bpf_loop(segment.end - segment.at + 1, scan_step, &segment, 0);
  if (segment.is_end)
    bpf_map_delete_elem(&casa_token_streams, &cookie);
  return PASS;
}
