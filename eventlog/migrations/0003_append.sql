-- The only way in. One call records a batch, whole or not at all: one round trip and one flush,
-- whatever the number of commands.
--
-- Arrays of commands (c_*), of facts (e_*), of versions relied on (x_*), of values claimed or
-- released (k_*) and of sealed disclosures (s_*). x_of and k_of name their command, s_of its
-- fact, by its place in the arrays, from 1. Facts stand in the order of their commands, and
-- c_last names the last one of a command; a command without fact stands at c_position.
--
-- `seen` is the place of a fact that the caller read or wrote, with its hash: while it is there,
-- so are the states that the commands were decided on, and versions grow without holes. When it
-- is not, the log was put back under the caller, and is told so (ESFRK).
--
-- The answer is the position before the first fact; or null, when something stands in the way
-- of some command and nothing was recorded: log.judge then says of which, and why. Commands and
-- versions are not looked up first: unique indexes refuse what is there already, by an error
-- that means the same. To catch it here would cost every batch a subtransaction.
create function log.append(
    by_node text, seen bigint, seen_hash bytea,
    c_command uuid[], c_fingerprint bytea[], c_stream uuid[], c_version bigint[],
    c_last int[], c_position bigint[],
    e_leaf text[], e_hash bytea[], e_category text[], e_stream uuid[], e_version bigint[],
    e_kind text[], e_schema smallint[], e_command uuid[], e_actor uuid[], e_territory text[],
    e_on date[],
    x_of int[], x_stream uuid[], x_version bigint[],
    k_of int[], k_scope text[], k_value text[], k_released boolean[],
    s_of int[], s_pointer text[], s_subject text[], s_box bytea[]
) returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    head   record; -- the last commit, and whether the log holds what was seen
    stands bigint; -- the last position before this batch
    at     timestamptz;
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

    select c.commit_no, c.last_position, c.recorded_at, c.chain,
           exists (select from log.event where position = seen and leaf_hash = seen_hash) as holds
    into head
    from log.commit c
    order by c.commit_no desc
    limit 1;
    stands := coalesce(head.last_position, 0);
    if seen is not null and head.holds is not true then
        raise exception 'the log is not the one that was read' using errcode = 'ESFRK';
    end if;

    -- What few commands bring is looked at only when it is brought, for each look has its price.
    if cardinality(x_of) > 0 and exists (
        select from unnest(x_stream, x_version) x (stream, version)
        where coalesce((select version from log.event where stream = x.stream
                        order by version desc limit 1), 0) <> x.version)
    then
        return null;
    end if;
    if cardinality(k_of) > 0 and exists (
        select from unnest(k_of, k_scope, k_value, k_released) k (of, scope, value, released)
        where not k.released and c_stream[k.of] <>
              (select stream from log.claim where scope = k.scope and value = k.value))
    then
        return null;
    end if;
    if cardinality(s_of) > 0 and exists (
        select from unnest(s_subject) s (subject)
        where (select erased_at from vault.subject_key where subject = s.subject) is not null)
    then
        return null;
    end if;

    -- Functions that give rows, side by side in a select list, walk their arrays in step. In FROM
    -- each of them would first be written out, which a lone command feels most.
    insert into log.command (command, fingerprint, stream, version, position)
    select c.command, c.fingerprint, c.stream, c.version, coalesce(stands + c.last, c.position)
    from (select unnest(c_command), unnest(c_fingerprint), unnest(c_stream), unnest(c_version),
                 unnest(c_last), unnest(c_position))
         c (command, fingerprint, stream, version, last, position);

    if cardinality(e_leaf) > 0 then
        at := greatest(clock_timestamp(), head.recorded_at + interval '1 microsecond');
        insert into log.event (position, leaf, leaf_hash, category, stream, version, kind, schema,
                               command, actor, territory, occurred_on, recorded_at)
        select stands + generate_series(1, cardinality(e_leaf)), unnest(e_leaf)::json,
               unnest(e_hash), unnest(e_category), unnest(e_stream), unnest(e_version),
               unnest(e_kind), unnest(e_schema), unnest(e_command), unnest(e_actor),
               unnest(e_territory), unnest(e_on), at;

        insert into log.commit (commit_no, node, first_position, last_position, recorded_at,
                                chain, epoch)
        values (coalesce(head.commit_no, 0) + 1, by_node, stands + 1,
                stands + cardinality(e_leaf), at,
                sha256(coalesce(head.chain, decode(repeat('00', 32), 'hex'))
                       || (select string_agg(e.hash, ''::bytea order by e.n)
                           from unnest(e_hash) with ordinality e (hash, n))),
                coalesce((select max(epoch) from log.fork), 1));
    end if;

    if cardinality(s_of) > 0 then
        insert into vault.sealed (position, pointer, subject, box)
        select stands + s.of, s.pointer, s.subject, s.box
        from unnest(s_of, s_pointer, s_subject, s_box) s (of, pointer, subject, box)
        -- A vault that was restored later than its log holds boxes of facts that are no more.
        on conflict (position, pointer) do update set subject = excluded.subject, box = excluded.box;
    end if;

    if cardinality(k_of) > 0 then
        -- What is released is free from the next batch on: nobody of this one may have it.
        delete from log.claim h
        using unnest(k_of, k_scope, k_value, k_released) k (of, scope, value, released)
        where k.released and h.scope = k.scope and h.value = k.value and h.stream = c_stream[k.of];

        insert into log.claim (scope, value, stream)
        select k.scope, k.value, c_stream[k.of]
        from unnest(k_of, k_scope, k_value, k_released) k (of, scope, value, released)
        where not k.released
        on conflict do nothing;
    end if;
    return stands;
