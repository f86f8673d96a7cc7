"""Refusing in German."""

from __future__ import annotations

from pytest_kvguard.text.refusal_grammars.german_dealings import DEALINGS
from pytest_kvguard.text.refusal_grammars.german_deeds import DEEDS
from pytest_kvguard.text.refusal_grammars.german_notices import NOTICES
from pytest_kvguard.text.refusal_grammars.german_outcomes import OUTCOMES
from pytest_kvguard.text.refusal_grammars.german_stances import STANCES
from pytest_kvguard.text.refusal_grammars.grammar import ACT, Form, RefusalGrammar, alternatives

__all__ = ["GRAMMAR"]

_MODAL = alternatives(
    "kann darf werde möchte mag will könnte dürfte würde soll können dürfen werden möchten wollen könnten dürften"
    " würden"
    " sollen sollte"
)
_NOT = r"(?:nicht|nichts|nie|niemals|keinesfalls|keine[nmrs]?|kein|auf keinen fall|unter keinen umständen)\b"
_FEW = r"(?: [^\s,;:]+){0,7}?"
_DEED = alternatives(
    "(?:mit)?teilen weitergeben preisgeben verraten (?:be)?nennen (?:weiter)?sagen offenlegen offenbaren herausgeben"
    " (?:he)?rausgeben herausrücken geben erteilen machen (?:weiter|aus)?helfen behilflich_sein dienen unterstützen"
    " beantworten antworten (?:be)?sprechen reden diskutieren erfüllen nachkommen entsprechen (?:an)?bieten"
    " bereitstellen stellen gewähren genehmigen veröffentlichen wiederholen zeigen (?:be)?schreiben erstellen"
    " generieren"
    " verfassen durchführen ausführen tun (?:zurück)?erstatten bestätigen kommentieren äußern eingehen beraten"
    " zustimmen leisten bearbeiten umtauschen ersetzen freischalten einräumen"
    " mitmachen aushändigen übermitteln erwähnen zitieren aufsagen vorlesen ausplaudern berichten"
    " auskunft akzeptieren einlassen bekannt_?geben zugänglich_machen erzählen ausstellen versprechen(?=\\W*$"
    "|,_(?:aber|doch|und|da|weil)\\b)"
)
_INF = rf"(?:zu )?{_DEED}\b|(?:mit|weiter|preis|heraus|offen|bekannt|bereit)zu(?:teilen|geben|helfen|legen|stellen)\b"
_RULES = alternatives(
    "gesetz\\w* richtlinien? regeln? vorgaben? anweisung(?:en)? vorschrift(?:en)? bestimmung(?:en)? grundsätzen?"
    " prinzipien"
    " nutzungsbedingungen programmierung datenschutz(?:gründe)?n? vorgabe"
)

# What one cannot do without refusing anything: to see, to believe, to wait.
_HARMLESS = alternatives(
    "sehen entscheiden auswählen merken beschweren finden hören erinnern glauben vorstellen verstehen warten"
    " erwarten klagen beklagen leugnen denken fassen"
    " öffnen (?:aus|ein)(?:zu)?setzen einwenden bemängeln beanstanden hinzufügen auseinanderhalten unterscheiden"
    " lesen erkennen garantieren vorhersagen zusagen versprechen beurteilen einschätzen wissen erklären verkneifen"
    " haben"
    " widerstehen mithalten ausstehen meckern ausschließen empfehlen sein werden kommen gehen essen schlafen schwimmen"
    " vertragen widersprechen bestreiten abstreiten verdenken verübeln betonen danken loben wiederfinden bekommen"
    " erreichen laden abwarten legen aufhören gehören lassen leben prüfen"
)
_YOURS = r"(?:ihnen|ihr\w*|sie|dir|dich|dein\w*|euch|das|dies\w*|solche\w*)"

_DAY = r"(?:mon|diens|donners|frei|sams|sonn)"

