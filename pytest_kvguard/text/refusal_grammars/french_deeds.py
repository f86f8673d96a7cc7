"""What one does not do in French, whatever it is: the speaker denies a deed, and only harmless verbs are left out."""

from __future__ import annotations

from pytest_kvguard.text.refusal_grammars.grammar import Form

__all__ = ["DEEDS"]

# To see, to have, to think; what is past or only imagined.
_HARMLESS = (
    r"(?:suis|ai|sais|vois|trouve|crois|pense|comprends|connais|entends|peux|veux|dois|vais|mange|dors|bois|vis"
    r"|ferme|viens|arrive|reviens|doute|regrette|regarde"
    r"|lis|sens|aime|oublie|imagine|manque|retrouve|reçois|reconnais|cache|tiens|demande|perds|parviens|souviens"
    r"|apprends|attends|\w+ais|\w+rai|rêve|mens|facture|vends|cesse|distingue"
    r"|repère|lasse|remarque|rencontre|quitte|reste|tarde|hésite|paie|achète|porte|perçois|juge|blâme|conçois"
    r"|plains|puis|saurai|crains|jette|gagne|travaille|cuisine|utilise)"
)

DEEDS = (
    Form(
        " je ne | je n'| secret",
        (
            r"\bje n(?:e |')(?:(?:vous|te|le|la|les|lui|leur|y|en|me) |l'|t'"
            rf"|m')*(?!{_HARMLESS}\b)[^\W\d]{{2,}} (?:\w+ment )?(?:pas|jamais|plus|aucune?|personne"
            r"|pour (?:le compte de )?personne)\b(?! (?:souvent|encore|assez|que|beaucoup|avant|toujours)\b)",
            r"\bje ne (?:souhaite|veux|désire|compte|tiens|voudrais|vais|entends) (?:pas|plus"
            r"|jamais) (?:à )?(?:(?:vous|te|le|la|les|lui|leur|y|en|me) |l'|t'|m')*(?!mentir|oublier|cacher"
            r"|décevoir|déranger|retarder|ennuyer|perdre|être|avoir|manquer|exagérer|insister sur|presser"
            r"|interrompre|brusquer)[^\W\d]{2,}(?:er|ir|re|oir)\b",
            r"\breste (?:notre|mon|un) secret\b",
        ),
    ),
    # Passing over it, keeping it, without one of us.
    Form(
        "sous silence|sans moi|pour nous|pour moi|donc pas|hélas|malheureusement| non |regarde",
        (
            r"\bje (?:le|la|les) passe(?:rai)? sous silence\b|\b(?:ce sera|ce serait|c'est|ça sera|ça se fera) sans"
            r" moi\b",
            r"\b(?:je garde|nous gardons|on garde|garderai|garderons) (?:ce|cet|cette|ces) (?:renseignement|détail"
            r"|nom|numéro|secret"
            r"|information|recette|opinion|avis|donnée)s? pour (?:moi|nous)\b",
            r"\bje ne (?:vous |te )?(?:l'|le |la |les )?\w{3,}rai (?:donc|hélas|malheureusement) (?:pas|rien|jamais)\b",
            r"^\W*(?:ah non, |non, )?(?:(?:le|la|les|te|vous) |l')?\w+(?:er|ir|re) [^.;:?]{0,40}(?:à (?:ta|votre)"
            r" place|pour (?:toi|vous)), non"
            r"(?=\W*$)",
            r"\bne (?:vous|te) regarden?t? (?:pas|en rien|que si)\b",
        ),
    ),
)
