-- The register of personal data: who is known, what must be kept, what was erased. No name.
create table personnes (
    id             uuid   primary key,
    version        bigint not null,
    position       bigint not null,
    -- Where who the person is stands sealed.
    identite       jsonb,
    identified_on  date,
    -- The actors that they are, as far as it was said: forgotten with them.
    acteurs        uuid[] not null,
    obligations    jsonb  not null,
    effacement     jsonb
);
create index on personnes using gin (acteurs);
