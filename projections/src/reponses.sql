-- What respondents answered to evaluations: one row each and question (RM-10, RM-11).
create table reponses (
    -- The stream of the respondent.
    reponse     uuid    not null,
    evaluation  uuid    not null,
    campagne    int     not null,
    repondant   uuid    not null,
    dla         boolean not null,
    colonne     text    not null,
    ligne       text    not null,
    niveau      int,
    texte       jsonb,
    prospective jsonb,
    transcrite  boolean not null,
    answered_on date    not null,
    position    bigint  not null,
    primary key (reponse, ligne)
);
create index on reponses (evaluation, campagne);
create index on reponses (ligne);
