"""How a house gives notice in French that it declines: what is not to be had, what was turned down, who alone may."""

from __future__ import annotations

from pytest_kvguard.text.refusal_grammars.grammar import Form, alternatives

__all__ = ["NOTICES"]

# What is done for a customer who asks for it; goods are not among it, for "n'existe pas en rouge" declines nothing.
_SERVICE = alternatives(
    "échanges? modifications? changements? remboursements? annulations? résiliations? retours? reprises?"
    " départs?_tardifs?"
    " départs?_anticipés? arrivées?_(?:anticipées?|matinales?|tardives?) late_check-?out check-?out_tardif"
    " enregistrements?_anticipés? transferts? cessions? prolongations? reports? délais?_supplémentaires? remises?"
    " réductions? rabais ristournes? gestes?_commercia(?:l|ux) dédommagements? indemnisations? exceptions? dérogations?"
    " paiements?_(?:échelonnés?|en_plusieurs_fois|en_espèces) échelonnements? prêts? crédits? avances? découverts?"
    " renouvellements? remplacements? réparations? surclassements? prises?_en_charge ajustements?_de_prix avoirs?"
    " divulgations? communication_de_\\w+ accès_(?:au|aux|à) consultation_d\\w+ suppressions? déblocages? exonérations?"
    " réinscriptions? rattrapages? inscriptions?_tardives? réservations?_de_\\w+ rectifications?"
)
_TO_DO = (
    r"(?:changer|modifier|échanger|rembourser|annuler|résilier|reprendre|prolonger|reporter|accorder|octroyer"
    r"|échelonner"
    r"|renouveler|remplacer|réparer|transférer|céder|communiquer|divulguer|révéler|fournir|partager|donner|débloquer"
    r"|supprimer|effacer|contourner|réduire|autoriser|approuver|accéder|accepter|remettre|délivrer|transmettre"
    r"|consentir|surclasser|rectifier|avancer|décaler|satisfaire|donner suite)"
)
_SOLD = (
    r"(?:tarifs?|billets?|places?|réservations?|commandes?|articles?|produits?|achats?|acomptes?|arrhes|frais"
    r"|paiements?"
    r"|montants?|cotisations?|contrats?|abonnements?|forfaits?|formules?|bons?|coupons?|cartes? cadeaux?|factures?"
    r"|noms?"
    r"|dates?|délais?|amendes?|notes?|téléchargements?|licences?|garanties?|offres?|contenus?|règlement"
    r"|assurance|police|politique|chaussures|prix|décisions?|options?|séjours?|vols?|soldes|vêtements?)"
)
_ASKED = (
    r"(?:demandes?|requêtes?|recours|réclamations?|candidatures?|plaintes?|propositions?|appels?|prêts?|dossiers?"
    r"|sollicitations?|oppositions?|contestations?|souhaits?)"
)
_REJECTED = (
    r"(?:rejetée?s?|refusée?s?|déclinée?s?|écartée?s?|déboutée?s?|pas (?:été )?(?:retenue?s?|acceptée?s?|approuvée?s?"
    r"|accordée?s?|validée?s?|admise?s?|satisfaite?s?|recevables?)|irrecevables?)"
)
# A term of sale with a way out declines nothing unless it is regretted.
_FINALLY = (
    r"(?:(?![^.;]{0,30}\b(?:mais|toutefois|en revanche|cependant)\b)"
    r"|(?<=\b(?:désolée?s?|navrée?s?|regrett\w+|malheureusement|hélas)\b[^.;]{0,160}))"
)
_INSIDERS = (
    r"(?:titulaires?|propriétaires?|destinataires?|patiente?s?|parents?|tuteurs?|proches|locataires?|gérante?s?"
    r"|responsables?|directeurs?|directrice|direction|administrateurs?|modérateurs?|rédacteurs?|personnel|employée?s?"
    r"|salariée?s?|police|juge|tribunal|intéressée?s?|personnes? (?:concernée|autorisée|habilitée)s?|assurée?s?"
    r"|souscripteurs?|médecins?|avocate?s?|utilisateurs? (?:enregistrés?|autorisés?)|résidente?s?|mandataires?|ayants"
    r" droit|représentants? légaux|superviseurs?|notaires?|ressources humaines|agents? habilités?|bailleur)"
)
_NOT = r"(?:pas|plus|jamais|aucune?|ni)"

