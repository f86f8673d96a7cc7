"""How one stands towards a request in German: unwilling, not permitted, not the one to ask, bound to silence."""

from __future__ import annotations

from pytest_kvguard.text.refusal_grammars.grammar import Form

__all__ = ["STANCES"]

_FEW = r"(?: [^\s,;:]+){0,6}?"
_NONE = r"(?:nicht|nichts|nie|niemals|keinesfalls|keine[nmrs]?|kein|keinerlei|gar nichts|auf keinen fall)\b"
# What the speaker does not do in the present, by its stem: any act that one is asked for.
_STEM = (
    r"(?:geb|teil|nenn|verrat|sag|erzähl|schreib|verfass|erstell|mach|tu|helf|übernehm|bearbeit|beantwort|antwort"
    r"|leist"
    r"|erteil|gewähr|erlass|erstatt|genehmig|veröffentlich|herausgeb|zeig|schick|send|versend|lösch|ändere?|führ|start"
    r"|installier|umgeh|deaktivier|fälsch|erfind|rat|spekulier|kommentier|bewert|beurteil|diskutier|rede|red|sprech"
    r"|empfehl|berat|spiel|unterstütz|beteilig|bestätig|unterschreib|verschenk|verkauf|nehm|akzeptier|übersetz|zitier"
    r"|wiederhol|plauder|rück|buch|stornier|verlänger|druck|hack|knack|spionier|lass mich (?:dazu|darauf))"
)
_ACT = (
    r"(?!\w*(?:vorstellen|versprechen|widersprechen|verdenken|aufgeben|zugeben|nachsagen|klagen|absprechen"
    r"|feststellen|schaden|ausreden|ausschließen|verlassen|loslassen)\b)(?:zu)?(?:\w*(?:geben|teilen|nennen"
    r"|verraten|sagen|erzählen|schreiben|verfassen|erstellen|machen|tun|helfen"
    r"|nehmen|bearbeiten|antworten|leisten|erteilen|gewähren|erlassen|erstatten|genehmigen|öffentlichen|zeigen"
    r"|schicken"
    r"|senden|löschen|ändern|führen|starten|installieren|umgehen|deaktivieren|fälschen|erfinden|raten|spekulieren"
    r"|kommentieren|bewerten|beurteilen|diskutieren|reden|sprechen|beraten|spielen|stützen|beteiligen|bestätigen"
    r"|mischen|äußern|verlängern|stornieren|zurücksetzen|aufheben|streichen|entfernen|umgehen|ausschalten|aushebeln"
    r"|anpassen|ausfüllen|unterschreiben|vermitteln|überlassen|einräumen|eingehen|weiterleiten|durchstellen|verbinden"
    r"|übersetzen|generieren|produzieren|ausspionieren|hacken|knacken|täuschen|betrügen|legen|rücken|lassen|stellen"
    r"|ersetzen|umtauschen|übermitteln|freischalten|freigeben|entsperren|pushen|committen|ausliefern|setzen)\b)"
)
_RULE = (
    r"(?:\w*richtlinien?|\w*regeln?|vorgaben?|\w*vorschrift(?:en)?|\w*bestimmung(?:en)?|grundsätzen?|prinzipien"
    r"|\w*ordnung|nutzungsbedingungen|\w*bedingungen|\w*gesetz(?:e|en)?|datenschutz\w*|schutzregeln?|vertrag"
    r"|satzung|agb|dsgvo)"
)
_GRANTED = (
    r"(?:\w*erstattung|\w*umtausch|\w*rabatt\w*|kulanz\w*|\w*nachlass|\w*ausnahmen?|\w*ersatz\w*|verlängerung"
    r"|stornierung|reparatur|rücknahme|rückgabe|\w*auskunft|\w*auskünfte|entschädigung|\w*zugang|kredit|\w*einsicht"
    r"|herausgabe|gutschrift|genehmigung|weitergabe|herausgabe|veröffentlichung|preisgabe|erlass|freischaltung"
    r"|änderung"
    r"|das|dies|so etwas|beratung|bestätigung|verzicht|aufhebung|zusage)"
)
_INSIDERS = (
    r"(?:das |die |unser\w* |den |interne\w* |internem |befugte\w* |berechtigte\w* )*(?:personal\w*|mitarbeit\w+"
    r"|angestellte\w*|beschäftigte\w*"
    r"|gebrauch|dienstgebrauch|administrator\w*|admins?|verwaltung|team|belegschaft|leitung|fachpersonal|vorstand"
    r"|geschäftsführung|befugte\w*|kollegium|kolleg\w+)"
)
_TOLD = (
    r"(?:weitergegeben|geteilt|preisgegeben|verraten|genannt|offengelegt|herausgegeben|veröffentlicht|mitgeteilt"
    r"|offenbart"
    r"|bekannt ?gegeben|ausgehändigt|besprochen|kommuniziert|herausgerückt|verschickt|rausgegeben|ausgeplaudert"
    r"|erteilt)"
)
_STATUS = (
    r"(?:(?:streng |absolut |natürlich |leider )?(?:vertraulich|geheim|intern|tabu|unter verschluss"
    r"|nicht öffentlich|nicht für die öffentlichkeit"
    r"|dienstgeheimnis|geheimsache|verschlusssache|chefsache|nicht für \w+ bestimmt|nicht verhandelbar))"
)

