-- The only way in. One call appends a batch: one round trip, whatever the number of commands.
--
-- Arrays of commands (c_*), of events (e_*), of check-only expectations (x_*), of values
-- claimed or released (k_*) and of sealed disclosures (s_*). The last four name their command, the last its event, by
-- its place in the arrays, from 1; events stand in the order of their commands, and a command
-- names its last one. `again` says that the batch was sent before, and its answer lost.
-- Business outcomes are verdicts, one a command, never exceptions:
--
--   appended   recorded, at these positions
--   duplicate  the same command was answered before
--   reused     the command id was used for another request
--   conflict   its stream, or a stream it relied on, has moved: `version` is where its own stands
--   claimed    another stream holds a value it claims: `taken` says which
--   erased     it seals for a subject that was erased meanwhile
--
-- Plans are made once and walk indexes: tables that were empty when a plan was made grow.
create function log.append(
    of_batch uuid, again boolean, by_node text,
    c_command uuid[], c_fingerprint bytea[], c_category text[], c_stream uuid[],
    c_after bigint[], c_version bigint[], c_position bigint[], c_last int[],
    e_of int[], e_leaf text[], e_hash bytea[], e_category text[], e_stream uuid[],
    e_version bigint[], e_kind text[], e_schema smallint[], e_command uuid[], e_actor uuid[],
    e_territory text[], e_on date[],
    x_of int[], x_stream uuid[], x_version bigint[],
    k_of int[], k_scope text[], k_value text[], k_released boolean[],
    s_of int[], s_pointer text[], s_subject text[], s_box bytea[]
) returns table (n int, verdict text, version bigint, "position" bigint, taken text)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
    head      log.commit;
    stands    bigint;   -- the last position before this batch
    known     boolean;
    clear     boolean;  -- every command is appended
    verdicts  text[];
    positions bigint[]; -- of each event; null when its command was not appended
    added     bigint;
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
    stands := coalesce(head.last_position, 0);
    known := false;
    if again then
        known := exists (select from log.commit where batch = of_batch);
    end if;

    -- As a rule nothing stands in the way of any command, which one look tells for all; and what
    -- few commands bring is looked at only when it is brought, for each look has its price.
    clear := not known and not exists (
        select from unnest(c_command, c_stream, c_after) c (command, stream, after)
        left join log.command d on d.command = c.command
        left join log.stream s on s.stream = c.stream
        where d.command is not null or coalesce(s.version, 0) <> c.after);
    if clear and cardinality(x_of) > 0 then
        clear := not exists (
            select from unnest(x_stream, x_version) x (stream, version)
            left join log.stream s on s.stream = x.stream
            where coalesce(s.version, 0) <> x.version);
    end if;
    if clear and cardinality(k_of) > 0 then
        clear := not exists (
            select from unnest(k_of, k_scope, k_value, k_released) k (of, scope, value, released)
            join log.claim h on h.scope = k.scope and h.value = k.value
            where not k.released and h.stream <> c_stream[k.of]);
    end if;
    if clear and cardinality(s_of) > 0 then
        clear := not exists (
            select from unnest(s_subject) s (subject)
            join vault.subject_key v on v.subject = s.subject
            where v.erased_at is not null);
    end if;

    if clear then
        verdicts := array_fill('appended'::text, array[cardinality(c_command)]);
        added := cardinality(e_of);
        positions := array(select generate_series(stands + 1, stands + added));
    else
        verdicts := array(
            select case
                when d.command is not null and d.fingerprint = c.fingerprint then 'duplicate'
                when d.command is not null then 'reused'
                -- The batch is in: what it did not append then, it does not append now.
                when known then 'conflict'
                when coalesce(s.version, 0) <> c.after then 'conflict'
                when exists (select from unnest(x_of, x_stream, x_version) x (of, stream, version)
                             left join log.stream other on other.stream = x.stream
                             where x.of = c.n and coalesce(other.version, 0) <> x.version)
                    then 'conflict'
                when exists (select from unnest(k_of, k_scope, k_value, k_released)
                                  k (of, scope, value, released)
                             join log.claim h on h.scope = k.scope and h.value = k.value
                             where k.of = c.n and not k.released and h.stream <> c.stream)
                    then 'claimed'
                when exists (select from unnest(s_of, s_subject) s (of, subject)
                             join vault.subject_key v on v.subject = s.subject
                             where e_of[s.of] = c.n and v.erased_at is not null)
                    then 'erased'
                else 'appended'
            end
            from unnest(c_command, c_fingerprint, c_stream, c_after)
                 with ordinality c (command, fingerprint, stream, after, n)
            left join log.command d on d.command = c.command
            left join log.stream s on s.stream = c.stream
            order by c.n);
        positions := array(
            select case when verdicts[e.of] = 'appended'
                        then stands + count(*) filter (where verdicts[e.of] = 'appended')
                                      over (order by e.n) end
            from unnest(e_of) with ordinality e (of, n)
            order by e.n);
        added := (select count(p) from unnest(positions) p);
    end if;

    if added > 0 then
        at := greatest(clock_timestamp(), head.recorded_at + interval '1 microsecond');
        insert into log.event (position, leaf, leaf_hash, category, stream, version, kind, schema,
                               command, actor, territory, occurred_on, recorded_at)
        select e.position, e.leaf::json, e.hash, e.category, e.stream, e.version, e.kind, e.schema,
               e.command, e.actor, e.territory, e.occurred_on, at
        from unnest(positions, e_leaf, e_hash, e_category, e_stream, e_version, e_kind, e_schema,
                    e_command, e_actor, e_territory, e_on)
             e (position, leaf, hash, category, stream, version, kind, schema,
                command, actor, territory, occurred_on)
        where e.position is not null;

        insert into log.stream as s (stream, category, version)
        select c.stream, c.category, c.version
        from unnest(verdicts, c_stream, c_category, c_version, c_last)
             c (verdict, stream, category, version, last)
        where c.verdict = 'appended' and c.last is not null
        on conflict (stream) do update set version = excluded.version;

        insert into log.commit (commit_no, batch, node, first_position, last_position,
                                recorded_at, chain, epoch)
        select coalesce(head.commit_no, 0) + 1, of_batch, by_node, stands + 1, stands + added, at,
               sha256(coalesce(head.chain, decode(repeat('00', 32), 'hex'))
                      || string_agg(e.hash, ''::bytea order by e.position)),
               coalesce(head.epoch, 1)
        from unnest(positions, e_hash) e (position, hash)
        where e.position is not null;
    end if;

    if cardinality(s_of) > 0 then
        insert into vault.sealed (position, pointer, subject, box)
        select positions[s.of], s.pointer, s.subject, s.box
        from unnest(s_of, s_pointer, s_subject, s_box) s (of, pointer, subject, box)
        where positions[s.of] is not null
        -- A vault that was restored later than its log holds boxes of facts that are no more.
        on conflict (position, pointer) do update set subject = excluded.subject, box = excluded.box;
    end if;

    if cardinality(k_of) > 0 then
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
    end if;

    -- An outcome without event stands where its stream stood.
    insert into log.command (command, fingerprint, stream, version, position, leaf_hash)
    select c.command, c.fingerprint, c.stream, c.version,
           coalesce(positions[c.last], c.position), e_hash[c.last]
    from unnest(verdicts, c_command, c_fingerprint, c_stream, c_version, c_position, c_last)
         c (verdict, command, fingerprint, stream, version, position, last)
    where c.verdict = 'appended';

    if clear then
        return query
        select c.n::int, 'appended', c.version, coalesce(positions[c.last], c.position), null::text
        from unnest(c_version, c_position, c_last) with ordinality c (version, position, last, n)
        order by c.n;
        return;
    end if;

    return query
    select c.n::int, c.verdict,
           case c.verdict
               when 'appended' then c.version
               when 'conflict' then coalesce(
                   (select s.version from log.stream s where s.stream = c.stream), 0)
           end,
           case c.verdict when 'appended' then coalesce(positions[c.last], c.position) end,
           case c.verdict when 'claimed' then
               (select k.scope
                from unnest(k_of, k_scope, k_value, k_released) k (of, scope, value, released)
                join log.claim h on h.scope = k.scope and h.value = k.value
                where k.of = c.n and not k.released and h.stream <> c.stream limit 1)
           end
    from unnest(verdicts, c_stream, c_version, c_position, c_last)
         with ordinality c (verdict, stream, version, position, last, n)
    order by c.n;
end $$;
