-- The only way in. One call appends a batch: one round trip, whatever the number of commands.
--
-- Arrays of commands (c_*), of events (e_*), of check-only expectations (x_*), of values claimed
-- or released (k_*) and of sealed disclosures (s_*); the last four name their command, the last its event, by
-- its place in the arrays, from 1. Business outcomes are verdicts, never exceptions:
--
--   appended   recorded, at these positions
--   duplicate  the same command was answered before: the first answer
--   reused     the command id was used for another request
--   conflict   its stream, or a stream it relied on, has moved: `version` is where its own stands
--   claimed    another stream holds a value it claims: `taken` says which
create function log.append(
    of_batch uuid, by_node text,
    c_command uuid[], c_fingerprint bytea[], c_category text[], c_stream uuid[],
    c_after bigint[], c_position bigint[], c_actor uuid[],
    e_of int[], e_leaf text[], e_hash bytea[], e_version bigint[], e_kind text[],
    e_schema smallint[], e_territory text[], e_on date[],
    x_of int[], x_stream uuid[], x_version bigint[],
    k_of int[], k_scope text[], k_value text[], k_released boolean[],
    s_of int[], s_pointer text[], s_subject text[], s_box bytea[]
) returns table (n int, verdict text, version bigint, "position" bigint, leaf_hash bytea, taken text)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    head      log.commit;
    known     boolean;
    verdicts  text[];
    positions bigint[];   -- of each event; null when its command was not appended
    last      bigint;
    at        timestamptz;
begin
    -- A snapshot taken before the lock would not see what the others appended.
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'log.append runs at READ COMMITTED' using errcode = 'invalid_transaction_state';
    end if;
    -- Inside a longer transaction the lock would be held until its end.
    if pg_current_xact_id_if_assigned() is not null
       or statement_timestamp() - transaction_timestamp() > interval '1 second' then
        raise exception 'log.append runs alone in its transaction' using errcode = 'invalid_transaction_state';
    end if;

    -- One writer at a time, in a statement of its own: what follows sees all that came before.
    perform pg_advisory_xact_lock(7235409113468211);

    select * into head from log.commit order by commit_no desc limit 1;
    known := exists (select from log.commit where batch = of_batch);

    select array_agg(v.verdict order by v.n)
    into verdicts
    from (
        select c.n,
            case
                when d.command is not null and d.fingerprint = c.fingerprint then 'duplicate'
                when d.command is not null then 'reused'
                -- The batch is in: what it did not append then, it does not append now.
                when known then 'conflict'
                when coalesce((select s.version from log.stream s where s.stream = c.stream), 0)
                     <> c.after then 'conflict'
                when exists (select from unnest(x_of, x_stream, x_version) x (of, stream, version)
                             where x.of = c.n and x.version <> coalesce(
                                 (select s.version from log.stream s where s.stream = x.stream), 0))
                    then 'conflict'
                when exists (select from unnest(k_of, k_scope, k_value, k_released)
                                  k (of, scope, value, released)
                             where k.of = c.n and not k.released and c.stream <> (
                                 select h.stream from log.claim h
                                 where h.scope = k.scope and h.value = k.value))
                    then 'claimed'
                else 'appended'
            end as verdict
        from unnest(c_command, c_fingerprint, c_stream, c_after)
             with ordinality c (command, fingerprint, stream, after, n)
        left join lateral (select d.command, d.fingerprint from log.command d
                           where d.command = c.command) d on true
    ) v;

    select array_agg(p.position order by p.n)
    into positions
    from (
        select e.n,
               case when verdicts[e.of] = 'appended'
                    then coalesce(head.last_position, 0)
                         + count(*) filter (where verdicts[e.of] = 'appended') over (order by e.n)
               end as position
        from unnest(e_of) with ordinality e (of, n)
    ) p;
    last := coalesce((select max(p) from unnest(positions) p), head.last_position, 0);
    at := greatest(clock_timestamp(), head.recorded_at + interval '1 microsecond');

    insert into log.event (position, leaf, leaf_hash, category, stream, version, kind, schema,
                           command, actor, territory, occurred_on, recorded_at)
    select positions[e.n], e.leaf::json, e.hash, c_category[e.of], c_stream[e.of], e.version,
           e.kind, e.schema, c_command[e.of], c_actor[e.of], e.territory, e.occurred_on, at
    from unnest(e_of, e_leaf, e_hash, e_version, e_kind, e_schema, e_territory, e_on)
         with ordinality e (of, leaf, hash, version, kind, schema, territory, occurred_on, n)
    where positions[e.n] is not null
    order by e.n;

    insert into vault.sealed (position, pointer, subject, box)
    select positions[s.of], s.pointer, s.subject, s.box
    from unnest(s_of, s_pointer, s_subject, s_box) s (of, pointer, subject, box)
    where positions[s.of] is not null;

    insert into log.stream as s (stream, category, version)
    select c_stream[e.of], c_category[e.of], max(e.version)
    from unnest(e_of, e_version) with ordinality e (of, version, n)
    where positions[e.n] is not null
    group by e.of
    on conflict (stream) do update set version = excluded.version;

    -- What is released is free from the next batch on: the verdicts were given before.
    delete from log.claim h
    using unnest(k_of, k_scope, k_value, k_released) k (of, scope, value, released)
    where verdicts[k.of] = 'appended' and k.released
      and h.scope = k.scope and h.value = k.value and h.stream = c_stream[k.of];

    insert into log.claim (scope, value, stream)
    select k.scope, k.value, c_stream[k.of]
    from unnest(k_of, k_scope, k_value, k_released) k (of, scope, value, released)
    where verdicts[k.of] = 'appended' and not k.released
    on conflict do nothing;

    -- An outcome without event stands where its stream stood.
    insert into log.command (command, fingerprint, stream, version, position, leaf_hash)
    select c.command, c.fingerprint, c.stream, coalesce(e.version, c.after),
           coalesce(e.position, c.position), e.hash
    from unnest(c_command, c_fingerprint, c_stream, c_after, c_position)
         with ordinality c (command, fingerprint, stream, after, position, n)
    left join lateral (
        select e.version, positions[e.n] as position, e.hash
        from unnest(e_of, e_version, e_hash) with ordinality e (of, version, hash, n)
        where e.of = c.n
        order by e.n desc
        limit 1
    ) e on true
    where verdicts[c.n] = 'appended';

    if last > coalesce(head.last_position, 0) then
        insert into log.commit (commit_no, batch, node, first_position, last_position, recorded_at, chain, epoch)
        select coalesce(head.commit_no, 0) + 1, of_batch, by_node,
               coalesce(head.last_position, 0) + 1, last, at,
               sha256(coalesce(head.chain, decode(repeat('00', 32), 'hex'))
                      || string_agg(e.hash, ''::bytea order by e.n)),
               coalesce(head.epoch, 1)
        from unnest(e_hash) with ordinality e (hash, n)
        where positions[e.n] is not null;
    end if;

    return query
    select c.n::int, verdicts[c.n],
           coalesce(d.version, (select s.version from log.stream s where s.stream = c.stream), 0),
           d.position, d.leaf_hash,
           (select k.scope
            from unnest(k_of, k_scope, k_value, k_released) k (of, scope, value, released)
            join log.claim h on h.scope = k.scope and h.value = k.value
            where verdicts[c.n] = 'claimed' and k.of = c.n and not k.released and h.stream <> c.stream limit 1)
    from unnest(c_command, c_stream) with ordinality c (command, stream, n)
    left join log.command d on d.command = c.command and verdicts[c.n] in ('appended', 'duplicate')
    order by c.n;
end $$;