STANCES = (
    # Unwilling: what the speaker does not do.
    Form(
        " ich | wir | ich'",
        (
            rf"\b(?!(?:da|dort|hier|so)\b){_STEM}(?:e|en|t)? (?:ich|wir)\b(?! (?:ihre|deine|eure))(?: (?!ihre\b"
            rf"|deine\b|mehr\b)[^\s,;:]+){{0,6}}? "
            rf"(?:{_NONE})(?! (?:nur|an dritte|vor\b|ohne (?:ihre|deine)))(?=\W*$|,| \w+\W*$| (?:\w+ )?(?:weiter"
            r"|heraus|raus|preis|mit|aus|bekannt|dazu|darüber|zurück|um|ab|an|vor|durch)\b)",
            r"\b(?:ich|wir) (?:werde|werden|will|wollen|möchte|möchten)\b(?! (?:ihnen |dir |euch )?(?:nichts"
            r"|kein\w*) (?:berechn|in rechnung))"
            rf"(?: (?!ihre\b|deine\b)[^\s,;:]+){{0,8}}? {_NONE}(?: (?!und\b|aber\b)[^\s,;:]+){{0,6}}? {_ACT}",
            r"\b(?:werde|werden|will|wollen|möchte|möchten) (?:ich|wir)\b(?: (?!ihre\b"
            rf"|deine\b)[^\s,;:]+){{0,8}}? {_NONE}"
            rf"(?: (?!und\b|aber\b)[^\s,;:]+){{0,6}}? {_ACT}",
            rf"\b(?:kann|können|darf|dürfen) (?:ich|wir)\b{_FEW} {_NONE}(?: (?!und\b|aber\b)[^\s,;:]+){{0,6}}? {_ACT}",
            rf"\b(?:ich|wir) (?:kann|können|darf|dürfen)\b{_FEW} {_NONE}(?: (?!und\b|aber\b)[^\s,;:]+){{0,6}}? {_ACT}",
            r"^(?:\W*(?:nein|sorry|tut mir leid|leider|nö|ne)\W+)*(?:das|so etwas|sowas|da|dabei|dies) (?:mache"
            r"|tue|tu|mach|unterstütze|schreibe|gebe"
            r"|sage|verrate|helfe|darf|kann|will|werde|möchte) (?:ich|wir)(?: \w+){0,3} (?:nicht|nichts)(?: mit"
            r"| weiter| helfen| machen| tun| sagen"
            r"| verraten)?(?=\W*$|,)",
        ),
        speakers=" nicht| nie| kein",
    ),
    Form(
        "lieber|ungern|wohl|widerstreb|gewillt|bereit|abstand|die finger|enthalte|grenze|verzicht"
        "|gegen den strich|gewissen"
        "|sträub|zurückhalt|raushalt|heraushalt|neutral|außen vor|absage|nein sag|einmisch|geht mir zu weit"
        "|zu weit|halte mich",
        (
            r"\b(?:möchte|würde|will|mag|möchten|würden|wollen|halte|halten|sage|bleibe|lasse|bleiben"
            r"|lassen)\b[^.;]{0,40}\blieber\b[^.;]{0,30}"
            r"\b(?:nicht|nichts|kein\w*|heraus|raus|neutral|außen vor|schweigen|die finger|bleiben|sein|bedeckt"
            r"|für mich)\b",
            r"\b(?:ich|wir|mich|uns)\b(?: \S+){0,4}? (?:fühle|fühlen|wäre|wären)?(?: \S+){0,3}? ?nicht wohl\b"
            r"|\bwiderstrebt (?:mir|uns|es)\b",
            r"\b(?:lasse|lass|lassen) (?:ich |wir )?(?:\w+ ){0,2}(?:besser )?die finger\b|\bdie finger (?:weg"
            r"|davon|von)\b[^.;]{0,20}\b(?:lasse|lassen)\b",
            r"\b(?:enthalte ich mich|ich enthalte mich|enthalten wir uns|wir enthalten uns)\b|\b(?:davon"
            r"|hiervon) (?:nehme|nehmen) (?:ich|wir) abstand\b"
            r"|\babstand nehmen\b|\b(?:da|hier) (?:ziehe|ist|liegt) (?:ich |für mich )?(?:die|meine|eine) grenze\b",
            r"\b(?:muss|müssen|werde|möchte)\b[^.;]{0,30}\b(?:nein sagen|eine absage|verzichten|mich (?:heraus"
            r"|raus)halten|enthalten)\b"
            r"|\b(?:mische|halte) (?:ich )?mich (?:da |hier |lieber )*(?:nicht ein|raus|heraus|zurück|bedeckt)\b",
            r"\b(?:ich|wir)(?: \S+){0,3} (?:ungern|nur ungern)\b[^.;]{0,40}\b(?:sagen|äußern|verraten|schreiben"
            r"|teilen|mitteilen|beurteilen)\b"
            r"|\b(?:mit meinem|mit unserem) gewissen\b[^.;]{0,30}\bnicht\b|\bgeht (?:mir|uns)(?: \w+)? zu weit\b",
            r"\bnicht (?:dazu )?(?:bereit|gewillt)\b",
        ),
    ),
    # It is not told, whoever might tell it.
    Form(
        "weitergegeben|geteilt|preisgegeben|verraten|genannt|offengelegt|herausgegeben|veröffentlicht|mitgeteilt"
        "|offenbart"
        "|gegeben|ausgehändigt|besprochen|kommuniziert|herausgerückt|verschickt|ausgeplaudert|erteilt",
        (
            rf"(?<!ihre daten )\b(?:wird|werden)\b(?: (?!ihre|deine|dritte)[^\s,;:]+){{0,6}}? (?:nicht|nie"
            r"|keinesfalls|grundsätzlich nicht|keine\w*)"
            rf"(?: (?!dritte)[^\s,;:]+){{0,4}}? {_TOLD}\b",
            r"\b(?:ist|sind) (?:\w+ )?(?:nicht|keine\w*) (?:[^\s,;:]+ ){0,3}(?:zur weitergabe|für die weitergabe"
            r"|zur veröffentlichung|für \w+ bestimmt)",
        ),
    ),
    # It is confidential or meant for others.
    Form(
        "vertraulich|geheim|intern|tabu|verschluss|öffentlich|chefsache|personal|mitarbeit|angestellte"
        "|beschäftigte|gebrauch"
        "|admin|verwaltung|team|leitung|befugte|kolleg|vorstand|geschäftsführung|für mich|für uns|unter uns"
        "|bei uns|bei mir|belegschaft"
        "|verhandelbar| bestimmt",
        (
            r"\b(?:behalte|behalten|behielte|behalt)\b(?: (?:ich|wir))?[^.;]{0,50}?\bfür (?:mich|uns)\b"
            r"|\bfür (?:mich|uns)(?: zu)? behalten\b"
            r"|\b(?:bleibt|bleiben|bliebe)\b[^.;]{0,30}\b(?:unter uns|bei uns|bei mir|im haus|in der küche|hinter"
            r"|unter verschluss|geheim|vertraulich|intern|mein geheimnis)\b"
            r"|\b(?:muss|soll|wird|müssen|sollen|sollte)\b[^.;]{0,40}\b(?:unter uns|geheim|vertraulich|intern"
            r"|im haus) (?:bleiben|gehalten)\b",
            r"\b(?:ist|sind|steht|stehen|bleibt|bleiben|gilt"
            rf"|gelten)\b(?: (?!kein)[^\s,;:]+){{0,3}}? (?:ausschließlich|nur|lediglich|allein|rein) (?:für |dem "
            rf"|der |den )(?:[^\s,;:]+ ){{0,2}}?{_INSIDERS}\b",
            rf"\b(?:nur|ausschließlich|lediglich) (?:für )?(?:[^\s,;:]+ ){{0,2}}?{_INSIDERS} (?:bestimmt|zugänglich"
            r"|vorgesehen|einsehbar|gedacht|zur verfügung|vorbehalten|darf|dürfen|haben|hat|kennt|kennen|wissen)\b",
            r"(?<!ihre daten )\b(?:das|dies|es|die|der|diese[srnm]?|solche|meine?|unsere?|alle"
            rf"|sämtliche)\b(?: (?!ihre|deine|umfrage|befragung|gespräch|sprechstunde|beratung)[^\s,;:]+){{0,5}}? "
            rf"(?:ist|sind|bleibt|bleiben|gilt|gelten|wäre)(?: als)? {_STATUS}(?=\W*$|,| und|;)",
        ),
    ),
    # Not the one to ask, not what this is for.
    Form(
        "ansprechpartner|adresse|stelle|zuständig|aufgabe|gebiet|metier|fachgebiet|bereich| nur |ausschließlich"
        "|lediglich"
        "|kompetenz|befugnis|thema|expertise|rolle",
        (
            r"\bfalsche[rnsm]? (?:ansprechpartner\w*|adresse|stelle|ansprechperson|person)\b|\bnicht (?:der"
            r"|die) richtige (?:ansprechpartner\w*|stelle|adresse|ansprechperson)\b",
            r"\b(?:gehört|gehören|fällt|fallen|liegt|liegen|zählt|zählen)\b[^.;]{0,30}\b(?:nicht (?:zu|in|im"
            r"|unter)|außerhalb) (?:mein|unser|der|des)\w*\b",
            r"\b(?:bin|ist|sind) (?:ich |wir |dieser \w+ )?(?:\w+ ){0,2}?(?:nur|ausschließlich|lediglich) (?:für"
            r"|auf|zu) [^.;]{0,60}\b(?:da|zuständig|spezialisiert|gedacht|ausgelegt|programmiert|trainiert"
            r"|eingerichtet)\b",
            r"\b(?:ich|wir) (?:beantworte|helfe|kümmere|befasse|bearbeite|beantworten|helfen|kümmern|spreche|rede"
            r"|antworte|berate|kenne|gebe|beschränke)n?\b"
            r"(?: \S+){0,3}? (?:nur|ausschließlich|lediglich|allein)\b",
            r"\bnicht (?:mein|unser)\w* (?:gebiet|metier|fachgebiet|bereich|aufgabe\w*|thema|rolle|job|baustelle"
            r"|entscheidung)\b"
            r"|\bübersteigt (?:mein|unser)\w*\b|\bdafür bin ich nicht (?:da|gemacht|zuständig|ausgebildet"
            r"|qualifiziert|gedacht)\b",
        ),
    ),
    # A rule forbids it.
    Form(
        "richtlinie|regel|vorgabe|vorschrift|bestimmung|grundsätze|prinzip|ordnung|bedingung|gesetz|datenschutz"
        "|vertrag"
        "|satzung| agb|dsgvo|gestattet|erlaubt|zulässig|untersagt|verboten|verwehrt|gründen",
        (
            r"\b(?:verst(?:ößt|ieße|oßen|öße)|widerspr(?:icht|äche|echen)|verletz(?:t|te|en)"
            rf"|zuwider\w*)\b[^.;]{{0,40}}\b{_RULE}\b",
            rf"\b{_RULE}\b[^.;]{{0,30}}\b(?:verbiet\w+|untersag\w+|schließ\w+|lassen|lässt|erlaub\w+|gestatt\w+"
            rf"|verhinder\w+|hinder\w+|steh\w+ dem)\b[^.;]{{0,40}}"
            r"\b(?:nicht|mir|uns|mich|das|dies|es|kein\w*|aus|entgegen|zu \w+)\b",
            r"\b(?:gegen|laut|gemäß|nach|wegen|aufgrund|wegen der|aus) (?:unser|mein|die|der|den"
            rf"|geltende)\w*(?: \w+)? {_RULE}\b[^.;]{{0,60}}\b(?:nicht|kein\w*|untersagt|verboten)\b(?! an dritte)",
            r"\b(?:mir|uns)\b[^.;]{0,60}\b(?:nicht (?:erlaubt|gestattet|möglich)|untersagt|verboten|verwehrt)\b"
            r"|\b(?:nicht (?:erlaubt|gestattet)|untersagt|verboten) ist (?:mir|uns|es mir)\b",
            r"\b(?:ist|wäre) (?:\w+ )?(?:nicht (?:gestattet|erlaubt|zulässig)|untersagt"
            r"|verboten), (?:[^.;]{0,60} )?(?:heraus|weiter|preis|mit|bekannt)?zu ?(?:geben|nennen|teilen"
            r"|verraten|sagen|machen)\b",
            r"\b(?:aus|wegen) (?:\w*gründen|(?:rechtlichen|gesetzlichen|ethischen) gründen"
            r"|gründen de[rs] \w+)\b[^.;]{0,80}\b(?:nicht|kein\w*|untersagt)\b(?! an dritte)",
        ),
    ),
    # What is asked for is not possible.
    Form(
        "möglich|ausgeschlossen|vorgesehen|machen|drin|infrage|in frage|geht|verfügung|stattfinden|diskutier",
        (
            rf"\b{_GRANTED}\b(?: [^\s,;:]+){{0,6}}? (?:ist|sind"
            rf"|wäre)(?: [^\s,;:]+){{0,5}}? (?:nicht (?:mehr )?(?:möglich|vorgesehen|drin|zulässig)|unmöglich"
            r"|ausgeschlossen|nicht zu machen)(?=\W*$|,|;)",
            rf"\b(?:ist|sind|wäre)(?: [^\s,;:]+){{0,2}}? (?:leider |eine? |hier "
            rf"|in diesem fall )+{_GRANTED}\b(?: [^\s,;:]+){{0,4}}? (?:nicht (?:mehr )?(?:möglich|vorgesehen|drin)"
            r"|unmöglich|ausgeschlossen)(?=\W*$|,|;)",
            r"\b(?:lässt sich|ist) (?:leider |da |hier |das )*(?:nicht|nichts) (?:zu )?machen\b|\bgeht (?:leider"
            r"|beim besten willen|auf keinen fall) (?:gar |so )?nicht\b"
            r"|\b(?:leider|da|so) (?:gibt es|gibt's|habe ich|haben wir|sehe ich) keine (?:möglichkeit|handhabe"
            r"|chance)\b|\bkeine möglichkeit,? (?:ihnen|dir|euch|das|dies|die|den)\b",
            r"\b(?:wird|kann|werden) es (?:\w+ ){0,2}nicht geben\b",
        ),
    ),
    Form(
        "verschwiegen|geheimhaltung|ablehn|lehne|weiger|verweiger|passen|passe |abschlag|stillschweig|schweig"
        "|auskunft|auskünfte|kommentar|stellung|angaben|nein"
        "|fragen sie|frag |leid|bedau|geheimnis",
        (
            r"(?<!\bgibt\b[^.;]{0,40})(?<!\berteilt\b[^.;]{0,40})\b(?:keine|keinerlei) (?:auskunft|auskünfte"
            r"|angaben|stellungnahme|informationen|details)\b(?! (?:gefunden|vorhanden|vor\b))"
            r"|\bnehme ich (?:dazu )?(?:keine )?(?:nicht )?stellung\b",
            r"\b(?:stillschweigen|verschwiegenheit) (?:verpflichtet|bewahren|wahren|vereinbart)\b|\b(?:bin"
            r"|sind) (?:ich |wir )?(?:zum schweigen|zur verschwiegenheit|an die schweigepflicht"
            r"|zur geheimhaltung)\b",
            r"\b(?:bedaure|bedauere|bedauern|tut (?:mir|uns) leid)\b[^.;]{0,30}\b(?:aber |doch )?(?:nein"
            r"|nicht möglich|geht nicht|geht leider nicht|da muss ich passen)\b",
            r"\b(?:leid|leider|bedaure|bedauere)\b[^.;]{0,30}\b(?:müssen|müssten|müsstest|musst) (?:sie"
            r"|du)\b[^.;]{0,40}\b(?:fragen|wenden|erkundigen)\b",
            r"\b(?:betriebs|geschäfts|familien|berufs|küchen|haus|amts|bank|redaktions|arzt"
            r"|dienst)geheimnis\b(?=\W*$|[,;]| und| der)",
        ),
    ),
    # Figures of speech.
    Form(
        "granit|lippen|grenze|zu hören|zu sehen|hinter| sache|dichthalten|dicht|zurückhalt|zu tun haben"
        "|lasse ich mich|übergehe|bekommen|geschützt|interna|rechnen sie|rechne|zählen|nein|unmöglich"
        "|ausgeschlossen|worüber|wozu|verstehen|finger",
        (
            r"\b(?:beiß\w+) (?:sie |du )?(?:\w+ ){0,3}auf granit\b|\b(?:nicht|kein wort)(?: \w+){0,2} über (?:die"
            r"|meine) lippen\b|\bnichts zu tun haben\b(?=\W*$|,| will| möchte)|\b(?:halte|halten) (?:ich "
            r"|wir )?dicht\b",
            r"\blasse (?:ich )?mich (?:da |hier |darauf |dazu |auf [^.;,]{1,30} )?(?:nicht|lieber nicht) (?:ein"
            r"|überreden|hinreißen|verleiten)\b|\b(?:lasse|lassen) (?:ich mich|wir uns)(?: \w+){0,3} nicht ein\b",
            r"\b(?:bekommen|kriegen|erfahren|hören|bekommst|kriegst|erfährst|hörst) (?:sie|du"
            r"|ihr)\b(?: (?!zu viel)[^\s,;:]+){0,4}? (?:nicht|nie|kein\w*|nichts)(?: (?:zu (?:hören|sehen|lesen)"
            r"|von (?:mir|uns)|aus (?:mir|uns)))\b"
            r"|\baus (?:mir|uns)\b[^.;]{0,20}\bnichts (?:heraus|raus)\b",
            r"\b(?:daten|namen|angaben|zahlen|informationen|identität|adressen"
            r"|nummern) (?:[^\s,;:]+ ){0,4}(?:geschützt|verborgen|unter verschluss) bleiben\b|\binterna (?:bleiben"
            r"|gehen|gebe|verrate|sind)\b"
            r"|\b(?:rechnen|zählen) sie (?:dabei |da )?nicht (?:mit|auf) (?:mir|mich|uns|meine)\b|\b(?:das ist"
            r"|ist) (?:allein |nur )?unsere (?:eigene )?(?:sache|angelegenheit)\b",
            r"^\W*(?:unmöglich|ausgeschlossen|nie im leben|auf gar keinen fall|auf keinen fall|niemals"
            r"|nein und nochmals nein)(?=\W*$|,)|^\W*(?:und )?auch [^.;]{1,30}: nein(?=\W*$)",
            r"\bnichts, (?:worüber|wozu|was|wovon|womit) (?:ich|wir)\b[^.;]{0,40}\b(?:auskunft|sagen|sprechen"
            r"|reden|geben|helfen|tun|teilen|verraten|machen)\w*\b|\b(?:verstehen|verständnis"
            r"|nachvollziehen)\b[^.;,]{0,30}, (?:dass|warum|wenn) (?:wir|ich)\b[^.;]{0,60}\b(?:nicht"
            r"|kein\w*)\b(?! an dritte)",
        ),
    ),
    Form(
        "möcht|will |woll|mag ",
        (
            r"\b(?:möchte|möchten|will|wollen|mag) (?:ich|wir)\b(?: [^\s,;:]+){0,6}? (?:nicht|nichts"
            r"|kein\w*)(?: (?!und\b)[^\s,;:]+){0,3}? (?!\w*(?:vergessen|beschönigen|drängen|stören|aufhalten"
            r"|langweilen|verpassen|warten|verheimlichen|verschweigen|lügen|belügen|versäumen|missen|ausschließen"
            r"|hetzen|behaupten|enttäuschen|vorenthalten|wissen|haben|sein|werden)\b)\w{3,}(?:en|ern|eln)(?=\W*$|,"
            r"|;)",
        ),
        speakers=" ich | wir ",
    ),
)