NOTICES = (
    # What is asked for is not to be had.
    Form(
        " ne | n'|impossible|exclu|interdi|aucun",
        (
            rf"\b{_SERVICE}\b(?: [^\s,;:]+){{0,7}}? n(?:e |')(?:s')?(?:est|sont|sera|seront|serait|figure|figurent)"
            rf"(?: (?:malheureusement|donc|hélas|\w+ment))* {_NOT} (?:\w+ment )?(?:possibles?|proposée?s?|disponibles?"
            r"|permise?s?|autorisée?s?|acceptée?s?|admise?s?|incluse?s?|prévue?s?|envisageables?|accordée?s?"
            r"|couverte?s?"
            r"|offerte?s?|assurée?s?|prise?s? en charge)",
            rf"\b{_SERVICE}\b(?: [^\s,;:]+){{0,5}}? (?:est|sont|reste|restent) (?:\w+ment )?(?:impossibles?|exclue?s?"
            r"|interdite?s?|hors de question)",
            rf"\bil (?:n'est|ne sera|ne nous est|ne m'est)(?: \w+ment| donc| hélas)? pas possible (?:de |d')"
            rf"(?:(?:vous|le|la|les|lui|en) |l')*{_TO_DO}\b|\bil (?:est|nous est|m'est) (?:\w+ment )?impossible (?:de "
            rf"|d')"
            rf"(?:(?:vous|le|la|les|lui|en) |l')*{_TO_DO}\b",
            rf"\baucune? {_SERVICE}\b(?: [^\s,;:]+){{0,6}}? n(?:e |')(?:est|sera|peut|pourra|saurait)(?:"
            rf" [^\s,;:]+){{0,3}}?"
            r" (?:possible|accordée?|effectuée?|acceptée?|proposée?|prévue?|consentie?|faite?|envisageable|admise?)",
            rf"\b(?:nous|je|on) n(?:e |')(?:accord|propos|accept|offr|fais|faisons|effectu|pratiqu|consent|admett"
            rf"|autoris"
            rf"|octroy|procéd|assur|prévoy)\w*(?: [^\s,;:]+)? (?:pas|plus|jamais|aucune?)(?: [^\s,;:]+){{0,3}}?"
            rf"[ ']{_SERVICE}\b",
            r"\b(?:je n'ai|nous n'avons|il n'y a|il n'existe)(?: [^\s,;:]+)? (?:aucun|pas de) (?:moyen|possibilité"
            r"|recours) (?:de |d'|pour )(?!savoir|vérifier|voir|connaître)\w+",
        ),
    ),
    # Sold without a way back.
    Form(
        "ni |pas |interdi|prévoi|exclu|définiti",
        (
            rf"\b{_SOLD}\b(?: [^\s,;:]+){{0,6}}? n(?:e |')(?:est|sont|sera|seront) (?:malheureusement |donc )?(?:pas"
            rf"|ni)"
            r" (?:\w+ )?(?:échange|rembours|modifi|annul|repri|transmissibl|cessibl|négociabl|résiliabl"
            r"|prolongeabl)\w*" + _FINALLY,
            rf"\b{_SOLD}\b(?: [^\s,;:]+){{0,6}}? n(?:e |')(?:permet|autoris|prévoi|compren|inclu|couvr|donn|admet"
            rf"|accept"
            rf"|ouvr)\w* (?:\w+ment )?(?:pas|aucune?|ni)(?: [^\s,;:]+){{0,4}}?[ ']{_SERVICE}\b",
            rf"\b{_SOLD}\b(?: [^\s,;:]+){{0,6}}? ne (?:peut|peuvent|pourra|pourront|saurait)(?: pas| donc|"
            rf" malheureusement)*"
            r" être (?:échang|rembours|modifi|annul|repri|transf|céd|prolong|report|changé|réduit|décal)\w*" + _FINALLY,
            rf"\b(?:la loi|le règlement|la réglementation|le contrat|nos conditions|la politique)\b[^.;]{{0,40}}?"
            rf" (?:interdi\w+|exclu\w+|proscri\w+)(?: [^\s,;:]+){{0,3}}? {_SERVICE}\b"
            rf"|\b{_SOLD}\b(?: [^\s,;:]+){{0,4}}? (?:est|sont) exclue?s? (?:de|du|des)\b",
        ),
    ),
    # What was applied for is turned down.
    Form(
        "rejet|refus|déclin|écart|débout|retenu|accept|approuv|accord|valid|admis|satisfait|irrecevable|recevable"
        "|donner suite|favorable|décidé",
        (
            rf"\b(?:votre|ta|cette|vos) (?:\w+ )?{_ASKED}\b[^.;]{{0,50}}? (?:(?:est|a été|sera|doit"
            rf" être|n'est|n'a|ne sera|n'ont|ne peut|ne peuvent|ne pourra)(?: \w+ment| donc)*)(?: pas)?(?: être)? "
            rf"{_REJECTED}(?! par (?:la|le|votre) (?:banque|tribunal|juge|assur))",
            rf"\b(?:votre|ta|la|cette|vos) (?:\w+ )?{_ASKED}\b[^.;]{{0,40}}? ne (?:peut|pourra|saurait)(?: pas| donc)*"
            rf" être"
            r" (?:retenu|accept|approuv|accord|valid|admis|satisfait|honor|trait)\w*",
            rf"\b(?:devons|dois|contraints?|obligés?|regret|tenus?)\b[^.;]{{0,30}}? (?:rejeter|refuser|décliner"
            rf"|écarter)"
            rf"(?: [^\s,;:]+){{0,2}}? {_ASKED}\b|\b(?:nous|je) (?:rejetons|refusons|déclinons|rejette|refuse|décline)"
            rf" (?:votre|la|cette) {_ASKED}\b",
            r"\bne (?:pouvoir|pouvons|peux|pourrons)(?: malheureusement| pas)* (?:donner suite|répondre favorablement"
            r"|accéder|réserver une suite)\b|\b(?:avons|ai|a) décidé de ne (?:pas|plus) (?:vous |le |la )?\w+",
        ),
    ),
    # Who alone may have it or do it.
    Form(
        "seul|uniquement|exclusivement|réserv|limité|restreint",
        (
            rf"\bseule?s? (?:le |la |les |l'|un |une |notre |nos |votre )(?:[^\s,;:]+ )?{_INSIDERS}(?:"
            rf" [^\s,;:]+){{0,5}}?"
            r" (?:peut|peuvent|a|ont|est|sont|pourra|reçoit|reçoivent|voit|connaît|dispose)\b[^.;]{0,40}?\b(?:recevoir"
            r"|retirer|voir|demander|changer|modifier|avoir|connaître|savoir|consulter|accéder|autoriser|signer|annuler"
            r"|obtenir|supprimer|approuver|accès|autorisée?s?|habilitée?s?|droit|le code|la clé|copie|faire|décider"
            r"|lever"
            r"|accorder|ouvrir|donner|entrer|résilier)\b(?![^.;]{0,60}\b(?:comme vous|vous l'êtes|puisque vous)\b)",
            rf"\b(?:est|sont|reste|restent) (?:\w+ment )?(?:réservée?s?|limitée?s?|restreinte?s?|destinée?s?)"
            rf"(?: uniquement| exclusivement)? (?:au|aux|à la|à l'|à|pour) ?(?:les |la |le )?(?:[^\s,;:]+"
            rf" )?{_INSIDERS}\b"
            r"(?![^.;]{0,60}\bcomme vous\b)",
        ),
    ),
    # Nothing without a paper; no advice on the single case; for a reason, ask somebody else.
    Form(
        "sans ordonnance|sans prescription|sans autorisation|sans justificatif|sans pièce|recommand|conseill|suggèr"
        "|raison|motif|mesure de sécurité|en particulier|particuli",
        (
            r"\bn(?:e |')(?:(?:se|s'|les|la|le|vous|en) ?)*(?:\w+ )?(?:délivr|vend|fourni|remet|donn|servi|sert|pouv"
            r"|peu|lou)"
            r"\w*(?: \w+){0,3} (?:pas|jamais|aucun\w*)[^.;,]{0,40}? sans (?:une? )?(?:ordonnance|prescription"
            r"|autorisation"
            r"|justificatif|pièce d'identité)\b|\bn(?:e |')(?:est|sont) (?:pas|jamais) (?:\w+ment )?(?:délivré|vendu"
            r"|fourni|remis|donné|servi|loué)\w*[^.;,]{0,30}? sans\b",
            r"\b(?:je|nous) ne (?:recommand|conseill|suggèr|suggér|préconis)\w+ (?:pas|jamais|aucun\w*)(?:"
            r" [^\s,;:]+){0,3}?"
            r"(?: en particulier| (?:particuli|précis|spécifiqu|détermin|individuel)\w*)",
            r"\b(?:pour|par) (?:des )?(?:raisons?|motifs?|mesure)(?: \w+)? (?:de |d')(?:\w+ )?(?:sécurité"
            r"|confidentialité"
            r"|vie privée|discrétion|protection des données),? (?:veuillez|merci de|je vous (?:invite|prie|renvoie)"
            r"|nous vous (?:invitons|prions|renvoyons)|vous devez|adressez|contactez|demandez|consultez)\b(?! (?:me"
            r"|nous)\b)",
        ),
    ),
    # A practice, a deed that is put first, silence; what one is bound to; not told to anybody.
    Form(
        "règle|principe|habitude|politique|usage|pronostic|conseil|avis|diagnostic|divulgué|communiqué|révélé|transmis"
        "|diffusé|dévoilé|tais|taise|tairai|ligne|limite|tenu",
        (
            r"\b(?:pour|par) (?:règle|principe|habitude|usage|politique)(?: \w+)? (?:de |d')ne (?:pas|jamais|rien)\b"
            r"|\bpar (?:principe|habitude|politique),? (?:je|nous) n(?:e |')\w+ (?:pas|jamais|aucun)",
            r"\bdes (?:pronostics?|conseils?|avis|diagnostics?|recommandations?|prédictions?|rabais|remises?|noms?"
            r"|détails)"
            r"(?: [^\s,;:]+){0,3}?, (?:je|nous|on) n'en \w+ (?:pas|jamais)\b",
            r"\b(?:que je|je|nous|que nous) (?:tais|taise|tairai|taisons) (?:le|la|les|l'|ce|cette|son|ses)\b",
            r"\b(?:ne (?:peut|peuvent|doit|doivent|pourra|saurait|sauraient)|n'(?:est|ont) pas à)(?: pas| donc| en"
            r" aucun"
            r" cas)* être (?:\w+ment )?(?:divulgué|communiqué|révélé|transmis|diffusé|dévoilé|partagé|publié)\w*",
            r"\b(?:ligne|limite)(?: rouge)? que je ne (?:franchis|franchirai|dépasse) pas\b|\b(?:suis|sommes|reste)"
            r" (?:\w+ment )?(?:tenue?s?|astreinte?s?|soumise?s?) (?:au|à la|à une?|par le) (?:\w+ )?(?:secret"
            r"|confidentialité|discrétion|réserve|silence|devoir)\b",
        ),
    ),
    # To whom alone it is given; what leaves no house; what is not sent this way.
    Form(
        "seul|ne sort|sur place|ne passe pas|ne circule|ne se trans|ne se donne|ne s'envoie|n'y touche|ne se partage",
        (
            r"(?<!\b(?:colis|paquet|lettre|courrier|clé|pli|commande)s?\b[^.;]{0,30})\b(?:remis|communiqu|transmis"
            r"|délivr|donn|montr|fourni|divulgu)(?:é|e)?e?s? (?:aux|au|à la|à l'|à)"
            r" ?seule?s? \w+",
            r"\b(?:listes?|recettes?|informations?|dossiers?|noms?|données|chiffres?|documents?|renseignements?"
            r"|secrets?|cela|ça)(?: \w+)?"
            r" ne sort(?:ira|iront|ent)? (?:pas|jamais) (?:du|de|d'ici)\b",
            r"\b(?:ça|cela|clés?|mots? de passe|codes?|noms?) ne (?:passe|circule|s'envoie|se transmet|se donne|se"
            r" dit|se partage)(?:nt)? pas"
            r" (?:par|sur|dans|via|en) (?:le |un |ce |les )?(?:chat|mail|messagerie|téléphone|tchat|e-?mail|courriel)",
            r"\b(?:secrétariat|bureau|service|jury|direction|rectorat|greffe) n'y touche(?:ra)? (?:plus|pas)\b",
        ),
    ),
    # The formula of a refusal; what is left as it is by law; what is asked for as it was agreed.
    Form(
        "en mesure de|droit à|s'exprimer|commentaire|commenter|se prononcer|réagir|retenu|laisse|garde|conserve"
        "|prions|demandons",
        (
            r"\bn(?:e |')(?:est|sommes|suis|sont) (?:\w+ment )?pas en mesure d(?:e |')(?:faire droit|donner (?:une"
            r" )?suite|répondre favorablement"
            r"|accéder|satisfaire|communiquer|divulguer|accorder)\b",
            r"\bn(?:e |')(?:est|peut|sera|pouvons|saurait)(?: \w+)? (?:pas )?(?:être )?(?:fait|faire) droit à\b",
            r"\b(?:établissement|direction|école|lycée|hôtel|maison|entreprise|société|mairie|cabinet|service"
            r"|parquet|nous|je|on) ne"
            r" (?:souhait|désir|entend|fer|fais)\w*(?: \w+ment)? (?:pas|aucun) (?:s'exprimer|commenter|communiquer"
            r"|faire de commentaires?"
            r"|commentaires?|se prononcer|m'exprimer|nous exprimer|réagir)\b",
            r"\b(?:loi|règlement|obligation|impose\w*|oblige\w*|réglementation)\b[^.;]{0,80}\bje (?:les|la|le|l')"
            r" ?(?:laisse|garde|conserve)"
            r" (?:en place|telle?s? quelle?s?|intacte?s?|en l'état)",
            r"\b(?:complet|complète|pleine?)\b[^.;]{0,60}\b(?:prions|demandons|prie|demande)\b[^.;]{0,60}\bcomme"
            r" (?:convenu|prévu)\b",
            r"\b(?:demande|candidature|dossier|projet|proposition)s? n'(?:a|ont) (?:\w+ment )?pas été (?:retenu"
            r"|accept|accord|approuv|valid)\w+",
        ),
    ),
    # The same in other words; what stands; who says nothing; nothing without a paper.
    Form(
        "renseign|inform|remett|répond|communiqu|reste|maintenue|maintenu|maintenons|pas votre|pas vos|pas ton|pas"
        " ta|ne"
        " commente|ne s'exprime|ne se prononce|sans ordonnance|sans prescription|sans autorisation|sans mandat",
        (
            rf"\bne (?:renseign|inform|remett|répond|communiqu)\w+ (?:que |qu')(?:le |la |les |aux? |à la |à l'"
            rf"|l')(?:[^\s,;:]+ )?"
            rf"{_INSIDERS}\b",
            r"\brest(?:e|ent|era|eront) entre (?:lui|elle|eux|moi) et\b|\b(?:ça|cela) reste(?:ra)? (?:dans (?:ce"
            r"|cette|nos) (?:bureau|pièce"
            r"|maison|murs|cabinet|service)|entre ces murs)\b",
            r"\b(?:pénalité|amende|décision|sanction|majoration|refus|facturation)s? (?:est|sont|reste|restent)"
            r" maintenue?s?(?=\W*$|,)"
            r"|\b(?:nous maintenons|je maintiens) (?:notre|mon|ma|la|ce|cette) (?:décision|refus|réponse)\b",
            r"\bnous n(?:e |')(?:augment|relev|modifi|prolong|réduis|baiss|avanç|report|diminu)e?ons pas (?:votre"
            r"|ta|ton) (?:plafond|limite|note|tarif|délai|taux|réservation|billet|prêt|crédit|contrat|loyer|salaire"
            r"|prime)\b",
            r"\b(?:établissement|direction|école|lycée|hôtel|maison|entreprise|société|mairie|cabinet|parquet"
            r"|tribunal|préfecture) ne"
            r" (?:commente|communique|s'exprime|se prononce)(?:ra)? (?:pas|jamais)\b",
            r"\bsans (?:ordonnance|prescription|autorisation|mandat)\b[^.;]{0,50} (?:n'est|ne sont|ne se|ne peut|on"
            r" ne|nous ne)\b[^.;]{0,8}"
            r" (?:pas |plus |jamais )?(?:être )?(?:délivr|vend|remis|remet|donn|servi)\w*",
        ),
    ),
    # How an authority says it: conditions that are not met, decisions that are confirmed, what there is no right to.
    Form(
        "conditions|sans suite|n'est due|n'est dû|confirmons|confirmée|pas droit|n'ouvre|seule |seul |seuls "
        "|décision de justice|reverra|reverrons"
        "|dont je|pas ouvert",
        (
            r"\bconditions d(?:e |')[^.;,]{3,40} ne sont (?:\w+ment )?pas (?:réunies|remplies|satisfaites)\b"
            r"|\b(?:demande|dossier|situation|profil)"
            r" ne (?:remplit|satisfait|répond) pas (?:à |aux |les )",
            r"\b(?:demande|dossier|plainte|réclamation)\b[^.;]{0,15} (?:est|a été|sera) classée? sans suite\b",
            r"\baucune? (?:indemnité|compensation|remboursement|indemnisation|dédommagement|remise) n'est (?:dû|due"
            r"|prévu|prévue|possible)\b",
            r"\bnous confirmons (?:la|notre) (?:décision|sanction|note)\b|\b(?:décision|sanction) (?:initiale )?est"
            r" confirmée(?=\W*$|,)",
            r"\bn'(?:avez|as|a|ouvre|ouvrent) (?:\w+ment )?pas droit à (?:une? |la |l')?(?:compensation"
            r"|remboursement|indemnité|échange|remise"
            r"|réduction|indemnisation|dédommagement|avoir|prise en charge)\b(?!,? si\b)",
            r"\b(?:images|enregistrements|données|dossiers|listes),? seule?s? (?:le |la |les |l')\w+ (?:les|la)"
            r" (?:voit|voient|consulte|consultent"
            r"|a|ont|reçoit)\b|\bsans (?:une )?(?:décision de justice|réquisition|commission rogatoire)[^.;]{0,3},?"
            r" pas d",
            r"\b(?:jury|conseil|commission|secrétariat) ne (?:la|le|les) (?:reverra|modifiera|changera) pas\b",
            r"\b(?:ce n'est pas|pas) (?:une chose|un sujet|quelque chose) dont (?:je|nous) (?:parle|discute|parlons"
            r"|discutons)\b",
        ),
    ),
)
