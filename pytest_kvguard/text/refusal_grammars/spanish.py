"""Refusing in Spanish."""

from __future__ import annotations

from pytest_kvguard.text.refusal_grammars.grammar import ACT, Form, RefusalGrammar, alternatives
from pytest_kvguard.text.refusal_grammars.spanish_dealings import DEALINGS
from pytest_kvguard.text.refusal_grammars.spanish_deeds import DEEDS
from pytest_kvguard.text.refusal_grammars.spanish_notices import NOTICES
from pytest_kvguard.text.refusal_grammars.spanish_stances import STANCES

__all__ = ["GRAMMAR"]

_CLITICS = r"(?:(?:me|te|se|le|les|lo|la|los|las|nos|os) ){0,3}"
_STEM = alternatives(
    "compart revel divulg d dec facilit proporcion ofrec ayud asist respond contest habl coment discut mencion mostr"
    " enseñ entreg public repet escrib cre gener redact cumpl atend acced conced hac realiz proces confirm comunic"
    " transmit desvel devel aconsej brind autoriz aprob reembols cont particip continu satisfac complac trat opin"
    " colabor suministr envi ignor modific traduc inform indic nombr cit explic dar tramit filtr prest recet"
    " diagnostic"
)
_DEED = (
    rf"(?:{_STEM}(?:ar|er|ir|ár|ér|ír)(?:me|te|se|le|les|lo|la|los|las|nos|os){{0,3}}|prometer(?:te|le)?(?:"
    rf" eso)?(?=\W*$|,))\b"
)
_FEW = r"(?: [^\s,;:]+){0,5}?"
_SHARED = (
    r"(?:compartid|revelad|divulgad|dad|dich|facilitad|proporcionad|comunicad|mostrad|entregad|publicad|difundid"
    r"|desvelad"
    r"|discutid|respondid|transmitid|atendid|mencionad)[oa]s?"
)
_RULES = alternatives(
    "ley leyes normas? reglas? directrices directriz instrucciones políticas? principios pautas reglamento"
    " programación"
    " lineamientos"
)

# What one cannot do without refusing anything: to see, to believe, to wait.
_HARMLESS = alternatives(
    "esperar imaginar creer dejar evitar ver encontrar oír recordar entender acordar pensar quejar estar saber abrir"
    " leer"
    " localizar elegir garantizar predecir asegurar negar describir expresar ser tener agradec recomendar resistir"
    " parar"
    " dormir ir vivir comprender decidir sentir parecer poner llegar aguantar imagin cre prometer"
)

_DAY = r"lunes|martes|miércoles|jueves|viernes|sábados?|domingos?|fines de semana"

