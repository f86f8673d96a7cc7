"""What a clerk does not do in Spanish, whoever asks: deals that are not made, things not told, decisions of others."""

from __future__ import annotations

from pytest_kvguard.text.refusal_grammars.grammar import Form

__all__ = ["DEALINGS"]

# What only a clerk can do to a thing: to charge, open or wash it is another matter, which declines nothing.
_DEAL = (
    r"(?:reembols|devolv|devuelv|reintegr|prorrog|conced|otorg|autoriz|aprob|aprueb|prest|alquil|subarrend|rebaj|condon"
    r"|anticip|indemniz|compens|abon(?!ar)|renegoci|negoci|tramit|canje|reasign|reprogram|exceptu"
    r"|fi(?=amos|o )|avalar|aval)"
)
_LET = r"(?:acept|admit|permit|toler)"
_LIVE = r"(?:perr|mascot|animal|gat|fum|niñ|fotogra|aparc|estacion|tarjet)"
_THING = (
    r"(?:asientos?|plazas?|billetes?|reservas?|nombres?|fechas?|citas?|pedidos?|contratos?|turnos?|tarifas?|notas?"
    r"|multas?|plazos?|precios?|vuelos?|destinos?)"
)
_DEED = (
    r"(?!(?:habita|esta|can|aplica|fun|informa|ubica|edi|traduc|colec|sec|atrac|exposi|operación de)ci)"
    r"(?:\w+(?:ción|ciones|miento|mientos|aje|dura)|subarriendo|mejoras?(?: de clase)?|ascensos?|alquiler|préstamo"
    r"|venta"
    r"|reventa|compra|trueque|regreso|\w+ar \w+ \w+|\w+er \w+ \w+)"
)
_PEOPLE = (
    r"(?:menores|quien(?:es)?|clientes?|visitantes?|huéspedes|terceros|personas|particulares|público|periodistas?"
    r"|desconocidos|familiares|pacientes?|inquilinos|alumnos|niños|nadie)"
)
_RULES = r"(?:reglamento|ley|normas?|normativa|estatutos?|contrato|bases|condiciones|políticas?|código|convenio)"
_LEISURE = r"(?:fumar|aparcar|estacionar|bañar|nadar|acampar|perros?|fotos?|beber|comer|hacer fuego)"
_ASKED = r"(?:solicitud|petición|recurso|reclamación|candidatura|queja|propuesta|apelación|oferta|proyecto|instancia)"

