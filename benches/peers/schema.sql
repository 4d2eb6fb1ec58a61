-- The same facts in PostgreSQL. A booking's id is its concert and its number there; one index says who has booked already, and is the
-- list of a user's bookings.
drop table if exists bookings;
drop table if exists concerts;
drop function if exists book;

-- Room in every page, so that the row that everybody changes stays in its page and touches no index.
create table concerts (
  id int primary key,
  remaining int not null check (remaining >= 0),
  sequence bigint not null
) with (fillfactor = 10);

create table bookings (
  concert int not null,
  sequence bigint not null,
  user_id text not null,
  booked_at timestamptz not null,
  primary key (concert, sequence),
  unique (user_id, concert)
);

-- Answers with the booking's number, or 0 when it is sold out. That the user has a booking already is the violation of a constraint,
-- which undoes everything: it is cheaper than to look first.
create function book(wanted int, buyer text) returns bigint language plpgsql as $$
declare
  number bigint;
begin
  update concerts set remaining = remaining - 1, sequence = sequence + 1
    where id = wanted and remaining > 0 returning sequence into number;
  if not found then
    return 0;
  end if;
  insert into bookings values (wanted, number, buyer, now());
  return number;
end
$$;
