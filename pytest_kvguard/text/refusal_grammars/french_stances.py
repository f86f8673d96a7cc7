"""How one stands towards a request in French: unwilling, not permitted, not the one to ask, bound to silence."""

from __future__ import annotations

from pytest_kvguard.text.refusal_grammars.grammar import Form

__all__ = ["STANCES"]

_CLITICS = r"(?:(?:vous|te|me|lui|leur|nous|le|la|les|y|en|se) |l'|t'|m'|s'|n'|d')*"
_NE = rf"\bn(?:e |'){_CLITICS}"
_NOT = r"(?:pas|point|plus|rien|jamais|aucun\w*|nullement|guère|en aucun cas|ni)\b"
# What the speaker does not do, by its stem: any act that one is asked for.
_STEM = (
    r"(?:partag|révél|divulgu|dévoil|donn|dis|dir|communiqu|fourn|aid|assist|répond|parl|abord|comment|discut"
    r"|mentionn|montr"
    r"|transmet|transmett|publi|répét|écri|rédig|cré|génér|produi|accord|fai|fer|effectu|confirm|offr|propos"
    r"|indiqu|précis|cit"
    r"|accept|autoris|exécut|rembours|continu|particip|conseill|renseign|remet|nomm|tradui|modifi|ignor|expos"
    r"|évoqu|trait"
    r"|livr|prescri|diagnostiqu|racont|délivr|supprim|effac|install|désactiv|contourn|pirat|espionn|falsifi|invent"
    r"|spécul"
    r"|devin|jug|critiqu|insult|encourag|renouvel|annul|chang|ajout|prolong|sign|entr|rentr|engag|prononc|mêl"
    r"|copi|plagi|imit|jou|simul|transfér|touch|lanc|forc|retir|prêt|soutien|cautionn|vend|valid|pos|pren|prend"
    r"|prêter|pouss|déploi"
    r"|avanc|opin|recommand|pose|consent|suiv|trich|tromp|aller|céd|résoud|commett|expliqu|détaill|li)"
)
_DEED = rf"(?:{_CLITICS}{_STEM}\w*(?:er|ir|re|oir))\b"
_FEW = r"(?: [^\s,;:]+){0,4}?"
_RULE = (
    r"(?:lois?|règles?|consignes?|directives?|instructions?|politiques?|principes?|règlement\w*|conditions"
    r"|programmation"
    r"|lignes directrices|charte|contrat|code de \w+|rgpd|déontologie|normes?|procédures?|confidentialité|statuts)"
)
_TOLD = (
    r"(?:partagé|révélé|divulgué|communiqué|donné|dévoilé|transmis|fourni|publié|montré|mentionné|discuté|remis"
    r"|diffusé"
    r"|accordé|rendu public|répété|distribué)e?s?"
)
_INSIDERS = (
    r"(?:l'|le |la |les |nos |notre |un )?(?:personnel|employé\w*|équipes?|usage interne|salarié\w*"
    r"|administrateur\w*|direction|agents?"
    r"|titulaires?|gérant\w*|membres du personnel|personnes (?:autorisées|habilitées)|services? internes?"
    r"|usage strictement interne|collaborateur\w*)"
)

