-- By what a node agent tells a token that it saw: SipHash-2-4 under a key that is not in the database. Gone with the grant.

create table token_hashes (
  keyed_hash text primary key,
  token_hash text not null,
  jti text not null references token_grants (jti) on delete cascade
);
create index token_hashes_jti on token_hashes (jti);
