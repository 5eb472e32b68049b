//! Why a convention says no.

use crate::{Cents, Date, DlaId, Territoire, refusal::refusals};

refusals! {
    /// An amount is given.
    MontantOutOfRange { max: Cents } = "CONVENTION_MONTANT_OUT_OF_RANGE" at "montant":
        "Indiquez un montant d'au moins un centime, et d'au plus {max}.",
        "Give an amount of at least one cent, and of at most {max}.";
    /// An end comes after its start.
    PeriodeReversed { field: &'static str, du: Date, au: Date } = "CONVENTION_PERIODE_REVERSED" at field:
        "La période commence le {du} et finit le {au} : indiquez une fin postérieure au début.",
        "The period starts on {du} and ends on {au}: give an end after the start.";
    /// A convention names some, not a crowd.
    ListOutOfRange { field: &'static str, min: usize, max: usize } = "CONVENTION_LIST_OUT_OF_RANGE" at field:
        "Indiquez-en entre {min} et {max}.",
        "Give between {min} and {max} of them.";
    /// Payment at once or by instalments says all; another way is described.
    ConditionsUnclear {} = "CONDITIONS_UNCLEAR" at "precisionVersement":
        "Précisez les conditions de versement quand elles sont « autre », et alors seulement.",
        "Describe the conditions of payment when they are `AUTRE`, and then only.";
    /// As the open file takes it.
    RaeTooLong { max: usize } = "RAE_TOO_LONG" at "rae":
        "Le numéro au répertoire des aides aux entreprises compte au plus {max} caractères.",
        "The number in the répertoire des aides aux entreprises has at most {max} characters.";
    /// The same.
    VersementWithoutStart {} = "VERSEMENT_WITHOUT_START" at "versementDu":
        "Indiquez le premier jour de versement, puis le dernier s'il est différent.",
        "Give the first day of payment, then the last one if it is another.";
    /// Money comes from somebody who finances.
    NotAFinanceur {} = "NOT_A_FINANCEUR" at "financeur":
        "Cette organisation n'est pas enregistrée comme financeur, ou elle est fermée.",
        "This organisation is not registered as a financeur, or it is closed.";
    /// Money goes to somebody.
    BeneficiaireMissing {} = "BENEFICIAIRE_MISSING" at "beneficiaire":
        "Indiquez la structure porteuse qui reçoit les fonds.",
        "Give the structure porteuse that receives the money.";
    /// The beneficiary carries a DLA of the convention.
    BeneficiaireNotPorteuse {} = "BENEFICIAIRE_NOT_PORTEUSE" at "beneficiaire":
        "Cette organisation ne porte aucun des DLA de la convention : indiquez l'une de leurs structures porteuses.",
        "This organisation carries none of the DLAs of the convention: give one of their structures porteuses.";
    /// A frame has levels and partners, money has none.
    OnlyInCadre { field: &'static str } = "ONLY_IN_CADRE" at field:
        "Seule une convention cadre fixe des niveaux et réunit des partenaires.",
        "Only a convention cadre fixes levels and gathers partners.";
    /// A frame stands by itself.
    CadreOfCadre {} = "CADRE_OF_CADRE" at "cadre":
        "Une convention cadre n'en met pas une autre en œuvre : signez une convention de financement.",
        "A convention cadre does not put another one into effect: sign a convention de financement.";
    /// RUL-25: levels are told apart by what they bring.
    MinimaNotRising {} = "MINIMA_NOT_RISING" at "niveaux":
        "Donnez les niveaux du plus bas au plus haut, chacun avec un minimum plus élevé que le précédent.",
        "Give the levels from the lowest to the highest, each with a greater minimum than the one before.";
    /// What is put into effect is a frame that goes on, and that the caller sees.
    CadreUnknown {} = "CADRE_UNKNOWN" at "cadre":
        "Aucune convention cadre en cours n'a cet identifiant, ou vous n'y avez pas accès.",
        "No convention cadre that goes on has this id, or you have no access to it.";
    /// Those who put a cadre into effect have signed it.
    FinanceurNotOfCadre {} = "FINANCEUR_NOT_OF_CADRE" at "financeur":
        "Ce financeur n'a pas signé la convention cadre : indiquez l'un de ses signataires.",
        "This financeur has not signed the convention cadre: give one of those who have.";
    /// A level of the cadre.
    NiveauUnknown { niveaux: usize } = "NIVEAU_UNKNOWN" at "cadre":
        "La convention cadre compte {niveaux} niveaux : indiquez un numéro à partir de 1.",
        "The convention cadre has {niveaux} levels: give a number from 1 on.";
    /// RUL-25: levels are minima.
    BelowMinimum { minimum: Cents } = "BELOW_MINIMUM" at "montant":
        "Le niveau engagé demande au moins {minimum} : augmentez le montant, ou choisissez un autre niveau.",
        "The level that is committed asks for at least {minimum}: raise the amount, or choose another level.";
    /// What is above a minimum needs a minimum.
    NoMinimum {} = "NO_MINIMUM" at "convention":
        "Cette convention ne met en œuvre aucun niveau d'une convention cadre : changez son montant par un avenant.",
        "This convention puts no level of a convention cadre into effect: change its amount by an avenant.";
    /// What is drawn on, or put into effect, lies in the time of the convention.
    OutsidePeriode { field: &'static str, du: Date, au: Date } = "OUTSIDE_CONVENTION_PERIODE" at field:
        "La convention court du {du} au {au} : corrigez la date.",
        "The convention runs from {du} to {au}: correct the date.";
    /// The same, of places.
    OutsidePerimetre { territoire: Territoire, field: &'static str } = "OUTSIDE_CONVENTION_PERIMETRE" at field:
        "Le territoire {territoire} est hors du périmètre de la convention.",
        "The territory {territoire} is outside the perimeter of the convention.";
    /// Priority areas are those of the politique de la ville.
    NotAQuartier { territoire: Territoire } = "NOT_A_QUARTIER" at "quartiers":
        "Le territoire {territoire} n'est pas un quartier prioritaire : indiquez des codes QN.",
        "The territory {territoire} is no priority area: give QN codes.";
    /// A date before its cause.
    BeforeSignature { signed_on: Date } = "BEFORE_SIGNATURE" at "on":
        "La convention a été signée le {signed_on} : corrigez la date.",
        "The convention was signed on {signed_on}: correct the date.";
    /// What is closed stays so.
    Closed {} = "CONVENTION_CLOSED" at "convention":
        "Cette convention est close : rien n'y change plus.",
        "This convention is closed: nothing changes there any more.";
    /// A fact must stay small, and a stream readable.
    Full { max: i32 } = "CONVENTION_FULL" at "convention":
        "Cette convention compte déjà {max} faits de cette sorte.",
        "This convention already counts {max} facts of this kind.";
    /// A frame is put into effect, not spent.
    CadreNotSpent {} = "CADRE_NOT_SPENT" at "convention":
        "Une convention cadre ne se dépense pas : utilisez une convention de financement qui la met en œuvre.",
        "A convention cadre is not spent: use a convention de financement that puts it into effect.";
    /// An avenant changes something.
    AvenantEmpty {} = "AVENANT_EMPTY" at "montant":
        "Un avenant change le montant ou la période : indiquez l'un ou l'autre.",
        "An avenant changes the amount or the period: give one or the other.";
    /// What was promised is not taken back.
    AmendedBelowCommitted { allocated: Cents, paid: Cents } = "AMENDED_BELOW_COMMITTED" at "montant":
        "Déjà {allocated} alloués et {paid} versés : le montant notifié ne peut pas passer en dessous.",
        "{allocated} is allocated and {paid} is paid already: what is notified cannot go below.";
    /// The same, of time.
    AllocationsLeftOut { allocation: i32 } = "ALLOCATIONS_LEFT_OUT" at "au":
        "L'allocation {allocation} sortirait de la période : libérez-la d'abord, ou gardez-la dans la période.",
        "Allocation {allocation} would be outside the period: release it first, or keep it inside.";
    /// A DLA draws on its own conventions.
    DlaNotOfConvention { dla: DlaId } = "DLA_NOT_OF_CONVENTION" at "dla":
        "Ce DLA ne dispose pas de cette convention.",
        "This DLA does not draw on this convention.";
    /// A DLA pays for its own ingénieries.
    IngenierieOfAnotherDla { dla: DlaId } = "INGENIERIE_OF_ANOTHER_DLA" at "ingenierie":
        "Cette ingénierie ne concerne pas ce DLA : associez-le d'abord au dossier.",
        "This ingénierie does not concern this DLA: associate it with the dossier first.";
    /// INV-38.
    IngenierieEnded {} = "ALLOCATION_AFTER_END" at "ingenierie":
        "Cette ingénierie est finalisée ou abandonnée : rouvrez-la avant de lui allouer des fonds.",
        "This ingénierie is finalised or abandoned: reopen it before money is allocated to it.";
    /// INV-15.
    AllocatedAboveNotified { remaining: Cents, above: Cents } = "ALLOCATED_ABOVE_NOTIFIED" at "montant":
        "Il reste {remaining} à allouer sur la convention : la demande dépasse de {above}.",
        "{remaining} is left to allocate on the convention: the request exceeds it by {above}.";
    /// No such allocation.
    AllocationUnknown { allocation: i32 } = "ALLOCATION_UNKNOWN" at "allocation":
        "La convention n'a pas d'allocation {allocation}.",
        "The convention has no allocation {allocation}.";
    /// What goes back was set aside.
    ReleasedAboveAllocated { remaining: Cents } = "RELEASED_ABOVE_ALLOCATED" at "montant":
        "Il reste {remaining} dans cette allocation : corrigez le montant.",
        "{remaining} is left in this allocation: correct the amount.";
    /// Instalments add up to what was notified at most.
    PaidAboveNotified { remaining: Cents, above: Cents } = "PAID_ABOVE_NOTIFIED" at "montant":
        "Il reste {remaining} à verser sur la convention : le versement dépasse de {above}.",
        "{remaining} is left to pay on the convention: the payment exceeds it by {above}.";
    /// No such payment.
    VersementUnknown { versement: i32 } = "VERSEMENT_UNKNOWN" at "versement":
        "La convention n'a pas de versement {versement}.",
        "The convention has no payment {versement}.";
    /// What was not paid is explained.
    CloseReasonMissing { remaining: Cents } = "CLOSE_REASON_MISSING" at "motif":
        "Il reste {remaining} à verser : indiquez pourquoi la convention est close sans ce solde.",
        "{remaining} is left to pay: say why the convention is closed without it.";
}