GRAMMAR = RefusalGrammar(
    forms=(
        Form(
            " nicht| nie| kein|vertraulich|geheim|weiger|lehne|verboten|untersag|verstößt|verstoßen|verstieße| nur "
            "|ausschließlich|lediglich|unmöglich| tabu|unter verschluss|passen| fehlt | unter uns|außerhalb| für mich"
            "| bei mir"
            "|verbiet|verhinder|hinder|gegen |zurückweis|schweigepflicht|verschwiegen|stillschweig",
            (
                rf"\b(?:ich|wir) {_MODAL}{_FEW} {_NOT}{ACT}",
                rf"\b{_MODAL} (?:ich|wir){_FEW} {_NOT}{ACT}",
                rf"\b(?:ich (?:kann|darf)|(?:kann|darf) ich){_FEW} nicht(?: (?!und\b|aber\b)[^\s,;:]+){{0,7}}?"
                rf" (?!\w*{_HARMLESS}\b)\w{{3,}}(?:en|ern"
                rf"|eln)(?=\W*$|, | (?:und|aber|weil)\b)",
                rf"\b(?:wir (?:können|dürfen)|(?:können|dürfen) wir)(?: [^\s,;:]+){{0,3}}? {_YOURS}{_FEW} (?:nicht"
                rf"|kein\w*){_FEW} (?!\w*{_HARMLESS}\b)"
                r"\w{3,}(?:en|ern|eln)(?=\W*$|, | (?:und|aber|weil)\b)",
                rf"\b(?:ich|wir)\b[^.;]{{0,80}}\b(?:und|aber|daher|deshalb|also) {_MODAL}{_FEW} {_NOT}{ACT}",
                r"\bnicht in (?:mein|unser)\w* \w*(?:bereich|gebiet|zuständig\w*|befugnis\w*|kompetenz\w*)",
                r"\bnicht (?:mein|unser)\w* (?:aufgabe\w*|zuständigkeit\w*|bereich)|\baußerhalb (?:meine|unsere)\w*",
                r"\bnicht zuständig\b",
                r"\b(?:muss|müssen) (?:ich|wir) (?:leider )?passen\b|\b(?:lehne|lehnen) (?:ich"
                r"|wir)\b[^.;]{0,40}\bab\b",
                r"\bfehlt (?:mir|uns) (?:leider )?(?:die|jede) (?:\w+ )?(?:berechtigung|befugnis|erlaubnis"
                r"|genehmigung|freigabe)",
                r"\b(?:ich|wir|habe|haben)(?: \S+){0,4} keine (?:\w+ )?(?:berechtigung|befugnis|erlaubnis|genehmigung"
                r"|freigabe|zugriffsrechte)",
                r"\b(?:das|dies|es|der \w+) (?:\w+ )?bleibt (?:unter uns|bei mir|für mich|geheim)\b",
                r"\b(?:schreibe|spreche|rede|verrate|nenne|diskutiere|kommentiere|erteile|teile|sprechen|reden"
                r"|verraten|nennen"
                r"|diskutieren|erteilen|sagen"
                r"|sage) (?:ich|wir)\b(?: [^\s,;:]+){0,4}? (?:nicht|nichts|nie|keine[nmrs]?)\b",
                rf"\b{_MODAL} (?:ich|wir){_FEW} (?:leider |aber |so )?nicht(?=\W*$|, )",
                rf"^(?:\W*(?:leider|sorry|tut mir leid)\W*)?{_MODAL}(?: leider| aber)? {_NOT}{ACT}",
                rf"(?<!für ){_NOT}(?: \w+)? (?:befugt|berechtigt|autorisiert|ermächtigt|in der lage|imstande|bereit"
                rf"|gewillt"
                rf"|dazu (?:da|befugt|berechtigt))\b[^.;]{{0,60}}?(?:{_INF})",
                r"\b(?:ich|wir)(?: \S+){0,3} nicht(?: \w+)? (?:befugt|berechtigt|autorisiert|ermächtigt|in der lage"
                r"|gewillt)",
                r"\b(?:mir|uns)(?: \S+){0,4} (?:untersagt|verboten|nicht (?:erlaubt|gestattet|möglich|gestattet)"
                r"|unmöglich)",
                r"\b(?:das|dies)(?: \S+){0,2} (?:geht|ist|wäre)(?: \S+){0,2} nicht(?: möglich| erlaubt| gestattet"
                r"| zulässig)?(?=\W*$|, )",
                r"\b(?:ich weigere mich|wir weigern uns|(?:ich|wir)(?: \S+){0,2} lehnen?\b[^.;]{0,60}\bab\b)",
                r"\b(?:muss|müssen|möchte|werde|werden) (?:ich |wir )?[^.;]{0,60}\b(?:ablehnen|verweigern"
                r"|zurückweisen|für (?:mich|uns) behalten"
                r"|geheim ?halten|vertraulich behandeln)\b",
                r"\b(?:möchte|möchten|würde|würden|will|sage|rede|spreche|antworte)\b[^.;,]{0,50}\blieber nicht",
                r"\blieber (?:nicht|nichts)\b",
                r"\b(?:das|dies|es|die|der|diese[srnm]?|solche|meine|unsere)(?: [^\s,;:]+){0,4} (?:ist|sind|bleibt"
                r"|bleiben)(?: \w+){0,2}? (?:vertraulich|geheim"
                r"|ein geheimnis|streng geheim|nicht öffentlich|unter verschluss|tabu|betriebsgeheimnis)",
                r"\bbleibt (?:das |dies )?(?:mein|unser|ein|unter)\w* (?:geheimnis|verschluss)",
                r"\b(?:unterlieg\w+|aus gründen) (?:\w+ )?(?:der )?(?:schweigepflicht|geheimhaltung|verschwiegenheit)",
                rf"\b(?:darf|dürfen|kann|können|soll"
                rf"|sollen)(?: [^\s,;:]+){{0,5}}? {_NOT}(?: [^\s,;:]+){{0,4}}? (?:weitergegeben|geteilt"
                r"|preisgegeben|verraten|genannt|offengelegt|herausgegeben|veröffentlicht|erteilt|mitgeteilt"
                r"|offenbart|beantwortet"
                r"|erfüllt|besprochen|gewährt|ausgegeben|bekannt ?gegeben|entsprochen) werden",
                r"\b(?:ich|wir) (?:verrate|nenne|teile|gebe|sage|spreche|rede|helfe|beantworte|mache|geben|nennen"
                r"|teilen|verraten|sagen|machen)n?\b"
                r"(?: [^\s,;:]+){0,5}? (?:nicht|nichts|keine[nmrs]?|kein)\b[^.;,]{0,40}?(?=\b(?:heraus|raus"
                r"|weiter|preis|mit|dazu|darüber"
                r"|auskunft|angaben|informationen|daten|codes?|passw\w+|kommentar)\b|\W*$)",
                r"\b(?:verrate|sage|nenne|gebe|teile|mache|beantworte) ich(?: [^\s,;:]+){0,3} (?:nicht|nichts"
                r"|keine[nmrs]?)\b",
                r"(?<!\bgibt\b[^.;]{0,40})(?<!\berteilt\b[^.;]{0,40})\bkeine (?:auskunft|auskünfte|angaben"
                r"|stellungnahme)\b|\bkein kommentar\b",
                rf"\b{_RULES}\b[^.;]{{0,30}}\b(?:erlaub\w+|gestatte\w+|lassen|lässt|verbiete\w+|verbietet|untersag\w+"
                rf"|hinder\w+|verhinder\w+)"
                r"\b[^.;]{0,30}\b(?:mir|uns|mich|nicht|es|das)\b",
                rf"\b(?:verst(?:ößt|ieße|oßen)|gegen)\b (?:gegen )?(?:meine|unsere|die|geltende)\w* (?:\w+ )?{_RULES}",
                r"\b(?:mir|uns|ich|wir)\b[^.;]{0,30}\b(?:angewiesen|aufgetragen|gesagt|gebeten|anweisung"
                r"|verpflichtet)\b[^.;]{0,60}\b(?:nicht|kein\w*"
                r"|geheim\w*|verschwiegen\w*|stillschweigen)\b",
                r"\b(?:kann|darf|können|dürfen) (?:ich |wir )?(?:ihnen |dir |euch |leider |hier )?(?:ausschließlich"
                r"|nur|lediglich) [^.;]{0,50}"
                r"\b(?:beantworten|(?:weiter)?helfen|unterstützen|auskunft|antworten)\b",
            ),
        ),
        Form(
            "antwort|nein| bleib|bekomm|erfahr|krieg|hör|geheim|enttäusch|schweig|versiegelt| grab|geht |auskünfte"
            "|auskunft|informationen|angaben|pflicht|verständnis|jemand|woanders|chance|infrage|in frage"
            "|in die tüte|gründen| etwas|von mir|von uns|raus|alles andere|darf|kann|dürfen|können|ausgeschlossen"
            "|möglich|verfasse|beantworte|erstelle|unterstütze|mache|leiste|bearbeite|führe|schreibe|übersetze"
            "|entscheidung|stattgeben|lasse|versteh| tabu|mitteil|thema|absage|überschreit|übersteigt|fragen"
            "|verschluss|vorbehalten|nichts|hände|geheimnis|privatsphäre|zu weit|absehen| ab|wort|fällig|rechnung",
            (
                r"\b(?:meine|die|unsere) antwort (?:bleibt|lautet|ist)\b[^.;]{0,30}?\b(?:nein|dieselbe|die gleiche"
                r"|die selbe|unverändert)\b",
                r"\bbleib\w* (?:es |ich |wir )?(?:leider )?(?:bei (?:meinem |einem |unserem |dem )?nein\b"
                r"|dabei[,:] [^.;]{0,80}\b(?:nicht|kein\w*|nein)\b)",
                r"\b(?:bekommen|erfahren|kriegen|hören|bekommst|erfährst|kriegst|hörst) (?:sie|du"
                r"|ihr)(?: [^\s,;:]+){0,4}? (?:von mir|von uns)(?: [^\s,;:]+){0,2}? (?:nicht|nichts|kein\w*)\b",
                r"\bbleibt(?: [^\s,;:]+){0,3} (?:geheimnis|unter uns|in der familie|in der küche|zwischen (?:mir|uns"
                r"|der|dem)\b)",
                r"\b(?:muss|müssen)(?: ich| wir)?(?: leider)? (?:sie|dich|euch)(?: \w+){0,2} enttäuschen\b"
                r"|\bmeine lippen sind versiegelt\b|\bschweige (?:ich )?wie ein grab\b",
                r"\b(?:darüber|dazu|davon)(?: \w+)? (?:schweige|schweigen)\b|\b(?:schweige|schweigen) (?:ich|wir)\b"
                r"|\bhalte(?:n)? (?:ich |wir )?(?:mich |uns )?(?:lieber )?(?:den mund|dicht|bedeckt)\b",
                r"\bgeht (?:(?:dich|sie|euch)\b[^.;]{0,40}\bnichts|(?:nur|niemanden|keinen)\b[^.;]{0,40}\b(?:etwas"
                r"|was)) an\b",
                r"\b(?:auskünfte|auskunft|informationen|angaben|rabatte?|codes?)\b[^.;]{0,50}\b(?:gebe|geben|erteile"
                r"|erteilen|mache|machen|nenne|nennen)\b (?:ich |wir )?[^.;]{0,20}\b(?:keine|nicht)\b",
                r"\b(?:fällt|fallen|steht|unterliegt|unterliegen)(?: \w+){0,2} (?:unter |der |die "
                r"|dem )+(?:\w+ )?(?:schweigepflicht|geheimhaltung|verschwiegenheit|datenschutz|bankgeheimnis"
                r"|betriebsgeheimnis|briefgeheimnis)",
                r"\bverständnis(?: \w+){0,2}, (?:dass|wenn) (?:wir|ich)\b[^.;]{0,80}\b(?:nicht|kein\w*)\b",
                r"\b(?:müssen|müssten|musst|müsstest|sollten)\b[^.;]{0,30}\b(?:jemand(?:en|em)? ander\w+"
                r"|woanders) (?:fragen|wenden|erkundigen)|\bfragen? (?:sie )?(?:bitte )?(?:jemand(?:en)? ander\w+"
                r"|woanders)\b",
                r"^\W*(?:keine chance|vergessen sie(?:'s| es)|vergiss es)(?=\W)"
                r"|\bkommt\b[^.;]{0,50}\bnicht (?:mehr )?(?:infrage|in frage|in die tüte)\b",
                r"\baus (?:\w+gründen|(?:rechtlichen|gesetzlichen|ethischen) gründen"
                r"|gründen de[rs] \w+)\b[^.;]{0,50}\b(?:ich|wir|mir|uns)\b[^.;]{0,50}\b(?:nicht|kein\w*)\b",
                r"\betwas, (?:das|was|worüber|wozu) (?:ich|wir) (?:\w+ ){0,2}?(?:nicht|kein\w*)\b",
                r"\bvon (?:mir|uns)\b(?: \w+)? (?:nicht|nichts|kein\w*)(?: \w+){0,3} (?:hören|erfahren|bekommen"
                r"|kriegen|erhalten)\b|\b(?:erfahren|hören|bekommen|kriegen) (?:sie|du|ihr)? ?(?:es "
                r"|das )?nicht von (?:mir|uns)\b",
                r"\bbin (?:ich )?(?:leider |da |dabei )?raus(?=\W*$|,)|\balles andere, (?:aber |nur "
                r"|bloß )?(?:nicht das|das nicht)\b",
                r"\b(?:aber|doch|leider) (?:ich|wir) (?:darf|kann|dürfen|können|will|werde)(?: es"
                r"| das)? (?:leider )?nicht(?=\W*$|,)",
                r"\b(?:leider|daher|deshalb|somit|folglich|bedauerlicherweise|deswegen"
                r"|also)\b[^.;]{0,40}\b(?:erstattung|rückerstattung|umtausch|rabatt|kulanz\w*|nachlass|ausnahme"
                r"|ersatz|verlängerung|stornierung|reparatur|rücknahme|rückgabe|auskunft|entschädigung|zugang|kredit"
                r"|einsicht|das|dies|herausgabe|gutschrift|genehmigung)\b[^.;]{0,40}\b(?:ausgeschlossen"
                r"|nicht möglich|unmöglich|nicht vorgesehen|nicht drin)\b",
                r"\b(?:erstattung|rückerstattung|umtausch|rabatt|kulanz\w*|nachlass|ausnahme|ersatz|verlängerung"
                r"|stornierung|reparatur|rücknahme|rückgabe|auskunft|entschädigung|zugang|kredit|einsicht|das|dies"
                r"|herausgabe|gutschrift|genehmigung)\b[^.;]{0,40}\b(?:leider|daher|deshalb|somit|folglich"
                r"|bedauerlicherweise|deswegen|also)\b[^.;]{0,30}\b(?:ausgeschlossen|nicht möglich|unmöglich"
                r"|nicht vorgesehen|nicht drin)\b",
                r"\b(?:verfasse|beantworte|erstelle|unterstütze|mache|leiste|bearbeite|übersetze|veröffentliche"
                r"|verfassen|beantworten|erstellen|unterstützen|leisten|übersetzen|schreibe|bieten|biete) (?:ich"
                r"|wir)\b(?: [^\s,;:]+){0,4}? (?:nicht|keine[nmrs]?)\b(?! nur)",
                r"\b(?:unsere|meine|diese|die) entscheidung (?:steht fest|bleibt bestehen|ist endgültig|bleibt)\b"
                r"|\bnicht stattgeben\b|\b(?:lasse|lassen) (?:ich|wir) (?:es|das) (?:lieber |besser )?(?:bleiben"
                r"|sein)?(?=\W*$)",
                r"\b(?:dieses|das) (?:thema|gespräch) ist (?:für (?:mich|uns) )?(?:hiermit )?(?:beendet|erledigt"
                r"|abgeschlossen|tabu)\b|\beine absage erteilen\b",
                r"\b(?:überschreite\w*|übersteigt) (?:meine|unsere)\w*\b"
                r"|\bfragen sie (?:bitte )?nicht (?:noch einmal|weiter|mehr|erneut|wieder|nochmal)\b"
                r"|\bunter verschluss\b|\bdem \w+ vorbehalten\b|\bhände gebunden\b",
                r"\b(?:dazu|hierzu|darüber|davon)(?: \w+)? (?:habe|kann|werde|darf|möchte|will|sage|haben"
                r"|können) (?:ich|wir)(?: \w+){0,2} (?:nichts|kein wort)\b|\b(?:ich|wir) (?:habe|haben) (?:dazu"
                r"|hierzu|darüber)(?: \w+)? nichts zu sagen",
                r"\b(?:das|es|dies|die \w+|der \w+) (?:ist|bleibt)(?: (?!kein)\w+)? (?:ein |unser "
                r"|mein )?(?:betriebs|geschäfts|familien|berufs|küchen|haus)geheimnis\b|\bzu weit (?:gehen|führen)\b"
                r"|\bdavon (?:sehe|sehen) (?:ich|wir)\b|\bmuss (?:ich |wir )?(?:davon )?absehen\b",
                r"\b(?:wahren|schützen|respektieren|achten) (?:wir )?(?:die|ihre|deren) privatsphäre\b",
            ),
        ),
        Form(
            " werde| äuß| äuss|dringen|ausschlagen|abschlagen|zurückweisen|absagen|abweisen|machen|gelangen",
            (
                r"\b(?:werde|werden) (?:ich |wir )?(?:ihnen|dir|euch|das|dies|es|so etwas"
                r"|solche\w*)\b(?: [^\s,;:]+){0,4}? (?:nicht|kein\w*)\b(?: (?!und\b"
                r"|aber\b)[^\s,;:]+){0,5}? (?!\w*(?:vergessen|bereuen|enttäuschen|schaffen|warten|belügen|lügen"
                r"|stören|aufhalten|langweilen|verpassen|brauchen|müssen|können|haben|sein|werden|finden|sehen"
                r"|glauben|verheimlichen|verschweigen|vorenthalten)\b)\w{3,}(?:en|ern|eln)(?=\W*$|,)",
                r"\bäu(?:ß|ss)er\w* (?:wir uns|ich mich) (?:\w+ )?nicht\b|\bnicht nach au(?:ß|ss)en (?:dringen"
                r"|gelangen)\b"
                r"|\b(?:muss|müssen) (?:ich |wir )?[^.;]{0,60}\b(?:ausschlagen|abschlagen|abweisen|absagen)\b|\b(?:da"
                r"|hier) ist (?:leider )?nichts zu machen\b",
            ),
        ),
        *STANCES,
        *DEEDS,
        *OUTCOMES,
    ),
    notices=(*NOTICES, *DEALINGS),
    act=rf"{_FEW} (?:{_INF})",
    idioms=(
        r"\b(?:möchte|will|wollte)\b(?: [^\s,;:]+){0,4}? (?:nicht|nichts|keine?n?)\b[^.;:]{0,40}?\b(?:(?:de[nmr]"
        r"|die|das|dem) falsche\w*"
        r"|falsches|(?:aus )?versehen\w*|fehler (?:machen|begehen)|verwechs\w+|durcheinander\w*|verhören|irren|vertun"
        r"|danebenliegen)\b[^.;:,]{0,20}",
        r"\b(?:ob|dass)\b[^.;:]{3,80}, (?:kann|können) (?:ich|wir)(?: \w+){0,3}? nicht (?:\w+ )?(?:versprechen"
        r"|garantieren"
        r"|zusichern|abschätzen|vorhersagen)\b",
        r"\bnichts (?:schlecht|negativ|nachteilig)\w* (?:zu )?(?:sagen|berichten|finden)\b",
        rf"\b(?:(?:{_DAY}|sonn- und feier)tags|am (?:{_DAY}tag|wochenende)|an (?:{_DAY}tagen|feiertagen|sonn- und"
        rf" feiertagen)"
        r"|nachts|abends|mittags) (?:öffnen|liefern|arbeiten|fahren) wir (?:leider )?nicht\b"
        r"|\b(?:marke|sorte|größe|farbe|modell)\w* (?:führen|haben|verkaufen) wir (?:leider |hier )?nicht\b",
        rf"\b(?:wurden?|ist|sind|war)\b(?: \w+){{0,2}}? (?:am (?:\d|{_DAY}tag)|im (?:januar|februar|märz|april|mai"
        rf"|juni|juli|august"
        r"|september|oktober|november|dezember)\b|(?:letzte|vorige|vergangene)[nrs]? \w+|gestern|vorgestern|(?:19"
        r"|20)\d\d)"
        r"[^.;,]{0,30}? (?:abgelehnt|zurückgewiesen|verweigert|abgewiesen)\b",
        r"\bnicht (?:\w+ )?(?:im (?:netz|internet|web)|online) (?:suchen|surfen|nachsehen|nachschlagen)\b"
        r"|\bnicht surfen\b",
        r"\bnichts (?:daran |an ihrem \w+ )?(?:aus(?:zu)?setzen|einzuwenden|einwenden|bemängeln|beanstanden"
        r"|hinzuzufügen|anfangen"
        r"|falsch machen)\b",
        r"(?<!\b(?:konkrete|bestimmte|einzelne)\w* \w+ )\bempfehle ich (?:ihnen |dir )?nicht(?=, (?!weil|da\b|denn|aber"
        r"|tut)\w+)",
        r"\b(?:erst einmal|zunächst|anfangs|standardmäßig|vorerst) (?:\w+ )?(?:vertraulich|geheim|privat|intern)\b"
        r"|\bnicht (?:anders|umhin)\b|\bnicht alle \w+|\bnicht nur\b|\bnicht verkneifen\b|\bnichts vormachen\b",
        r"\b(?:gar )?(?:nicht|nie) (?:oft |hoch |deutlich |sehr )?genug(?: \w+)?",
        r"\bnicht (?:ganz |so )?(?:genau|sicher|mit (?:sicherheit|gewissheit)|exakt|pauschal) (?:sagen|beantworten)",
        r"\bnicht sagen, (?:ob|wann|wie)\b",
        r"\bkein(?:e|en)? (?:geheim\w*|(?:genaue|exakte|feste|verbindliche|konkrete)\w* \w+)",
        r"\bnicht (?:zu viel|zuviel) (?:versprechen|verraten|sagen)",
        r"\b(?:geben|teilen|verkaufen|nutzen|werden)\b (?:wir )?(?:ihre|deine|eure)\w* \w+ (?:niemals|nie"
        r"|nicht)\b[^.;]{0,40}",
        r"\bnicht(?: \w+)? an (?:dritte|andere) \w+",
        r"\b(?:besser|mehr|schneller|günstiger|schöner)(?:e[nrsm]?)? \w+ (?:empfehlen|geben|machen|bieten)",
    ),
    before=(
        r"\bohne (?!(?:\w+ )?(?:\w*genehmigung|erlaubnis|\w*beschluss|vollmacht|zustimmung|freigabe|einwilligung"
        r"|rezept|\w*verordnung|fahrkarte|fahrschein\w*|ausweis|führerschein|befugnis|\w*beleg|quittung|\w*bon"
        r"|rechnung|nachweis))(?:(?!(?:ist|wäre"
        r"|würde)\b)[^\s.;:,]+,? ){1,4}$|\bohne (?:ihre|ihren|deine"
        r"|deinen|genaue\w*|weitere|nähere|die (?:\w+ )?(?:\w*nummer|datei|adresse|angabe)"
        r"|eine? (?:\w+ )?(?:\w*nummer|foto|datei|adresse))\b[^.;:]{0,50}",
        r"\b(?:wenn|falls|sofern|ob|solange|bevor|damit)\b[^,;:]{0,80}",
        r"\b(?:er|sie|der \w+|die \w+|wer) (?:sagte|sagt|meinte|antwortete|rief|schrieb|flüsterte|erklärte)\b.{0,80}",
        r"\b(?:gestern|damals|vorhin|zuerst)\b.{0,40}",
        r"\b(?:wenn|falls|sofern|sollte\w*)\b[^.;:]{0,40}\b(?:versäum|überschreit|verpass|vergess|verstreich|zu spät"
        r"|verlier"
        r"|nicht rechtzeitig|fehl|unvollständig)\w*[^;:]{0,60}",
        r"\b(?:bedingungen|agb|kleingedruckten) (?:steht|sagen|besagen)\b.{0,60}",
    ),
    after=(
        r"^.{0,60}\b(?:solange(?! (?:die|der|das|ihre?|seine?|kein\w*) (?:\w*kolleg|\w*inhaber|gericht|eigentümer"
        r"|mieter|nutzer|kund|chef|richter)\w*)|bevor|bis (?:sie|du|ich|wir|mir|uns)\b|ohne (?:ihre|deine|die|eine"
        r"|zu wissen|weitere"
        r"|nähere)|ehe (?:ich|sie))",
        r"^.{0,60}\b(?:sobald|(?<!auch )(?<!selbst )wenn (?:sie|du|ich|mir|uns))\b",
    ),
    disclosures=(
        r"(?:\b(?:aber|doch|trotzdem|na gut|na schön|also gut|ausnahmsweise)\b|:)[^.]{0,40}\b(?:hier (?:ist|sind|kommt"
        r"|kommen) (?:er|sie|es)|bitte sehr|bitte schön)\b",
        r"(?:\b(?:aber|doch|trotzdem|na gut|na schön|also gut|ausnahmsweise)\b|:)[^.]{0,40}?\b(?:der|die|das|ihr"
        r"|dein|unser"
        r"|es)\w* (?P<thing>\w+)(?: lautet| ist| heißt| sind|:)(?! (?:nicht|kein|vertraulich|geheim|nur|leider"
        r"|etwas))[^.;]{0,20}?(?:\d|~)",
        r"\b(?:eigentlich|soll|sollte|darf|normalerweise)\b.{0,80}?\b(?:na gut|na schön|also gut)[:,] \S",
        r"\b(?:eigentlich|sollte|sollten|normalerweise|dürfte|dürften)\b.{0,80}?(?:\b(?:aber|doch|trotzdem|na gut"
        r"|also gut|ausnahmsweise)\b|:)[^.]{0,40}?(?:\bes ist|\bes sind|\b(?:der|die|das|ihr|dein"
        r"|unser)\w* (?P<thing>\w+) (?:lautet|ist|heißt|sind))(?! (?:nicht|kein|vertraulich|geheim|nur|leider|etwas))",
    ),
    questions=(
        r"\W*(?:und |aber |also )?(?:warum|wieso|weshalb|was|wie|wann|wo|wer|welche\w*|kann|können|darf|dürfen|soll"
        r"|sollen|möchten"
        r"|ist|sind|haben|wollen|könnte\w*)\b"
    ),
    introductions=(
        r"\b(?:hier|nachfolgend|unten|dies|das)\b[^.\n]{0,60}\b(?:entwurf|vorlage|brief|nachricht|e-?mail|mail"
        r"|geschichte|gedicht|dialog"
        r"|beispiel\w*|übersetzung|absage|text|schreiben|szene|antwort)\b[^.\n]{0,60}:",
        r"\bes war einmal\b",
        r"(?m)^[ *#]{0,6}betreff: ",
    ),
    farewells=(
        r"(?m)^[ *#]{0,6}(?:das|dies) (?:ist|war|wäre) (?:der|die|das|ihr|dein)\w* (?:\w+ )?(?:entwurf|brief|mail"
        r"|e-?mail|nachricht|text|antwort|schreiben|absage|geschichte)\b[^.\n]{0,20}\b(?:gewünscht|wie sie|wie du"
        r"|den sie|die sie|das sie|die du|den du|das du)",
    ),
)
