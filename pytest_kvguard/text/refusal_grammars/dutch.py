"""Refusing in Dutch."""

from __future__ import annotations

from pytest_kvguard.text.refusal_grammars.grammar import ACT, Form, RefusalGrammar, alternatives

__all__ = ["GRAMMAR"]

_MODAL = alternatives("kan kunnen mag mogen zal zullen wil willen ga gaan kon zou zouden moet")
_NOT = r"(?:niet|niets|geen|nooit)\b"
_FEW = r"(?: [^\s,;:]+){0,7}?"
_DEED = (
    r"(?:te )?"
    + alternatives(
        "(?:mede)?delen geven doorgeven vrijgeven prijsgeven verstrekken onthullen (?:door)?vertellen zeggen noemen"
        " (?:verder)?helpen assisteren (?:be)?antwoorden bespreken praten spreken ingaan voldoen tonen schrijven"
        " aanbieden"
        " doen bevestigen verklappen verraden verlenen beantwoorden openbaar_maken bekendmaken herhalen genereren"
        " maken"
        " uitvoeren meewerken goedkeuren terugbetalen verwerken adviseren bieden van_dienst_zijn"
    )
    + r"\b"
)

# What is done for a customer who asks for it; goods are not among it.
_SERVICE = (
    r"(?:omboek(?:en|ing(?:en)?)|\w*wijzig(?:en|ing(?:en)?)|annuler(?:en|ing(?:en)?)|terugbetal(?:en|ing(?:en)?)"
    r"|restituties?"
    r"|ruilen|retourneren|retour|laat uitchecken|late check-?out|vroeg inchecken|verleng(?:en|ing(?:en)?)"
    r"|korting(?:en)?"
    r"|uitzondering(?:en)?|uitstel|betalingsregeling(?:en)?|lening(?:en)?|krediet|vergoeding(?:en)?|overdracht"
    r"|upgrades?"
    r"|vervanging|reparatie|opzegging|kwijtschelding|voorschot|inzage|toegang tot \w+|deblokkering)"
)

