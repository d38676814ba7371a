-- Times are milliseconds since the epoch, except exp and iat of tokens: seconds. JSON is kept as text.
-- Tokens are never stored: token_hash is the SHA-256 of one.

create table mas (
  name text primary key,
  revision text not null,
  resources text not null,
  bundle bytea not null,
  revocation_sequence bigint not null default 0,
  updated_at bigint not null
);

create table pep_keys (
  mas text not null references mas (name) on delete cascade,
  app text not null,
  jwks text not null,
  registered_at bigint not null,
  primary key (mas, app)
);

create table assertions_seen (
  client_id text not null,
  jti text not null,
  exp bigint not null,
  primary key (client_id, jti)
);
create index assertions_seen_exp on assertions_seen (exp);

create table signing_keys (
  kid text primary key,
  mas text not null references mas (name) on delete cascade,
  public_jwk text not null,
  private_jwk_encrypted bytea not null,
  created_at bigint not null
);
create index signing_keys_mas on signing_keys (mas, created_at);

create table sessions (
  session_id text primary key,
  mas text not null references mas (name) on delete cascade,
  state text not null check (state in ('live', 'revoked')),
  entry text not null,
  subject text not null,
  conversation_id text not null,
  trace_id text not null,
  linked_trace_id text,
  user_input text not null,
  ceiling text not null,
  started_at bigint not null,
  expires_at bigint not null
);
create index sessions_subject on sessions (mas, subject, entry, started_at);
create index sessions_expires on sessions (expires_at);

create table token_grants (
  jti text primary key,
  mas text not null references mas (name) on delete cascade,
  session_id text references sessions (session_id) on delete cascade,
  aud text not null,
  client_id text not null,
  scope text not null,
  tools text not null,
  act text,
  audit boolean not null,
  call_digest text,
  iat bigint not null,
  exp bigint not null,
  token_hash text not null
);
create index token_grants_session on token_grants (session_id, aud);
create index token_grants_exp on token_grants (exp);

create table llm_calls (
  session_id text not null references sessions (session_id) on delete cascade,
  llm_call_id text not null,
  app text not null,
  at bigint not null,
  primary key (session_id, llm_call_id)
);

create table selections (
  session_id text not null,
  llm_call_id text not null,
  ordinal int not null,
  app text not null,
  selection_id text not null,
  tool text,
  arguments text not null,
  consumed_by text,
  primary key (session_id, llm_call_id, ordinal),
  foreign key (session_id, llm_call_id) references llm_calls (session_id, llm_call_id) on delete cascade
);
create index selections_tool on selections (session_id, app, tool);

create table exchanged_calls (
  session_id text not null references sessions (session_id) on delete cascade,
  caller text not null,
  call_id text not null,
  call_digest text not null,
  jti text not null,
  at bigint not null,
  primary key (session_id, caller, call_id, call_digest)
);

create table rule_counters (
  session_id text not null references sessions (session_id) on delete cascade,
  rule_id text not null,
  calls bigint not null,
  sum double precision not null,
  primary key (session_id, rule_id)
);

create table revocations (
  mas text not null references mas (name) on delete cascade,
  sequence bigint not null,
  session_id text not null unique,
  at bigint not null,
  primary key (mas, sequence)
);

create table events (
  sequence bigint generated always as identity primary key,
  event_id text not null unique,
  mas text not null,
  session_id text,
  kind text not null,
  at text not null,
  body text not null
);
create index events_mas on events (mas, sequence);
create index events_session on events (session_id, sequence);
