-- Ingénieries, collective and individual, as their fiche presents them (RM-01, RM-05).
create table ingenieries (
    id                    uuid   primary key,
    genre                 text   not null,
    version               bigint not null,
    position              bigint not null,
    initiated_position    bigint not null,
    porteur               uuid   not null,
    -- Those concerned, the lead first.
    dlas                  uuid[] not null,
    -- Partners, targeted structures, and contributors of the plan: they see the dossier.
    organisations         uuid[] not null,
    -- The organisations and the DLAs that the plan counts on: of those who are not
    -- concerned, only they see the plan.
    contributeurs         uuid[] not null,
    dlas_contributeurs    uuid[] not null,
    -- What only an individual one has: its structure, among others.
    mission               jsonb,
    intitule              text   not null,
    accroche              text,
    territoire            text   not null,
    -- It, and the territories that the codes show around it.
    lieux                 text[] not null,
    secteurs              text[] not null,
    etat                  text   not null,
    initiated_on          date   not null,
    engaged_on            date,
    formalised_on         date,
    confirmed_on          date,
    started_on            date,
    finalised_on          date,
    abandoned_on          date,
    abandon               jsonb,
    reouvertures          jsonb  not null,
    problematique         jsonb  not null,
    objectifs             jsonb  not null,
    partenaires           jsonb  not null,
    validations           jsonb  not null,
    avis                  jsonb  not null,
    structures            jsonb  not null,
    structures_mobilisees int    not null,
    -- Those that take part.
    participantes         uuid[] not null,
    groupes               jsonb  not null,
    resultats             jsonb  not null,
    amendements           jsonb  not null,
    type_ingenierie       text,
    types_prestation      text[] not null,
    sujets                text[] not null,
    -- Days are in quarters.
    temps_porteur         int,
    intervenants          jsonb  not null,
    modules               jsonb  not null,
    jours                 int    not null,
    subsidiarites         jsonb  not null,
    complementarites      jsonb  not null,
    aire                  jsonb,
    roles_dla             jsonb  not null,
    coherences            jsonb  not null,
    objectifs_evaluation  jsonb,
    implications          jsonb  not null,
    prises_en_compte      jsonb  not null,
    scenarios             jsonb  not null,
    choix_scenario        jsonb,
    informations          jsonb  not null,
    waivers               jsonb  not null,
    activites_skipped     jsonb  not null
);
create unique index on ingenieries (initiated_position);
create index on ingenieries using gin (dlas);
create index on ingenieries using gin (dlas_contributeurs);
create index on ingenieries using gin (organisations);
create index on ingenieries using gin (lieux);
create index on ingenieries ((mission->>'structure'));