GRAMMAR = RefusalGrammar(
    forms=(
        Form(
            " niet| geen| nooit|weiger|vertrouwelijk|geheim|verboten|verboden| tegen |in strijd|afwijz| toe ",
            (
                rf"\b(?:ik|wij|we) {_MODAL}{_FEW} {_NOT}{ACT}",
                rf"\b{_MODAL} (?:ik|wij|we){_FEW} {_NOT}{ACT}",
                rf"\b{_MODAL} (?:ik|wij|we){_FEW} niet(?=\W*$|, )",
                r"\b(?:ben|zijn) (?:\w+ ){0,3}niet (?:bevoegd|gemachtigd|in staat|in de gelegenheid|in de positie|bij"
                r" machte|toegestaan|bereid|gerechtigd"
                r"|geautoriseerd)",
                r"\b(?:ik|wij|we) (?:ben|zijn)(?: \w+){0,2} niet(?: \w+)? (?:bevoegd|gemachtigd|in staat|bereid"
                r"|gerechtigd)",
                r"\b(?:mij|me|ons)(?: \w+){0,3} (?:verboden|niet (?:toegestaan|mogelijk))|\bniet (?:toegestaan"
                r"|mogelijk) voor (?:mij|ons)\b",
                r"\b(?:ik|wij|we) weiger(?:en)?\b|\b(?:moet|moeten) (?:ik |we )?[^.;]{0,40}\b(?:weigeren|afwijzen"
                r"|geheimhouden)\b|\bliever niet\b",
                r"\b(?:dat|dit|deze|die|de|het)(?: \w+){0,5}? (?:is|zijn|blijft|blijven) (?:\w+ )?(?:vertrouwelijk"
                r"|geheim|een geheim)\b",
                r"\b(?:mag|mogen|kan|kunnen)(?: [^\s,;:]+){0,4}? niet(?: \w+){0,3}? (?:worden )?(?:gedeeld"
                r"|onthuld|vrijgegeven|verstrekt|prijsgegeven"
                r"|openbaar gemaakt|besproken|doorgegeven|verteld)",
                r"\b(?:tegen|in strijd met) (?:mijn|onze|ons|de) (?:\w+ )?(?:regels|richtlijnen|beleid|instructies"
                r"|voorschriften)",
                r"\b(?:regels|richtlijnen|beleid|instructies)\b[^.;]{0,20}\b(?:mij|me|ons|niet) (?:\w+ )?(?:toe"
                r"|verbied\w+|niet toe)",
                r"\b(?:helaas|sorry|spijt)\b[^.;]{0,30}\bniet mogelijk(?=\W*$|, )|\bdat (?:gaat"
                r"|kan) (?:helaas )?niet(?=\W*$|, )",
            ),
        ),
        Form(
            "antwoord|lippen|mondje| tussen | onder ons|iemand|sprake|vergeet|commentaar|denken aan|voor me|aan mij"
            "|spijt",
            (
                r"\b(?:het|mijn|ons) antwoord (?:is|blijft|luidt)(?: [^\s,;:]+){0,3}? ?nee(?=\W*$|,| en)",
                r"\blippen zijn verzegeld\b|\bmondje dicht\b|\bgeen (?:commentaar|sprake van|denken aan)\b"
                r"|^\W*vergeet het maar\b",
                r"\bblijft (?:tussen (?:ons|mij|jou|de \w+ en mij)\b|onder ons|binnenskamers|in de (?:keuken"
                r"|familie))",
                r"\b(?:moet|moeten|zult|zul|kunt)\b[^.;]{0,30}\biemand anders\b[^.;]{0,15}\b(?:vragen|wenden)"
                r"|\bvraag het (?:maar |liever )?(?:aan )?iemand anders\b",
                r"\bhoud(?:en)? (?:ik |we )?[^.;]{0,20}voor (?:me|mezelf|mij|onszelf|ons)\b|\bniet aan (?:mij"
                r"|ons) om\b|\bspijt (?:ons|mij|me)[^.;]{0,40}\bniet (?:kunnen|mogen)\b",
            ),
        ),
    ),
    notices=(
        Form(
            " niet| geen|niemand|ruimte",
            (
                r"\b(?:deze|dit|onze|ons) (?:\w+ )?(?:lijn|kanaal|balie|dienst|chat|loket|assistent|bot|systeem|winkel"
                r"|apotheek"
                r"|afdeling|kantoor|nummer) (?:neemt|behandelt|geeft|biedt|beantwoordt|verkoopt|kan|mag"
                r"|verstrekt)\b[^.;]{0,50}"
                r"\b(?:geen|niet)\b",
                r"\bniemand (?:behalve|dan|buiten) (?:de |het |een )?\w+(?: \w+)? (?:krijgt|heeft|mag|kan|ziet|kent)\b",
                r"\b(?:heb|hebben) (?:\w+ )?geen (?:ruimte|bevoegdheid|mandaat|speelruimte) om\b",
                r"\b\w*(?:afspraak|datum|termijn|boete|bedrag|limiet|boeking|bestelling|contract)\b(?: [^\s,;:]+){0,4}?"
                r" (?:kan|kunnen)"
                r" (?:\w+ )?niet worden \w+\b",
                r"\b(?:dus|daarom|derhalve) \w+ (?:we|wij|ik) (?:\w+ )?(?:geen|niet)\b",
            ),
        ),
        Form(
            " niet| geen|nooit|verworpen|afgewezen|verboden",
            (
                r"\b(?:kan|kunnen|mag|mogen|wordt|worden)(?: [^\s,;:]+){0,5}? (?:niet|nooit|geen)(?: meer)?(?: worden)?"
                r" (?:gewijzigd|geruild|terugbetaald|geannuleerd|teruggenomen|verlengd|overgedragen|toegekend"
                r"|goedgekeurd"
                r"|uitgeleend|verhuurd|vergoed|omgeboekt|kwijtgescholden|geretourneerd|uitgesteld|ingewisseld)\b"
                r"(?![^.;]{0,30}\bmaar\b)",
                r"\b(?:staan|nemen|lenen|verhuren|ruilen|vergoeden|geven|verstrekken|keuren|accepteren|beantwoorden"
                r"|delen"
                r"|verkopen|gedogen|kennen) (?:wij|we)\b(?: (?!uw\b|je\b)[^\s,;:]+){0,3}? (?:niet|nooit|geen)\b(?!"
                r" meer)"
                r"(?: [^\s,;:]+){0,3}?(?: toe| terug| uit| goed| aan \w+)?(?=\W*$|[,;])",
                r"\b(?:wij|we) (?:staan|nemen|lenen|verhuren|ruilen|vergoeden|keuren|accepteren)\b(?: [^\s,;:]+){0,4}?"
                r" (?:niet|nooit|geen)\b(?! honden| huisdieren)(?: [^\s,;:]+){0,2}?(?: toe| terug| uit| goed)?(?=\W*$"
                r"|[,;])",
                r"\b(?:ik|we|wij)\b(?: [^\s,;:]+){1,4}? liever niet(?=\W*$|[,;])",
                r"\b(?:commissie|bestuur|directie|jury|team|afdeling|raad van \w+|wij|we) (?:heeft|hebben) (?:uw|je"
                r"|jouw)"
                r" \w+(?: \w+)? (?:verworpen|afgewezen|geweigerd|afgekeurd)\b",
                r"\b(?:volgens|door|bij|in) (?:\w+ ){0,2}\w*(?:reglement|wet|regels|contract|statuten)(?: \w+)?"
                r" (?:verboden"
                r"|niet toegestaan)\b",
            ),
        ),
        Form(
            " niet| geen|uitgesloten|onmogelijk",
            (
                rf"\b{_SERVICE}\b(?: [^\s,;:]+){{0,7}}? (?:is|zijn|wordt|worden|blijft)\b(?: [^\s,;:]+){{0,5}}? (?:niet"
                r"(?: \w+){0,2}? (?:mogelijk|beschikbaar|toegestaan|inbegrepen|aangeboden|voorzien|toegekend|verleend)"
                r"|uitgesloten|onmogelijk)",
                r"\bhet is (?:\w+ )?niet mogelijk om\b[^.;]{0,60} te (?:wijzigen|annuleren|omboeken|verlengen|ruilen"
                r"|geven"
                r"|vergoeden|verlenen|delen|verstrekken|veranderen|verplaatsen|terugbetalen|overdragen)\b",
                rf"\b(?:maken|maak|geven|geef|verlenen|bieden|bied|accepteren|doen|staan|kennen|verstrekken) (?:wij|we"
                rf"|ik)\b"
                rf"(?: [^\s,;:]+){{0,4}}? geen (?:\w+ )?{_SERVICE}\b|\b(?:wij|we|ik) (?:maken|maak|geven|geef|verlenen"
                rf"|bieden"
                rf"|bied|accepteren|doen|staan|kennen|verstrekken)\b(?: [^\s,;:]+){{0,5}}? geen (?:\w+ )?{_SERVICE}\b"
                r"|\bgeven (?:wij|we) geen geld terug\b",
                r"\b(?:ticket|tarief|kaartje|artikel|boeking|contract|abonnement|aankoop|reservering|korting)\w*"
                r"(?: [^\s,;:]+){0,6}? (?:kan|kunnen|is|zijn|wordt|worden|voorziet|staat)\b(?: [^\s,;:]+){0,4}? (?:niet"
                r"|geen)\b"
                r"(?: [^\s,;:]+){0,3}? (?:terugbetaald|geruild|gewijzigd|geannuleerd|omgeboekt|overgedragen|verlengd"
                r"|restitueerbaar|terugbetaalbaar|inwisselbaar|overdraagbaar|annulering|restitutie|wijziging\w*"
                r"|ruil\w*)"
                r"(?![^.;]{0,30}\bmaar\b)",
            ),
        ),
        Form(
            "afgewezen|geweigerd|afgekeurd|niet goedgekeurd|niet ingewilligd|niet gehonoreerd|niet toegekend|afwijzen"
            "|weigeren|besloten",
            (
                r"\b(?:uw|je|jouw|deze|dit) (?:\w+ )?\w*(?:verzoek|aanvraag|bezwaar|klacht|sollicitatie|claim|beroep"
                r"|voorstel)\b[^.;]{0,50}? (?:afgewezen|geweigerd|afgekeurd|niet (?:\w+ )?(?:goedgekeurd|ingewilligd"
                r"|gehonoreerd|toegekend|ingewilligen|honoreren|inwilligen))\b",
                r"\b(?:moeten|moet)(?: \w+)? (?:uw|je|jouw|dit|deze) (?:\w+ )?\w+(?: [^\s,;:]+){0,3}? (?:afwijzen"
                r"|weigeren)\b"
                r"|\b(?:hebben|heb) (?:wij |we |ik )?(?:\w+ )?besloten (?:om )?[^.;]{0,50}\bniet\b",
            ),
        ),
        Form(
            "alleen|uitsluitend|enkel|voorbehouden|intern|buiten mijn|buiten onze|valt niet|niet tot|zonder recept"
            "|zonder legitimatie|bekendgemaakt|gedeeld|openbaar|verstrekt|liever|specifieke|bepaalde|redenen|strijd",
            (
                r"\b(?:alleen|uitsluitend|enkel) (?:de |het |een |onze? )?(?:[^\s,;:]+ ){0,2}?(?:\w*houder|eigenaar"
                r"|ontvanger"
                r"|patiënt|ouder|voogd|huurder|beheerder|leidinggevende|moderator|personeel|medewerker|politie|rechter"
                r"|directie|betrokkene|arts|advocaat|bevoegde|gemachtigde)\w*(?: [^\s,;:]+){0,2}? (?:mag|mogen|kan"
                r"|kunnen"
                r"|heeft|hebben|krijgt|krijgen|ontvangt|is|zijn)\b",
                r"\b(?:uitsluitend|alleen|enkel|strikt|slechts) (?:bestemd )?voor (?:\w+ )?(?:intern\w*|personeel"
                r"|medewerkers"
                r"|bevoegd\w*|gebruik)\b|\bvoorbehouden aan\b",
                r"\b(?:valt|vallen|ligt|liggen|is) buiten (?:mijn|onze|ons)\b|\b(?:behoort|hoort|valt)\b[^.;]{0,15}"
                r" niet"
                r" (?:tot|onder|bij) (?:mijn|onze|ons)\b",
                r"\b(?:wordt|worden|verkopen|verstrekken|geven) (?:\w+ )?(?:niet|geen)\b[^.;]{0,30} zonder (?:\w+"
                r" )?(?:recept"
                r"|legitimatie|toestemming|bewijs)\b",
                r"(?<!\buw\b[^.;]{0,40})\b(?:wordt|worden)\b(?: [^\s,;:]+){0,4}? niet (?:\w+ )?(?:bekendgemaakt|gedeeld"
                r"|openbaar gemaakt|verstrekt|vrijgegeven|doorgegeven)\b(?! aan derden| met derden)",
                r"\blaat ik me (?:\w+ )?liever niet\b|\bin strijd met (?:ons|onze|mijn|de) \w+",
                r"\b(?:ik|wij|we) (?:beveel|bevelen|raad|raden) geen (?:specifieke|bepaalde|concrete|individuele)\b",
                r"\b(?:om|wegens|vanwege) (?:\w+ )?(?:veiligheids|privacy|vertrouwelijkheids)\w*(?:"
                r" redenen)?\b[^.;]{0,20}"
                r"\b(?:wenden|wend|vraag|neem contact|moet u|verwijs)\b",
            ),
        ),
        Form(
            " ik ",
            (
                r"\b(?!(?:heb|ben|zie|vind|weet|denk|geloof|ken|begrijp|hoor|kan|wil|zal|snap|mis|hoef|twijfel|raad)\b)"
                r"(?:schrijf|maak|deel|geef|noem|verklap|vertel|beantwoord|vertaal|bespreek|doe|verzin|programmeer|help"
                r"|onthul|verstrek|beoordeel|voorspel|verwijder|wijzig) ik(?: (?!uw\b|je\b)[^\s,;:]+){0,3}? (?:niet"
                r"|geen)"
                r"(?=\W*$|,| (?:mee|aan|op|uit|weer|door|over|weg))",
            ),
            speakers=" niet| geen",
        ),
    ),
    act=rf"{_FEW} {_DEED}",
    idioms=(
        r"\bgeen geheim\b|\bniet wachten\b|\balleen maar\b|\bniet alleen\b|\bniet anders dan\b|\bniet \w*genoeg\b"
        r"|\bniet (?:precies"
        r"|zeker|exact) \w+"
        r"|\bniet zeggen of\b|\b(?:delen|verkopen|geven) (?:\w+ )?(?:uw|je|jouw) \w+ (?:nooit|niet)\b",
    ),
    before=(
        r"\b(?:als|wanneer|indien|of)\b[^,;:]{0,80}",
        r"\b(?:als|wanneer|indien)\b[^.;:]{0,40}\b(?:overschrijd|mis|vergeet|te laat|verlies|ontbreek)\w*[^;:]{0,60}",
        r"\b(?:hij|zij|ze|de \w+) (?:zei|zegt|antwoordde|schreef|riep)\b.{0,80}",
    ),
    after=(r"^.{0,60}\b(?:totdat|voordat|zolang|zonder (?:uw|je|het|de|meer|te weten)|tenzij)\b",),
    disclosures=(
        r"(?:\b(?:maar|toch|vooruit)\b|:)[^.]{0,30}\bhier (?:is|zijn|komt) (?:hij|het|ze)\b",
        r"(?:\b(?:maar|toch|vooruit)\b|:)[^.]{0,30}?\b(?:de|het|uw|je) (?P<thing>\w+)(?: is| zijn| luidt"
        r"|:)[^.;]{0,20}?(?:\d|~)",
        r"\b(?:eigenlijk|normaal|normaliter|zou|hoor)\b.{0,80}?(?:\b(?:maar|toch|vooruit)\b"
        r"|:)[^.]{0,30}?(?:\bhet is\b|\b(?:de|het|uw|je) (?P<thing>\w+) (?:is|zijn|luidt))(?! (?:niet|geen|vertrouw"
        r"|geheim))",
    ),
    questions=r"\W*(?:en |maar )?(?:waarom|wat|hoe|wanneer|waar|wie|welke|kan|kunt|mag|wil|wilt)\b",
    introductions=(
        r"\b(?:hier is|hieronder|dit is|hier volgt)\b[^.\n]{0,60}\b(?:concept|brief|bericht|e-?mail|verhaal|gedicht"
        r"|dialoog|voorbeeld|vertaling"
        r"|antwoord|tekst)\b[^.\n]{0,60}:",
        r"\ber was eens\b",
    ),
)
