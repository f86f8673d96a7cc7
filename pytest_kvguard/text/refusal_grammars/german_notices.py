"""How a house gives notice in German that it declines: what is not to be had, what was turned down, who alone may."""

from __future__ import annotations

from pytest_kvguard.text.refusal_grammars.grammar import Form, alternatives

__all__ = ["NOTICES"]

# What is done for a customer who asks for it; goods are not among it, for "in Rot nicht lieferbar" declines nothing.
_SERVICE = alternatives(
    "\\w*umbuchung(?:en)? \\w*erstattung(?:en)? \\w*stornierung(?:en)? storno umtausch\\w* rückgabe(?:n)?"
    " rücknahme(?:n)?"
    " reparatur(?:en)? upgrades? (?:später?|spätere[rns]?|früher?|frühere[rns]?)_(?:check-?\\s?(?:out|in)s?|abreise"
    "|anreise|auschecken|einchecken) late_check-?outs? early_check-?ins? änderung(?:en)? \\w*änderung(?:en)?"
    " übertragung(?:en)? \\w*verlängerung(?:en)? rabatte? \\w*nachlass nachlässe \\w*ermäßigung(?:en)? erlass verzicht"
    " kulanz\\w* gutschrift(?:en)? entschädigung(?:en)? ratenzahlung(?:en)? stundung(?:en)? aufschub ausnahmen?"
    " auszahlung(?:en)? barauszahlung kredit\\w* darlehen kostenübernahme\\w* preisanpassung(?:en)? herausgabe"
    " weitergabe auskunft auskünfte einsicht\\w* \\w*kündigung(?:en)? widerruf wechsel \\w*tausch"
    " vorauszahlung(?:en)? aufhebung sonderwünsche löschung(?:en)? terminverschiebung(?:en)? ersatz\\w* freigabe(?:n)?"
    " barzahlung(?:en)? nachbesserung(?:en)? wiederholung(?:en)? teilnahme aufnahme zulassung entsperrung"
)
_NOT = r"(?:nicht(?: mehr)?|leider nicht|derzeit nicht|grundsätzlich nicht|keinesfalls|nie)"
_UNAVAILABLE = (
    r"(?:möglich|verfügbar|vorgesehen|zulässig|gestattet|erlaubt|machbar|inbegriffen|enthalten|eingeschlossen|erwünscht"
    r"|zu haben|drin|durchführbar|realisierbar|gegeben|angeboten|gewährt|bewilligt)"
)
_ASKED = (
    r"(?:\w*antrag\w*|\w*anträge\w*|anfragen?|gesuche?|widerspr[uü]ch\w*|einspr[uü]ch\w*|beschwerden?"
    r"|reklamation(?:en)?"
    r"|bewerbung(?:en)?|bitten?|wunsch|wünsche|anliegen|forderung(?:en)?|\w*erstattungswunsch|klage|petition"
    r"|schadensmeldung|ansuchen|vorschlag|angebot)"
)
_GRANTED = (
    r"(?:stattgegeben|bewilligt|genehmigt|entsprochen|angenommen|anerkannt|berücksichtigt|nachgekommen|gewährt"
    r"|zugestimmt|akzeptiert|befürwortet|entgegenkommen|stattgeben|bewilligen|genehmigen|entsprechen|annehmen"
    r"|anerkennen|berücksichtigen|nachkommen|gewähren|zustimmen|akzeptieren|befürworten)"
)
_SOLD = (
    r"(?:\w*tickets?|\w*tarife?s?|\w*preise?s?|\w*buchung(?:en)?|\w*reservierung(?:en)?|bestellung(?:en)?|artikel"
    r"|\w*ware|waren|käufe|anzahlung(?:en)?|gebühr(?:en)?|zahlung(?:en)?|\w*vertr[aä]ge?\w*|\w*abos?|abonnements?"
    r"|mitgliedschaft(?:en)?|gutscheine?|coupons?|rechnung(?:en)?|name|namen|termine?|sitzpl[aä]tze?|fristen?|noten?"
    r"|entscheidung(?:en)?|unterwäsche|angebote?|fahrkarten?|karten|eintrittskarten|kosten|betrag|kleidung|schuhe"
    r"|produkte?|leistung(?:en)?|inhalte|sendung(?:en)?|medikamente?)"
)
_BACK = (
    r"(?:erstattet|rückerstattet|zurückerstattet|umgetauscht|zurückgegeben|zurückgenommen|geändert|umgebucht|storniert"
    r"|übertragen|verlängert|gutgeschrieben|ausgezahlt|erlassen|rückgängig gemacht|angerechnet|verschoben"
    r"|ausgetauscht|angepasst|umgeschrieben)"
)
# A term of sale with a way out declines nothing unless it is regretted.
_FINALLY = (
    r"(?:(?![^.;]{0,30}\b(?:aber|jedoch|sondern|dafür)\b)"
    r"|(?<=\b(?:leider|leid|bedauer\w*|bedaure|bedauerlicherweise)\b[^.;]{0,160}))"
)
_INSIDERS = (
    r"(?:\w*inhaber\w*|\w*eigentümer\w*|\w*empfänger\w*|\w*nehmer\w*|patient\w*|eltern\w*|erziehungsberechtigte\w*"
    r"|angehörige\w*|mieter\w*|\w*leit(?:ung|er|erin)\w*|vorgesetzte\w*|\w*administrator\w*|admins?|moderator\w*"
    r"|redakt\w+|\w*personal|mitarbeit\w+|angestellte\w*|beschäftigte\w*|polizei|gericht\w*|geschäftsführ\w+"
    r"|betroffene\w*|berechtigte\w*|befugte\w*|bevollmächtigte\w*|autorisierte\w*|fachpersonal|fachleute\w*"
    r"|kontoinhaber\w*|kund(?:e|in) selbst|vorstand\w*|personalabteilung|bewohner\w*|registrierte\w*|ärzt\w+|arzt"
    r"|anwält\w+|anwalt|notar\w*|verwaltung|aussteller\w*)"
)

