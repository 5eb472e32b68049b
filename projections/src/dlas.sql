-- The registry of DLAs: who carries them, where they work, with how much.
create table dlas (
    id                   uuid   primary key,
    version              bigint not null,
    position             bigint not null,
    intitule             text   not null,
    niveau               text   not null,
    territoires          text[] not null,
    -- They, and the territories that the codes show around them.
    lieux                text[] not null,
    porteuses            uuid[] not null,
    comite_constitue_on  date,
    membres_comite       jsonb  not null,
    charges_de_mission   uuid[] not null,
    priorites            jsonb  not null,
    fonds                jsonb  not null
);
create index on dlas (intitule, id);
