"""What one does not do in Spanish, whatever it is: the speaker denies a deed, and only harmless verbs are left out."""

from __future__ import annotations

from pytest_kvguard.text.refusal_grammars.grammar import Form

__all__ = ["DEEDS"]

# To see, to have, to think; and words in -o that are no verbs.
_HARMLESS = (
    r"(?:tengo|puedo|creo|veo|encuentro|entiendo|recuerdo|conozco|dudo|pienso|hallo|siento|comprendo|como|bebo"
    r"|duermo|vivo|quiero|necesito|espero|oigo|leo"
    r"|llego|logro|consigo|solo|todo|mucho|tanto|otro|pero|uno|nuestro|luego|algo|claro|bueno|caso|lo|cuanto"
    r"|demasiado|apto|correcto|necesario|obligatorio|disponible"
    r"|mato|pierdo|miento|engaño|olvido|cobro|vendo|salgo|entro|vengo|debo|extraño|canso|decido|aclaro|miro|gano"
    r"|cierro|abro|digo que|recomiendo|aguanto|acabo|termino|sólo|tampoco|menos|dejo|paro|hago más|niego|noto"
    r"|percibo|detecto|reconozco|localizo|recibo|acierto|cambio|tarjo|pago|compro|llevo|imagino|juzgo|culpo|temo"
    r"|sugiero|modo|mismo|poco|primero|cierto|seguro|raro|malo|largo|barato|mejor|hizo|pudo|quiso|hubo|dijo|vino"
    r"|tuvo|puso|estuvo|supo|ceno|desayuno|cocino|uso|trabajo|descanso)"
)

DEEDS = (
    Form(
        " no |solo se |sólo se |únicamente se ",
        (
            r"(?<!(?:sé|saber|pienso|creo|espero|ya) que )\bno (?:(?:me|te|se|le|les|lo|la|los|las|nos"
            rf"|os) ){{0,2}}(?!{_HARMLESS}\b)[^\W\d]{{3,}}(?<=[^ií]o)\b(?! (?:hasta|antes|todavía|aún|mucho"
            r"|a menudo|en absoluto|más que|que)\b)(?= |\W*$|,)",
            r"\bno (?:quiero|deseo|pienso|quisiera|queremos|deseamos|pensamos|voy a|vamos a) (?!mentir|engañar"
            r"|cobrar|olvidar|decepcionar|parar|dejar|perder|tener|ser|estar|poder|llegar|encontrar|ver\b|aburrir"
            r"|molest|fallar|necesitar|arrepent|ir\b|quedar|negar|entreten|meter(?:te|le) prisa|interrump|exagerar"
            r"|que\b|nada\b|más\b)[^\W\d]{2,}(?:ar|er|ir|ír)(?:me|te|se|le|les|lo|la|los|las|nos)*\b",
            r"\bno (?:hablo|hablamos|discuto|discutimos|tratamos) (?:de|sobre|acerca)\b(?! (?:otra cosa|más))"
            r"|\bno se (?:entrega|da|facilita|dice|revela|comparte) más que\b|\b(?:solo|sólo"
            r"|únicamente) se (?:entrega|da|facilita|comunica|revela|comparte|envía|muestra"
            r"|informa) (?:\w+ )?al?\b(?! usted| ti)|\bno hac(?:e|en|emos|ía) públic[oa]s?\b",
        ),
    ),
    Form(
        "paso de |al margen|hasta ahí llego",
        (
            r"^\W*(?:no,? |pues |gracias,? pero )?paso de \w+(?:ar|er|ir)\w*\b|\b(?:mantenerme|quedarme|me mantengo"
            r"|me quedo) al margen\b",
        ),
    ),
)