STANCES = (
    # Unwilling: any action that one is asked for.
    Form(
        " ne | n'|ne l",
        (
            rf"\b(?:je|nous) n(?:e |'){_CLITICS}(?:vais|allons|veux|voulons|souhaite|souhaitons|compte|comptons"
            r"|peux|pouvons|pourrai|pourrons"
            rf"|pourrais|dois|devons|désire|tiens|saurai|entends)(?: [^\s,;:]+){{0,2}}? {_NOT}{_FEW} (?:à )?{_DEED}",
            rf"\b(?:je|nous) n(?:e |'){_CLITICS}(?:saurais|saurions|puis|peux){_FEW} {_DEED}",
            rf"\b(?:je|nous) n(?:e |'){_CLITICS}{_STEM}\w*(?:rai|rons)\b(?: \w+ment)? {_NOT}(?! (?:vos|votre|tes"
            r"|ton)\b)",
            rf"\b(?:cela|ça|ce genre de \w+|ce type de \w+|de tels? \w+),? (?:je|nous) n(?:e |'){_CLITICS}\w+ {_NOT}",
            r"\b(?:je|nous) ne (?:me|nous) (?:vois|sens|voyons|sentons) pas\b|\bne suis pas (?:à l'aise|favorable"
            r"|prête?|disposée?)\b|\bmal à l'aise (?:de|à l'idée|pour)\b",
            r"\b(?:je|nous) n(?:e |')(?:donne|donnons|fournis|fournissons|prends|propose|écris|écrivons|rédige"
            r"|rédigeons|produis|fais|faisons|commente|commentons|traite|traitons"
            r"|formule|émets|délivre|réponds|répondons|parle|parlons|discute|aborde|participe|divulgue|communique"
            r"|communiquons|partage|prescris|porte|accorde|accordons|me prononce)"
            r" (?:pas|jamais|aucun\w*|guère|ni)\b(?! (?:vos|votre|tes|ton|souvent|à l'avance)\b)",
            r"\bje n'en (?:dévoilerai|dirai|révélerai|parle|parlerai|divulguerai|soufflerai)\w* (?:pas|rien|mot"
            r"|point)\b|\bne (?:peux|puis|veux|dois|vais) rien (?:vous |t'|en |y )*(?:dire|révéler|dévoiler|faire"
            r"|communiquer|divulguer)\b",
            r"\b(?:m'|nous )en (?:dire|parler) plus\b",
        ),
        speakers=" je | nous |cela|ça|rien| n'en |aise",
    ),
    Form(
        "préfèr|préfér|refus|déclin|abstien|abstenir|m'oppos|passe mon tour|sans façon|limite|mieux ne|mieux vaut"
        "|m'en tenir|neutre|à l'écart|renonc|me dois|dire non|mêler|volontiers mais",
        (
            r"\b(?:je|nous)(?: me| nous)? (?:préfère|préférerais|préférons|préférerions|aime mieux"
            r"|aimerais mieux)(?: \w+)? (?:ne|éviter|rester|garder|m'abstenir|laisser|en rester|passer|me taire"
            r"|nous abstenir|taire)\b",
            r"\b(?:dois|devons|devrai|vais|allons|me dois de|nous devons de|suis contrainte? de|suis obligée? de"
            r"|suis forcée? de|me vois (?:obligée?|contrainte?) de|me permets de)(?: \w+){0,2}? (?:vous )?"
            r"(?:refuser|décliner|m'abstenir|nous abstenir|dire non|renoncer|passer mon tour|m'en tenir|rejeter)\b",
            r"\b(?:je|nous) (?:me |nous |m')?(?:refuse|refusons|décline|déclinons|abstiens|abstenons|abstiendrai"
            r"|oppose|opposons)\b|\bje passe(?: mon tour)?(?=\W*$|,)|^\W*(?:non merci|sans façon)\b"
            r"|\bmieux vaut (?:ne|que je)\b|\b(?:c'est|voilà|là) (?:\w+ )?(?:ma|la|une) limite\b"
            r"|\breste(?:rai)? (?:neutre|à l'écart)\b",
        ),
    ),
    # It is not told, whoever might tell it.
    Form(
        " pas |jamais| ne ",
        (
            r"(?<!vos données )(?<!vos informations )(?<!tes données )\b(?:ne|n')(?: ?(?:sont|est|sera|seront|peut"
            r"|peuvent|doit|doivent|saurait|sauraient|pourra|pourront|devra|devrait))(?: (?:pas|jamais"
            r"|en aucun cas|malheureusement|aucunement))*"
            rf"(?: être)?(?: \w+ment)? {_TOLD}(?: (?:au|aux|à la|à l') ?\w+)?(?! (?:à|aux|avec) (?:des |un "
            r"|de )?(?:tiers|quiconque))\b",
            r"\bn(?:e |')(?:est|sont) pas (?:\w+ment )?(?:accessible|disponible|destinée?|ouverte?|publique?"
            r"|public)s?(?: (?:aux|au|à la|à l'|pour les|pour le) ?(?:clients?|public|visiteurs?|usagers?"
            r"|utilisateurs?|tiers|extérieur|particuliers))(?=\W*$|,|;| et)",
            r"\b(?:informations?|renseignements?|chiffres?|détails?|codes?|données internes|consignes|tarifs?"
            r"|listes?|noms?)\b[^.;]{0,30} ne se (?:communique|divulgue|donne|partage|transmet)\w* pas\b",
        ),
    ),
    # It is confidential or meant for others.
    Form(
        "confidentiel|secret|secrète|interne|réservé|classifié|privé|personnel|employé|équipe|salarié|direction"
        "|agent|titulaire|gérant|autorisées|habilitées"
        "|entre |pour moi|pour nous|silence|discrétion|taire|motus|cousue|administrateur|collaborateur|secrèt",
        (
            r"(?<!vos )(?<!votre )\b(?:mes|nos|mon|notre|ma|ce|cet|cette|ces|cela|ceci|ça|le|la|les|elles?|ils?"
            r"|tout)\b(?: (?!enquête|appel|sondage|vos|votre|variable|méthode|fonction|classe|propriété|terrasse"
            r"|plage|piscine)[^\s,;:]+){0,6}? ?(?:est|sont|reste|restent|demeure|demeurent|doit rester"
            r"|doivent rester)(?: \w+ment| à| un| une| information| données| considérée?s? comme| en| d'ordre"
            r"| de nature)* "
            r"(?:confidentiel(?:le)?s?|secr(?:et|ète)s?|usage interne|internes?|classifiée?s?|réservée?s?"
            r"|privée?s?|sous clé|sous scellés|top secret)(?=\W*$|,|;| et| au| aux| à)",
            r"\b(?:est|sont|reste|restent)(?: \w+ment)? (?:réservée?s?|destinée?s?|limitée?s?"
            rf"|strictement réservée?s?)(?: \w+ment)? (?:à|au|aux|pour) ?{_INSIDERS}",
            rf"\b(?:seule?s?|uniquement) {_INSIDERS}(?: \w+)? (?:peut|peuvent|a|ont|doit|connaît|connaissent|y a)\b",
            r"\b(?:doit|doivent|va|vont)? ?(?:reste|rester|restera|resteront"
            r"|restent) (?:strictement )?entre (?:nous|moi et|(?:[^\s,;:]+ ){1,3}et (?:moi|nous|l'équipe))\b",
            r"\b(?:je|nous) (?:le|la|les) (?:garde|gardons|garderai)(?: \w+)? (?:pour (?:moi|nous)|secret\w*)\b"
            r"|\bgarde(?:r|rai|ns|ons)?\b[^.;]{0,30}\b(?:pour (?:moi|nous)|le silence|sous silence|secr(?:et"
            r"|ète)s?)(?=\W*$|,|;)",
            r"\b(?:tenue?s?|astreinte?s?|soumise?s?|liée?s?) (?:au|à la|à une|à un|par)(?: \w+)? ?(?:silence"
            r"|secret|confidentialité|discrétion|réserve|clause|obligation)\b"
            r"|\b(?:couvert|protég|relèv|soumis|tombe)\w*\b[^.;]{0,15}\b(?:par|du|au|sous) (?:le |la )?(?:secret"
            r"|confidentialité)\b",
        ),
    ),
    # A rule forbids it; nobody gave leave.
    Form(
        "loi|règle|consigne|directive|instruction|politique|principe|condition|programm|charte|contrat|rgpd"
        "|déontologie|norme|procédure|confidentialité|droit|autoris|permis|interdi|habilit|mandat|statuts|défend"
        "|impossib|raison|motif",
        (
            r"\b(?:à l'encontre|contraire\w*|contrevien\w+|viol\w+|enfrei\w+|contre|enfreindr\w+"
            r"|contreviendr\w+)(?: de| à)? (?:la |le |les |l'|nos |notre |mes |aux |au |du "
            rf"|des )?(?:\w+ )?{_RULE}\b",
            rf"\b{_RULE}\b[^.;]{{0,30}}?(?:(?:m'|me |nous |l')(?:en |le |l')?(?:interdi\w+|empêch\w+|défend\w*"
            r"|imposent? (?:le silence|de ne))|n(?:e |')(?:\w+ |m'|nous |l')*(?:permett\w+|permet|autoris\w+"
            r"|prévoi\w+) pas|interdi(?:t|sent) (?:de|d'|toute|ce|cela))\b",
            r"\b(?:conformément à|selon|en raison de|par|au vu de|pour des raisons de|pour des motifs de"
            r"|en vertu de|compte tenu de) (?:la |le |les |l'|nos |notre |mes |du "
            rf"|des )?(?:\w+ )?{_RULE}\b[^.;]{{0,50}}\b(?:je|nous|il)\b[^.;]{{0,6}}n(?:e |')\S+(?: \S+)? (?:pas"
            r"|jamais|aucun\w*|rien)\b(?! (?:vos|votre))",
            r"\b(?:m'est|nous est|m'a été|nous a été) (?:\w+ment )?(?:interdit|impossible|défendu)(?: \w+)? (?:de"
            r"|d')|\bn(?:e |')(?:m'|nous |me )(?:est|a|ont) pas (?:été )?(?:permis|autorisée?|possible)(?: de"
            r"| d'|(?=\W*$|,))",
            r"\b(?:je|nous) n(?:e |')(?:ai|avons|dispose|disposons|suis|sommes|détiens)(?: \w+ment)? (?:pas"
            r"|aucun\w*|nullement|plus)(?: \w+ment)? (?:le |la |l'|de |d'|du |reçu |un |une |été )*"
            r"(?:droit|permission|autorisation|autorité|pouvoir|mandat|autorisée?s?|habilitée?s?|mandatée?s?"
            r"|en mesure|en droit|en position|compétente?s?|qualifiée?s?|censée?s?|à même|habilitation"
            r"|latitude)\b(?! d'écri)",
        ),
    ),
    # Not the one to ask, not what this is for.
    Form(
        "champ|domaine|cadre|compétence|périmètre|rôle|ressort|métier|mission|fonction|seulement|uniquement"
        "|exclusivement| que | qu'|appartient|revient|incombe|mauvais|interlocuteur|attributions|limite|demander"
        "|bonne personne",
        (
            r"\b(?:sort|sortent|dépasse|dépassent|excède|excèdent|hors|en dehors|au-delà|relève pas|relèvent pas"
            r"|ne fait pas partie|n'entre pas|ne relève pas)\b[^.;]{0,20}\b(?:mon|mes|notre|nos"
            r"|ma)\b (?:\w+ )?(?:champ|domaine|cadre|compétences?|périmètre|rôle|ressort|mission|fonctions?"
            r"|attributions|portée|capacités)|\b(?:dépasse|excède|outrepasse)\w* ce que (?:je|nous)\b",
            r"\b(?:je|nous) n(?:e |')(?:réponds|traite|parle|m'occupe|aide|traitons|répondons|gère|gérons|suis là"
            r"|connais|conseille|renseigne|prends)\b[^.;,]{0,25} qu(?:e |'|aux? )",
            r"\b(?:je|nous) (?:réponds|traite|traitons|répondons|gère|gérons|suis là|m'occupe|me limite"
            r"|me consacre|aide|suis conçue?|suis dédiée?|peux)(?: \w+)? (?:uniquement|seulement|exclusivement)\b",
            r"\bil ne (?:m'|nous )(?:appartient|revient|incombe) pas\b|\bce n'est pas (?:mon|notre|à moi|à nous|ma"
            r"|de mon|de ma|de notre)\b(?! (?:genre|tour))|\b(?:mauvais|pas le bon|pas la bonne) (?:interlocut\w+"
            r"|adresse|personne|service)\b|\bne suis pas (?:la bonne personne|le bon interlocuteur|qualifiée?"
            r"|conçue?|fait pour|là pour)\b",
            r"\b(?:désolée?|navrée?|regrette|malheureusement)\b[^.;]{0,40}\b(?:devrez|faudra|devriez|faut)(?: le"
            r"| la| vous| l')* (?:demander|adresser|consulter|renseigner|voir avec|poser)\b",
        ),
    ),
    # What is asked for is not possible.
    Form(
        "possible|impossible|question|moyen|commentaire|envisageable|négociable|non |exclu|désolé|regret|hélas"
        "|suite favorable|insist|refus|jeu",
        (
            r"\b(?:malheureusement|hélas|désolée?|regrette|navrée?|crains"
            r"|peur)\b[^.;]{0,50}\b(?:pas (?:être )?(?:possible|envisageable|faisable|réalisable)|impossible"
            r"|hors de question|non)(?=\W*$|,|;)",
            r"\b(?:cela|ça|ceci|c'|ce) ?(?:n'est|ne sera|n'était|ne me sera|ne nous est"
            r"|ne m'est)(?: \w+ment)? pas (?:possible|envisageable|négociable|à l'ordre)(?=\W*$|,|;| de| pour)",
            r"\b(?:aucun|pas de) (?:moyen|possibilité|façon) (?:pour (?:moi|nous) )?(?:de|d') ?(?!savoir|vérifier"
            r"|voir|retrouver)\w+|\b(?:il n'y a|je n'ai|nous n'avons) (?:malheureusement )?aucun(?:e)? (?:moyen"
            r"|possibilité|marge)\b(?! de (?:savoir|vérifier))",
            r"\baucun commentaire\b|\b(?:pas|hors de) question\b(?! de la)|\bsuite favorable\b|\bn'insist\w+ pas\b"
            r"|\b(?:ne )?(?:rentrerai|entrerai|jouerai|prêterai) (?:pas|point)\b",
            r"^\W*non[,.:;] (?:je|cela|ça|désolée?)[^.;]{0,40}\b(?:pas|rien|jamais)\b(?! (?:de souci|besoin|grave"
            r"|encore|trouv|vu|reçu))",
        ),
    ),
    # What became of the request, or of the deed.
    Form(
        "rejeté|refusé|bloqué|sans réponse|exception|autorisation|accord|permission|un refus|écarté|suite"
        "|approbation|aucun ",
        (
            r"\b(?:votre|ta|cette|la|sa) (?:\w+ )?(?:demande|requête|question|réclamation|candidature"
            r"|proposition)\b[^.;]{0,20}\b(?:est|a été|sera|doit être|ne peut qu'être) (?:\w+ )?(?:rejetée|refusée"
            r"|bloquée|écartée|déclinée)\b",
            r"\b(?:laisse|laissons|laisserai|reste|restera)\b[^.;]{0,30}\bsans réponse\b|\b(?:opposer|opposons"
            r"|oppose) (?:\w+ )?un refus\b",
            r"\b(?:faute d'|sans |n'ayant pas (?:reçu |obtenu )?(?:l'|d'))(?:autorisation|accord|permission"
            r"|approbation)\b[^.;]{0,40}\b(?:je|nous) n(?:e |')\w+ pas\b|\b(?:je|nous) n(?:e l'|'|e les )(?:ai"
            r"|avons) pas\b[^.;]{0,50}\b(?:car|parce que|faute)\b[^.;]{0,50}\b(?:autorisation|permission|accord"
            r"|droit|autorisée?)\b",
            r"\b(?:on ne|nous ne|je ne|il n'y a) (?:fait|faisons|fais|pouvons faire|peux faire"
            r"|peut y avoir)? ?(?:pas|aucune|jamais) (?:d')?(?:aucune )?exceptions?\b|^\W*(?:désolée?,? "
            r"|mais )*(?:aucune|pas d') ?exception(?=\W*$|,)",
            r"\baucune? (?:remise|remboursement|exception|information|renseignement|nom|copie|prolongation"
            r"|réduction|détail)\b[^.;]{0,10} ne (?:peut|pourra|sera|saurait"
            r"|doit)\b[^.;]{0,10}(?:être )?(?:\w+ment )?(?:accordée?|communiquée?|donnée?|faite?|transmise?"
            r"|consentie?)",
        ),
    ),
    # Figures of speech, and what one does not do here.
    Form(
        "secret|pain|de ma part|très peu|mon aide|tiens |à ça|affaire|on ne |de nous|impossible|jamais"
        "|surtout pas|mêle|moi de vous|déplacé|malvenu|indélicat|bouche|mot de plus|à votre place|chez nous"
        "|m'occup|ne compt",
        (
            r"\b(?:c'est|ce sont|cela reste|ça reste) (?:notre|mon|un) (?:petit |grand )?secret\b"
            r"|\bmange pas de ce pain\b|\btrès peu pour moi\b|\b(?:n'obtiendr|ne saur|n'aur|n'apprendr"
            r"|ne tirer)\w+ (?:pas|rien|jamais)\b[^.;]{0,30}\bde (?:ma part|moi|nous|notre part)\b",
            r"\bne (?:comptez|compte) pas sur (?:moi|mon aide|nous)\b|\b(?:m'en tiens|nous en tenons|me borne"
            r"|me limite|me cantonne) (?:à|aux|au)\b|\bne touche pas à (?:ça|cela|ce)\b|\b(?:c'est"
            r"|ce sont) (?:notre|nos|mes) (?:affaires?|oignons)\b|\bça reste chez nous\b",
            rf"\b(?:on|l'on) n(?:e |'){_CLITICS}(?:divulgue|communique|donne|révèle|partage|dévoile|discute"
            r"|commente|transmet|rembourse|négocie|montre|fournit|publie|parle)\b(?: \w+ment)? (?:pas|jamais"
            r"|aucun\w*|rien)\b(?! (?:vos|votre|à l'avance))",
            r"\b(?:ce serait|il serait|ce n'est|cela serait) (?:\w+ )?(?:déplacé|malvenu|indélicat|inapproprié"
            r"|contraire|malhonnête|illégal|pas correct)\w*(?: de ma part)?(?: de| d'| que je|, (?:je|ne|donc|et"
            r"|aussi))",
            r"^\W*(?:impossible|jamais de la vie|certainement pas|sûrement pas|surtout pas|en aucun cas)(?=\W*$|,"
            r"| de (?:vous|te|le|la|les)? ?(?:communiquer|dire|donner|révéler|aider|transmettre|faire|fournir"
            r"|divulguer))",
            r"\b(?:pas|n'est pas) à (?:moi|nous) de (?:vous |le |l'|la |te |t')*\w+|\bne l'(?:écrirai|ferai"
            r"|dirai) (?:pas|jamais)\b",
        ),
    ),
    # What others decided, whom it concerns, how it is kept; any other deed.
    Form(
        "conseillé|demandé|recommandé|ordonné|prié|confidentiel|secret|privé|ennui|problème|viré|renvoy|regarde"
        "|concern|affaire|robot|assistant|machine|rai |rons |refusé|décliné|décidé de ne|écris pas|rédige pas"
        "|assist",
        (
            r"\b(?:m'ont|nous ont|m'a|nous a)(?: \w+)? (?:conseillé|demandé|recommandé|ordonné|priée?s?"
            r"|intimé)(?: \w+)? (?:de |d')(?:ne|n'|garder|me taire|nous taire|rester)\b",
            r"(?<!vos )\b(?:(?:est|sont)(?= traité| considéré| gardé)|traitons|traite|garder|garde|gardons"
            r"|considérons|tenons|maintenons)(?: (?!vos|votre)[^\s,;:]+){0,4}? (?:traitée?s? |considérée?s? "
            r"|gardée?s? )?(?:de manière |de façon |comme |à titre "
            r"|en toute )?(?:strictement )?(?:confidentiel(?:le)?s?|confidentiellement|secr(?:et|ète)s?"
            r"|privée?s?)(?=\W*$|,|;| et| la| le| les| nos| mes| cette| ce)(?<!(?:variable|méthode|fonction|classe"
            r"|propriété|route|plage|terrasse|entrée|piscine) est privée)",
            r"\b(?:j'aurais|me vaudrait|m'attirerait|j'aurai|on me)\b[^.;]{0,15}\b(?:ennuis|problèmes|renverrait"
            r"|virerait)\b",
            r"\bne (?:me|nous|vous|te) (?:regarde|concerne)(?:nt)? pas\b(?! directement)|\b(?:les|lui"
            r"|leur) regarde(?:nt)?(?=\W*$|,|;)|\b(?:pas|ni) (?:mon|notre) affaire\b",
            r"\bn'est pas à (?:un|une|ce|cet|cette) (?:\w+ )?(?:robot|assistant\w*|machine|programme|bot|chatbot"
            r"|ia) de\b|\bne suis qu(?:e |')(?:un|une|le|la|l') ?[^.;]{0,60}\b(?:ne|n'|pas|rien)\b",
            r"\b(?:je|nous) (?:ne |n')(?:(?:vous|te|le|la|les|y|en) |l'|t')*(?!oubli|cach|ment|déce|dérang|quitt"
            r"|retiendr|regrett|jug|abandonn|remerci|manquer|tarder|hésiter|ser|aur|pourr|saur|ir|viendr|compter"
            r"|factur|vendr|ennuier|laisser|recommencer|perdr|demander|prendr)\w{3,}(?:rai"
            r"|rons) (?:\w+ment )?(?:pas|rien|jamais|aucune?|point)\b(?! (?:vos|votre|tes|ton|de frais))",
            r"\b(?:j'ai|nous avons|ai) (?:\w+ment |donc )?(?:refusé|décliné|décidé de ne pas|choisi de ne pas)\b",
        ),
    ),
    # Somebody or something forbids it, neither does another tell it; past and coordinated verbs.
    Form(
        "interdi|empêch|permet|non plus|confidentiel|secret|classifié|droits|pu |et ne|arrête|position|parti|avis"
        "|opinion|silence|juré|jurer|promis|refuse|pouvons|pouvoir|on ne|on n'|laisse|accès",
        (
            r"\b(?:m'|nous |me )(?:l'|le )?(?:interdi(?:t|sent|sait)|empêche(?:nt)?|défend(?:ent)?)\b|\bne (?:me "
            r"|nous )(?:le |l')?(?:permet(?:tent)?|autorise(?:nt)?|laisse(?:nt)?) pas\b",
            r"\b(?:ne|n')\b[^.;]{2,70}\b(?:et |ni )?(?:moi|nous) non plus\b",
            r"^\W*(?:c'est |désolée?,? )?(?:strictement |totalement |hautement )?(?:confidentiel|secret|classifié"
            r"|secret défense|top secret)(?=\W*$|, désolée?|, je (?:le )?regrette)",
            r"\b(?:je|nous) n(?:e |')(?:ai|avons|dispose|disposons)(?: \w+ment)? (?:pas|aucun)(?: \w+)? (?:les "
            r"|des |de |d'|le )?(?:droits?|permissions?|accès|autorisations?|habilitations?"
            r"|privilèges)(?: \w+)? (?:pour|de|d'|sur|nécessaires)\b",
            rf"\b(?:je|nous) n(?:e |')(?:{_CLITICS})?(?:ai|avons)(?: \w+ment)? pas pu (?:vous )?(?:approuver"
            r"|accorder|autoriser|accepter|valider|rembourser|donner suite|satisfaire|prolonger|octroyer)\b",
            rf"\bnous n(?:e |'){_CLITICS}pouvons {_CLITICS}{_DEED}",
            rf"\b(?:je|nous|j'|m')\b[^.;]{{0,60}}\bet n(?:e |'){_CLITICS}\w+(?:rai|rons) (?:pas|rien|jamais)\b"
            rf"|\bet (?:je |nous )?n(?:e |'){_CLITICS}(?:vais|veux|peux|allons|pouvons|voulons) (?:pas|rien)\b",
            r"\b(?:je|nous) (?:me|m'y|nous|nous y) ?(?:refuse|refusons|oppose|opposons)\b|\bm'y refuse\b"
            r"|\b(?:jurer|juré|promis|promettre|imposé|fait jurer)(?: de garder)? (?:le silence|le secret"
            r"|la discrétion|de me taire|de ne rien)\b",
            r"\b(?:je|nous) ne (?:prends|prenons|donne|donnons|formule|exprime|exprimons|émets|fais"
            r"|faisons)(?: \w+ment)? (?:pas|aucune?|jamais)(?: de| d')? ?(?:position|parti|avis|opinion|consigne"
            r"|pronostic|préférence|déclaration|commentaire|prédiction|recommandation)s?\b",
            rf"\b(?:on|l'on) n(?:e |'){_CLITICS}(?!a\b|est\b|peut\b|sait\b|voit\b|dirait\b|s')(?:génère|crée|écrit"
            r"|rédige|fabrique|pirate|contourne|accorde|accepte ce|fait pas ça|produit|traite|touche|copie|triche"
            r"|prête|autorise|laisse entrer)\b(?: \w+ment)? (?:pas|jamais|aucun\w*)\b",
            r"\bnous ne laissons (?:entrer |passer )?(?:personne|pas|aucun\w*)\b",
        ),
    ),
    # Told to others alone; a grant that is not made; a tease.
    Form(
        " qu'| que |seulement|uniquement|exclusivement|remboursé|échangé|repris|décevoir|loi|aimeriez|savoir"
        "|décidé de ne|pas pour|ni ne|imite|m'arrête là|liste rouge|délit|crime|pas moi qui",
        (
            r"\bn(?:e |')(?:est|sont|sera|peut être|peuvent être) (?:\w+ment )?(?:remise?s?|donnée?s?"
            r"|communiquée?s?|transmise?s?|confiée?s?|révélée?s?|accessible|montrée?s?)? ?qu(?:'à|'aux|'au"
            r"|e pour) ?(?!vous)|\b(?:je|nous) n(?:e |')(?:parle|parlons|discute|remets|remettons|donne|donnons"
            r"|communique|communiquons|transmets|transmettons|traite|partage|réponds)\b[^.;]{0,25} qu(?:'avec|'à"
            r"|'aux|'au) ?(?!vous)",
            r"\b(?:uniquement|seulement|exclusivement) (?:remise?s?|donnée?s?|communiquée?s?|transmise?s?"
            r"|réservée?s?) (?:à|aux|au)\b|\bn(?:e |')(?:est|sont) (?:pas|ni) (?:remboursable|remboursée?"
            r"|échangeable|échangée?|reprise?)s?\b[^.;]{0,40}\b(?:désolée?|navrée?|regrette|hélas"
            r"|malheureusement)\b|\b(?:désolée?|hélas|malheureusement|regrette)\b[^.;]{0,60}\bn(?:e |')(?:est"
            r"|sont) pas (?:remboursable|remboursée?|échangée?|reprise?)s?\b",
            r"\b(?:dois|vais devoir|vais|crains de|regrette de) (?:vous |te )?décevoir\b|\b(?:enfreindrais"
            r"|violerais|enfreindrait|enfreindre|transgresserais|trahirais) (?:la |une |le |les |mon |sa "
            r"|ma )?(?:loi|règle\w*|règlement|contrat|secret|confiance|parole|promesse)\b|\b(?:aimeriez|aimerais"
            r"|voudriez) bien (?:le )?savoir\b|\bn'est pas moi qui (?:vous |te )?(?:le |la |l')?\w+(?:rai|ra)\b",
            r"\b(?:avons|ai|a été) décidé de ne (?:pas|plus|rien)\b|\bn(?:e |')(?:est"
            r"|sont) pas (?:destinée?s? )?(?:pour|aux) (?:les |la |le )?(?:clients?|visiteurs?|public|hôtes"
            r"|extérieurs?|usagers?)\b|\bne (?:peux|veux|pouvons) ni ne (?:veux|peux|dois|voulons)\b|\bn'(?:imite"
            r"|incarne) (?:pas|jamais|aucun\w*)\b|\bne (?:parodie|joue) (?:pas|jamais)\b|\bje m'arrête là\b",
        ),
    ),
    # With an apology or for a reason: what one does not do; what falls under a duty.
    Form(
        "désolé|navré|regret|malheureusement|hélas|sécurité|confidentialité|vie privée|secret|demandes|questions"
        "|possible|prise en charge",
        (
            r"\b(?:désolée?s?|navrée?s?|regrett\w+|malheureusement|hélas)\b[^.;]{0,40}?\b(?:nous|on|je) (?:ne "
            r"|n')(?:(?:nous|vous|le|la|les|y|en|se|me) |l'|s'|m'|t')*(?!avons|ai\b|a\b|sav|trouv|voy|vois|connai"
            r"|compren|sommes|suis|vend|travaill|est|reçev|recev|retrouv|arriv)\w{3,}(?:ons|e|s)? (?:pas|plus"
            r"|jamais|aucun\w*)\b(?! encore)",
            r"\b(?:nous|on|je) (?:ne |n')(?:(?:nous|vous|le|la|les|y|en|se|me) |l'|s'|m'|t')*(?!avons|ai\b|a\b|sav"
            r"|trouv|voy|vois|connai|compren|sommes|suis|vend|travaill|est|reçev|recev|retrouv|arriv)\w{3,}(?:ons"
            r"|e|s)? (?:pas|plus|jamais|aucun\w*)\b[^.;]{0,50}, (?:j'en suis |nous en sommes )?(?:désolée?s?"
            r"|navrée?s?|hélas|malheureusement|je (?:le )?regrette)\b",
            r"\b(?:par|pour des raisons de|par mesure de|par souci de) (?:mesure de )?(?:sécurité|confidentialité"
            r"|discrétion|vie privée|respect de la vie privée)\b[^.;]{0,20}\b(?:nous|je|on) n(?:e "
            r"|')\S+(?: \S+)? (?:pas|jamais|aucun\w*|rien)\b(?! (?:vos|votre))",
            r"\b(?:ce genre de|ce type de|de telles?|ces|pareilles?) (?:demandes?|questions?"
            r"|requêtes?)\b[^.;]{0,20}\bne (?:sont|est|seront|sera|peuvent|peut)(?: \w+)? (?:pas"
            r"|jamais)(?: être)? (?:acceptée|traitée|prise|recevable|autorisée|satisfaite|honorée|tolérée)\w*",
            r"\b(?:donc|malheureusement|hélas|par conséquent|ainsi)?[^.;]{0,10}\b(?:réparation|remboursement"
            r"|échange|remise|remplacement|retour|exception|prolongation|annulation|prise en charge"
            r"|indemnisation)\b[^.;]{0,20} n(?:'est|e sera) (?:donc |malheureusement |hélas "
            r"|par conséquent )+(?:pas|plus) (?:possible|envisageable|prévue?|accordée?)\b",
        ),
    ),
    # The house does not tell it.
    Form(
        "ne peut|ne pourra|ne révèle|ne divulgue|ne communique|ne dévoile|ne publie|ne le |ne la |ne les ",
        (
            r"\b(?:notre|nos|la|le|l'|cette|ce) ?[^\s,;]+(?: [^\s,;]+){0,2}? ne (?:peut|peuvent|pourra"
            r"|saurait)(?: pas)? (?:vous |te |le |la |les |en )*(?:dire|donner|communiquer|révéler|montrer|envoyer"
            r"|partager|confirmer|fournir|divulguer|transmettre|accorder|commenter)\b(?! vos| votre)",
            r"\b(?:la|le|les|l'|notre|nos) ?[^\s,;]+(?: [^\s,;]+){0,2}? ne (?:révèle|divulgue|communique|dévoile"
            r"|publie|commente|diffuse)(?:nt)? (?:pas|jamais|aucun\w*)\b(?! (?:vos|votre))",
            r"\b(?:nous|je) ne (?:le|la|les|l') ?(?!sav|sais|ai|avons|voy|vois|trouv|connai|compren|vend|factur"
            r"|oubli)\w+(?:ons|e|s) (?:pas|jamais)(?=\W*$|,|;)",
        ),
    ),
)
