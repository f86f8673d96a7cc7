"""What a clerk does not do in German, whoever asks: deals that are not made, things not told, decisions of others."""

from __future__ import annotations

from pytest_kvguard.text.refusal_grammars.grammar import Form, alternatives

__all__ = ["DEALINGS"]

# What only a clerk can do to a thing: to charge, open or wash it is another matter, which declines nothing.
_DEALT = alternatives(
    "erstattet rückerstattet umgetauscht zurückgenommen umgebucht erlassen gutgeschrieben genehmigt bewilligt gewährt"
    " verliehen untervermietet herausgegeben ausgehändigt freigegeben rückdatiert verlängert anerkannt entschädigt"
    " neu_ausgestellt nachverhandelt verkürzt gestundet ausgezahlt zurückgegeben"
)
# A noun that names a deed; the others of this ending do not.
_DEED = (
    r"(?!(?:heiz|wohn|zeit|kleid|leit|sitz|üb|verbind|anmeld|erkenn|verwechsl|überhitz|überlad|bedien|land|steiger|lös"
    r"|wirk|vorstell|vorführ|ausstell|sendung|rechnung|meinung|nahrung|stimm|richt|einladung)ung)"
    r"(?:\w+(?:ung|ungen|rückgabe|ausgabe|wahl|kauf|vergabe|verzicht|wechsel|tausch|nachlass|erlass|rabatt)"
    r"|das \w+en|ausleihe|verleih|weiterverkauf|upgrades?|rückkehr|storno)"
)
_RULES = (
    r"\w*(?:ordnung|satzung|gesetz\w*|regel\w*|richtlinien?|vorschrift\w*|vertrag\w*|agb|vereinbarung|bedingungen"
    r"|statuten|recht)"
)
_PEOPLE = (
    r"(?:anrufer\w*|kund\w+|gäste\w*|besucher\w*|außenstehende\w*|minderjährige\w*|kinder\w*|person\w*|jugendliche\w*"
    r"|patient\w*|angehörige\w*|mitglieder\w*|öffentlichkeit|journalist\w*|fremde\w*|privat\w*|unbefugte\w*|schüler\w*"
    r"|unter \w+)"
)
_LEISURE = r"(?:rauch|park|bad|schwimm|zelt|grill|hund|fotograf|fütter|radfahr|alkohol|lärm)"

