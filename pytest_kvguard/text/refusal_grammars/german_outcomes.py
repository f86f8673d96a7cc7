"""What became of a request in German: rejected, forbidden by somebody, told to others alone."""

from __future__ import annotations

from pytest_kvguard.text.refusal_grammars.grammar import Form

__all__ = ["OUTCOMES"]

OUTCOMES = (
    # What became of the request, or of the deed.
    Form(
        "übergehe|abgelehnt|bewilligt|genehmigt|zurückgewiesen|stattgegeben|verweigert|freigabe|genehmigung"
        "|erlaubnis|berechtigung|ausnahme|unbeantwortet|schuldig|unausgeführt|gesperrt|blockiert|entsprochen",
        (
            r"\b(?:ihr|ihre|ihrem|ihrer|dein|deine|diese|diesem)(?: \w+)? ?\w*(?:antrag|anfrage|bitte|wunsch"
            r"|gesuch|anliegen|frage|aufforderung|eingabe|widerspruch|prompt)\b[^.;]{0,50}\b(?:abgelehnt"
            r"|zurückgewiesen|verweigert|blockiert|gesperrt"
            r"|nicht (?:\w+ )?(?:bewilligt|genehmigt|entsprochen|stattgegeben|beantwortet"
            r"|erfüllt))\b(?! \w+ (?:bank|versicherung|gericht))",
            r"\b(?:habe|haben) (?:ich|wir)\b[^.;]{0,60}\bnicht\b[^.;]{0,60}\b(?:weil|da"
            r"|denn)\b[^.;]{0,60}\b(?:freigabe|genehmigung|erlaubnis|berechtigung|befugnis|nicht (?:darf|dürfen"
            r"|erlaubt|befugt))\b"
            r"|\b(?:ich|wir) (?:habe|haben)\b[^.;]{0,60}\bnicht\b[^.;]{0,60}\b(?:weil|da"
            r"|denn)\b[^.;]{0,60}\b(?:freigabe|genehmigung|erlaubnis|berechtigung|befugnis|nicht (?:darf|dürfen"
            r"|erlaubt|befugt))\b",
            r"^\W*(?:leider |sorry,? |tut mir leid,? |wir machen |da machen wir |da mache ich "
            r"|es gibt )*keine ausnahmen?(?=\W*$|,)|\b(?:mache|machen|kann|können|darf"
            r"|dürfen)\b[^.;]{0,30}\bkeine ausnahmen?\b",
            r"\b(?:schuldig|unbeantwortet)(?: \w+)?(?: zu)? (?:bleiben|lassen|lasse)\b|\b(?:lasse|lassen) (?:ich "
            r"|wir )?(?:\w+ )?unbeantwortet\b|\b(?:diese|die|solche) frage\w* (?:übergehe|überspringe|überhöre"
            r"|umgehe) ich\b",
        ),
    ),
    # What others decided, whom it concerns, how it is kept.
    Form(
        "geraten|gebeten|angewiesen|verpflichtet|vertraulich|geheim|ärger|rausgeworfen|gefeuert|job|eingestellt"
        "|programmiert|darauf ausgelegt|trainiert|verwehrt|vorenthalten|entscheiden|urteilen|nur der|nur die"
        "|nur das|nur ein"
        "|etwas an|angelegenheit| sache|schweigen wir|schweige ich|lasse ich es|lassen wir es|abgelehnt|geweigert"
        "|entschieden",
        (
            r"\b(?:haben|hat|wurde|wurden|bin|sind)\b(?: [^\s,;:]+){0,3}? (?:mir|uns|ich"
            r"|wir)?(?: [^\s,;:]+){0,3}? ?(?:geraten|gebeten|angewiesen|verpflichtet|aufgefordert"
            r"|ermahnt)\b[^.;]{0,50}\b(?:nicht|nichts|kein\w*|schweigen|stillschweigen)\b(?<!sie nicht)",
            r"\b(?:ich|wir) (?:\w+ )?(?:behandle|behandeln|halte|halten)\b(?: (?!ihre"
            r"|deine)[^\s,;:]+){1,5}? (?:streng )?(?:vertraulich|geheim|unter verschluss)(?=\W*$|,|;| und)"
            r"|\b(?:behandle|behandeln|halte|halten) (?:ich|wir)\b(?: (?!ihre"
            r"|deine)[^\s,;:]+){0,4}? (?:streng )?(?:vertraulich|geheim|unter verschluss)(?=\W*$|,|;| und)"
            r"|\b(?:wird|werden)\b(?: (?!ihre|deine)[^\s,;:]+){0,4}? (?:streng )?(?:vertraulich"
            r"|geheim)(?: behandelt| gehalten)(?<!ihre \w+ vertraulich behandelt)",
            r"\b(?:würde|könnte) (?:ich|mir|mich)\b[^.;]{0,30}\b(?:ärger|den job|meinen job|die stelle)\b"
            r"|\b(?:lasse ich|lassen wir) (?:es|das) (?:lieber |besser )?(?:sein|bleiben)?(?=\W*$)",
            r"\b(?:bin|wurde|wurden|sind)(?: \w+)? so (?:eingestellt|programmiert|ausgelegt|trainiert|gebaut"
            r"|konfiguriert), dass (?:ich|wir)\b[^.;]{0,50}\b(?:nicht|kein\w*|nichts)\b|\b(?:verwehrt"
            r"|vorenthalten)(?: bleiben)?(?=\W*$|,)",
            r"\b(?:nicht (?:an |sache )?(?:einem |einer |mir|uns|eines |der |des )[^.;,]{0,30}, (?:zu|darüber|das)"
            r"|steht (?:mir|uns|es mir)(?: \w+)? nicht zu)\b|\b(?:maße|masse) (?:ich )?mir (?:\w+ ){0,2}(?:nicht"
            r"|kein\w*) an\b",
            r"\bbin (?:ich )?(?:doch )?(?:nur|bloß|lediglich) (?:der|die|das|ein"
            r"|eine) (?:[^\s,;:]+ ){0,3}?[^\s,;:]*(?:assistent\w*|bot|chatbot|hilfe|modell|dienst|auskunft"
            r"|programm)\b[^.;]{0,80}\b(?:nicht|kein\w*|nichts)\b|\b(?:ich|wir) (?:habe"
            r"|haben)\b[^.;]{0,40}\b(?:abgelehnt|mich geweigert|uns geweigert|dagegen entschieden)(?=\W*$|,)",
            r"\b(?:ist|sind) (?:allein |nur |ganz )?(?:deren|ihre eigene|seine|unsere|deren eigene) (?:sache"
            r"|angelegenheit)\b|\bgeht (?:nur|allein) [^.;]{1,30} etwas an\b|\bschweigen? (?:wir uns"
            r"|ich mich)\b[^.;]{0,30}\baus\b",
        ),
    ),
    # Somebody or something forbids it, neither does another tell it; past and coordinated verbs.
    Form(
        "untersag|verbiet|verbot|erlaub|gestatt|ebenso wenig|ebensowenig|auch nicht|genauso wenig| rechte"
        "|berechtigung|nein|vertraulich|geheim|konnte|konnten|steht mir|steht uns|schweigen"
        "|versprochen|geschworen|halte|stoppe|breche| aus| und | nicht zu"
        "|meinung|partei|position|erfahren|zulass|lassen",
        (
            r"\b(?:untersagt|verbietet|untersagen|verbieten|verbot|verwehrt|verwehren)(?: es)? (?:mir|uns)\b"
            r"|\b(?:erlaubt|gestattet|erlauben|gestatten)(?: es)? (?:mir|uns)(?: [^\s,;:]+){0,4}? (?:nicht"
            r"|kein\w*)\b|\b(?:lassen|lässt) (?:\w+ ){0,3}?(?:nicht|keine[nrs]?|kein) (?:\S+ ){0,5}?zu(?=\W*$|,)",
            r"\b(?:nicht|nichts|kein\w*)\b[^.;]{2,60}\b(?:und|aber|auch) (?:ich|wir|von (?:mir|uns))(?: auch"
            r"| ebenso| ebenfalls| genauso)? (?:nicht|nichts|ebenso wenig|ebensowenig|genauso wenig|auch nicht"
            r"|auch nichts)\b|\b(?:und )?(?:ich|von mir|wir) (?:ebenso|genauso|eben so) wenig\b"
            r"|\b(?:und )?von (?:mir|uns) (?:auch|ebenfalls) (?:nicht|nichts)\b",
            r"\b(?:fehlen|fehlt) (?:mir|uns)(?: \w+){0,2} (?:die|der|das|jede|jegliche)(?: nötigen?"
            r"| erforderlichen?| notwendigen?)? (?:rechte|berechtigung\w*|befugnis\w*|freigabe\w*|genehmigung\w*"
            r"|erlaubnis|vollmacht)\b|\b(?:mir|uns) (?:fehlen|fehlt)(?: \w+){0,2} (?:die|der|das|jede"
            r"|jegliche)(?: \w+)? (?:rechte|berechtigung\w*|befugnis\w*|freigabe\w*|genehmigung\w*|erlaubnis"
            r"|vollmacht)\b"
            r"|\b(?:ich|wir) (?:habe|haben)(?: \w+){0,2} (?:keine|nicht die)(?: \w+)? (?:rechte|berechtigung\w*"
            r"|befugnis\w*|vollmacht|handhabe)\b",
            r"^\W*(?:das ist |ist )?(?:leider |streng |absolut )*(?:vertraulich|geheim|verschlusssache|geheimsache"
            r"|betriebsgeheimnis|tabu)(?=\W*$|, leider|, tut)|\b(?:das|es) (?:ist|wäre"
            r"|bleibt)(?: \w+){0,2} ein (?:klares |hartes )?nein\b",
            r"\b(?:konnte|konnten) (?:ich|wir)\b(?: [^\s,;:]+){0,6}? (?:nicht"
            r"|kein\w*)(?: (?!und\b)[^\s,;:]+){0,4}? (?:genehmigen|bewilligen|gewähren|freigeben|erstatten"
            r"|zustimmen|stattgeben|erlassen|verlängern|akzeptieren|annehmen)\b|\b(?:ich|wir) (?:konnte"
            r"|konnten)\b(?: [^\s,;:]+){0,6}? (?:nicht|kein\w*)(?: (?!und\b)[^\s,;:]+){0,4}? (?:genehmigen"
            r"|bewilligen|gewähren|freigeben|erstatten|zustimmen|stattgeben|erlassen|verlängern|akzeptieren"
            r"|annehmen)\b",
            r"\bsteht (?:mir|uns|es mir)(?: \w+)? nicht zu\b|\b(?:zum (?:still)?schweigen|zur (?:verschwiegenheit"
            r"|geheimhaltung|diskretion)) (?:verpflichtet|verdonnert|angehalten)\b|\b(?:schweigen|stillschweigen"
            r"|diskretion) (?:geschworen|versprochen|zugesichert|vereinbart)\b",
            r"\b(?:und|sondern|also|daher|deshalb) (?:führe|starte|sende|schicke|lösche|gebe|verrate|teile"
            r"|schreibe|unterschreibe|ändere|veröffentliche|nenne|mache|tue|übernehme|pushe|setze)(?: ich)? (?:ihn"
            r"|sie|es|das|den \w+|die \w+|das \w+|dazu|davon|darüber)(?: \w+)? (?:nicht|nichts)\b|\b(?:ich"
            r"|wir) (?:halte|stoppe|breche|halten|stoppen|brechen) (?:hier|an dieser stelle) (?:an|ab"
            r"|inne)?\b[^.;]{0,40}\bnicht\b",
            r"\b(?:ich|wir) (?:beziehe|beziehen|nehme|nehmen|ergreife|ergreifen|habe|haben|vertrete|äußere"
            r"|gebe)\b[^.;]{0,30}\b(?:keine|nicht) (?:stellung|position|partei|meinung|empfehlung|prognose"
            r"|einschätzung)\b|\b(?:beziehe|nehme|ergreife|vertrete|gebe) ich\b[^.;]{0,30}\b(?:keine|nicht"
            r"|keinerlei) (?:stellung|position|partei|meinung|empfehlung|prognose|einschätzung)\b",
        ),
    ),
    # Told to others alone; a grant that is not made; a tease.
    Form(
        " nur |ausschließlich|kein geld|keine erstattung|keine rückgabe|kein rabatt|kein umtausch|keine kulanz"
        "|enttäuschen|strafbar|gesetz|gern|entschieden|entschlossen|beschlossen|schluss| nichts für|weder"
        "|nicht für| hören| ahme | imitiere |kein ",
        (
            r"\b(?:geben|gebe|händigen|teilen|teile|sprechen|spreche|reden|rede|erteilen|erteile|wird|werden"
            r"|zeigen|zeige|verrate|verraten|nennen|nenne|rücken)\b[^.;]{0,40}?\b(?:nur|ausschließlich"
            r"|lediglich) (?:an (?:die|den|das|einen|eine|befugte|berechtigte)|mit (?:dem|der|den)"
            r"|gegenüber (?:dem|der|den)) [^\s,;.]+",
            r"\b(?:leider|leid|bedaure|bedauern|sorry)\b[^.;]{0,30}\bkein(?:e|en)? (?:geld|erstattung|rückgabe"
            r"|rabatt|umtausch|kulanz|nachlass|ausnahmen?|ersatz|gutschrift|verlängerung)\b|\bkein(?:e"
            r"|en)? (?:geld|erstattung|rückgabe|rabatt|umtausch|kulanz|nachlass|ausnahmen?|ersatz"
            r"|gutschrift)\b[^.;]{0,40}\b(?:leider|leid|bedaure|sorry)\b",
            r"\b(?:sie|dich|euch)(?: \w+){0,2} enttäuschen(?=\W*$|,|:|;)|\b(?:mache|machte"
            r"|würde) (?:ich )?mich\b[^.;]{0,20}\bstrafbar\b|\b(?:wüssten|wüsstest|hätten|hättest) (?:sie"
            r"|du) wohl gern\b|\b(?:haben|habe|hat)(?: \w+)? (?:entschieden|beschlossen"
            r"|entschlossen),[^.;]{2,80}\bnicht\b",
            r"\b(?:da|hier|damit) ist (?:\w+ ){0,3}schluss\b|\b(?:ist|sind) nichts für (?:gäste|kunden"
            r"|außenstehende|die öffentlichkeit|besucher|fremde)\b|\b(?:ist|sind) nicht für (?:gäste|kund\w+"
            r"|außenstehende|die öffentlichkeit|besucher\w*|fremde)(?: bestimmt| gedacht)?\b|\b(?:ich|wir) (?:kann"
            r"|darf|können|dürfen) weder\b|\b(?:kann|darf|können) und (?:will|werde|darf|möchte"
            r"|wollen)\b[^.;]{0,40}\b(?:nicht|kein\w*|nichts)\b",
            r"\bvon (?:mir|uns) (?:hören|erfahren|bekommen|kriegen|hörst|erfährst) (?:sie|du"
            r"|ihr)\b[^.;]{0,30}\b(?:nicht|nichts|kein\w*)\b|\b(?:ahme|imitiere|spiele|parodiere"
            r"|stelle) ich\b[^.;]{0,20}\b(?:nicht|keine\w*)\b",
        ),
    ),
    # With an apology: what one does not do; what is not accepted.
    Form(
        "leid|leider|bedau|sorry|anfragen|bitten|wünsche|fragen|gründen",
        (
            r"\b(?!(?:hab|hät|wiss|find|führ|seh|kenn|versteh|erkenn|könn|dürf|müss|sind|glaub|denk|wer|bin|kann"
            r"|weiß|vers)\w*)\w{3,}(?:e|en|n) (?:ich|wir)\b(?: (?!ihre\b|deine\b)[^\s,;:]+){0,4}? (?:nicht|nichts"
            r"|kein\w*)\b[^.;]{0,40}, (?:es )?(?:tut (?:mir|uns) leid|leider|bedaure|bedauere|sorry)\b",
            r"\b(?:leider|leid|bedaure|bedauere|bedauern|sorry)\b[^.;]{0,30}?\b(?:aber |dass )?(?!(?:hab|hät|wiss"
            r"|find|führ|seh|kenn|versteh|erkenn|könn|dürf|müss|sind|glaub|denk|werd|bin|kann|weiß)\w*)(?:mach"
            r"|bief|bieten|biete|geb|übernehm|akzeptier|nehm|gewähr|erstatt|leist|vergeb|erlass|versend|reservier"
            r"|verhandel|verschenk|tausch|repar|beantwort|bearbeit|änder|verleih|schreib|erstell)\w* (?:ich"
            r"|wir)\b(?: [^\s,;:]+){0,4}? (?:nicht|nichts|kein\w*)\b",
            r"\b(?:solche|derartige|diese|dergleichen|anfragen (?:dieser|solcher) art"
            r"|solcherlei)\b[^.;]{0,30}\b(?:werden|wird|können|kann|nehmen|nimmt)\b[^.;]{0,30}\b(?:nicht"
            r"|keine)\b[^.;]{0,20}\b(?:angenommen|beantwortet|bearbeitet|erfüllt|akzeptiert|berücksichtigt"
            r"|unterstützt|entgegengenommen)\b",
        ),
    ),
    # The house does not tell it; any other deed with its particle.
    Form(
        "kann|können|darf|dürfen|wird|teilt|gibt|verrät|nennt|veröffentlicht| ich ",
        (
            r"\b(?:kann|können|darf|dürfen|wird|werden) (?:ihnen |dir |euch )?(?:unsere?|die|das"
            r"|der) \w+(?: \w+)? (?:dazu |hierzu |das |leider |ihnen )*(?:nicht|nichts"
            r"|keine?\w*)\b[^.;,]{0,30}(?:sagen|geben|nennen|mitteilen|verraten|herausgeben|zeigen|weitergeben"
            r"|erteilen)\b|\b(?:unsere?|die|das|der) \w+ (?:kann|darf|wird) (?:ihnen |dir "
            r"|euch )(?:\w+ ){0,4}?(?:nicht|nichts|keine?\w*)\b[^.;,]{0,30}(?:sagen|geben|nennen|mitteilen"
            r"|verraten|herausgeben|zeigen|weitergeben|erteilen)\b",
            r"\b(?:die|der|das|unsere?) \w+ (?:teilt|gibt|verrät|nennt|veröffentlicht|offenbart)\b(?: (?!ihre"
            r"|deine)[^\s,;:]+){0,4}? (?:nicht|nie|nichts)\b(?! (?:an|mit) (?:dritte"
            r"|niemand))(?:[^.;,]{0,20}(?:mit|preis|bekannt|heraus|weiter))?(?=\W*$|,)(?<!niemandem)",
            r"\b(?!(?:komm|fang|fühl|seh|hör|denk|lass|geb|nehm|hab|kenn|wend|halt|leg|schlaf|fall|steh|lern|merk"
            r"|zweifel|bild|ruf)e)\w{3,}e ich(?: (?!ihre\b|deine\b|mir\b|mich\b)[^\s,;:]+){0,3}? (?:nicht|nie"
            r"|keine\w*|kein)(?: [^\s,;:]+){0,2}? (?:auf|ab|an|aus|ein|vor|nach|mit|zu|heraus|raus|her|weiter"
            r"|preis|bei|um|durch|frei|bekannt|rück|zurück)(?=\W*$|,|;)",
            r"\b(?:\w*bewertung\w*|noten|ergebnisse?|protokolle?|akten?|unterlagen|daten|zahlen|listen?|codes?"
            r"|angaben|informationen|dokumente?|preise|berichte?|dateien?)\b(?: [^\s,;:]+){0,4}? (?:sind"
            r"|ist) (?:nur|ausschließlich|allein) für (?:die|das|den|unsere\w*) \w+(?: bestimmt| gedacht"
            r"| einsehbar| zugänglich)?(?=\W*$|,|;)",
        ),
    ),
)
