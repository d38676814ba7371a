/* Where the processes of a cgroup may connect and send: nowhere but to the rows of its policy (DESIGN 5.7). */
#include <linux/bpf.h>
#include <linux/in.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "casa_abi.h"

#define ALLOW 1
#define DENY 0 /* the app sees EPERM */
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define PROTO_MPTCP 262
#define CGROUP_LEVELS_MAX 16

char casa_license[] SEC("license") = "Dual BSD/GPL";

/* Cgroup id to policy. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, CASA_CGROUPS_MAX);
  __type(key, __u64);
  __type(value, __u32);
} casa_cgroups SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, CASA_ROWS_MAX);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct casa_destination);
  __type(value, __u32);
} casa_exact SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LPM_TRIE);
  __uint(max_entries, CASA_ROWS_MAX);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct casa_prefix_key);
  __type(value, __u32);
} casa_prefix SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, CASA_SETTINGS);
  __type(key, __u32);
  __type(value, __u32);
} casa_settings SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, CASA_COUNTS);
  __type(key, __u32);
  __type(value, __u64);
} casa_counts SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, CASA_RING_BYTES);
} casa_events SEC(".maps");

static __always_inline void count(__u32 which) {
  __u64 *counted = bpf_map_lookup_elem(&casa_counts, &which);
  if (counted)
    __sync_fetch_and_add(counted, 1);
}

/* The nearest cgroup with a policy, from the task's own upwards: one that an app makes below its own frees it of
 * nothing. 0, which has no rows: there is none. */
static __always_inline __u32 policy_of_task(void) {
  __u64 cgroup = bpf_get_current_cgroup_id();
  __u32 *policy = bpf_map_lookup_elem(&casa_cgroups, &cgroup);
  for (int level = CGROUP_LEVELS_MAX; level > 0 && !policy; level--) {
    cgroup = bpf_get_current_ancestor_cgroup_id(level);
    if (cgroup)
      policy = bpf_map_lookup_elem(&casa_cgroups, &cgroup);
  }
  return policy ? *policy : 0;
}

static __always_inline int is_row(const __u32 *row) { return row && *row == CASA_ROW_ALLOW; }

static __always_inline int has_row(const struct casa_destination *asked) {
  if (is_row(bpf_map_lookup_elem(&casa_exact, asked)))
    return 1;
  struct casa_prefix_key key = {.prefix_bits = 8 * sizeof(*asked), .destination = *asked};
  if (is_row(bpf_map_lookup_elem(&casa_prefix, &key)))
    return 1;
  key.destination.port = CASA_PORT_ANY;
  return is_row(bpf_map_lookup_elem(&casa_prefix, &key));
}

static __always_inline int is_sampled(void) {
  __u32 which = CASA_SETTING_ALLOW_SAMPLE;
  __u32 *one_in = bpf_map_lookup_elem(&casa_settings, &which);
  return one_in && *one_in && bpf_get_prandom_u32() % *one_in == 0;
}

/* The reader comes by itself every few milliseconds: waking it would cost more than the check. */
static __always_inline void report(const struct casa_destination *asked, __u8 hook, __u8 verdict) {
  struct casa_event *event = bpf_ringbuf_reserve(&casa_events, sizeof(*event), 0);
  if (!event) {
    count(CASA_COUNT_LOST);
    return;
  }
  event->at_ns = bpf_ktime_get_ns();
  event->cgroup = bpf_get_current_cgroup_id();
  event->destination = *asked;
  event->pid = bpf_get_current_pid_tgid() >> 32;
  event->verdict = verdict;
  event->hook = hook;
  event->zero = 0;
  bpf_get_current_comm(event->command, sizeof(event->command));
  bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
}

/* INVARIANT (deny by default): only a row of the task's own policy lets anything through. */
static __always_inline int decide(const struct casa_destination *asked, __u8 hook) {
  if (asked->policy && has_row(asked)) {
    count(CASA_COUNT_ALLOW);
    if (is_sampled())
      report(asked, hook, CASA_VERDICT_ALLOW);
    return ALLOW;
  }
  count(CASA_COUNT_DENY);
  report(asked, hook, CASA_VERDICT_DENY);
  return DENY;
}

/* 0, which no row has, for what is neither. */
static __always_inline __u8 proto_of(__u32 protocol) {
  if (protocol == PROTO_MPTCP)
    return IPPROTO_TCP;
  return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP ? protocol : 0;
}

static __always_inline int decide4(struct bpf_sock_addr *context, __u8 hook) {
  struct casa_destination asked = {
      .policy = policy_of_task(),
      .port = bpf_ntohs((__u16)context->user_port),
      .proto = proto_of(context->protocol),
      .family = CASA_FAMILY_IPV4,
      .address = {0, 0, bpf_htonl(0xffff), context->user_ip4},
  };
  return decide(&asked, hook);
}

static __always_inline int decide6(struct bpf_sock_addr *context, __u8 hook) {
  struct casa_destination asked = {
      .policy = policy_of_task(),
      .port = bpf_ntohs((__u16)context->user_port),
      .proto = proto_of(context->protocol),
      .family = CASA_FAMILY_IPV6,
      .address = {context->user_ip6[0], context->user_ip6[1], context->user_ip6[2], context->user_ip6[3]},
  };
  if (asked.address[0] == 0 && asked.address[1] == 0 && asked.address[2] == bpf_htonl(0xffff))
    asked.family = CASA_FAMILY_IPV4;
  return decide(&asked, hook);
}

SEC("cgroup/connect4") int casa_connect4(struct bpf_sock_addr *context) { return decide4(context, CASA_HOOK_CONNECT); }
SEC("cgroup/connect6") int casa_connect6(struct bpf_sock_addr *context) { return decide6(context, CASA_HOOK_CONNECT); }
SEC("cgroup/sendmsg4") int casa_sendmsg4(struct bpf_sock_addr *context) { return decide4(context, CASA_HOOK_SENDMSG); }
SEC("cgroup/sendmsg6") int casa_sendmsg6(struct bpf_sock_addr *context) { return decide6(context, CASA_HOOK_SENDMSG); }

/* Raw IP, ping and SCTP sockets send past the hooks above: an app gets TCP and UDP sockets only. */
SEC("cgroup/sock_create") int casa_sock_create(struct bpf_sock *socket) {
  __u32 type = socket->type;
  __u32 protocol = socket->protocol;
  if (type == SOCK_STREAM && (protocol == IPPROTO_TCP || protocol == PROTO_MPTCP))
    return ALLOW;
  if (type == SOCK_DGRAM && protocol == IPPROTO_UDP)
    return ALLOW;
  struct casa_destination asked = {.policy = policy_of_task(), .proto = (__u8)protocol};
  count(CASA_COUNT_DENY);
  report(&asked, CASA_HOOK_SOCK_CREATE, CASA_VERDICT_DENY);
  return DENY;
}
