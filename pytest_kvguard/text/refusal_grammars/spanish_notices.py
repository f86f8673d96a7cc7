"""How a house gives notice in Spanish that it declines: what is not to be had, what was turned down, who alone may."""

from __future__ import annotations

from pytest_kvguard.text.refusal_grammars.grammar import Form, alternatives

__all__ = ["NOTICES"]

# What is done for a customer who asks for it; goods are not among it: "no está disponible en rojo" declines nothing.
_SERVICE = alternatives(
    "cambios? modificaci(?:ón|ones) devoluci(?:ón|ones) reembolsos? cancelaci(?:ón|ones) anulaci(?:ón|ones)"
    " rescisi(?:ón"
    "|ones) salidas?_(?:tardías?|anticipadas?) entradas?_anticipadas? late_check-?out check-?out_tardío"
    " check-?in_anticipado llegadas?_anticipadas? transferencias?_de_\\w+ cesi(?:ón|ones) prórrogas? ampliaci(?:ón"
    "|ones)"
    " extensi(?:ón|ones) descuentos? rebajas? bonificaci(?:ón|ones) compensaci(?:ón|ones) indemnizaci(?:ón|ones)"
    " excepci(?:ón|ones) aplazamientos? fraccionamientos? pagos?_(?:a_plazos|fraccionados?|en_efectivo) préstamos?"
    " créditos? hipotecas? anticipos? renovaci(?:ón|ones) sustituci(?:ón|ones) reparaci(?:ón|ones) reserva_de_\\w+"
    " ajustes?_de_precio revisi(?:ón|ones) bajas? altas? reventa acceso_a_\\w+ consultas?_de_\\w+ condonaci(?:ón|ones)"
    " exenci(?:ón|ones) suplementos? divulgaci(?:ón|ones) permutas? retirada_de_\\w+ desbloqueos?"
)
_TO_DO = (
    r"(?:cambiar|modificar|devolver|reembolsar|cancelar|anular|prorrogar|ampliar|extender|aplicar|conceder|aplazar"
    r"|fraccionar|renovar|sustituir|reparar|transferir|ceder|facilitar|divulgar|revelar|proporcionar|compartir|dar"
    r"|desbloquear|eliminar|borrar|saltarse|omitir|rebajar|otorgar|autorizar|aprobar|tramitar|atender|aceptar|acceder"
    r"|canjear|entregar|suministrar|comunicar|admitir|alterar|adelantar|retrasar)\w{0,6}\b"
)
_SOLD = (
    r"(?:tarifas?|billetes?|entradas?|boletos?|pasajes?|reservas?|pedidos?|artículos?|productos?|prendas?|compras?"
    r"|depósitos?|fianzas?|tasas?|pagos?|importes?|cuotas?|contratos?|suscripci(?:ón|ones)|abonos?|planes|plan|vales?"
    r"|cupones|cupón|tarjetas? regalo|facturas?|nombres?|fechas?|plazos?|multas?|notas?|descargas?|licencias?"
    r"|garantías?|ofertas?|promoci(?:ón|ones)|contenidos?|póliza|política|calzado|precios?|decisi(?:ón|ones))"
)
_ASKED = (
    r"(?:solicitud(?:es)?|petici(?:ón|ones)|recursos?|reclamaci(?:ón|ones)|reclamos?|candidaturas?|quejas?|instancias?"
    r"|propuestas?|demandas?|apelaci(?:ón|ones)|pedidos?|préstamos?|reembolsos?|postulaci(?:ón|ones))"
)
_REJECTED = (
    r"(?:rechazad|denegad|desestimad|declinad|negad|descartad)[oa]s?|no (?:ha|han|fue|fueron|puede|pueden|será|serán)"
    r"(?: podido| sido| ser)* (?:aceptad|aprobad|concedid|admitid|estimad|atendid|autorizad|seleccionad)[oa]s?"
)
# A term of sale with a way out declines nothing unless it is regretted.
_FINALLY = (
    r"(?:(?![^.;]{0,30}\b(?:pero|aunque|sino|en cambio)\b)"
    r"|(?<=\b(?:siento|sentimos|lament\w+|desgracia\w*|disculp\w+|desafortunadamente)\b[^.;]{0,160}))"
)
_INSIDERS = (
    r"(?:titular(?:es)?|propietari[oa]s?|destinatari[oa]s?|pacientes?|padres|tutor(?:es)?|familiares|inquilin[oa]s?"
    r"|gerentes?|encargad[oa]s?|responsables?|director\w*|administrador\w*|moderador\w*|editor\w*|personal"
    r"|emplead[oa]s?"
    r"|policía|juez|jueces|tribunal|juzgado|interesad[oa]s?|autorizad[oa]s?|asegurad[oa]s?|dirección|recursos humanos"
    r"|médic[oa]s?|abogad[oa]s?|usuari[oa]s? (?:registrad|autorizad)[oa]s?|residentes?|apoderad[oa]s?|afectad[oa]s?"
    r"|propi[oa] \w+|cuentahabientes?|representantes? legal(?:es)?|supervisor\w*)"
)

