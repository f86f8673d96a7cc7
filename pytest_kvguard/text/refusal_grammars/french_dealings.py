"""What a clerk does not do in French, whoever asks: deals that are not made, things not told, decisions of others."""

from __future__ import annotations

from pytest_kvguard.text.refusal_grammars.grammar import Form

__all__ = ["DEALINGS"]

# What only a clerk can do to a thing: to charge, open or wash it is another matter, which declines nothing.
_DEAL = (
    r"(?:rembours|échang|rééchelonn|prolong|accord|octroy|autoris|approuv|prêt|lou|sous-lou|dédommag|indemnis|négoci"
    r"|accept|admett|permett|repren|avanc|toler|tolér|consent|reconduis|reconduit|surclass|antidat|dérog|cautionn|estim"
    r"|class|évalu|not)"
)
_DEALT = (
    r"(?:remboursé|échangé|prolongé|accordé|octroyé|prêté|loué|sous-loué|repris|indemnisé|négocié"
    r"|reconduit|honoré|traité par téléphone|crédité|levé|reporté)e?s?"
)
_THING = (
    r"(?:siège|place|billet|réservation|nom|date|rendez-vous|commande|contrat|tarif|note|amende|délai|prix|vol"
    r"|créneau)s?"
)
_DEED = (
    r"(?:(?!(?:informa|sta|applica|op|fonc|situa|tradu|sec|exposi|connex|appartem|mom|monum|bâtim|élém)(?:tion|ion"
    r"|ent))"
    r"\w+(?:tion|tions|ment|ments|age|ages)|retours?|échanges?|remises?|rabais|réductions?|prêts?|reports?"
    r"|sous-location"
    r"|reprises?|vente|revente)"
)
_PEOPLE = (
    r"(?:mineurs?|clients?|visiteurs?|hôtes|tiers|personnes|particuliers|public|journalistes?|inconnus|proches"
    r"|patients?"
    r"|locataires|élèves|enfants|appelants?|correspondants|usagers)"
)
_RULES = r"(?:règlement\w*|loi|règles?|réglementation|statuts|contrat|conditions|politique|code|charte|convention)"
_LEISURE = r"(?:fumer|stationner|se garer|se baigner|nager|camper|chiens?|photos?|boire|manger|feu)"
_ASKED = r"(?:demande|requête|recours|réclamation|candidature|plainte|proposition|appel|offre|projet|dossier)"
_NE = r"\bn(?:e |')(?:(?:se|me|nous|vous|lui|leur|le|la|les|en|y) |s'|m'|l')*"

