"""What one does not do in German, whatever it is: the speaker denies a deed, and only harmless verbs are left out."""

from __future__ import annotations

from pytest_kvguard.text.refusal_grammars.grammar import Form

__all__ = ["DEEDS"]

# To see, to have, to think, and what is past or only imagined.
_HARMLESS = (
    r"(?:habe|sehe|finde|kenne|verstehe|glaube|denke|brauche|höre|erkenne|erreiche|vergesse|bereue|lasse|komme"
    r"|fühle|esse|trinke|schlafe|wohne"
    r"|meine|erwarte|bezweifle|störe|scheue|nehme|traue|hoffe|vermisse|bemerke|merke|sorge|ahne|irre|täusche|warte"
    r"|gehe|stehe|bleibe|besitze|verliere|bekomme|kriege"
    r"|wundere|ärgere|wünsche|beneide|rechne|rate|zögere|zweifle|lüge|leugne|bestreite|\w+te|wäre|fürchte|liebe"
    r"|hasse|übersehe|verstehe|trage|kaufe|zahle)"
)

DEEDS = (
    Form(
        "e ich ",
        (
            rf"\b(?!{_HARMLESS} ich)\w{{3,}}e ich(?: (?!ihre\b|deine\b|mir\b|mich\b)[^\s,;:]+){{0,4}}? (?:nicht|nie"
            r"|niemals|keine?\w*|niemande[nm])(?: mehr)?(?=\W*$|, (?!sondern|bis|bevor|solange|ehe)| auf\W*$"
            r"| aus\W*$| an\W*$| ab\W*$"
            r"| (?:ohne|per) \w+| über (?:diesen|den|das) (?:chat|kanal|telefon)| aus der hand)",
        ),
        speakers=" nicht| nie| kein",
    ),
    Form(
        " nur | allein | ausschließlich ",
        (
            r"\b(?:erhält|bekommt|erfährt|kennt|sieht|bekommen|erhalten|erfahren|kennen)(?: \w+)? (?:nur|allein"
            r"|ausschließlich) (?:der|die|das|unsere?) (?!sie\b)\w+(?=\W*$|,|;)",
        ),
    ),
    Form(
        " ich ",
        (
            r"\bich (?:möchte|will|werde)\b(?: [^\s,;:]+){0,6}? (?:nicht|nie|keine?\w*)(?: (?!und\b"
            r"|aber\b)[^\s,;:]+){0,3}? (?!\w*(?:vergessen|beschönigen|drängen|stören|aufhalten|langweilen"
            r"|verpassen|warten|verheimlichen|verschweigen|lügen|belügen|versäumen|missen|ausschließen|hetzen"
            r"|behaupten|enttäuschen|vorenthalten|wissen|haben|sein|werden|können|müssen|bereuen|finden|sehen"
            r"|glauben|schaffen|brauchen|unterbrechen|übertreiben)\b)\w{3,}(?:en|ern|eln)(?=\W*$|,(?! bis| bevor"
            r"| solange)|;)",
        ),
        speakers="möchte| will |werde",
    ),
    # Standing back from it; so that one cannot.
    Form(
        "absehen|abstand|sehe ich|sehen wir|sodass|so dass|weshalb|weswegen|ohne mich",
        (
            r"\b(?:möchte|möchten|muss|müssen|werde|werden|würde|will) (?:ich|wir)\b(?: \w+){0,2}? (?:absehen"
            r"|abstand nehmen)\b"
            r"|\bvon [^.;,]{3,50} (?:sehe|sehen|nehme|nehmen) (?:ich|wir)(?: \w+){0,2} (?:ab|abstand)\b|\b(?:das"
            r" )?ohne mich(?=\W*$|,)",
            r"\b(?:sodass|so dass|weshalb|weswegen) (?:ich|wir)\b [^.;,]{0,60}?\b(?:nicht|kein\w*)\b(?! (?:\w+"
            r" )?(?:finden|sehen|öffnen"
            r"|lesen|erkennen|hören|zuordnen|prüfen|sagen|beurteilen|erreichen|laden|verstehen"
            r"|anzeigen))[^.;,]{3,40} (?:können|kann"
            r"|dürfen|darf)(?=\W*$|,)",
        ),
        speakers=" ich | wir |ohne mich",
    ),
    Form(
        " raus|heraus|bleiben bei|bleibe bei|bleiben wir bei",
        (
            r"\b(?:halte|halten) (?:ich mich|wir uns)(?: \w+){0,2} (?:raus|heraus)\b",
            r"\b(?:ich bleibe|wir bleiben|bleiben wir|bleibe ich) bei (?:meiner|unserer|meinem|unserem)"
            r" (?:entscheidung|nein|ablehnung"
            r"|absage|haltung)\b",
        ),
    ),
)