NOTICES = (
    # What is asked for is not to be had.
    Form(
        "möglich|verfügbar|vorgesehen|zulässig|gestattet|erlaubt|machbar|ausgeschlossen|unzulässig|unmöglich"
        "|inbegriffen|enthalten|eingeschlossen|angeboten|gewährt|betracht| frage|infrage|verfügung|durchführbar|drin",
        (
            rf"\b{_SERVICE}\b(?: [^\s,;:]+){{0,7}}? (?:ist|sind|wäre|wird|werden|bleibt|steht|stehen)\b"
            rf"(?: [^\s,;:]+){{0,7}}? (?:{_NOT}(?: [^\s,;:]+){{0,2}}? {_UNAVAILABLE}|(?:\w+ )?(?:ausgeschlossen"
            r"|unzulässig|unmöglich)|nicht zur verfügung)(?: werden)?(?=\W*$|[,;]| und| oder)",
            rf"\b(?:ist|sind|wäre|wird|werden|steht|stehen)(?: [^\s,;:]+){{0,5}}? {_SERVICE}\b(?: [^\s,;:]+){{0,5}}? "
            rf"(?:{_NOT}(?: [^\s,;:]+){{0,2}}? {_UNAVAILABLE}|(?:ausgeschlossen|unzulässig|unmöglich)|nicht zur"
            r" verfügung)(?=\W*$|[,;]| und| oder)",
            rf"\b{_SERVICE}\b[^.;]{{0,40}}? (?:kommt|kommen)\b[^.;]{{0,30}}? nicht (?:mehr )?(?:in (?:betracht|frage)"
            rf"|infrage)\b|\b(?:kommt|kommen)\b[^.;]{{0,30}}? {_SERVICE}\b[^.;]{{0,30}}? nicht (?:mehr )?(?:in"
            rf" (?:betracht"
            r"|frage)|infrage)\b",
            r"\b(?:ist|wäre) es (?:mir |uns |hier |leider |daher |aus \w+ |derzeit )*nicht möglich,[^.;]{0,70}"
            r"(?:zu (?:ändern|erstatten|stornieren|verlängern|buchen|gewähren|erlassen|verschieben|übertragen"
            r"|genehmigen"
            r"|nennen|geben|machen)|\w+zu(?:buchen|tauschen|geben|nehmen|teilen|nennen|heben|zahlen))\b"
            r"|\bes ist (?:leider |hier |daher |derzeit |uns |mir )*nicht möglich,[^.;]{0,70}"
            r"(?:zu (?:ändern|erstatten|stornieren|verlängern|buchen|gewähren|erlassen|verschieben|übertragen"
            r"|genehmigen"
            r"|nennen|geben|machen)|\w+zu(?:buchen|tauschen|geben|nehmen|teilen|nennen|heben|zahlen))\b",
        ),
    ),
    Form(
        "sieht|sehen|lässt|lassen|beinhaltet|umfasst|enthält|erlaubt|gestattet|gewähr|biet|akzeptier|mach|nehm|gib|geb"
        "|einräum|erteil|vergeb|leist",
        (
            rf"\b(?:\w*tarif|\w*vertrag|\w*ticket|\w*bedingungen|\w*buchung|\w*angebot|\w*abo|\w*gutschein|gesetz\w*"
            rf"|\w*regeln|\w*ordnung|satzung|agb|preis|garantie|police|\w*rate|system)\b(?: [^\s,;:]+){{0,4}}?"
            rf" (?:sieht|sehen|lässt|lassen|beinhaltet|umfasst|umfassen|enthält|enthalten|erlaubt|erlauben|gestattet"
            rf"|gestatten)\b(?: [^\s,;:]+){{0,4}}? (?:kein\w*|nicht)(?: [^\s,;:]+){{0,2}}? (?:{_SERVICE}|\w*zu\w+en)\b"
            rf"|\b(?:sieht|lässt|beinhaltet|umfasst|enthält|erlaubt|gestattet) (?:ihr|der|die|das|dieser|dieses|diese)"
            rf" (?:\w*tarif|\w*vertrag|\w*ticket|\w*angebot|\w*buchung|gesetz|garantie)\b(?: [^\s,;:]+){{0,3}}?"
            rf" (?:kein\w*|nicht)(?: [^\s,;:]+){{0,2}}? {_SERVICE}\b",
            rf"\b{_SERVICE}\b[^.;]{{0,30}}? (?:sieht|sehen|lässt|lassen|erlaubt|gestattet) [^.;]{{0,40}}?\bnicht (?:vor"
            rf"|zu)"
            r"\b",
            rf"\b(?:gewähren|gewähre|bieten|biete|akzeptieren|machen|mache|geben|gebe|nehmen|räumen|erteilen|vergeben"
            rf"|leisten) (?:ich|wir)\b(?: [^\s,;:]+){{0,6}}? (?:kein\w*|nicht)\b(?: [^\s,;:]+){{0,2}}?"
            rf" (?:{_SERVICE}|geld zurück|entgegen|zurück)(?=\W*$|[,;]| \w+)"
            rf"|\b(?:wir|ich) (?:gewähren|gewähre|bieten|biete|akzeptieren|machen|mache|geben|gebe|nehmen|räumen"
            rf"|erteilen"
            rf"|vergeben|leisten)\b(?: [^\s,;:]+){{0,6}}? kein\w* (?:\w+ )?{_SERVICE}\b",
            rf"\b{_SERVICE}\b(?: [^\s,;:]+){{0,5}}? (?:gewähren|bieten|akzeptieren|machen|geben|nehmen|räumen|erteilen"
            r"|vergeben|leisten) wir\b(?: [^\s,;:]+){0,4}? (?:nicht|keine)\b",
            rf"\b(?:gibt es|gibt's|besteht|bestehen)\b(?: [^\s,;:]+){{0,6}}? kein\w* (?:\w+ )?(?:anspruch auf |recht"
            rf" auf"
            rf" |möglichkeit (?:zur |einer |der |für eine[n]? ))?{_SERVICE}\b(?! (?:notwendig|nötig))"
            r"|\bgibt es (?:von mir|von uns|bei mir|bei uns|hier) (?:\w+ )?(?:kein\w*|nicht)\b"
            rf"|\bes (?:gibt|besteht)\b(?: [^\s,;:]+){{0,6}}? kein\w* (?:\w+ )?(?:anspruch auf |recht auf"
            rf" )?{_SERVICE}\b",
        ),
        speakers="nicht| kein",
    ),
    # Sold without a way back.
    Form(
        "ausgeschlossen|erstatt|umtausch|zurück|änderbar|umbuchbar|stornierbar|übertragbar|umgetauscht|umgebucht"
        "|storniert|geändert|übertragen|verlängert|gutgeschrieben|ausgezahlt|erlassen|gemacht|angerechnet|verschoben"
        "|ausgetauscht|angepasst|umgeschrieben|verhandelbar",
        (
            r"\bvo[nm] (?:\w+ )?(?:umtausch|der (?:\w+ )?(?:rückgabe|erstattung|rücknahme|aktion|garantie)"
            r"|widerruf\w*) (?:\w+ )?ausgeschlossen\b",
            rf"\b{_SOLD}\b(?: [^\s,;:]+){{0,6}}? (?:ist|sind|bleibt|bleiben)\b(?: [^\s,;:]+){{0,3}}? (?:nicht (?:\w+ )?"
            r"(?:erstattbar|rückerstattbar|erstattungsfähig|umtauschbar|änderbar|umbuchbar|stornierbar|übertragbar"
            r"|verhandelbar|rückgabefähig)|weder (?:\w+ )?(?:erstattbar|umbuchbar|stornierbar|übertragbar"
            r"|umtauschbar))\b" + _FINALLY,
            rf"\b{_SOLD}\b(?: [^\s,;:]+){{0,6}}? (?:kann|können|darf|dürfen|wird|werden|lässt|lassen)\b"
            rf"(?: [^\s,;:]+){{0,5}}? (?:nicht|weder|kein\w*)\b(?: [^\s,;:]+){{0,4}}? (?:{_BACK}|erstatten|umtauschen"
            r"|ändern|umbuchen|stornieren|übertragen|verlängern)\b" + _FINALLY,
            rf"\b(?:kann|können|darf|dürfen|wird|werden)(?: [^\s,;:]+){{0,3}}? {_SOLD}\b(?: [^\s,;:]+){{0,6}}? nicht"
            rf"(?: [^\s,;:]+){{0,3}}? {_BACK} werden\b",
        ),
    ),
    # What was applied for is turned down.
    Form(
        "ablehn|abgelehnt|abschlägig|abschlag|zurückgewiesen|stattgegeben|bewilligt|genehmigt|entsprochen|angenommen"
        "|anerkannt|berücksichtigt|nachgekommen|gewährt|zugestimmt|akzeptiert|befürwortet|stattgeben|bewilligen"
        "|genehmigen|entsprechen|annehmen|anerkennen|berücksichtigen|nachkommen|gewähren|zustimmen|akzeptieren"
        "|befürworten|verweigert|abgewiesen|erfolglos|gegen ein|gegen die|gegen eine|absage|abgeschlagen",
        (
            rf"\b(?:ihr\w*|dein\w*|diese\w*|eure\w*) (?:[^\s,;:]+ )?{_ASKED}\b[^.;]{{0,60}}?\b(?:abgelehnt"
            rf"|zurückgewiesen|verweigert|abgewiesen|abgeschlagen|abschlägig beschieden|erfolglos|(?:nicht|nie)"
            rf"(?: [^\s,;:]+){{0,2}}? {_GRANTED})\b(?! (?:\w+ )?(?:bank|gericht|versicherung))",
            rf"\b(?:wir|ich)\b[^.;]{{0,60}}?\b{_ASKED}\b[^.;]{{0,40}}?\b(?:ablehnen|zurückweisen|abschlagen|abweisen"
            rf"|(?:nicht|nie)(?: [^\s,;:]+){{0,2}}? {_GRANTED})\b",
            rf"\b(?:haben|habe) (?:wir uns|ich mich) (?:\w+ )?gegen (?:eine?n? |die |den |das |ihre?n? )(?:\w+ )?"
            rf"(?:{_SERVICE}|{_ASKED}|vergabe|kreditvergabe|zusammenarbeit|einstellung|fortsetzung|veröffentlichung)\b"
            rf"|\b(?:wir|ich) (?:haben|habe) (?:uns|mich) (?:\w+ )?gegen (?:eine?n? |die |den |das |ihre?n? )(?:\w+ )?"
            rf"(?:{_SERVICE}|{_ASKED}|vergabe|kreditvergabe|zusammenarbeit|einstellung|fortsetzung|veröffentlichung)\b",
        ),
    ),
    # Who alone may have it or do it.
    Form(
        "nur |ausschließlich|allein|lediglich|vorbehalten|beschränkt|begrenzt",
        (
            rf"\b(?:erhält|erhalten|bekommt|bekommen|darf|dürfen|kann|können|hat|haben|sieht|sehen|kennt|kennen|erfährt"
            rf"|erfahren|gibt es|händigen wir|geben wir|erteilen wir|teilen wir|besprechen wir)(?: [^\s,;:]+){{0,2}}?"
            rf" (?:nur|ausschließlich|allein|lediglich) (?:an |mit |für |gegenüber )?(?:de[rmns] |die |das |ein\w* "
            rf"|unser\w* "
            rf")?(?:[^\s,;:]+ ){{0,2}}?{_INSIDERS}\b(?![^.;]{{0,60}}\b(?:da sie|als \w+ (?:können|dürfen) sie)\b)",
            rf"\b(?:nur|ausschließlich|allein|lediglich) (?:de[rmns] |die |das |ein\w* |unser\w* )?(?:[^\s,;:]+"
            rf" ){{0,2}}?"
            rf"{_INSIDERS}(?: [^\s,;:]+){{0,3}}? (?:darf|dürfen|kann|können|erhält|erhalten|bekommt|bekommen|hat|haben"
            r"|sieht|sehen|kennt|kennen|ist|sind)\b[^.;]{0,50}?(?:\b(?:erhalten|einsehen|abholen|ändern|beantragen"
            r"|erfahren"
            r"|sehen|genehmigen|löschen|bearbeiten|kündigen|stornieren|anfordern|entgegennehmen|freigeben|zugang"
            r"|zugriff"
            r"|einsicht|befugt|berechtigt|auskunft|auskünfte|kopien?|informationen|verfügen|betreten|entscheiden"
            r"|bekommen|erteilen|kennen|wissen|aufheben)\b)(?![^.;]{0,60}\bda sie\b)",
            rf"\b(?:ist|sind|bleibt|bleiben)\b(?: [^\s,;:]+){{0,4}}? {_INSIDERS}(?: \w+)? vorbehalten\b|\b(?:ist|sind"
            rf"|bleibt|bleiben)"
            rf"\b(?: [^\s,;:]+){{0,3}}? auf (?:das |die |den |unser\w* )?(?:[^\s,;:]+ ){{0,2}}?{_INSIDERS}"
            rf" (?:beschränkt"
            r"|begrenzt)\b",
        ),
    ),
    # Nothing without a paper; no advice on the single case; not part of what this is for.
    Form(
        "rezept|verschreibung|nachweis|ausweis|vollmacht|bestimmte|konkrete|einzelne|spezielle|spezifische|angebot"
        "|aufgaben|leistung|umfang|tätigkeit|zuständig|dazu",
        (
            r"\bohne (?:ein |einen |eine |gültige\w* |ärztliche\w* |schriftliche\w* )*(?:rezept|verschreibung"
            r"|\w*nachweis"
            r"|\w*ausweis|vollmacht|verordnung)\b[^.;,]{0,40}\b(?:nicht|kein\w*|nichts)\b|\b(?:nicht|kein\w*|nichts"
            r"|nie)"
            r"\b[^.;,]{0,30}\bohne (?:ein |einen |eine |gültige\w* |ärztliche\w* |schriftliche\w* )*(?:rezept"
            r"|verschreibung|\w*nachweis|\w*ausweis|vollmacht|verordnung)\b[^.;,]{0,20}\b(?:ab|aus|abgegeben|verkauft"
            r"|verkaufen|ausgegeben|herausgegeben|abgeben|ausgehändigt)\b",
            r"\b(?:bestimmte|konkrete|einzelne|spezielle|spezifische)\w* \w+(?: \w+)? (?:empfehle|empfehlen|nenne"
            r"|nennen"
            r"|bewerte|bewerten|rate) (?:ich|wir)\b(?: \w+){0,2} (?:nicht|keine)\b|\b(?:ich|wir) (?:empfehle|empfehlen"
            r"|nenne|nennen|bewerte|bewerten)\b(?: \w+){0,2} keine (?:bestimmte|konkrete|einzelne|spezielle"
            r"|spezifische)\w*",
            r"\b(?:gehört|gehören|zählt|zählen|fällt|fallen)(?: \w+){0,2} nicht (?:zu|in|unter) (?:mein|unser|den|das"
            r"|die"
            r"|dem)\w* (?:\w+ )?(?:angebot|aufgaben\w*|leistung\w*|\w*umfang|tätigkeit\w*|\w*bereich|zuständigkeit\w*"
            r"|dienst\w*|service)\b|\b(?:nicht|kein) (?:teil|bestandteil) (?:meine|unsere)[rs] (?:\w+ )?\w+",
        ),
    ),
    # For a reason, ask somebody else; a line that one does not cross.
    Form(
        "außerstande|gehindert|gründen|datenschutz|sicherheit|vertraulichkeit|diskretion|grundsätzlich|prinzip"
        "|gepflogenheit|grundsatz"
        "|überschreite|praxis",
        (
            r"\b(?:aus|wegen|aufgrund) (?:[^\s,;.]+ )?(?:gründen (?:de[rs] )?(?:sicherheit|diskretion|vertraulichkeit"
            r"|datenschutzes)|\w*(?:datenschutz|sicherheits|vertraulichkeits|diskretions)\w*|(?:rechtlichen"
            r"|datenschutzrechtlichen) gründen)\b[^.;]{0,50}\b(?:wenden|richten|fragen|kontaktieren|muss|müssen"
            r"|verweisen|verweise)\b(?! (?:mich|uns)\b)",
            r"\b(?:ich|wir|mich|uns)(?: \w+){0,3} (?:außerstande|daran gehindert)\b",
            r"\b(?:unser|mein|das|ein)e? (?:\w+ )?(?:prinzip|grundsatz|gepflogenheit|praxis|regel)\b[^.;]{0,30}"
            r"\b(?:nicht|kein\w*|nie)\b[^.;]{0,40}\bzu \w+|\b(?:überschreite|übertrete) ich (?:nicht|nie)\b",
        ),
    ),
    # What stays as it is; what goes over no counter; what is not done for a rule's sake.
    Form(
        "bestehen|über den |über die |nichts mehr|stattgegeben|entsprochen|abgelehnt|zurückgewiesen|nicht gelöscht"
        "|nicht geändert"
        "|nicht herausgegeben|nicht erstattet|nicht weitergegeben|nicht veröffentlicht|nicht ausgehändigt",
        (
            r"\b\w*(?:gebühr|strafe|bescheid|note|sperre|forderung|entscheidung|ablehnung|bewertung|mahnung"
            r"|zuschlag)(?:en)?\b"
            r"(?: \w+){0,2}? (?:bestehen bleib(?:t|en)|bleib(?:t|en) (?:\w+ )?bestehen)\b",
            r"\b(?:geht|gehen|kommt|kommen)\b[^.;]{0,50}\bnicht über (?:den|die) (?:tresen|ladentisch|ladentheke"
            r"|theke)\b",
            r"\bdaran (?:wird|werden)(?: [^\s,;:]+){0,3}? nichts mehr (?:geändert|gerüttelt)\b",
            r"\b(?:dem|ihrem|diesem|der|ihrer) \w*(?:antrag|gesuch|widerspruch|einspruch|anliegen|wunsch|bitte"
            r"|beschwerde|klage"
            r"|ersuchen)\b[^.;]{0,60}? (?:wird|kann|konnte|werden)(?: \w+)? nicht (?:stattgegeben"
            r"|entsprochen)\b(?!,? (?:wenn|falls"
            r"|sofern))",
            r"\b(?:ihr|der|dieser|das|die|ihre) \w*(?:antrag|gesuch|widerspruch|einspruch|beschwerde|klage"
            r"|ersuchen)\b[^.;]{0,40}?"
            r" wird (?:hiermit |daher |als \w+ )*(?:abgelehnt|zurückgewiesen)\b(?!,? (?:wenn|falls|sofern|sobald))",
            r"\b(?:\w*pflicht|gesetz\w*|vorschrift\w*|\w*frist\w*|\w*geheimnis|datenschutz)\b[^.;]{0,50}\b(?:wird"
            r"|werden) (?:daher"
            r"|deshalb|darum|somit|deswegen|also) nicht (?:gelöscht|geändert|herausgegeben|erstattet|weitergegeben"
            r"|veröffentlicht"
            r"|ausgehändigt)\b",
        ),
    ),
    # To whom alone it is given; where it stays.
    Form(
        "ausschließlich|nur an|lediglich|bleib|keinen kommentar|kein kommentar",
        (
            rf"\b(?:wird|werden)\b(?: [^\s,;:]+){{0,3}}? (?:nur|ausschließlich|lediglich) (?:an |de[rmn] |gegenüber"
            rf" )(?:[^\s,;:]+ ){{0,2}}?"
            rf"{_INSIDERS}(?: \w+)? (?:erteilt|herausgegeben|ausgehändigt|mitgeteilt|weitergegeben|übermittelt"
            rf"|ausgegeben)\b",
            r"(?<!\b(?:ihre?|deine?) )\b(?:namen?|\w*nummern?|angaben?|information(?:en)?|adressen?|rezepte?"
            r"|gehälter|geheimnis|gründe"
            r"|identität|das|dies)(?: \w+){0,2}? bleib(?:t|en) (?:\w+ )?(?:(?:an|bei|in|hinter) der (?:rezeption"
            r"|familie|praxis|küche"
            r"|kanzlei|firma)|im (?:haus|hause|büro|team|betrieb|unternehmen)|unter uns|bei uns|in diesen vier"
            r" wänden)\b",
            r"^\W*kein kommentar(?=\W*$|,| zu)|\b(?:gibt|geben|abgeben) (?:\w+ ){0,3}keinen kommentar\b",
        ),
    ),
    # The same in other words; nothing without a paper; who says nothing.
    Form(
        "gehen nur|geht nur|gehen ausschließlich|geht ausschließlich|allein de|bleibt|ohne |äußert|äussert|stellung",
        (
            rf"(?<!\b(?:\w*paket|\w*sendung|\w*bestellung|\w*brief|\w*karte|einschreiben|\w*ware)\w*\b[^.;]{{0,30}})"
            rf"\b(?:geht|gehen|ergeht) (?:nur|ausschließlich|allein) an (?:de[nrm] |die |das |unser\w+"
            rf" )?(?:[^\s,;:]+ )?{_INSIDERS}\b",
            rf"\b(?:wird|werden) (?:nur|ausschließlich|allein|lediglich) (?:an )?(?:de[nrm]|die|das) (?:[^\s,;:]+"
            rf" )?{_INSIDERS} (?:vorgelegt"
            r"|gezeigt|übergeben|zugänglich gemacht|überlassen)\b",
            r"\b(?:das|dies|wer|was)\b[^.;]{0,40} bleibt in (?:diesem|diesen|unserem) (?:büro|haus|raum|vier wänden"
            r"|zimmer|kreis)"
            r"(?=\W*$|,)",
            r"\bbleibt (?:es )?(?:daher |leider |somit |deshalb )?bei (?:der|unserer|dieser|dem) \w*(?:gebühr"
            r"|entscheidung|ablehnung|strafe"
            r"|absage|nein|bewertung|forderung|sperre)\b",
            r"\bohne (?:[^\s,;:]+ )?(?:rezept|\w*verordnung|unterschrift|vollmacht|genehmigung|zustimmung|freigabe"
            r"|beschluss)\b[^.;,]{0,40}?"
            r" (?:läuft|geht|gibt es|passiert)\b[^.;,]{0,30}?\b(?:nichts?|kein\w*)\b",
            r"\b(?:äußert|äussert) sich (?:die|der|das|unser\w*) (?:behörde|pressestelle|schule|schulleitung|haus"
            r"|hotel|bank|gericht|klinik"
            r"|amt|verwaltung|unternehmen|direktion|leitung)(?: \w+)? nicht\b|\b(?:behörde|pressestelle|schule"
            r"|schulleitung|haus|hotel"
            r"|bank|gericht|klinik|amt|verwaltung|unternehmen|direktion|leitung) (?:äußert|äussert) sich"
            r" [^.;]{0,40}\bnicht\b",
        ),
    ),
    # How an authority says it: conditions that are not met, decisions that are confirmed, what there is no claim to.
    Form(
        "berücksichtigung|anspruch|voraussetzungen|ohne erfolg|halten an|bestätigen|bestätigt|beschluss|geschützt"
        "|anordnung",
        (
            r"\b(?:kann|können|konnte|findet) (?:\w+ )?keine (?:\w+ )?berücksichtigung\b",
            r"\b(?:ein |kein |einen |keinen )?anspruch auf (?:[^\s,;:]+ ){1,3}?besteht (?:\w+ )?nicht\b(?!,?"
            r" (?:wenn|falls|sofern|bei|vor))"
            r"|\b(?:haben|hast) (?:sie |du )?(?:\w+ ){0,2}keinen anspruch auf\b(?!,? (?:wenn|falls))",
            r"\bvoraussetzungen (?:für|einer) [^.;,]{3,40} (?:liegen|sind)(?: \w+){0,2} nicht (?:vor|erfüllt|gegeben)\b"
            r"|\b(?:erfüllt|erfüllen) (?:\w+ ){0,3}die voraussetzungen (?:\w+ ){0,3}nicht\b",
            r"\b(?:widerspruch|einspruch|beschwerde|antrag|klage|rekurs) (?:bleibt|blieb|hat|hatte) (?:\w+"
            r" )?(?:ohne|keinen) erfolg\b",
            r"\b(?:wir halten|ich halte|halten wir|halte ich) (?:\w+ )?an (?:der|dieser|unserer|meiner)"
            r" (?:bewertung|entscheidung|ablehnung"
            r"|note|absage)\b[^.;]{0,10}\bfest\b",
            r"\b(?:das|dies|das gibt es|so etwas) (?:geht|gibt es) nur (?:mit|auf|gegen) (?:richterlich|gerichtlich"
            r"|polizeilich)\w* \w+",
            r"\b(?:urheberrechtlich geschützt|urheberrecht)\b[^.;]{0,20}\b(?:daher|deshalb|darum|also) nur\b",
        ),
    ),
)
