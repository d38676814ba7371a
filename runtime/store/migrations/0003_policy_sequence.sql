-- Each change of a MAS gets a number that no other change of any MAS has, so that replicas see it, a MAS made anew included.

create sequence mas_policy_sequence;
alter table mas add column policy_sequence bigint not null default nextval('mas_policy_sequence');
