/* HTTP/1 requests read byte by byte, however they were cut: `authorization: Bearer TOKEN` of the headers is hashed
 * with SipHash-2-4, bodies are skipped by their length or chunk by chunk. Kernel only. */
#ifndef CASA_TOKEN_SCAN_H
#define CASA_TOKEN_SCAN_H

#include <linux/types.h>

#include "casa_abi.h"

#define METHOD_BYTES_MAX 24
/* 15 decimal or hexadecimal digits: what is longer is no body of ours, and must not wrap around. */
#define BODY_BYTES_MAX (1ULL << 60)

enum state {
  METHOD, /* and the empty lines before it */
  REQUEST_LINE,
  NAME,
  VALUE, /* of a header that matters, its spaces before */
  SCHEME,
  SCHEME_END,
  TOKEN,
  LENGTH,
  LINE_REST,
  BODY,
  CHUNK_SIZE,
  CHUNK_SIZE_REST,
  CHUNK,
  CHUNK_END,
  OPAQUE, /* no HTTP/1, or bytes are missing: not read any more */
};

/* Headers that matter, as bits: those that the name may still become. */
enum {
  AUTHORIZATION = 1,
  CONTENT_LENGTH = 2,
  TRANSFER_ENCODING = 4,
};

enum found { FOUND_NOTHING, FOUND_TOKEN, FOUND_TOO_LONG, FOUND_OPAQUE };

struct stream {
  __u64 v[4];
  __u64 word; /* the token's bytes that are not hashed yet */
  __u64 body_bytes;
  __u32 next_sequence;
  __u16 token_bytes;
  __u8 state;
  __u8 matched; /* bytes of the name or scheme so far */
  __u8 names;
  __u8 is_chunked;
  __u8 is_trailer;
  __u8 zero[5];
};

/* No length of 4, 8, 16 or 32: clang would put it where libbpf does not look. */
static const char authorization[24] = "authorization:";
static const char content_length[24] = "content-length:";
static const char transfer_encoding[24] = "transfer-encoding:";
static const char bearer[12] = "bearer";

#define ROTATED(x, bits) (((x) << (bits)) | ((x) >> (64 - (bits))))

static __always_inline void sip_round(__u64 *v) {
  v[0] += v[1];
  v[1] = ROTATED(v[1], 13) ^ v[0];
  v[0] = ROTATED(v[0], 32);
  v[2] += v[3];
  v[3] = ROTATED(v[3], 16) ^ v[2];
  v[0] += v[3];
  v[3] = ROTATED(v[3], 21) ^ v[0];
  v[2] += v[1];
  v[1] = ROTATED(v[1], 17) ^ v[2];
  v[2] = ROTATED(v[2], 32);
}

static __always_inline void begin_token(struct stream *stream, const struct casa_token_key *key) {
  stream->v[0] = key->k0 ^ 0x736f6d6570736575ULL;
  stream->v[1] = key->k1 ^ 0x646f72616e646f6dULL;
  stream->v[2] = key->k0 ^ 0x6c7967656e657261ULL;
  stream->v[3] = key->k1 ^ 0x7465646279746573ULL;
  stream->word = 0;
  stream->token_bytes = 0;
}

static __always_inline void add_word(struct stream *stream, __u64 word) {
  stream->v[3] ^= word;
  sip_round(stream->v);
  sip_round(stream->v);
  stream->v[0] ^= word;
}

/* One byte more than there may be is told from them, and not hashed. */
static __always_inline void add_byte(struct stream *stream, __u8 byte) {
  if (stream->token_bytes > CASA_TOKEN_BYTES_MAX)
    return;
  stream->word = (stream->word >> 8) | ((__u64)byte << 56);
  stream->token_bytes++;
  if ((stream->token_bytes & 7) == 0) {
    add_word(stream, stream->word);
    stream->word = 0;
  }
}

static __always_inline __u64 token_hash(struct stream *stream) {
  __u32 rest = stream->token_bytes & 7;
  __u64 word = rest ? stream->word >> (8 * (8 - rest)) : 0;
  add_word(stream, word | (__u64)(stream->token_bytes & 255) << 56);
  stream->v[2] ^= 0xff;
  sip_round(stream->v);
  sip_round(stream->v);
  sip_round(stream->v);
  sip_round(stream->v);
  return stream->v[0] ^ stream->v[1] ^ stream->v[2] ^ stream->v[3];
}

static __always_inline enum found give_up(struct stream *stream) {
  stream->state = OPAQUE;
  return FOUND_OPAQUE;
}

static __always_inline void begin_name(struct stream *stream) {
  stream->state = NAME;
  stream->matched = 0;
  stream->names = stream->is_trailer ? 0 : AUTHORIZATION | CONTENT_LENGTH | TRANSFER_ENCODING;
}

static __always_inline void begin_request(struct stream *stream) {
  stream->state = METHOD;
  stream->matched = 0;
  stream->is_chunked = 0;
  stream->is_trailer = 0;
  stream->body_bytes = 0;
}

static __always_inline void end_headers(struct stream *stream) {
  if (stream->is_trailer)
    begin_request(stream);
  else if (stream->is_chunked) {
    stream->state = CHUNK_SIZE;
    stream->body_bytes = 0;
  } else if (stream->body_bytes)
    stream->state = BODY;
  else
    begin_request(stream);
}

static __always_inline void end_chunk_size(struct stream *stream) {
  if (stream->body_bytes) {
    stream->state = CHUNK;
    return;
  }
  stream->is_trailer = 1;
  begin_name(stream);
}