DEALINGS = (
    Form(
        "no |nunca|jamás|ningun",
        (
            rf"\b(?:no|nunca|jamás) (?:se |los |las |lo |la |le |les )*(?:\w+ )?{_DEAL}(?:amos|emos|imos|o|an|en|a|e"
            rf"|ará|arán"
            rf"|erá|erán|irá|irán|aremos|eremos|iremos)\b(?! (?:a bordo|más de|ser|estar|duda))(?<!\bque no \w+)",
            rf"\b(?:no|nunca|jamás) {_LET}(?:amos|imos)\b(?! (?:\w+ )?{_LIVE})",
            rf"\b(?:no|ya no) (?:se (?:puede|pueden|podrá|podrán)|(?:puede|pueden|podrá|podrán) ser)"
            rf" {_DEAL}\w*(?![^.;]{{0,30}}\b(?:pero|hasta)\b)",
            rf"\b{_THING}\b(?: [^\s,;:]+){{0,4}}? (?:ya )?no (?:se (?:puede|pueden|podrá|podrán)|(?:puede|pueden|podrá"
            rf"|podrán) ser) (?:cambi|modific"
            r"|cancel|anul|transfer|alter|mov|adelant|retras)\w*(?![^.;]{0,30}\bpero\b)",
            rf"\bno (?:se )?(?:vend|entreg|facilit|d|proporcion|inform|suministr|prest|enseñ|mostr|muestr)\w*(?:"
            rf" [^\s,;:]+)"
            rf"{{0,4}}? a (?:los |las |la )?{_PEOPLE}\b|\b(?:nunca|jamás) (?:damos|doy|facilitamos|entregamos|decimos"
            rf"|digo"
            r"|prestamos|comunicamos|comentamos|revelamos|enseñamos|proporcionamos|compartimos)\b(?! (?:sus|tus) )",
            rf"\bno (?:se )?(?:hará|harán|realizará|realizarán|efectuará|efectuarán|habrá|procederá|concederá|aplicará)"
            rf"(?: [^\s,;:]+){{0,3}}? (?:ningun\w* )?(?:{_DEED}|reembolso|descuento|cambio|excepci\w+)\b",
            rf"\b{_DEED}\b(?: [^\s,;:]+){{0,5}}? no (?:es|son|está|están|resulta|será) (?:posible|permitid[oa]|viable"
            rf"|admisible"
            r"|autorizad[oa]|contemplad[oa]|previst[oa]|negociable)s?(?=\W*$|[,;]| en| con| para| durante)"
            rf"(?<!\b{_LEISURE}\b[^.;]{{0,60}})",
            r"\b(?:acuerdo|contrato|reglamento|convenio|póliza|tarifa|billete|ley|norma|plan|oferta)\b(?:"
            r" [^\s,;:]+){0,3}?"
            rf" no (?:prevé|contempla|permite|incluye|admite|autoriza)(?: [^\s,;:]+)? (?:{_DEED})\b",
            r"\b(?:mejoras|ascensos|cambios|devoluciones)\b(?: [^\s,;:]+){0,3}? no están disponibles\b",
        ),
    ),
    Form(
        "fuera de lo que|prohibid|irresponsable|peligros|poco ético|inapropiad|ilegal|me detengo|lo dejo aquí|atadas|no"
        " yo|no nosotros"
        "|no a mí|solo se|sólo se|únicamente se|exclusivamente|entre ell|entre él|descartad|excluid|queda sin",
        (
            rf"(?<!\b{_LEISURE}\b[^.;]{{0,40}})\b(?:está|están|queda) (?:\w+ )?prohibid[oa]s? (?:por|según|en) (?:el "
            rf"|la |los"
            rf" |las |nuestr\w+ )?{_RULES}\b",
            r"\b(?:dar|ofrecer|escribir|compartir|explicar|describir|publicar|generar|redactar|ayudar|detallar"
            r"|facilitar)\b"
            r"[^.;]{0,60} sería (?:\w+ )?(?:irresponsable|peligroso|inapropiado|ilegal|poco ético|imprudente"
            r"|antiético)\b"
            r"|\bme detengo aquí\b|\blo dejo aquí\b|\bfuera de lo que (?:puedo|podemos|me|nos|hago)\b",
            r"\b(?:decide|corresponde|toca|compete|decisión|responsabilidad)\b[^.;]{0,40}, (?:y )?no (?:yo|nosotros|a"
            r" mí|a"
            r" nosotros|mía)\b",
            r"\b(?:solo|sólo|únicamente|exclusivamente) se (?:responden?|tratan?|atienden?|facilitan?|comunican?"
            r"|resuelven?)"
            r" (?:por|en|de forma|mediante)\b",
            r"\b(?:queda|quedan|es cosa) entre (?:ellos|ellas|él|ella|nosotros|el \w+ y|la \w+ y)\b",
            rf"\b{_DEED}\b(?: [^\s,;:]+){{0,4}}? (?:queda|quedan|está|están) (?:\w+ )?(?:descartad|excluid"
            rf"|vedad)[oa]s?\b",
        ),
    ),
    Form(
        "desestim|rechaz|deneg|descart",
        (
            rf"\b(?:comité|junta|consejo de \w+|dirección|comisión|equipo|jurado|departamento|gerencia|empresa|tribunal"
            rf" de"
            rf" \w+|hemos|he)\b[^.;]{{0,20}}?(?:ha |han )?(?:desestim|rechaz|deneg|descart)(?:ado|ó|aron) (?:su|tu)"
            rf" (?:\w+ )?"
            rf"{_ASKED}\b",
        ),
    ),
    # What this desk is not for, who alone has it, what is not for discussion; where else to take it.
    Form(
        "no |nadie|margen|al margen|solo para|sólo para|únicamente para|preguntas|consultas|temas|programad",
        (
            r"\b(?:esta|este|nuestr[oa]) (?:\w+ )?(?:línea|canal|oficina|servicio|chat|teléfono|mostrador|asistente|bot"
            r"|sistema"
            r"|buzón|sucursal|departamento|tienda|farmacia|clínica|biblioteca|ventanilla) no (?:\w+ )?(?:recoge|tramita"
            r"|atiende"
            r"|gestiona|da|ofrece|presta|responde|acepta|puede|está|admite|facilita|vende|cubre|trata|emite)\b",
            r"\bno (?:se toca|se negocia|se discute|es negociable|está en venta|está sujet[oa] a (?:debate"
            r"|discusión))(?=\W*$|[,;])",
            r"\bnadie (?:más que|salvo|excepto|aparte de|que no sea) (?:el|la|los|las|un|una) \w+(?: \w+)? (?:puede"
            r"|tiene|recibe"
            r"|conoce|accede|sabe|ve)\b",
            r"\b(?:es|son|está|queda) (?:solo|sólo|únicamente|exclusivamente) para (?:el |la |los |las |nuestr\w+"
            r" )?(?!usted|ti\b)"
            r"(?:desarrollador|personal|equipo|emplead|médic|miembros del|dirección|administrador|titular|inquilin|uso"
            r" interno)\w*",
            r"\b(?:me mantengo|nos mantenemos|prefiero mantenerme|me quedo) (?:al margen|fuera|alejad\w) de\b",
            r"\bno (?:tengo|tenemos|hay) (?:\w+ )?(?:margen|potestad|discrecionalidad|capacidad de decisión|mandato)"
            r" (?:para|de)\b",
            r"\b(?:lleve|llévele|plantee|dirija|remita|haga|haz|lleva) (?:esas|esos|estas|ese|ese tipo de|dichas|tales)"
            r" (?:\w+ )?"
            r"(?:preguntas?|consultas?|temas?|cuestiones)(?: \w+)? (?:a|al|con) (?:un|una|su|el|la) ?\w+",
            r"\b(?:estoy|fui|he sido|estamos) (?:programad|diseñad|entrenad|instruid)[oa]s? para no \w+",
        ),
    ),
    Form(
        "así que no|por lo que no|por tanto no|decidido no|adelantar|aplazar",
        (
            r"\b(?:así que|por lo que|por tanto,?|de modo que|por eso) no (?:le |te |se |lo |la )*\w+(?:remos|ré|mos|rá"
            r"|rán)\b"
            r"(?! (?:nada que|falta|problema))",
            r"\b(?:ha|han|hemos|he) decidido no \w+(?:ar|er|ir)\w* (?:su|tu|el|la|los|las)\b",
            r"\b(?:cita|fecha|plazo|importe|multa|cuota|límite|precio|reserva|pedido|contrato|nota)s?\b(?:"
            r" [^\s,;:]+){0,4}? no se"
            r" (?:puede|pueden) \w+(?:ar|er|ir)\b(?! (?:hasta|sin))",
        ),
    ),
)
