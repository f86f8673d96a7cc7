"""How one stands towards a request in Spanish: unwilling, not permitted, not the one to ask, bound to silence."""

from __future__ import annotations

from pytest_kvguard.text.refusal_grammars.grammar import Form

__all__ = ["STANCES"]

_CLITICS = r"(?:(?:me|te|se|le|les|lo|la|los|las|nos|os) ){0,3}"
_FEW = r"(?: [^\s,;:]+){0,5}?"
# What the speaker does not do, by its stem: any act that one is asked for.
_STEM = (
    r"(?:compart|revel|divulg|facilit|proporcion|ofrec|ayud|asist|respond|contest|coment|discut|mencion|mostr|muestr"
    r"|enseñ|entreg|public|repet|repit|escrib|cre|gener|redact|cumpl|atend|atiend|conced|realiz|proces|confirm|comunic"
    r"|transmit|desvel|aconsej|brind|autoriz|aprob|aprueb|reembols|particip|continu|opin|colabor|suministr|envi|envío"
    r"|ignor|modific|inform|indic|nombr|expli|tramit|filtr|prest|recet|diagnostic|borr|elimin|ejecut|instal|desactiv"
    r"|saltar|salt|piratea|hacke|espi|rastre|falsific|invent|especul|adivin|juzg|critic|insult|promocion"
    r"|renov|anul|cancel|cambi|devolv|devuelv|devolu|rebaj|descont|ampli|prorrog|exten|reserv|firm|acept|admit|toler"
    r"|entr|met|involucr|vend|copi|plagi|imit|suplant|simul|pas|reenví|reenvi|conect|toc|quit|sub|descarg|forz"
    r"|sac|trat|pronunci|posicion|valor|recomend|recomiend|resolv|resuelv|hag|hac|d|dec|dig|habl|cont|cuent|sirv)"
)
_DEED = rf"(?:{_STEM}(?:ar|er|ir|ár|ér|ír)(?:me|te|se|le|les|lo|la|los|las|nos|os){{0,3}}|ir por ahí)\b"
_RULE = (
    r"(?:ley(?:es)?|normas?|normativas?|reglas?|reglamento|directrices|directriz|instrucciones|políticas?"
    r"|principios|pautas"
    r"|programación|lineamientos|condiciones|estatutos|protocolos?|contrato|código \w+|rgpd|privacidad"
    r"|confidencialidad)"
)
_TOLD = (
    r"(?:compart|revel|divulg|d|dec|facilit|proporcion|comunic|entreg|public|difund|desvel|coment|discut"
    r"|transmit|hac(?:e|en)? públic|filtr|suministr)"
)
_INSIDERS = (
    r"(?:el |la |los |las |nuestro |nuestra )?(?:personal|emplead[oa]s?|plantilla|uso interno|uso exclusivo|equipo"
    r"|administrador\w*"
    r"|dirección|gerencia|trabajador\w*|titular\w*|autorizad\w+|directiv\w+)"
)