NOTICES = (
    # What is asked for is not to be had.
    Form(
        " no ",
        (
            rf"\b{_SERVICE}\b(?: [^\s,;:]+){{0,7}}? no (?:(?:\w+ )?(?:está|están|es|son|será|serán|resulta|queda"
            rf"|quedan)"
            r"(?: \w+mente)? (?:disponibles?|posibles?|permitid[oa]s?|admitid[oa]s?|incluid[oa]s?|contemplad[oa]s?"
            r"|previst[oa]s?|viables?|autorizad[oa]s?|aceptad[oa]s?|cubiert[oa]s?)|se (?:admiten?|aceptan?|permiten?"
            r"|ofrecen?|conceden?|realizan?|contemplan?|hacen?|aplican?|puede|pueden)|procede|proceden|cabe)\b",
            rf"\bno (?!hace falta|hay que)(?:se )?(?:admit|acept|permit|ofrec|conced|realiz|contempl|hac|aplic|otorg"
            rf"|prev|inclu|cubr|autoriz"
            rf"|d)\w*(?: [^\s,;:]+){{0,3}}? {_SERVICE}\b",
            rf"\bno (?:(?:\w+ )?(?:está|están|es|son|será|serán|resulta|me es|nos es))(?: \w+mente)? (?:disponibles?"
            rf"|posibles?|permitid[oa]s?|admitid[oa]s?|viables?|factibles?|autorizad[oa]s?)(?: [^\s,;:]+){{0,3}}?"
            rf" (?:{_SERVICE}\b|{_TO_DO})",
            rf"\bno (?:procede|cabe|corresponde|ha lugar a)(?: [^\s,;:]+){{0,3}}? {_SERVICE}\b"
            rf"|\bno se (?:puede|pueden|podrá|podrán) (?:\w+ )?(?:{_TO_DO}) (?:el|la|los|las|su|sus|tu|tus|un|una"
            rf"|es[eao]"
            rf"|est[eao]|este tipo|descuentos?|reembolsos?) ?(?:{_SOLD}|{_SERVICE}|{_ASKED}|información|datos?"
            rf"|acceso)?",
            rf"\b{_TO_DO} (?:[^\s,;:]+ ){{1,4}}?no es posible\b",
            r"\bno hay (?:forma|manera|modo|posibilidad|opción) (?:alguna )?de (?:que )?(?!saber|ver|comprobar"
            r"|verificar"
            r"|conocer|predecir)\w+",
        ),
    ),
    # Sold without a way back.
    Form(
        " no |reembolsable|cambiable|excluid|sin derecho|ni cambi|ni devol|ni reembols",
        (
            rf"\b{_SOLD}\b(?: [^\s,;:]+){{0,6}}? (?:no (?:es|son|era|eran|será|serán) (?:ni )?(?:reembolsable|cambiable"
            r"|modificable|cancelable|transferible|retornable|negociable|canjeable|prorrogable)s?"
            r"|(?:está|están|queda|quedan) excluid[oa]s? de)\b" + _FINALLY,
            rf"\b{_SOLD}\b(?: [^\s,;:]+){{0,6}}? no (?:admit|acept|permit|contempl|inclu|prev|conced|d|tien|cubr)\w*"
            rf"(?: [^\s,;:]+){{0,4}}? {_SERVICE}\b",
            rf"\b{_SOLD}\b(?: [^\s,;:]+){{0,6}}? no (?:se )?(?:puede|pueden|podrá|podrán) (?:ser )?(?:reembols|devol"
            rf"|devuel"
            r"|cambi|modific|cancel|anul|transfer|prorrog|ampli|aplaz|canje|condon|rebaj|alter)\w+" + _FINALLY,
        ),
        speakers="tarifa|billete|entrada|boleto|pasaje|reserva|pedido|artículo|producto|prenda|compra|depósito|fianza"
        "|tasa|pago|importe|cuota|contrato|suscrip|abono|plan|vale|cupon|cupón|tarjeta|factura|nombre|fecha|plazo|multa"
        "|nota|descarga|licencia|garantía|oferta|promoci|contenido|póliza|política|calzado|precio|decisi",
    ),
    # What was applied for is turned down.
    Form(
        "rechaz|deneg|desestim|declin|negad|descartad|aceptad|aprobad|concedid|admitid|estimad|atendid|autorizad"
        "|seleccionad|conceder|decidido no|no seguir|resuelto|optado|acordado|dar curso|no acceder|decid",
        (
            rf"\b(?:su|tu|esta|este|dicha|sus|vuestra) (?:\w+ )?{_ASKED}\b(?! de los\b)[^.;]{{0,50}}?"
            rf" (?:(?:ha|han) sido (?:\w+mente )?|fue (?:\w+mente )?|queda |está |será |es )?(?:{_REJECTED})\b"
            r"(?! por (?:el|su|tu) (?:banco|tribunal|juez|juzgado|seguro))",
            rf"\b(?:tener que|debemos|debo|tenemos que|hemos de|tengo que|obligados? a|decidido|vemos obligad\w+ a)"
            rf" (?:\w+ )?(?:rechazar|denegar|desestimar|declinar)(?: [^\s,;:]+){{0,2}}? {_ASKED}\b"
            rf"|\b(?:rechazamos|denegamos|desestimamos|declinamos) (?:\w+ )?(?:su|tu|la|esta) (?:\w+ )?{_ASKED}\b",
            r"\b(?:hemos|he|ha|se ha) (?:\w+ )?(?:decidido|resuelto|optado por|acordado) no (?:\w+ )?(?:conceder"
            r"|aprobar"
            r"|ampliar|aumentar|modificar|devolver|atender|reembolsar|acceder|prorrogar|anular|aplazar"
            r"|aceptar|seguir|continuar|otorgar|autorizar|renovar|contratar|avanzar|admitir|publicar)\w*\b"
            rf"|\bno (?:podemos|puedo|se puede) (?:dar curso|acceder|dar trámite) a (?:su|tu|la|esta) {_ASKED}\b",
        ),
    ),
    # Who alone may have it or do it.
    Form(
        " solo |solo el|solo la|solo los| sólo |únicamente|exclusiv|reservad|restringid|limitad|solamente|corresponde",
        (
            rf"\b(?:solo|sólo|solamente|únicamente|exclusivamente) (?:el|la|los|las|un|una|su|nuestr\w+) (?:[^\s,;:]+ )"
            rf"{{0,2}}?{_INSIDERS}(?: [^\s,;:]+){{0,5}}? (?:puede|pueden|tiene|tienen|está|están|podrá|podrán|recibe"
            rf"|reciben"
            r"|conoce|conocen|debe|deben|ve|ven)\b[^.;]{0,40}?\b(?:recibir|recoger|ver|solicitar|pedir|cambiar"
            r"|modificar"
            r"|tener|conocer|saber|consultar|acceder|autorizar|firmar|cancelar|obtener|borrar|eliminar|editar|aprobar"
            r"|acceso|autorizad\w+|facultad\w+|derecho|la clave|el código|copia|hacer|decidir|levantar|conceder|entrar"
            r"|abrir|dar)\w*\b(?![^.;]{0,60}\b(?:como usted|puesto que usted|y usted|como tú|ya que usted lo)\b)",
            rf"\b(?:está|están|queda|quedan|es|son) (?:\w+mente )?(?:reservad|restringid|limitad|destinad)[oa]s?"
            rf"(?: únicamente| exclusivamente| solo)? (?:a|al|para) (?:el |la |los |las )?(?:[^\s,;:]+ ){{0,2}}?"
            rf"{_INSIDERS}\b(?![^.;]{{0,60}}\bcomo usted\b)",
        ),
    ),
    # Nothing without a paper; no advice on the single case; for a reason, ask somebody else.
    Form(
        "sin receta|sin prescripción|sin orden|sin autorización|sin justificante|sin identificación|sin documento"
        "|recomiend|recomend|acons|suger|motivos|razones|por seguridad|por privacidad|confidencialidad",
        (
            r"\bno (?:se )?(?:\w+ ){0,2}?(?:dispens|vend|suministr|entreg|despach|expend|facilit|proporcion|sirv|d"
            r"|alquil)"
            r"\w*\b[^.;,]{0,40}? sin (?:la |una? )?(?:\w+ )?(?:receta|prescripción|orden|autorización|justificante"
            r"|identificación|documento\w*)\b|\bsin (?:receta|prescripción|orden \w+|autorización \w*)\b[^.;]{0,20} no"
            r" (?:se |le |lo |la |los |las )*(?:\w+ )?(?:dispens|vend|suministr|entreg|despach|expend|pued|pod)\w*",
            r"\bno (?:\w+ )?(?:recomiendo|recomendamos|aconsejo|aconsejamos|sugiero|sugerimos|avalo|valoro)(?:"
            r" ningun\w*)?"
            r"(?: [^\s,;:]+){0,2}? (?:concret|específic|particular|individual|determinad)\w+",
            r"\bpor (?:motivos|razones|cuestiones)? ?(?:de )?(?:\w+ )?(?:seguridad|privacidad|confidencialidad"
            r"|protección"
            r" de datos)(?: \w+)?,? (?:por favor,? )?(?:dirija|diríja|consulte|pregunte|acuda|contacte|póngase|debe"
            r"|tiene"
            r" que|deberá|le ruego|le rogamos|remít)\w*\b(?! conmigo| con nosotros)",
        ),
    ),
    # A practice, a deed that is put first, what is denied the speaker; not told to anybody.
    Form(
        "apropiad|correct|étic|adecuad|prudent|responsabl|profesional|justo|oportun|norma|costumbre|principio|política"
        "|pronóstico|opini|consejo|diagnóstico|recomendaci|predicci|divulg|revel"
        "|difund|facilitar|comunicar|publicar|compart|incapa|límite|línea",
        (
            r"\b(?:por|como) (?:norma|costumbre|principio|política)(?: general)?,? no \w+"
            r"|\b(?:nuestra|mi|la) (?:norma|costumbre|política|práctica) (?:es|consiste en) no \w+",
            r"\b(?:pronósticos?|opiniones|opinión|consejos?|diagnósticos?|recomendaciones|predicciones|datos|nombres"
            r"|detalles)(?: [^\s,;:]+){0,3}? no (?:se )?(?:doy|damos|hago|hacemos|emito|ofrezco|facilito|facilitamos"
            r"|dan"
            r"|hacen|facilitan)\b",
            r"(?<!\b(?:sus|tus) datos[^.;]{0,40})\bno (?:se )?(?:puede|pueden|debe|deben|podrá|podrán) (?:ser"
            r" )?(?:divulg"
            r"|revel|difund|facilit|comunic|public|compart|desvel)\w+(?! a terceros sin)",
            r"\bno (?:es|sería|parece|veo|considero|resulta)(?: \w+)? (?:apropiad|correct|étic|adecuad|prudent"
            r"|responsabl"
            r"|profesional|justo|procedent|oportun)\w* (?:que (?:yo|nosotros)\b|(?:por|de) (?:mi|nuestra) parte)",
            r"\b(?:línea|límite) que no (?:cruzo|cruzamos|voy a cruzar|cruzaré|paso|traspaso)\b",
        ),
    ),
    # To whom alone it is given; where it stays.
    Form(
        "únicamente a|exclusivamente a|solamente a|solo a|sólo a|no sale|no salen|no saldrá|se queda|permanece"
        "|quedan en|quedan dentro",
        (
            r"(?<!\b(?:paquete|pedido|envío|carta|tarjeta|premio|llave)s?\b[^.;]{0,40})\bse (?:entregan?|dan?"
            r"|facilitan?|comunican?"
            r"|revelan?|envían?|muestran?|proporcionan?|remiten?|informa) (?:únicamente|exclusivamente|solamente"
            r"|solo|sólo) (?:al?|a la"
            r"|a los|a las) (?!usted|ti\b|quien|partir|domicilio|través|las \d)\w+",
            r"\bno (?:sale|salen|saldrán?) de (?:aquí|est[ae] (?:oficina|casa|sala|consulta|despacho|clínica"
            r"|empresa)|mi boca|nuestra"
            r" (?:cocina|oficina|consulta|casa|empresa|clínica))\b|\bde (?:aquí|(?:esta|nuestra|la|mi) (?:oficina"
            r"|casa|consulta|boca|cocina"
            r"|clínica|empresa)) no (?:sale|salen|saldrán?)\b",
            r"(?<!\b(?:sus?|tus?) )\b(?:dato|información|nombre|número|receta|detalle|secreto|identidad|dirección"
            r"|motivo|sueldo)s?\b"
            r"[^.;,]{0,30} (?:se )?(?:quedan?|permanecen?) (?:en|dentro de|entre|con) (?:la |el |nuestr\w+"
            r" )?(?:recepción|casa|oficina"
            r"|despacho|consulta|cocina|familia|equipo|empresa|dirección|nosotros|clínica)\b",
        ),
    ),
    # The formula of a refusal; what is left as it is by law; what is asked for as it was agreed.
    Form(
        "se deniega|se desestima|se inadmite|no ha lugar|no procede|dejo|mantengo|conservo|rogamos|ruego|pedimos"
        "|sin receta|sin prescripción"
        "|haré declaraciones|hace declaraciones|hará declaraciones|hacemos declaraciones",
        (
            r"\bse (?:deniega|desestima|inadmite)n? (?:el|la|los|las|su|sus|lo|dicha|dicho) (?:\w+ )?(?:solicitud"
            r"|petición|copia|recurso"
            r"|acceso|reclamación|ampliación|devolución|licencia|permiso|prórroga|solicitad[oa]s?|\w+"
            r" solicitad[oa]s?)\b"
            r"(?!,? (?:si|cuando)\b)|\bno ha lugar a(?:l)? \w+",
            r"\b(?:deben?|obliga\w*|ley|normativa|norma|plazo legal)\b[^.;]{0,70}\bl[oa]s? (?:dejo|mantengo"
            r"|conservo) (?:tal|como|en su"
            r"|intact|donde)",
            r"\b(?:completo|llen[oa]|ocupad[oa])\b[^.;]{0,60}\b(?:rogamos|ruego|pedimos|pido)\b[^.;]{0,60}\bcomo"
            r" (?:estaba|está|había|se)"
            r" \w+",
            r"\bsin (?:la |una )?(?:receta|prescripción)(?: médica)?\b,?[^.;,]{0,50} no (?:se |le |lo |la |los |las"
            r" )*(?:dispens|vend|suministr"
            r"|entreg|despach|expend)\w*",
            r"\bno (?:haré|hará|hace|hacemos|haremos) (?:\w+ )?declaraciones\b",
        ),
    ),
    # The same in other words; what goes no such way; what stands; who says nothing.
    Form(
        "informamos|informo|entregamos|entrego|facilitamos|facilito|respondemos|aquí dentro|en nuestra|en esta"
        "|se mantiene|mantenemos|mantengo|no se mand|no se env|no se da|no se compart|no se pas|no se comun"
        "|no se facilit|no se acced|no se toc|no se borr|no se modif|no se alter|sido posible|no ampli|no"
        " aument|no rebaj|no modific"
        "|no aplaz|no prorrog|no reduc|no comenta|no valora|no hará|no hace|no se pronuncia|recursos humanos",
        (
            rf"\b(?:solo|sólo|únicamente|solamente) (?:informamos|informo|entregamos|entrego|facilitamos|facilito"
            rf"|respondemos) (?:\w+ ){{0,3}}?"
            rf"al? (?:la |los |las )?{_INSIDERS}\b|^\W*solo (?:informamos|facilitamos|entregamos)\b[^.;]{{0,30}}"
            rf" al? (?:la |los |las )?"
            rf"{_INSIDERS}\b",
            r"\b(?:eso|esto|lo que [^.;,]{2,30}|quién [^.;,]{2,30}) se queda (?:aquí dentro|en recursos humanos|en"
            r" (?:esta|nuestra) (?:casa"
            r"|oficina|consulta|empresa))\b",
            r"\b(?:penalización|multa|decisión|sanción|recargo|negativa|denegación) se mantiene(?=\W*$|,| en sus)"
            r"|\b(?:mantenemos|mantengo)"
            r" (?:nuestra|mi|la) (?:decisión|negativa|denegación)\b",
            r"(?<!\btus? )(?<!\bsus? )\b(?:contraseñas?|claves?|códigos?|datos|credenciales|nombres)(?:"
            r" [^\s,;:]+){0,4}? no se (?:mandan?|envían?"
            r"|dan?|comparten?|pasan?|comunican?|facilitan?) (?:nunca )?por (?:el |este )?(?:chat|teléfono|correo"
            r"|mensaje|whatsapp)\b",
            r"\bno (?:ha|han) sido posible (?:conceder|atender|aceptar|aprobar|acceder a|autorizar)\w*|\bno se"
            r" accede a (?:lo (?:solicitado"
            r"|pedido)|(?:su|la) (?:solicitud|petición|prórroga|devolución))\b",
            r"\bno (?:ampliamos|aumentamos|rebajamos|modificamos|aplazamos|prorrogamos|reducimos) (?:su|tu)"
            r" (?:límite|crédito|nota|tarifa|plazo|reserva|tipo|multa|préstamo|contrato|billete|sueldo|salario)\b",
            r"\b(?:centro|dirección|colegio|hotel|empresa|juzgado|tribunal|ayuntamiento|oficina|banco|gabinete) no"
            r" (?:comenta|valora|hace"
            r"|hará|se pronuncia)\b[^.;]{0,20}\b(?:casos|declaraciones|valoraciones|comentarios|al respecto)\b",
            r"\b(?:registros|actas|notas|expedientes|logs) no se (?:tocan|borran|modifican|alteran)(?=\W*$|,)",
        ),
    ),
    # How an authority says it: conditions that are not met, decisions that are confirmed, what there is no right to.
    Form(
        "desestimad|denegad|no cumple|no reúne|no tiene derecho|no hay derecho|no está abiert|no la modifica|no lo"
        " modifica|ratifi"
        "|se archiva|solo la |solo las |solo los |solo lo |no hay imágenes|no hay copia|no hay acceso",
        (
            r"\bqueda(?:n)? (?:desestimad|denegad)[oa]s? (?:el|la|los|las|su) \w+",
            r"\bsu (?:solicitud|petición|caso|candidatura|expediente|reclamación|perfil) no (?:cumple|reúne) (?:con"
            r" )?(?:los|las|todos)\b",
            r"\bno (?:tiene|hay|existe|le asiste) (?:\w+ )?derecho (?:alguno )?a (?:una? |la )?(?:compensación"
            r"|devolución|reembolso|indemnización"
            r"|cambio|reparación|rebaja|descuento)\b(?!,? (?:si|cuando)\b)",
            r"\b(?:expediente|archivo|acta|sumario|registro)s? no (?:está|están) abiert[oa]s? a\b|\b(?:secretaría"
            r"|dirección|oficina|tribunal)"
            r" no l[oa]s? (?:modifica|cambia|altera|facilita|entrega)\b",
            r"\b(?:ratificamos|confirmamos|se ratifica|se confirma) (?:la|nuestra|esta) (?:resolución|denegación"
            r"|sanción|calificación|negativa)\b",
            r"\b(?:queja|reclamación|solicitud|petición|denuncia)\b[^.;]{0,20} se archiva(?:rá)? sin\b",
            r"\b(?:grabaciones|imágenes|datos|actas|registros|expedientes)\b[^.;]{0,10} (?:solo|sólo|únicamente)"
            r" l[oa]s (?:ven?|tienen?|recibe"
            r"|reciben|consulta|consultan) (?:el|la|los|las) \w+|\bsin (?:una )?(?:orden judicial|autorización"
            r" judicial)[^.;]{0,10} no hay\b",
        ),
    ),
)