DEALINGS = (
    Form(
        "pas|plus|jamais|aucun",
        (
            rf"\b(?:nous|je|on) n(?:e |')(?:(?:vous|lui|leur|le|la|les|en|y) |l'|m'|s')*{_DEAL}(?:ons|e|is|s|ions)?"
            r"(?: \w+ment)? (?:pas|plus|jamais|aucune?)\b(?! (?:avoir|être|que|vos|votre|encore|(?:les |de "
            r"|d')?(?:chien|animau|chat|enfant|fume|carte)))",
            rf"{_NE}(?:est|sont|sera|seront|peut être|peuvent être|pourra être)(?: \w+ment)? (?:pas|plus|jamais"
            rf"|aucunement)?"
            rf" ?(?:être )?(?:\w+ment )?{_DEALT}\b(?![^.;]{{0,30}}\b(?:mais|jusqu|avant)\b)"
            r"(?<=\b(?:pas|plus|jamais)\b[^.;]{0,40})",
            rf"{_NE}(?:peut|peuvent|pourra|pourront) (?:pas|plus) être (?:\w+ment"
            rf" )?{_DEALT}\b(?![^.;]{{0,30}}\bmais\b)",
            rf"\b{_THING}\b(?: [^\s,;:]+){{0,4}}? (?:n'est|ne sont|ne sera|ne peut|ne peuvent) (?:pas|plus) (?:être"
            rf" )?(?:modif"
            r"|chang|annul|cessible|transf|dépla|échang)\w*(?![^.;]{0,30}\bmais\b)",
            rf"(?<!\bvos\b[^.;]{{0,40}}){_NE}(?:est|sont) (?:pas|jamais) (?:vendu|donné|remis|communiqué|prêté|montré"
            rf"|délivré|confié|loué|transmis"
            rf"|fourni)e?s? (?:aux?|à) (?:la |l'|des |un |une )?{_PEOPLE}\b",
            rf"\baucune? (?:{_DEED})\b(?: [^\s,;:]+){{0,4}}? ne (?:sera|seront|peut|pourra)\b",
            rf"\b(?:{_DEED})\b(?: [^\s,;:]+){{0,5}}? n(?:e |')(?:est|sont|sera)(?: \w+ment)? (?:pas|plus) (?:possible"
            rf"|permis"
            rf"|prévu|autorisé|envisageable|admis|négociable|disponible)\w*(?=\W*$|[,;]| sur| avec| pour| pendant)"
            rf"(?<!\b{_LEISURE}\b[^.;]{{0,60}})",
            rf"\b(?:contrat|règlement|convention|tarif|billet|loi|offre|police|accord)\b(?: [^\s,;:]+){{0,3}}? ne"
            rf" (?:prévoit"
            rf"|permet|comprend|couvre|autorise) (?:pas|aucune?)(?: [^\s,;:]+){{0,2}}?[ ']{_DEED}\b",
        ),
    ),
    Form(
        "dehors de ce que|delà de ce que|interdit|irresponsable|dangereux|déplacé|illégal|m'arrête|liées|pas moi|pas à"
        " moi|pas nous|pas à nous|uniquement"
        "|exclusivement|que par|entre eux|entre elles|exclu",
        (
            rf"(?<!\b{_LEISURE}\b[^.;]{{0,40}})\b(?:est|sont) (?:\w+ment )?interdite?s? (?:par|selon|dans) (?:le |la "
            rf"|les |l'"
            rf"|notre |nos )?(?:\w+ )?{_RULES}\b",
            r"\b(?:donner|fournir|écrire|partager|expliquer|décrire|publier|générer|rédiger|aider"
            r"|détailler)\b[^.;]{0,60}"
            r" serait (?:\w+ )?(?:irresponsable|dangereux|déplacé|illégal|imprudent|contraire à l'éthique)\b"
            r"|\bje m'arrête (?:donc )?(?:ici|là)\b|\b(?:en dehors|au-delà) de ce que (?:je|nous)\b",
            r"\b(?:décide\w*|décision|appartient|revient|c'est (?:au|à la|aux))\b[^.;]{0,50}, (?:et )?(?:non |pas )(?:à"
            r" )?"
            r"(?:moi|nous)\b",
            r"\bne (?:répondons|traitons|réglons|discutons|communiquons)\b[^.;]{0,60} que (?:par|en|sur)\b",
            r"\b(?:reste|restent|demeure) entre (?:eux|elles|lui|elle|nous|le \w+ et|la \w+ et)\b",
            rf"\b(?:{_DEED})\b(?: [^\s,;:]+){{0,5}}? (?:est|sont|reste)(?: donc)? (?:exclue?s?|hors de question)\b"
            rf"|\b(?:contrat|règlement|loi|tarif|offre)\b(?: [^\s,;:]+)? exclut? (?:toute? |la |le |les |l')?{_DEED}\b",
        ),
    ),
    Form(
        "retenu|rejeté|refusé|écarté|décliné",
        (
            rf"\b(?:comité|conseil d'\w+|direction|commission|équipe|jury|service|société|bureau|nous|avons"
            rf"|ai)\b[^.;]{{0,20}}?"
            rf"(?:n'a pas retenu|n'avons pas retenu|a rejeté|avons rejeté|a refusé|avons refusé|a écarté|a décliné"
            rf"|pas retenu|rejeté|refusé) (?:votre|ta) (?:\w+ )?{_ASKED}\b",
        ),
    ),
    # What this desk is not for, who alone has it, what is not for discussion; where else to take it.
    Form(
        " ne | n'|personne|écart|marge|latitude|genre de question|ce type de|ces questions|programmé|conçu",
        (
            r"\b(?:cette|ce|cet|notre) (?:\w+ )?(?:ligne|canal|bureau|service|chat|guichet|assistant|bot|système|agence"
            r"|boutique"
            r"|pharmacie|clinique|bibliothèque|messagerie|numéro|standard) ne (?:prend|traite|donne|répond|gère|propose"
            r"|accepte"
            r"|peut|fournit|vend|couvre|délivre|reçoit|permet|s'occupe)\w* (?:pas|aucun\w*|plus)\b",
            r"\bn'(?:est|étaient) pas (?:négociable|à vendre|discutable|sujet à discussion|à discuter|ouvert à la"
            r" discussion)\w*",
            r"\bpersonne (?:d'autre que|sauf|hormis|à part|excepté) (?:le |la |les |l'|un |une )\w+(?: \w+)? ne (?:peut"
            r"|reçoit|a"
            r"|connaît|voit|sait)\b",
            r"\bne (?:regarde|regardent|concerne|concernent) que (?:le |la |les |l')(?!vous)\w+",
            r"\b(?:me tiens|nous tenons|reste|restons|préfère rester) (?:soigneusement )?(?:à l'écart|en dehors"
            r"|éloigné\w*) (?:de|du"
            r"|des)\b",
            r"\bn(?:e |')(?:ai|avons|dispose|disposons) (?:d')?(?:pas|aucune?) (?:de |d')?(?:marge|latitude|pouvoir"
            r"|mandat|marge de"
            r" manœuvre|liberté)(?: [^\s,;:]+){0,3}? (?:pour|de|sur)\b",
            r"\bpour (?:ce genre de|ce type de|ces|de telles|les) questions?(?: \w+)?,? (?:voyez|consultez"
            r"|adressez-vous|demandez"
            r"|contactez|parlez-en|tournez-vous)\b(?! (?:notre|nous|la page|le menu))",
            r"\b(?:suis|sommes|ai été|a été) (?:programmée?|conçue?|entraînée?|formée?|configurée?)s? pour ne (?:pas"
            r"|jamais|rien)\b",
        ),
    ),
    Form(
        "aucun|décidé de ne|ne peut|ne vaut",
        (
            r"\baucune? [^\s,;:]+(?: (?:de|d') ?[^\s,;:]+)?(?: [^\s,;:]+)? ne (?:sera|seront|pourra)(?: être)?"
            r" (?:envoyé|versé|accordé"
            r"|effectué|fait|remis|fourni|communiqué|consenti|délivré|proposé|expédié)\w*",
            r"\b(?:a|ont|avons|ai) décidé de ne pas \w+(?:er|ir|re)\b",
            r"\b(?:rendez-vous|date|délai|montant|amende|plafond|prix|réservation|commande|contrat|note|cotisation)s?\b"
            r"(?: [^\s,;:]+){0,4}? ne (?:peut|peuvent|saurait) (?:pas |plus )?être (?:avancé|décalé|baissé|réduit"
            r"|relevé|augmenté"
            r"|déplacé|abaissé|modifié|raccourci)\w*",
        ),
    ),
)