STANCES = (
    # Unwilling: any action that one is asked for.
    Form(
        " no | nunca | jamás | tampoco ",
        (
            rf"\b(?:no|nunca|jamás|tampoco) {_CLITICS}(?:voy|vamos) a {_CLITICS}(?:poder )?{_DEED}",
            rf"\b(?:no|nunca|jamás|tampoco) {_CLITICS}(?:quiero|queremos|pienso|pensamos|deseo|quisiera|acostumbro a"
            rf"|solemos|suelo|estoy para|estoy aquí para){_FEW} {_DEED}",
            rf"\b(?:no|nunca|jamás|tampoco) {_CLITICS}(?:puedo|podemos|podré|podremos|podría|podríamos|debo|debemos"
            rf"|debería){_FEW} {_DEED}",
            rf"\b(?:no|nunca|jamás|tampoco) {_CLITICS}{_STEM}(?:aré|eré|iré|ré|aremos|eremos|iremos"
            r"|remos)\b(?! (?:más )?(?:sus|tus|su|tu)\b)(?! (?:nada )?(?:de más|extra|de menos))",
            r"\b(?:no|nunca|jamás) (?:me|nos) (?:voy a|vamos a|quiero|puedo|pienso) (?:meter|entrar|pronunciar"
            r"|posicionar|prestar|involucrar)\w*",
            r"\b(?:eso|esto|ese tipo de \w+|esas cosas|tal cosa|así)(?:,)? (?:yo )?no (?:lo|la|los|las|te lo"
            r"|se lo)? ?(?:hago|hacemos|haré|digo|decimos|diré"
            r"|doy|damos|cuento|escribo|escribiré|revelo|comparto)\b",
            r"\bno (?:me|nos) (?:siento|sentimos|encuentro|parece)(?: \w+)? (?:cómod|bien|a gusto|correct|ético"
            r"|apropiad|adecuad)\w*",
            r"\bno (?:doy|damos|hago|hacemos|ofrezco|emito|emitimos|presto|prestamos|realizo|redacto|escribo"
            r"|facilito|comento|opino|participo|entro|trato"
            r"|tratamos|hablo|hablamos|respondo|contesto|proporciono|proporcionamos)(?: \w+)? (?:consejos?"
            r"|asesoramiento|recomendaciones|opini\w+"
            r"|diagnósticos?|juicios|valoraciones|información|datos|en eso|en ese|de eso|sobre|temas|ese|esa|esos"
            r"|esas|eso|esto|excepciones|por escrito)\b",
            r"\b(?:de|sobre|acerca de|en) (?:eso|esto|ese \w+|esa \w+|esos \w+|esas \w+"
            r"|estos \w+)(?:,)? (?:yo )?(?:no|ni) (?:puedo |voy a |quiero )?(?:hablo|hablar|opino|opinar"
            r"|comento|comentar|entro|entrar|digo|doy|diré|respondo|me pronuncio)\b",
        ),
    ),
    Form(
        "prefiero|preferiría|preferimos|rechaz|declin|niego|negamos|neg|abst|rehús|al margen|límite|raya|paso de"
        "|neutral|callar|callado|mejor no|dejarlo"
        "|mantenerme|no cuente|decir que no|reparo|incómod|renunci|excus",
        (
            r"\b(?:prefiero|preferiría|preferimos|preferiríamos)(?: \w+)? (?:no|dejar(?:lo)?|callar\w*|guardar\w*"
            r"|reservar\w*|abstener\w*|mantener\w*|evitar|quedar\w*|pasar|permanecer)\b",
            r"\b(?:debo|tengo que|tenemos que|debemos|he de|hemos de|voy a|vamos a|me toca"
            r"|me veo en la obligación de|nos vemos obligados a|tendré que|tendremos que)"
            r"(?: \w+){0,2}? (?:rechazar|declinar|negar(?:me|nos)|abstener(?:me|nos)|decir(?:le|te)? que no"
            r"|rehusar|excusar(?:me|nos)|pasar(?=\W*$|,| de)|dejarlo)\b",
            r"\b(?:me|nos) (?:niego|negamos|abstengo|abstenemos|abstendré|rehúso|rehusamos|opongo|excuso"
            r"|resisto a)\b|\b(?:rechazo|declino|rechazamos|declinamos)\b"
            r"|\bme mantengo (?:al margen|neutral)\b|\b(?:ahí|aquí|en eso) (?:pongo|trazo|está) (?:el|la"
            r"|mi) (?:límite|raya|línea)\b|\bmejor no(?=\W*$|,| (?:lo|hablemos|entr))",
            r"\b(?:me siento|me resulta|me sentiría|estaría) (?:muy )?incómod[oa]\b",
        ),
    ),
    # It is not told, whoever might tell it; one does not do it here.
    Form(
        " no se | no son | no es | no está| nunca se | jamás se | ni se | no serán | no será | no puede| no debe"
        "| no pueden| no deben",
        (
            r"(?<!sus datos )(?<!tus datos )(?<!su información )\b(?:no|nunca|jamás) se (?:me |nos |le |te "
            r"|les )?(?:va a |van a |puede |pueden |debe |deben )?"
            rf"{_TOLD}(?:a|e|an|en|ar|er|ir|arán|ará|irá|irán|erá|ice|icen|ique)(?:n)?(?:se|le|te|lo|la|los"
            r"|las)*\b(?! (?:con|a) (?:terceros|nadie|otras empresas))",
            r"(?<!sus datos )(?<!tus datos )\b(?:no|nunca) (?:está|están|es|son|será|serán|puede ser|pueden ser"
            r"|debe ser|deben ser)(?: \w+mente)? "
            r"(?:para |a )?(?:disponible|accesible|públic[oa]|destinad|compartid|revelad|divulgad|facilitad"
            r"|comunicad|publicad|difundid|desvelad|entregad)\w*"
            r"(?: (?:para|al?|a la|por) (?:los |las |el |la )?(?:clientes?|públic\w*|usuari\w+|huéspedes"
            r"|visitantes|terceros|externos|chat|teléfono))(?=\W*$|,|;| y)(?!, (?:pero )?(?:el|la) )",
            r"\b(?:eso|esto|ese contenido|ese texto|esa \w+|tal \w+) no se (?:va a )?(?:genera|generar|hace|hacer"
            r"|escrib|escribir|dice|decir|toca|tocar|puede (?:hacer|generar|decir))\w*(?=\W*$|,)",
        ),
    ),
    # It is confidential or meant for others.
    Form(
        "confidencial|secret|reservad|interno|interna|clasificad|privad|personal|emplead|plantilla|equipo"
        "|administrador|dirección|gerencia"
        "|trabajador|autorizad|entre |para mí|para nosotros|guard|silencio|discreción|callad|reserva|titular"
        "|sellad|tumba",
        (
            r"(?<!sus )(?<!tus )(?<!su )\b(?:mis?|nuestr[oa]s?|eso|esto|es[ea]s?|est[ea]s?|esos|estos|el|la|los"
            r"|las|dich[oa]s?|tod[oa]s?)(?: (?!encuesta|llamada|consulta|servicio|variable|función|método|clase"
            r"|propiedad|playa|piscina|terraza)[^\s,;:]+){0,6}? "
            r"(?:es|son|está|están|queda|quedan|permanece|permanecen|debe permanecer|deben permanecer|sigue siendo"
            r"|tiene carácter|tienen carácter|se considera|se consideran)(?: (?!no)\w+mente| información| datos"
            r"| estrictamente| un| de carácter| para| de| solo| sólo| materia)* (?:confidencial(?:es)?"
            r"|secret[oa]s?|reservad[oa]s?|uso interno|intern[oa]s?|clasificad[oa]s?|privad[oa]s?"
            r"|secreto \w+)(?=\W*$|,|;| y| de la| para)",
            r"\b(?:es|son|está|están|queda|quedan)(?: \w+mente)? (?:solo |sólo |exclusiv\w+ |únicamente "
            rf"|reservad[oa]s? |limitad[oa]s? |destinad[oa]s? |restringid[oa]s? )+(?:para|al?|de) {_INSIDERS}\b",
            rf"\b(?:solo|sólo|únicamente) {_INSIDERS}(?: \w+)? (?:puede|pueden|tiene|tienen|debe|conoce|conocen"
            r"|sabe|saben)\b",
            r"\b(?:eso|esto|ello|es[ea] \w+|todo eso)?(?:se )?(?:queda|quedará|quede|quedan"
            r"|permanece) (?:entre (?:nosotros|(?:[^\s,;:]+ ){1,3}y (?:yo|nosotros|el equipo)|(?:yo|mí) y)|en casa"
            r"|en la cocina|en secreto|bajo llave)\b",
            r"\b(?:me|nos) (?:lo|la|los|las) (?:guardo|guardamos|reservo|reservamos|callo)\b|\b(?:guardar|guardaré"
            r"|mantener|mantendré|guardo|guardamos|mantenemos)(?:lo|la|los|las)? (?:el |la )?(?:secreto|silencio"
            r"|en secreto|discreción"
            r"|reserva|confidencialidad|para mí|para nosotros)\b",
            r"\b(?:obligad[oa]|sujet[oa]|atad[oa])s? (?:a|al|a la|por) (?:\w+ ){0,2}(?:secreto|confidencialidad"
            r"|silencio|reserva)\b",
        ),
    ),
    # A rule forbids it; nobody gave leave.
    Form(
        "ley|norm|regla|directri|instruccion|polític|principio|pauta|condiciones|estatuto|protocolo|contrato"
        "|código|rgpd|privacidad|confidencialidad"
        "|permi|autoriz|prohib|impid|facult|motivo|razones",
        (
            r"\b(?:por|según|conforme a|de acuerdo con|debido a|por motivos de|por razones de"
            rf"|por cuestiones de) (?:\w+ ){{0,3}}?{_RULE}\b[^.;]{{0,60}}\bno (?:\w+ ){{0,2}}?(?!comparto sus"
            r"|compartimos sus|compartimos tus|vend)"
            r"(?:\w+(?:o|oy|emos|amos|imos)|puedo|se \w+|es posible|está \w+|puede|pueden|podr\w+"
            r"|debo)\b(?! (?:sus|tus|su|tu)\b)",
            r"\b(?:va|van|iría|irían|sería|es|atenta|atentan|choca) (?:en )?contra (?:de )?(?:el |la |los |las "
            rf"|mis |nuestr\w+ |del )?(?:\w+ )?{_RULE}\b",
            r"\b(?:infring|viol|vulner|incumpl|contravien|quebrant|contradi|contrav)\w* (?:el |la |los |las |mis "
            rf"|nuestr\w+ )?(?:\w+ )?{_RULE}\b",
            rf"\b{_RULE}\b[^.;]{{0,30}} (?:(?:me|nos) (?:lo )?(?:impiden?|prohíben?)|no (?:me |nos |lo "
            r"|se )*(?:permiten?|autorizan?|dejan?|contemplan?)|prohíben?|impiden?)\b",
            r"\b(?:no|sin|ningún|ninguna|carezco de|carecemos de) (?:(?:tengo|tenemos|cuento con|contamos con"
            r"|dispongo de|disponemos de|poseo|tener|me han dado|nos han dado|se me ha dado|me dieron) )?"
            r"(?:el |la |ningún |ninguna |suficiente )?(?:permisos?|autorización|autoridad|potestad"
            r"|facultad(?:es)?|competencias?|atribuciones) (?:para|de) (?!escribir en|lectura|leer|escritura)\w+",
            r"\b(?:no|tampoco) (?:se )?(?:me|nos) (?:está |es |ha sido |han |ha |corresponde|compete|toca|permiten"
            r"|autorizan|dejan)(?:permitid[oa]|posible|autorizad\w+|dado permiso)?\b",
            r"\b(?:está|queda|tengo|tenemos|nos está|me está|es) (?:\w+mente )?prohibido\b(?! (?:fumar|aparcar"
            r"|el paso|bañarse))[^.;]{0,40}\b(?:revel|divulg|compart|dar|decir|facilit|comunic|hablar|difund"
            r"|public)\w*",
        ),
    ),
    # Not the one to ask, not what this is for.
    Form(
        " solo | sólo |únicamente|solamente|exclusivamente|ámbito|alcance|competencia|función|funciones|papel"
        "|área|tarea|campo|terreno|corresponde|compete"
        "|incumbe|escapa|indicad|adecuad|diseñad|preguntar|consultar|asunto|limit",
        (
            r"\b(?:solo|sólo|únicamente|solamente|exclusivamente) (?:puedo|podemos|respondo|respondemos|atiendo"
            r"|atendemos|ayudo|ayudamos|trato|hablo|contesto|estoy|estamos|sé|me ocupo|gestiono|gestionamos"
            r"|te ayudo|le ayudo|doy|resuelvo)\b[^.;]{0,40}\b(?:sobre|de|con|para|en|relacionad\w+|preguntas"
            r"|consultas|temas|acerca|a)\b",
            r"\b(?:fuera|más allá|al margen) de(?:l)? (?:mi|mis|nuestr\w+|ámbito|alcance|lo que)\b|\b(?:se"
            r"|me) (?:escapa|sale|aleja|excede|nos escapa)\w* (?:de |a )?(?:mi|mis|nuestr\w+|lo que)\b"
            r"|\b(?:excede|sobrepasa|supera|escapa a)n? (?:mi|mis|nuestr\w+|a mis|a mi)\b",
            r"\bno (?:es|son|entra|entran|está|forma parte|forman parte) (?:\w+ )?(?:de |en |entre "
            r"|dentro de )?(?:mi|mis|nuestr\w+) (?:función|funciones|papel|área|tarea|campo|terreno|competencias?"
            r"|trabajo|especialidad|ámbito|cometido)\b",
            r"\bno (?:soy|somos) (?:\w+ )?(?:la persona|el indicad|la indicad|quién|quien|el asistente|el lugar"
            r"|el canal|el más|la más)\w*\b|\bno estoy (?:diseñad|pensad|hech|entrenad|preparad|programad"
            r"|para)\w*\b",
            r"\bno (?:me|nos) (?:corresponde|compete|incumbe|toca)\b",
            r"\b(?:siento|disculp\w+|lament\w+|perdon\w*)\b[^.;]{0,40}\b(?:tendrá|tendrás|deberá|deberás|tiene"
            r"|tienes) que (?:preguntár\w+|preguntar\w*|consultar\w*|consultár\w+|hablar\w*)\b"
            r"|\bme limito a\b",
        ),
    ),
    # What is asked for is not possible.
    Form(
        "siento|sentimos|lament|disculp|perd|temo|posible|manera|forma|imposible|modo|cabe|procede|opción"
        "|inviable|ni hablar|impensable|sin comentario|nada que|no insist|comentarios",
        (
            r"\b(?:me temo|temo|siento|lamento|desgraciadamente|lamentablemente|por desgracia|disculp\w+|perdón"
            r"|perdona)\b[^.;]{0,50}\bno (?:es|será|va a ser|sería|resulta|nos es|me es|cabe|procede)(?: posible"
            r"| viable| opción)?(?=\W*$|,| )",
            r"\bno (?:hay|tengo|tenemos|existe) (?:ninguna )?(?:manera|forma|modo"
            r"|posibilidad)(?: alguna)? de (?!saber|comprobar|verificar|ver|encontrar|averiguar)(?:que )?\w+",
            r"\b(?:eso|esto|ello|lo que (?:pide|pides|solicita))\b(?: \w+)? (?:no (?:es|será|va a ser|resulta"
            r"|me es|nos es) (?:posible|viable|factible)|es (?:imposible|inviable|impensable))\b",
            r"\b(?:siento|sentimos|lament\w+|disculp\w+|perdón|perdona|perdone"
            r"|temo)\b[^.;]{0,30}\bno (?:\w+ )?(?:damos|hacemos|ofrecemos|aplicamos|concedemos|admitimos|aceptamos"
            r"|facilitamos|doy|hago|acepto|entregamos|reembolsamos|realizamos|prestamos|enviamos|atendemos)\b",
            r"\bno insist\w+\b|\bni (?:hablar|pensarlo|loco|loca)\b|\bsin comentarios\b|\bnada que (?:decir"
            r"|comentar|declarar)\b",
        ),
    ),
    # What became of the request, or of the deed.
    Form(
        "rechazad|denegad|desestimad|bloquead|aprobad|concedid|sin contestar|sin respuesta|sin ejecutar|excepcion"
        "|aprobación|autorización|permiso",
        (
            r"\b(?:su|tu|la|esta|esa|dicha) (?:\w+ )?(?:solicitud|petición|pregunta|consulta|reclamación|demanda"
            r"|instancia|propuesta)\b[^.;]{0,20}\b(?:ha sido|fue|queda|está|será|es|tiene que ser"
            r"|debe ser) (?:\w+ )?(?:rechazad|denegad|desestimad|bloquead|declinad)a\b",
            r"\b(?:dejo|dejamos|he dejado|hemos dejado|queda|dejaré) sin (?:contestar|respuesta|responder|ejecutar"
            r"|hacer|aplicar)\b|\b(?:la|lo|eso|esa pregunta) (?:dejo|dejamos) (?:sin|en el aire)\b",
            r"\b(?:no (?:lo |la |los |las )?(?:he|hemos)|sin (?:ejecutar|aplicar|hacer))\b[^.;]{0,60}\b(?:porque"
            r"|ya que|pues|al)\b[^.;]{0,40}\b(?:no (?:tengo|tenemos|está permitido|me está|cuento)|carezco|falta"
            r"|sin) (?:\w+ ){0,2}(?:aprobación|autorización|permiso|facultad)\w*",
            r"^\W*(?:lo siento,? |perdón,? |pero )*(?:aquí )?(?:no (?:hay|hacemos|hago|se hacen|caben|puedo hacer"
            r"|podemos hacer)|sin) (?:\w+ )?excepciones?\b",
            r"\bno (?:se|nos) (?:puede|pueden|podrá|podrán)? ?(?:conceder|otorgar|hacer|aplicar|tramitar|admitir"
            r"|aceptar|reembolsar)\w* (?:\w+ )?(?:descuentos?|reembolsos?|excepciones|devoluci\w+|prórrogas?"
            r"|anticipos)\b",
        ),
    ),
    # Figures of speech, and what the speaker does not do for you.
    Form(
        " boca|cuent|cocina|cosa |asunto |va a ser que no|imposible|seré yo|ayuda|conmigo|no te |no se l|no le "
        "|quieren que|toca |limit|ciño|resto|hacerlo tú| ley | ahí|respeto|entromet|jamás|de ninguna|en absoluto"
        "|ni loco",
        (
            r"\bde (?:mi|nuestra) boca no (?:saldr\w+|sale)\b|\bno saldr\w+ de mi\w*\b|\b(?:se queda|se quedan"
            r"|queda) en (?:cocina|la cocina|casa|familia|el equipo)\b|\b(?:el resto|lo demás|eso"
            r"|esto) no se (?:cuenta|dice|toca|comparte|comenta|negocia)\b",
            r"\b(?:es|son) (?:cosa|asunto) (?:nuestr[oa]|mí[oa]|del equipo|de la casa)\b|\bva a ser que no\b"
            r"|\bno seré yo quien\b|\bno (?:cuentes?|cuente|cuenten) con(?:migo| mi ayuda| nosotros)\b",
            r"^\W*(?:es )?(?:imposible|de ninguna manera|de ningún modo|en absoluto|jamás|ni de broma"
            r"|por supuesto que no|claro que no)(?=\W*$|,)",
            rf"\b(?:yo |pero |y )?no (?:te|se|le|os) (?:lo|la|los|las) {_STEM}(?:o|oy|emos|amos|imos|go|zco)\b",
            r"\bno (?:me|nos) (?:toca|tocaría|compete|atañe) (?:\w+ ){0,2}(?:decir|contar|revelar|juzgar|opinar"
            r"|decidir|compartir)\w*|\b(?:no quieren|no quiere) que (?:\w+ )?(?:hable|diga|revele|cuente|comparta"
            r"|comente)\b",
            r"\b(?:me ciño|me atengo|nos ceñimos|me limito|nos limitamos) a\b|\b(?:debes|debe|tienes que|te toca"
            r"|has de) hacerlo (?:tú|usted)\b|\bpor respeto a\b[^.;]{0,60}\bno (?:\w+ )?(?:\w+(?:o|oy|amos|emos"
            r"|imos|é|remos))\b",
        ),
    ),
    # What others decided, whom it concerns, how it is kept; any other deed.
    Form(
        "aconsej|recomend|pedid|indic|orden|confidencial|secret|privad|lío|problema|despid|asunto|tarea|papel"
        "|corresponde|solo soy|soy solo|sólo soy|soy sólo|no redact|no escrib|no public|no gener|no coment"
        "|no produ|no elabor|no fals|no invent|aré|eré|iré|negado|rechazado|decidido no|incumbe|reserva",
        (
            r"\b(?:me|nos) (?:han|ha|habían) (?:\w+ )?(?:aconsejado|recomendado|pedido|indicado|ordenado|advertido"
            r"|instruido|rogado) (?:que )?(?:no|guardar|callar|mantener|silencio)\b",
            r"(?<!sus datos )(?<!tus datos )\b(?:los |las |lo |la )?(?:tratamos|trato|mantenemos|mantengo|mantener"
            r"|consideramos|considero|guardamos|llevamos|manejamos|manejo)(?: (?!sus|tus)[^\s,;:]+){0,4}? (?:como "
            r"|con |en |de forma |de manera |de modo )?(?:estricta |total |absoluta )?(?:confidencial(?:es|idad)?"
            r"|secret[oa]s?|privad[oa]s?|en privado|reserva|información confidencial)\b(?! para protegerte)",
            r"\bme (?:metería|meteré|meto|buscaría|traería) en? ?(?:un )?(?:lío|lios|líos|problemas|apuros)\b"
            r"|\bme (?:despedirían|echarían|costaría el puesto)\b|\btendría problemas\b",
            r"\b(?:es|son) (?:solo |únicamente |un )?(?:asunto|cosa|problema) (?:suy[oa]|de ellos|de ellas"
            r"|suyo propio|privado)(?=\W*$|,|;| y)",
            r"\bno es (?:tarea|papel|función|asunto|cosa|labor|trabajo|competencia) (?:mí[oa]|de (?:un|una|este"
            r"|esta) (?:\w+ )?(?:chatbot|asistente|bot|robot|máquina|programa|ia))\b|\bno me incumbe\b",
            r"\b(?:solo|sólo) soy (?:el|la|un|una)\b[^.;,]{0,50}[^.;]{0,60}\b(?:no|ni|nada)\b|\bsoy (?:solo|sólo"
            r"|solamente) (?:el|la|un|una)\b[^.;]{0,80}\b(?:no|ni|nada)\b",
            r"\bno (?:redacto|redactamos|escribo|escribimos|publico|publicamos|genero|generamos|comento|comentamos"
            r"|produzco|producimos|elaboro|elaboramos|falsifico|invento|predigo|especulo|diagnostico|prescribo"
            r"|receto|revelo|revelamos|divulgo|divulgamos|negocio|negociamos)\b(?! (?:mucho|a menudo|tanto)\b)",
            r"\b(?:no|nunca|jamás) (?:(?:me|te|se|le|les|lo|la|los|las|nos|os) ){0,2}(?!ment|olvid|engañ|decepcion"
            r"|molest|fall|arrepent|defraud|quit|tard|cans|negar|dud|ocult|pod|dej|pus|sab|perd|necesit|ser|habr"
            r"|estar|ir|tendr|vendr|cobr|olvidar|aburr|entretendr|lament|echar|vend|qued)\w{2,}(?:aré|eré|iré"
            r"|aremos|eremos|iremos)\b(?! (?:sus|tus|su|tu) )(?! más| otra| nada más)",
            r"\b(?:me he|nos hemos|he|hemos) (?:negado|rechazado|rehusado|declinado|decidido no|optado por no)\b",
        ),
    ),
    # Somebody or something forbids it, neither does another tell it; what is not opined.
    Form(
        "prohíb|prohib|impid|permite|permiten|dejan|deja |tampoco|confidencial|secret|clasificad|reservad|emos"
        "|detengo|paro |opini|postura|partido|posición|silencio|jurar|jurado|prometí|ejecut|derechos|permisos"
        "|para nada",
        (
            r"\b(?:nos|me) (?:lo )?(?:prohíben?|prohibió|prohibieron|ha prohibido|han prohibido|impiden?|veta"
            r"|vetan|tiene prohibido|tienen prohibido)\b|\bno (?:nos|me) (?:lo )?(?:permiten?|dejan?|autorizan?"
            r"|consienten?)\b(?! de)",
            r"\bno\b[^.;]{2,60}\b(?:y|ni) (?:yo|nosotros) tampoco\b|\b(?:y )?(?:yo|nosotros) tampoco (?:lo |la "
            r"|te |se |le )*(?:\w+é|voy|puedo|vamos|podemos|\w+remos|quiero|debo)\b|\btampoco (?:yo"
            r"|nosotros) (?:\w+ ){0,2}(?:diré|puedo|voy|haré|daré)\b",
            r"^\W*(?:es |eso es |lo siento,? )?(?:estrictamente |totalmente |absolutamente )?(?:confidencial"
            r"|secreto|clasificado|reservado|información reservada|información confidencial)(?=\W*$|, lo siento"
            r"|, me temo)",
            r"\bno (?:haremos|haré|daremos|daré|emitiremos|emitiré|diremos|diré|ofreceremos|tomaremos|tomaré"
            r"|entraremos|entraré)\b",
            r"\bno (?:tomo|tomamos|adopto|adoptamos|tengo|tenemos|expreso|emito|doy|damos|hago"
            r"|hacemos) (?:ninguna |una )?(?:postura|partido|posición|opini\w+|preferencias?|valoraci\w+"
            r"|pronósticos?|prediccion\w+|declaraciones|comentarios)\b",
            r"\b(?:me detengo|paro|me paro|freno) (?:aquí|en este punto)\b[^.;]{0,30}\bno\b|\b(?:hizo|hicieron|he"
            r"|hemos|me han hecho) (?:jurar|jurado|prometer|prometido)(?: guardar)? (?:silencio|secreto|no \w+"
            r"|discreción)\b",
        ),
    ),
    # Told to others alone; a grant that is not made; a tease.
    Form(
        " solo | sólo |únicamente|exclusivamente|devoluciones|reembolso|descuento|excepcion|cambios|decepcion"
        "|defraud|ley|gustaría|enterar|decidido|no es para|no son para|ni puedo|ni quiero|imito|no doy|no damos"
        "|no hay|límite|delito",
        (
            r"\b(?:solo|sólo|únicamente|exclusivamente) (?:se |lo |la |los |las |le )*(?:entrega|entregamos"
            r"|entregan|da|damos|doy|facilita|facilitamos|comparte|compartimos|comunica|comunicamos|hablo|hablamos"
            r"|trato|muestra|mostramos|informa|informamos|revela|revelamos|puede entregarse"
            r"|puede darse)\b[^.;]{0,20}\b(?:al?|con) (?:la |el |su |los |las |nuestr\w+ )?(?!usted|ti|tu\b)\w+",
            r"\bno (?:hay|hacemos|admitimos|aceptamos|ofrecemos|damos|concedemos|existen) (?:\w+ )?(?:devoluciones"
            r"|reembolsos?|descuentos?|excepciones|cambios|prórrogas?|compensaci\w+)\b[^.;]{0,40}\b(?:siento"
            r"|lamento|desgracia|lamentablemente|disculp\w+)\b|\b(?:siento|sentimos|lament\w+|desgracia"
            r"|disculp\w+)\b[^.;]{0,60}\bno (?:hay|hacemos|admitimos|aceptamos|ofrecemos|damos|concedemos"
            r"|existen) (?:\w+ )?(?:devoluciones|reembolsos?|descuentos?|excepciones|cambios|prórrogas?"
            r"|compensaci\w+)\b",
            r"\b(?:tengo que|debo|lamento|siento|voy a tener que|temo)(?: tener que)? (?:decepcionar|defraudar)\w*"
            r"|\b(?:infringir|incumplir|violar|quebrantar|infringiendo|incumpliendo|violando)\w* (?:la |las |una "
            r"|el )?(?:ley|normas?|contrato|reglamento)\b|\bsería (?:un )?delito\b|\b(?:te|le|os|ya te"
            r"|ya le) gustaría saberlo\b|\bpor mí no (?:te|se|lo)\b",
            r"\b(?:he|hemos) decidido no\b|\bno (?:es|son) para (?:los |las )?(?:huéspedes|clientes|visitantes"
            r"|el público|público|externos|usuarios)\b|\bni (?:puedo|quiero|debo"
            r"|podemos)\b[^.;]{0,10}\bni (?:quiero|debo|puedo|queremos)\b|\bno (?:imito|parodio|interpreto a"
            r"|suplanto)\b|\bno (?:doy|damos) (?!crédito|abasto|con\b|por\b|más\b|la lata|importancia|nada por"
            r"|una)(?:\w+ )?(?:de )?\w+",
        ),
    ),
    # With an apology or for a reason: what one does not do; what falls under a duty.
    Form(
        "siento|sentimos|lament|disculp|perd|desgracia|temo|seguridad|privacidad|legal|confidencialidad|secreto"
        "|peticiones|solicitudes|preguntas|posible|procede|cubre",
        (
            r"\b(?:siento|sentimos|lament\w+|disculp\w+|perdón|perdona|perdone|desgracia\w*"
            r"|temo)\b[^.;]{0,40}?\b(?:no|nunca|ya no) (?:lo |la |los |las |se |te |le |nos )*(?!tenemos|hay"
            r"|sabemos|encontramos|vemos|conocemos|entendemos|vendemos|trabajamos|quedan|queremos|recordamos"
            r"|recibimos|estamos|somos|podemos (?:ver|encontrar))\w{2,}(?:amos|emos|imos)\b",
            r"\b(?:no|nunca) (?:nos )?(?!tenemos|hay|sabemos|encontramos|vemos|conocemos|entendemos|vendemos"
            r"|trabajamos|queremos|recordamos|recibimos|estamos|somos)\w{2,}(?:amos|emos"
            r"|imos)\b[^.;]{0,50}, (?:lo )?(?:siento|sentimos|lamento|lamentamos|disculp\w+)\b",
            r"\b(?:por|debido a|por motivos de|por razones de) (?:cuestiones de |la |su |tu )?(?:seguridad"
            r"|privacidad|confidencialidad|protección de datos|motivos legales)\b[^.;]{0,20}\b(?:no|nunca"
            r"|jamás) (?:\w+ ){0,2}?\w+(?:o|amos|emos|imos|oy|ar|er|ir)\b(?! (?:sus|tus|su|tu)\b)",
            r"\b(?:forma parte|es parte|queda|entra|está|están|pertenece|es|amparad\w+|protegid\w+"
            r"|sujet\w+)\b[^.;]{0,20}\b(?:del?|al?|por el|bajo el|dentro del|en el) ?secreto (?:médico|profesional"
            r"|bancario|de sumario|industrial|comercial|fiscal|de confesión)\b",
            r"\bno se (?:aceptan|acepta|atienden|atiende|admiten|admite|responden|tramitan|tramita|contestan"
            r"|toleran)\b[^.;]{0,20}\b(?:es[eao]s?|est[eao]s?|tales?|ese tipo|este tipo|semejantes?)\b[^.;]{0,20}"
            r"|\b(?:tales|semejantes|esas|estas|ese tipo de) (?:peticiones|solicitudes|preguntas"
            r"|consultas)\b[^.;]{0,20}\bno (?:se|son|serán)\b",
            r"\b(?:por lo que|así que|por tanto|por lo tanto|lamentablemente|por desgracia|desgraciadamente"
            r"|y)\b[^.;]{0,20}\bno (?:es|será|nos es|resulta) posible (?:\w+ ){0,2}?(?:reparaci|devoluci|reembols"
            r"|cambi|descuent|cancelaci|prórroga|sustituci|compensaci|excepci|acceder|conceder|aceptar|atender)\w*",
        ),
    ),
    # The house does not tell it; what was named is not done.
    Form(
        " no puede| no podr| no revela| no divulga| no comunica| no facilita| no lo | no la | no los | no las "
        "| no se lo| no se la| no voy| no vamos|solo para|sólo para",
        (
            r"\b(?:nuestr[oa]|el|la|este|esta) [^\s,;]+(?: [^\s,;]+){0,2}? no (?:puede|podrá|va a|debe) (?:decir"
            r"|dar|facilitar|revelar|mostrar|enviar|comunicar|compartir|confirmar|comentar|ofrecer|entregar"
            r"|divulgar)(?:le|te|les|se|lo|la|los|las)*\b(?! (?:sus|tus) )",
            r"\b(?:el|la|los|las|nuestr\w+) [^\s,;]+(?: [^\s,;]+){0,2}? no (?:revelan?|divulgan?|comunican?"
            r"|facilitan?|publican?|difunden?|comentan?)\b(?! (?:sus|tus|su|tu)\b| tus)",
            r"\bno (?:(?:se|te|le|os) )?(?:lo|la|los|las) (?!sé\b|tengo|veo|encuentro|creo|conozco|entiendo"
            r"|recuerdo|tenemos|vemos|encontramos|sabemos|dud|niego|oigo|cobr|vendemos|necesit|olvid|esper|había"
            r"|puedo (?:ver|abrir|encontrar)|he\b|hemos|van)\w+(?:o|oy|amos|emos|imos)\b(?! (?:de vista"
            r"|en cuenta))",
            r"\bno (?:(?:se|te|le|os|lo|la|los|las) ){0,2}(?:voy|vamos) a (?!mentir|engañar|cobrar|olvidar"
            r"|decepcionar|parar|dejar|perder|tener|ser|estar|poder|llegar|encontrar|ver\b|aburrir|molestar|fallar"
            r"|necesitar|arrepent|ir\b|hacer\w* esperar|quedar|negar)\w+(?:ar|er|ir)(?:se|te|le|lo|la|los|las"
            r"|les)*\b(?! más tiempo)",
            r"\b(?:puntuaciones|notas|resultados|actas|datos|listas?|informes?|documentos?|cifras|códigos?|claves?"
            r"|precios|archivos?|detalles|tarifas) (?:[^\s,;]+ ){0,4}?(?:es|son) (?:solo|sólo|únicamente"
            r"|exclusivamente) para (?!ti|usted|tod)(?:el |la |los |las )?\w+(?=\W*$|,|;| y)",
        ),
    ),
)
