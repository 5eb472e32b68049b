-- Evaluations of ingénieries: frame, grid, campaigns, readings, judgement, synthesis (RM-10).
create table evaluations (
    id             uuid   primary key,
    version        bigint not null,
    position       bigint not null,
    ingenierie     uuid   not null,
    dlas           uuid[] not null,
    -- The partners and structures of the ingénierie when the evaluation was planned.
    organisations  uuid[] not null,
    territoire     text   not null,
    planned_on     date   not null,
    objet          text   not null,
    raisons        text,
    registres      text[] not null,
    outils         text[] not null,
    indicateurs    jsonb  not null,
    participations jsonb  not null,
    adaptations    jsonb  not null,
    echeancier     jsonb  not null,
    sources        uuid[] not null,
    campagnes      jsonb  not null,
    appreciations  jsonb  not null,
    resultats      jsonb  not null,
    presentation   jsonb,
    synthesised_on date,
    communications jsonb  not null
);
create index on evaluations (ingenierie);
create index on evaluations (planned_on, id);

-- Who is asked to answer a campaign.
create table invitations (
    evaluation  uuid   not null,
    campagne    int    not null,
    -- The organisation, or the DLA.
    repondant   uuid   not null,
    dla         boolean not null,
    colonne     text   not null,
    invited_on  date   not null,
    relances    date[] not null,
    position    bigint not null,
    primary key (evaluation, campagne, repondant)
);
create index on invitations (repondant);
