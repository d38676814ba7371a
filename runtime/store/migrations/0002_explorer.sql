-- Who may look: one-time codes of sign-in links, and what they were traded for. Only hashes are kept.
create table explorer_codes (
  code_hash text primary key,
  expires_at bigint not null
);

create table explorer_signins (
  secret_hash text primary key,
  signed_in_at bigint not null,
  expires_at bigint not null
);

create index sessions_started on sessions (started_at, session_id);
create index sessions_conversation on sessions (conversation_id, started_at);