end $$;

-- Why each command of a batch may or may not be recorded, as the log stands now; from the arrays
-- of log.append. Verdicts, in the order in which they are tried:
--
--   duplicate  the same command was answered before
--   reused     the command id was used for another request
--   conflict   its stream, or a stream it relied on, has moved: `version` is where its own stands
--   claimed    another stream holds a value it claims: `taken` is the scope
--   erased     it seals for a subject that was erased meanwhile
--   clear      none of these
create function log.judge(
    c_command uuid[], c_fingerprint bytea[], c_stream uuid[], c_after bigint[],
    x_of int[], x_stream uuid[], x_version bigint[],
    k_of int[], k_scope text[], k_value text[], k_released boolean[],
    s_by int[], s_subject text[]
) returns table (verdict text, version bigint, taken text)
language sql stable
begin atomic
    select case
               when d.command is not null and d.fingerprint = c.fingerprint then 'duplicate'
               when d.command is not null then 'reused'
               when s.version <> c.after or exists (
                   select from unnest(x_of, x_stream, x_version) x (of, stream, version)
                   left join lateral (
                       select max(e.version) from log.event e where e.stream = x.stream
                   ) stands (version) on true
                   where x.of = c.n and coalesce(stands.version, 0) <> x.version) then 'conflict'
               when k.taken is not null then 'claimed'
               when exists (
                   select from unnest(s_by, s_subject) s (by, subject)
                   join vault.subject_key v on v.subject = s.subject
                   where s.by = c.n and v.erased_at is not null) then 'erased'
               else 'clear'
           end,
           s.version, k.taken
    from unnest(c_command, c_fingerprint, c_stream, c_after)
         with ordinality c (command, fingerprint, stream, after, n)
    left join log.command d on d.command = c.command
    cross join lateral (
        select coalesce(max(e.version), 0) from log.event e where e.stream = c.stream
    ) s (version)
    left join lateral (
        select k.scope
        from unnest(k_of, k_scope, k_value, k_released) k (of, scope, value, released)
        join log.claim h on h.scope = k.scope and h.value = k.value
        where k.of = c.n and not k.released and h.stream <> c.stream
        limit 1
    ) k (taken) on true
    order by c.n;
end;