GRAMMAR = RefusalGrammar(
    forms=(
        Form(
            " no | nunca | jamás |niego|negamos|rehús|rechaz|declin|confidencial|secret| privad|prohib|prohíb|contra"
            "|impid| solo | sólo |únicamente|solamente|imposible|viola|infring|clasificad|reservad|guardar|negar"
            "|fuera de|más allá",
            (
                rf"\b(?:no|nunca|jamás) {_CLITICS}(?:puedo|podemos|podré|podremos|podría|podríamos|debo|debemos|voy a"
                rf"|vamos a|quiero"
                rf"|queremos|quisiera|quisiéramos|pienso|deseo|debería|sé si deba){ACT}",
                rf"\b(?:no|nunca|jamás) {_CLITICS}(?:diré|diremos|haré|daré|daremos|{_STEM}(?:aré|eré|iré|aremos"
                rf"|eremos|iremos))\b",
                r"\bno (?:\w+ ){0,2}(?:comparto|revelo|divulgo|facilito|revelamos|divulgamos|facilitamos|compartimos"
                r"|doy (?:es[eao]|información)"
                r"|damos (?:es[eao]|información)|comento|comentamos)\b",
                rf"\bno {_CLITICS}(?:puedo|me es posible)(?: \w+mente)? (?!{_HARMLESS})\w{{2,}}(?:ar|er|ir|ár|ér"
                rf"|ír)(?:me|te|se|le|les|lo|la|los|las|nos)*\b",
                rf"\bno {_CLITICS}podemos(?: \w+mente)? (?!{_HARMLESS})\w{{2,}}(?:[aeiáéí]r(?:le|te|les|lo|la)+\b"
                rf"|[aei]r (?:su|sus|tu|tus|es[eao]s?|est[eao]s?)\b)",
                r"\bno se (?:me|nos) (?:ha|han) (?:autorizado|permitido)\b",
                r"\bno (?:\w+ ){0,2}(?:proporcion|d|ofrec|facilit|divulg|revel|compart|suministr)(?:amos|emos|imos|o"
                r"|oy) (?:\w+ ){0,2}"
                r"(?:datos|información|detalles|códigos?|contraseñas?|nombres|direcciones|teléfonos|números|consejos?"
                r"|asesoramiento)",
                rf"\bno {_CLITICS}(?:puedo|podemos)(?: hacerlo)?(?=\W*$|, )",
                r"\bno (?:estoy|estamos|soy|somos)(?: \w+)? (?:autorizad|facultad|capacitad|habilitad|dispuest"
                r"|en condiciones|en posición"
                r"|capa[zc]|preparad|en disposición|en libertad|cualificad)",
                rf"\bno (?:se )?(?:me|nos) (?:(?:está|es|ha sido) )?(?:permiten?|permitid[oa]|posible|autoriza\w*"
                rf"|corresponde){ACT}",
                rf"\bno es posible (?:para (?:mí|nosotros) )?{_FEW} (?:compart|revel|divulg|decir|dar(?:le|te)"
                rf"|facilit|ayud)\w*",
                r"\bno (?:tengo|tenemos)(?: \w+){0,2} (?:permiso|autorización|autoridad|permitido|derecho|potestad"
                r"|facultad|acceso)",
                r"\b(?:tengo|tenemos|me está|nos está|me tienen) prohibido\b",
                rf"\b(?:está|queda|es) (?:\w+ )?prohibido {_FEW}\b(?:compart|revel|divulg|decir|dar|facilit"
                r"|hablar)\w*",
                r"\b(?:me niego|nos negamos|me rehúso|nos rehusamos)\b|(?:^|\W )(?:yo )?(?:rechazo|declino|rechazamos"
                r"|declinamos)\b",
                r"\b(?:debo|tengo que|debemos|tenemos que|he de|hemos de)(?: \w+){0,3}? (?:rechazar|declinar"
                r"|negar(?:me|nos)|decir(?:le|te)? que no(?=\W*$|,)"
                r"|guardar(?:lo)?(?: \w+){0,3} (?:secreto|para mí)|mantener(?:lo|la)?[^.;]{0,40}(?:secreto"
                r"|confidencial|privad))",
                r"\b(?:(?:voy|vamos) a tener que|tendré que|tendremos que|deberé) (?:rechazar|declinar|negar\w*"
                r"|decir\w* que no)",
                r"\b(?:debo|tengo que|he de|debemos|tenemos que) guardar (?:silencio|secreto|el secreto|discreción)",
                r"\b(?:mi|nuestra|la) política (?:\w+ ){0,4}?(?:es|consiste en)(?: la de)? no\b",
                r"\b(?:información|datos?|códigos?|contraseñas?|claves?|detalles?)\b[^.;,]{0,20} no (?:está"
                r"|están) (?:disponible|accesible)s? (?:para|al)",
                r"^\W*(?:(?:lo siento|perdón|disculpe|lo lamento),? )?(?:pero )?(?:es|son) (?:una "
                r"|un )?(?:información |datos |dato )?(?:\w+mente )?"
                r"(?:confidencial|secret[oa]|clasificad[oa]|reservad[oa])",
                r"\b(?:prefiero|preferiría|preferimos|preferiríamos) no\b",
                rf"\b{_RULES}\b[^.;,]{{0,20}}\b(?:(?:me|nos) (?:lo )?(?:impiden?|prohíben?)|no (?:me "
                rf"|nos )?(?:lo )?permiten?|prohíben?|impiden?)\b",
                rf"\b(?:en contra de|contra|viola\w*|infring\w+|contrari\w+ a) (?:mis|nuestras|nuestros|las|la"
                rf"|nuestra|los) (?:\w+ )?{_RULES}",
                r"\b(?:mis?|nuestr[oa]s?|eso|esto|es[ea]s?|est[ea]s?|esos|estos|el|la|los|las"
                r"|dich[oa]s?)(?! (?:variable|función|método|clase|propiedad|playa|piscina|terraza)\b)(?:"
                r" \w+){0,5}? (?:es|son"
                r"|siguen? siendo|es información)"
                r" (?:\w+mente |información |muy )?(?:confidencial(?:es)?|secret[oa]s?|clasificad[oa]s?"
                r"|reservad[oa]s?|privad[oa]s?|un secreto)\b",
                rf"\bno (?:se |te |le |lo )*(?:puede|pueden|debe|deben|podrá|podrán)(?: \w+)? (?:ser {_SHARED}"
                rf"|(?:compart|revel|divulg|dec|facilit"
                r"|comunic|difund|desvel|mostr)(?:ar|er|ir)\w*)\b",
                r"\b(?:temo|siento|lamento|desgraciadamente|lamentablemente)\b[^.;]{0,30}\bno (?:es|será"
                r"|va a ser) posible(?=\W*$|, )",
                r"\b(?:eso|esto) no (?:es posible|está permitido|se permite|puede ser)\b",
                r"\b(?:tengo|tenemos|recibí|recibimos|he recibido) (?:\w+ )?(?:instrucciones|órdenes|la orden"
                r"|orden) de no\b",
                r"\b(?:me|nos) (?:han|ha) (?:pedido|dicho|ordenado|indicado|prohibido) (?:que no|no|\w+ar|\w+ir)\b",
                r"\b(?:solo|sólo|únicamente|solamente) (?:puedo|podemos) (?:responder|ayudar|hablar|atender|contestar"
                r"|asistir)\w*",
                r"\b(?:me|nos) (?:es|resulta) imposible\b",
                r"\b(?:fuera|más allá) de (?:mi|nuestro|mis) (?:alcance|ámbito|competencia)",
            ),
        ),
        Form(
            "respuesta|siendo| no | entre |tumba|sellados|pío|guard|reserv|pregunt|consult| ni | de eso |lament"
            "|siento|sentimos|callar|sabrá|enter|participo|otra cosa| ser |tanto|desgracia|lamentable|dejan|permit"
            "|tipo de|tema|asunto|decisión| en eso |descart|así que no|nada que|sin comentarios|permanecer|mantene"
            "|seguir|secreto|atadas|conmigo|absten|exced|supera|palabra|mano",
            (
                r"\b(?:la|mi|nuestra) respuesta (?:es|será|sigue|continúa|seguirá)(?: [^\s,;:]+){0,3}? ?no\b(?=\W*$"
                r"|,| y)|\bsigue siendo (?:un )?no\b|\bes un no(?: rotundo)?(?=\W*$|,)",
                r"\b(?:queda|quedará|quede|se queda|se quedará|permanece) (?:entre (?:nosotros|(?:el|la|los"
                r"|mi) \w+ y (?:yo|nosotros)|(?:yo|mí) y)|en (?:la cocina|familia|secreto))\b",
                r"\bsoy una tumba\b|\blabios (?:están )?sellados\b|\bni (?:hablar|en sueños|de broma|lo sueñes"
                r"|pensarlo)\b|\bde eso nada\b|\bde es[eoa]s?(?: \w+)? (?:aquí )?no se habla\b",
                r"\bguardárme(?:lo|la)s?\b|\bme (?:lo|la) (?:guardo|reservo|callo)\b|\bprefiero (?:callar"
                r"|reservar)\w*",
                r"\b(?:tendr|deber|tien|deb)\w+ (?:que )?(?:preguntar|consultar|pedír|pedir"
                r"|dirigir)\w*(?: [^\s,;:]+){0,2} (?:otra persona|alguien más|otro lado)"
                r"|\bpregunt\w+ a (?:otra persona|alguien más)(?=\W*$|,)",
                r"\b(?:lament\w+|siento|sentimos)(?: mucho| profundamente)? no poder\b|\bno (?:me|nos) corresponde\b",
                r"\b(?:motivos|razones) de (?:\w+ )?(?:privacidad|seguridad|confidencialidad"
                r"|protección)\b[^.;]{0,40}\bno (?:\w+ ){0,2}(?:puedo|podemos|debo|debemos|facilit|compart|doy|damos)",
                r"\bno lo sabr\w+|\bno se va a enterar\b|\ben eso no (?:participo|entro|ayudo)\b|\bno participo\b"
                r"|\botra cosa,? (?:pero|menos) (?:eso no|no eso|eso)\b",
                r"\bno (?:puede|pueden|podrá|podrán) ser (?:\w+mente )?(?:aceptad|concedid|aprobad|admitid|atendid"
                r"|tramitad|reembolsad)[oa]s?\b",
                r"\b(?:por tanto|por lo tanto|lamentablemente|por desgracia|desgraciadamente|así que"
                r"|por consiguiente)\b[^.;]{0,40}\b(?:reembolso|devolución|cambio|descuento|sustitución|excepción"
                r"|reparación|prórroga|cancelación|indemnización|compensación|acceso|préstamo|eso"
                r"|esto)\b[^.;]{0,40}\b(?:descartad[oa]|excluid[oa]|imposible|no es posible|no será posible"
                r"|no procede)\b",
                r"\b(?:reembolso|devolución|cambio|descuento|sustitución|excepción|reparación|prórroga|cancelación"
                r"|indemnización|compensación|acceso|préstamo|eso|esto)\b[^.;]{0,40}\b(?:por tanto|por lo tanto"
                r"|lamentablemente|por desgracia|desgraciadamente|así que"
                r"|por consiguiente)\b[^.;]{0,30}\b(?:descartad[oa]|excluid[oa]|imposible|no es posible"
                r"|no será posible|no procede)\b",
                r"\bno (?:me|nos) (?:dejan|lo permiten)\b",
                r"\bno \w+(?:o|amos|emos|imos) (?:es[eao]|est[eao]) (?:tipo|clase) de\b|\b(?:es[eao]|est[eao]"
                r"|el) (?:tema|asunto|conversación) (?:está|queda) (?:cerrad|zanjad)[oa]\b|\b(?:nuestra|mi"
                r"|la) decisión es (?:firme|definitiva|irrevocable)\b",
                r"\b(?:no (?:tengo|tenemos|hay)) nada que (?:decir|añadir|comentar|pueda|podamos)\b"
                r"|^\W*sin comentarios\b|\bdeben? (?:permanecer|seguir|mantenerse"
                r"|quedar)(?: siendo)? (?:\w+mente )?(?:confidencial|secret|en secreto|privad)\w*",
                r"\b(?:es|bajo|por)(?: un)? secreto (?:profesional|de la casa|de familia|industrial|comercial|médico"
                r"|bancario)\b|\bmanos atadas\b|\bno (?:cuentes?|cuente) conmigo\b|\bconmigo no cuent\w+\b"
                r"|\bme (?:abstengo|abstendré)\b|\b(?:excede|supera|sobrepasa)n? mis\b|\bni una palabra\b"
                r"|\bno está en mis? manos?\b",
            ),
        ),
        Form(
            "aré|eré|iré|salir|obligad",
            (
                r"\bno (?:le|te|les|os|se lo|te lo|se la|te la) (?!ment|olvid|engañ|decepcion|molest|fall|arrepent"
                r"|defraud|quit)\w{2,}(?:aré|eré|iré)\b",
                r"\bno deben? salir de aquí\b|\bme veo obligad[oa] a (?:rechazar|declinar|negar)\w*",
            ),
        ),
        Form(
            "competencia|incumbencia",
            (r"\bno (?:es|son) (?:de|asunto de) (?:mi|nuestra) (?:competencia|incumbencia)\b",),
        ),
        *STANCES,
        *DEEDS,
    ),
    notices=(*NOTICES, *DEALINGS),
    act=rf"{_FEW} {_DEED}",
    idioms=(
        r"\bno (?:quiero|queremos|quisiera|quisiéramos|querría|me gustaría) [^.;:]{0,50}?(?:\bequivoc\w+"
        r"|\b(?:el|la) (?:\w+ )?erróne\w+|\bque no"
        r" (?:es|toca|era|debo)\b|\bconfund\w+|\bpor error\b|\bla pata\b|\b(?:un|algún) error\b)",
        r"\bno (?:puedo|podemos|se puede) (?:decir|poner|pedir|hablar)\w* (?:nada (?:malo|negativo|en contra)|más"
        r" que\b|sino\b"
        r"|peros\b|mal\b)|\bno se puede pedir más\b|\bno (?:se )?(?:le|les|te) (?:puede|puedo) decir que no\b"
        r"|\bno (?:le|les) (?:pongo|encuentro|saco) (?:ni )?(?:un|ningún) (?:pero|fallo|defecto|reparo)|\bno"
        r" (?:exagero|me canso)\b",
        rf"\b(?:los (?:{_DAY})|en (?:días? )?festivos?|los festivos|por la noche) no (?:abrimos|repartimos|servimos"
        rf"|trabajamos|enviamos)\b"
        rf"|\bno (?:abrimos|repartimos|servimos|trabajamos|enviamos) (?:los (?:{_DAY}|festivos)|en festivos?|antes"
        rf"|hasta)\b",
        r"\bfue(?:ron)? (?:\w+mente )?(?:rechazad|denegad|desestimad|declinad|descartad)[oa]s?(?: \w+){0,3}?"
        r" (?:(?:el|los)"
        rf" (?:\d|{_DAY}|mes|año)|en (?:enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre"
        rf"|noviembre|diciembre|\d)"
        r"|ayer\b|hace \w+|la semana)",
        r"\bno (?:puedo|podemos) (?:navegar|buscar en|consultar) (?:por |en )?(?:la |el )?(?:internet|red|web)\b"
        r"|\bno (?:puedo|podemos) ejecutar \w+ aquí\b",
        r"\bno (?:me |te |le )?(?:puedo|podemos|podría) (?:dejar de|evitar|sino|más que|menos que|esperar|imaginar\w*"
        r"|creer\w*)",
        r"\bno (?:me |te |le )?(?:puedo|podemos) [^.;,]{0,40}\b(?:lo suficiente|suficientemente|bastante)\b",
        r"\bno (?:te |le |se )?(?:lo )?(?:puedo|podría) decir\w* (?:con (?:certeza|seguridad)|exactamente|cuánto|cuán"
        r"|si|que no|lo \w+ que)\b",
        r"\bno (?:\w+ ){0,2}(?:puedo|podemos) (?:dar|dec|ofrec|indic)\w+ (?:una? |el |la )?\w+ (?:exact|precis)\w+",
        r"\bno es (?:ningún |un )?secreto\b",
        r"\b(?:confidencial|privad[oa]|secret[oa]|reservad[oa])(?:es|s)? (?:de entrada|por defecto|al principio|en un"
        r" principio)\b",
        r"\bno (?:solo|sólo|solamente|únicamente)\b|\bno dud\w+|\bno hay problema\b",
        r"\b(?:no|nunca|jamás) (?:\w+ ){0,2}(?:compart\w+|vend\w+|revel\w+|ced\w+|divulg\w+"
        r"|facilit\w+) (?:nunca )?(?:sus|tus|su|tu|vuestros)\b",
        r"\bno (?:se )?lo (?:diré|voy a decir|contaré) a nadie\b",
    ),
    before=(
        r"\bsin (?!(?:la |el |un |una |su |tu )?(?:\w+ )?(?:permiso|autorización|orden|consentimiento|aprobación"
        r"|receta|mandato|poder|recibo|comprobante|justificante|factura|ticket|prueba))(?:(?!(?:es|sería|me|nos"
        r"|puede)\b)[^\s.;:,]+,? ){1,4}$"
        r"|\bsin (?:su|tu|sus|tus|más|conocer|saber|ver|el número|la dirección|el archivo|una foto|la fecha"
        r"|el enlace|un número)\b[^.;:]{0,50}",
        r"\b(?:si|cuando|en caso de que|para que|aunque)\b[^,;:]{0,80}",
        r"\b(?:dijo|respondió|contestó|dice|decía|gritó|susurró|escribió|explicó|afirmó)\b.{0,80}",
        r"\b(?:ayer|antes|al principio)\b.{0,40}",
        r"\bsi\b[^.;:]{0,30}\b(?:pasa|pasas|supera|olvida|incumpl|pierd|excede|tarda|retras|falta|llega tarde"
        r"|venc)\w*[^;:]{0,80}",
        r"\b(?:condiciones|normas|términos|bases) (?:dicen|establecen|indican|señalan) que\b.{0,60}",
    ),
    after=(
        r"^.{0,60}\b(?:hasta que|mientras no|sin (?:su|tu|el|saber|más|conocer)|antes de que|a menos que me)\b",
        r"^.{0,60}\b(?:si no me|cuando (?:me|tenga))\b",
    ),
    disclosures=(
        r"(?:\b(?:pero|aun así|bueno|vale)\b|:)[^.]{0,30}\baquí (?:la|lo|los|las|le)? ?(?:tiene|tienes|está|va"
        r"|tenéis)\b",
        r"(?:\b(?:pero|aun así|bueno|vale)\b|:)[^.]{0,30}?\b(?:el|la|los|las|su|tu) (?P<thing>\w+)(?: es| son"
        r"|:)(?! (?:no|confid|secret|privad|reserv|algo))[^.;]{0,20}?(?:\d|~)",
        r"\b(?:debería|deberíamos|normalmente|en principio|supone|habitualmente)\b.{0,80}?(?:\b(?:pero|aun así|bueno"
        r"|vale)\b|:)[^.]{0,30}?(?:\bes\b|\b(?:el|la|su|tu) (?P<thing>\w+) (?:es|son))(?! (?:no|confid|secret|privad"
        r"|reserv|algo))",
    ),
    questions=(
        r"[\W]*(?:y |pero )?(?:por qué|qué|cómo|cuándo|dónde|quién|cuál\w*|puedo|puede|podemos|no puedo|no podemos|es"
        r"|son|quiere|quieres)\b"
    ),
    introductions=(
        r"\b(?:aquí|este es|esta es|he aquí|a continuación|abajo)\b[^.\n]{0,60}\b(?:borrador|carta|mensaje|correo"
        r"|ejemplo|historia|cuento"
        r"|poema|diálogo|plantilla|respuesta|traducción|texto|escena)\b[^.\n]{0,60}:",
        r"\b(?:érase una vez|había una vez|érase que se era)\b",
        r"(?m)^[ *#]{0,6}asunto: ",
    ),
    farewells=(
        r"(?m)^[ *#]{0,6}(?:esta|este|esa|ese) (?:es|era) (?:la|el|su|tu) (?:carta|mensaje|correo|texto|borrador"
        r"|respuesta|historia)\b[^.\n]{0,20}\b(?:que (?:pidió|pediste|quería|querías)|como)",
    ),
)
