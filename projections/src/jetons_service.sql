-- Service tokens: what they open, for whom, until when. What finds them is not here.
create table jetons_service (
    id               uuid   primary key,
    version          bigint not null,
    position         bigint not null,
    -- Of the fact that issued it.
    issued_position  bigint not null,
    issued_on        date   not null,
    libelle          text   not null,
    role             text   not null,
    dlas             uuid[] not null,
    organisation     uuid,
    acces            text   not null,
    adresses         text[] not null,
    expires_on       date   not null,
    revoked_on       date,
    motif            text
);
create unique index on jetons_service (issued_position);