/* Bytes of a body that went by. */
static __always_inline void skip_body(struct stream *stream, __u32 bytes) {
  stream->body_bytes -= bytes;
  if (stream->body_bytes)
    return;
  if (stream->state == BODY)
    begin_request(stream);
  else
    stream->state = CHUNK_END;
}

static __always_inline enum found end_token(struct stream *stream, enum state next) {
  __u16 bytes = stream->token_bytes;
  stream->state = next;
  return bytes > CASA_TOKEN_BYTES_MAX ? FOUND_TOO_LONG : FOUND_TOKEN;
}

static __always_inline enum found end_line(struct stream *stream) {
  enum found found = FOUND_NOTHING;
  switch (stream->state) {
  case METHOD:
    return stream->matched ? give_up(stream) : FOUND_NOTHING;
  case NAME:
    if (stream->matched == 0) {
      end_headers(stream);
      return FOUND_NOTHING;
    }
    break;
  case CHUNK_SIZE:
  case CHUNK_SIZE_REST:
    end_chunk_size(stream);
    return FOUND_NOTHING;
  case CHUNK_END:
    stream->state = CHUNK_SIZE;
    stream->body_bytes = 0;
    return FOUND_NOTHING;
  case TOKEN:
    found = end_token(stream, NAME);
    break;
  }
  begin_name(stream);
  return found;
}

static __always_inline __u8 lower(__u8 byte) { return byte >= 'A' && byte <= 'Z' ? byte | 32 : byte; }

static __always_inline void scan_name(struct stream *stream, __u8 byte) {
  __u8 at = stream->matched < 23 ? stream->matched : 23;
  __u8 names = 0;
  if (authorization[at] == byte)
    names |= AUTHORIZATION;
  if (content_length[at] == byte)
    names |= CONTENT_LENGTH;
  if (transfer_encoding[at] == byte)
    names |= TRANSFER_ENCODING;
  stream->names &= names;
  stream->matched = at + 1;
  if (stream->names == 0)
    stream->state = LINE_REST;
  else if (byte == ':')
    stream->state = VALUE;
}

static __always_inline enum found scan_method(struct stream *stream, __u8 byte) {
  if (byte == ' ' && stream->matched > 0) {
    stream->state = REQUEST_LINE;
    return FOUND_NOTHING;
  }
  if (byte < 'A' || byte > 'Z' || stream->matched >= METHOD_BYTES_MAX)
    return give_up(stream);
  stream->matched++;
  return FOUND_NOTHING;
}

static __always_inline enum found scan_digit(struct stream *stream, __u8 byte, __u8 base) {
  __u8 digit = byte >= '0' && byte <= '9' ? byte - '0' : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : 255;
  if (digit < base && stream->body_bytes < BODY_BYTES_MAX / 16) {
    stream->body_bytes = stream->body_bytes * base + digit;
    return FOUND_NOTHING;
  }
  /* A size is followed by spaces and extensions; a length by nothing. */
  if (stream->state == CHUNK_SIZE && (byte == ';' || byte == ' ' || byte == '\t')) {
    stream->state = CHUNK_SIZE_REST;
    return FOUND_NOTHING;
  }
  return byte == ' ' || byte == '\t' ? FOUND_NOTHING : give_up(stream);
}

static __always_inline enum found scan_value(struct stream *stream, __u8 byte) {
  if (byte == ' ' || byte == '\t')
    return FOUND_NOTHING;
  if (stream->names == CONTENT_LENGTH) {
    stream->state = LENGTH;
    stream->body_bytes = 0;
    return scan_digit(stream, byte, 10);
  }
  if (stream->names == TRANSFER_ENCODING) {
    stream->is_chunked = 1;
    stream->state = LINE_REST;
    return FOUND_NOTHING;
  }
  stream->matched = byte == bearer[0];
  stream->state = stream->matched ? SCHEME : LINE_REST;
  return FOUND_NOTHING;
}

static __always_inline void scan_scheme(struct stream *stream, __u8 byte) {
  __u8 at = stream->matched;
  if (at == 6 && byte == ' ')
    stream->state = SCHEME_END;
  else if (at < 6 && bearer[at] == byte)
    stream->matched = at + 1;
  else
    stream->state = LINE_REST;
}

/* Takes the next byte, and says what ended with it. */
static __always_inline enum found scan_byte(struct stream *stream, const struct casa_token_key *key, __u8 byte) {
  if (byte == '\n')
    return end_line(stream);
  if (byte == '\r')
    return FOUND_NOTHING;
  switch (stream->state) {
  case METHOD:
    return scan_method(stream, byte);
  case NAME:
    scan_name(stream, lower(byte));
    return FOUND_NOTHING;
  case VALUE:
    return scan_value(stream, lower(byte));
  case SCHEME:
    scan_scheme(stream, lower(byte));
    return FOUND_NOTHING;
  case SCHEME_END:
    if (byte == ' ')
      return FOUND_NOTHING;
    begin_token(stream, key);
    stream->state = TOKEN;
    add_byte(stream, byte);
    return FOUND_NOTHING;
  case TOKEN:
    if (byte == ' ' || byte == '\t' || byte == ',')
      return end_token(stream, LINE_REST);
    add_byte(stream, byte);
    return FOUND_NOTHING;
  case LENGTH:
    return scan_digit(stream, byte, 10);
  case CHUNK_SIZE:
    return scan_digit(stream, lower(byte), 16);
  case CHUNK_END:
    return give_up(stream);
  }
  return FOUND_NOTHING;
}

#endif