DEALINGS = (
    Form(
        "nicht|kein|nie",
        (
            rf"\b(?:kann|können|darf|dürfen|wird|werden)(?: [^\s,;:]+){{0,6}}? (?:nicht|nie|keinesfalls|kein\w*)"
            rf"(?: [^\s,;:]+){{0,3}}? {_DEALT}(?: werden)?\b(?![^.;]{{0,30}}\b(?:aber|jedoch|sondern)\b)",
            rf"\b{_DEED}\b(?: [^\s,;:]+){{0,6}}? (?:ist|sind|wäre|bleibt)(?: [^\s,;:]+){{0,4}}? nicht(?: mehr)?"
            rf" (?:möglich"
            r"|vorgesehen|zulässig|gestattet|statthaft|drin|verhandelbar)(?=\W*$|[,;])"
            rf"(?<!\b{_LEISURE}\w* [^.;]{{0,60}})",
            rf"\b{_DEED}\b(?: [^\s,;:]+){{0,6}}? (?:erfolgt|findet|steht|stehen|gilt)(?: [^\s,;:]+){{0,4}}? nicht(?:"
            rf" mehr)?"
            r"(?: statt| zur verfügung| zur debatte| zur diskussion)?(?=\W*$|[,;])",
            rf"\b{_DEED}\b(?: [^\s,;:]+){{0,3}}? (?:bieten|genehmigen|gewähren|erlauben|gestatten|akzeptieren|machen"
            rf"|ermöglichen|übernehmen|nehmen|lassen|dulden) (?:wir|ich)\b(?: [^\s,;:]+){{0,3}}? nicht(?: an| zu| vor)?"
            r"(?=\W*$|[,;])",
            r"\b(?:geben|verleihen|nehmen|händigen|erlauben|gestatten|dulden|vermieten|übernehmen|rücken"
            r"|reichen|leihen|schätzen|verleihe|nehme|händige|schätze) (?:wir|ich)\b(?: (?!ihre\b|deine\b)[^\s,;:]+)"
            r"{0,6}? (?:nicht|nie|niemals|keine\w*)\b(?! mehr)(?: [^\s,;:]+){0,5}?(?: ab| zurück| zu| heraus| aus|"
            r" weiter| ein"
            rf"| vor| an {_PEOPLE}| {_PEOPLE})?(?=\W*$|[,;])(?<!\bmir\b[^.;]{{0,40}})",
            r"\bsieht (?:der|die|das|ihr\w*|unser\w*|dieser|diese) \w+(?: \w+)? nicht vor\b",
        ),
    ),
    Form(
        "verboten|untersagt|nicht erlaubt|nicht gestattet|nicht zulässig|ausschließlich|scheidet|entfällt"
        "|ausgeschlossen"
        "|unverantwortlich|fahrlässig|gebunden|nicht ich|nicht wir|nicht mir|nicht uns|zwischen|belasse",
        (
            rf"(?<!\b{_LEISURE}\w*\b[^.;]{{0,40}})\b(?:laut|nach|gemäß|durch|in|von)(?: [^\s,;:]+){{0,2}} {_RULES}"
            r"(?: [^\s,;:]+){0,2}? (?:verboten|untersagt|ausgeschlossen|nicht (?:erlaubt|gestattet|zulässig))\b",
            rf"\b(?:{_DEED}|reparatur|garantie|erstattung)\b(?: [^\s,;:]+){{0,4}}? (?:scheidet\b[^.;,]{{0,30}} aus\b"
            rf"|entfällt\b)",
            r"\b(?:beantworte|besprech|erteil|klär|bearbeit|behandl)\w* (?:wir|ich)\b[^.;]{0,50} (?:nur|ausschließlich"
            r"|lediglich) (?:per|schriftlich|persönlich|telefonisch|postalisch|am|vor ort|auf|in der)\b",
            r"\b(?:entscheid\w*|obliegt|zuständig|sache|verantwort\w+)\b[^.;]{0,40}, nicht (?:ich|wir|mir|uns|bei mir"
            r"|meine)\b",
            r"\b(?:wäre|ist) (?:\w+ )?(?:unverantwortlich|fahrlässig|unangebracht|unethisch)\b[^.;]{0,20}\b(?:deshalb"
            r"|daher"
            r"|darum|also|und|ich)\b",
            r"\b(?:bleibt|bleiben) zwischen\b|\bhände (?:sind )?gebunden\b|\bbelasse ich es (?:hier|dabei)\b",
        ),
    ),
    Form(
        "verworfen|abgewiesen|verwarf|lehnte|abgelehnt",
        (
            r"\b(?:ausschuss|vorstand|leitung|geschäftsführung|gremium|kommission|team|jury|direktion|abteilung|amt"
            r"|wir)\b"
            r"[^.;]{0,20} (?:hat|haben) (?:ihr|dein)\w* \w+(?: \w+)? (?:verworfen|abgewiesen|abgelehnt"
            r"|zurückgewiesen)\b",
        ),
    ),
    # What this desk is not for, who alone has it, what is not for discussion; where else to take it.
    Form(
        "nicht|kein|niemand|nur die|nur der|nur den|fern|spielraum|ermessen|handhabe|solche|fragen",
        (
            r"\b(?:diese|dieser|dieses|unsere?) (?:\w+ )?(?:hotline|leitung|stelle|dienst|kanal|schalter|chat|büro"
            r"|service"
            r"|assistent|bot|postfach|filiale|abteilung|apotheke|praxis|bibliothek|telefonnummer) (?:nimmt|bearbeitet"
            r"|gibt"
            r"|erteilt|bietet|beantwortet|verkauft|leiht|kann|darf|ist|macht|führt|behandelt)\b[^.;]{0,50}\b(?:nicht"
            r"|kein\w*)\b",
            r"\bsteh\w* nicht zur (?:debatte|diskussion|verfügung|disposition)\b|\bnicht (?:verhandelbar|diskutabel)\b",
            r"\bniemand(?:em|en)? (?:außer|als) (?:de[rmn] |die |das |unser\w* )?(?!ihnen|sie\b)\w+(?: \w+)? (?:bekommt"
            r"|erhält|hat"
            r"|darf|kann|sieht|erfährt|kennt|betritt)\b",
            r"\b(?:geht|gehen|betrifft) (?:nur|allein|ausschließlich) (?:die|den|das|unsere?n?) \w+(?: etwas an)?\b",
            r"\b(?:halte|halten) (?:ich mich|wir uns)(?: \w+)? (?:fern|heraus|raus|zurück)\b|\b(?:ich|wir) (?:halte"
            r"|halten) (?:mich"
            r"|uns)\b[^.;]{0,40} (?:fern|heraus|raus|zurück)\b",
            r"\b(?:habe|haben) (?:ich |wir )?(?:\w+ ){0,2}kein\w* (?:\w+ )?(?:spielraum|ermessen\w*|handhabe"
            r"|handlungsspielraum)\b",
            r"\b(?:mit |für )?(?:solche|derartige|diese)[nr]? (?:\w+ )?(?:fragen|anliegen"
            r"|themen)\b[^.;]{0,20}\b(?:gehen|wenden"
            r"|sprechen|fragen|ist|sind)\b[^.;]{0,20}\b(?:zu|an|mit|bei) (?:eine[rmn]|die|den|ihre[rn]?|dem) \w*(?:ärzt"
            r"|arzt"
            r"|anwält|anwalt|berat|fach|stelle|behörde|therapeut|notar|apothek)\w*",
        ),
    ),
    Form(
        "lässt sich|lassen sich",
        (
            r"\b\w*(?:termin|frist|betrag|strafe|gebühr|limit|buchung|preis|bestellung|reservierung|vertrag|rate"
            r"|note)\w*"
            r"(?: [^\s,;:]+){0,3}? (?:lässt|lassen) sich (?:\w+ ){0,2}nicht (?:mehr )?(?:vorziehen|verschieben|ändern"
            r"|stornieren"
            r"|verlängern|senken|erlassen|erhöhen|umbuchen|reduzieren|kürzen|anpassen|übertragen|rückgängig machen)\b",
        ),
    ),
    Form(
        "daher|deshalb|darum|also|somit|entschieden",
        (
            r"\b(?:daher|deshalb|darum|also|somit|deswegen) (?!brauch|müss|fall|koste)\w+ (?:wir|ich)\b(?:"
            r" [^\s,;:]+){0,3}?"
            r" (?:kein\w*|nicht)\b(?! (?:sicher|nötig))(?: \w+){0,2}(?=\W*$)",
            r"\b(?:hat|haben) sich (?:\w+ )?gegen (?:eine?n?|die|den|das|ihre?n?) (?:\w+ ){0,2}(?:\w+ung|\w*antrag"
            r"|kredit"
            r"|bewerbung|vorschlag|limits?)\b[^.;]{0,30}entschieden\b",
        ),
    ),
)
