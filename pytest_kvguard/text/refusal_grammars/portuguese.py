"""Refusing in Portuguese."""

from __future__ import annotations

from pytest_kvguard.text.refusal_grammars.grammar import ACT, Form, RefusalGrammar, alternatives

__all__ = ["GRAMMAR"]

_CLITICS = r"(?:(?:te|lhe|lhes|vos|o|a|me|nos|se|isso) ){0,2}"
_STEM = alternatives(
    "ajud auxili assist compartilh partilh revel divulg diz cont d fornec respond fal coment discut mostr mencion"
    " escrev"
    " cri ger atend cumpr conced faz oferec confirm inform pass repass process repet entreg public transmit aprov"
    " reembols continu execut acess satisf trat abord dar aconselh"
)
_DEED = rf"{_STEM}(?:ar|er|ir|á|ê|i)(?:-\w+){{0,2}}\b"
_FEW = r"(?: [^\s,;:]+){0,4}?"

# What is done for a customer who asks for it; goods are not among it.
_SERVICE = (
    r"(?:alteraç(?:ão|ões)|mudanças?|remarcaç(?:ão|ões)|reembolsos?|cancelamentos?|devoluç(?:ão|ões)|trocas?|estornos?"
    r"|check-?out tardio|late check-?out|saídas? tardias?|prorrogaç(?:ão|ões)|descontos?|abatimentos?|exceç(?:ão|ões)"
    r"|parcelamentos?|empréstimos?|créditos?|indemnizaç(?:ão|ões)|indenizaç(?:ão|ões)|transferências? de \w+"
    r"|renovaç(?:ão"
    r"|ões)|substituiç(?:ão|ões)|reparaç(?:ão|ões)|rescis(?:ão|ões)|upgrades?|adiantamentos?|acesso a\w*|desbloqueios?)"
)

GRAMMAR = RefusalGrammar(
    forms=(
        Form(
            " não |recus|declin|confidencia|secret|sigilo| privad|contra|contrári| viola|restrit|segredo|impede|proíbe",
            (
                rf"\bnão {_CLITICS}(?:posso|podemos|poderei|poderemos|poderia|devo|devemos|vou|vamos|quero|consigo"
                rf"|irei){ACT}",
                rf"\bnão {_CLITICS}(?:direi|darei|diremos|daremos|farei|revelarei|compartilharei|ajudarei"
                rf"|responderei)\b",
                rf"\bnão {_CLITICS}(?:posso|podemos)(?: fazê-lo| fazer isso)?(?=\W*$|, )",
                r"\bnão (?:estou|sou|somos|estamos|fui)(?: \w+)? (?:autorizad|capaz|capaci|em condições|apt|habilitad"
                r"|dispost|qualificad|em posição)",
                r"\bnão (?:me|nos) é (?:permitid|possível|autorizad)|\bnão (?:me|nos) (?:permitem|permite)\b",
                r"\bnão (?:tenho|temos)(?: \w+)? (?:permissão|autorização|autoridade|direito|o direito|acesso)",
                r"\b(?:recuso-me|me recuso|nos recusamos|recusamo-nos|prefiro não|preferia não|preferimos não)\b",
                r"\b(?:devo|tenho (?:de|que)|preciso|devemos)(?: \w+)? (?:recusar|declinar"
                r"|manter[^.;]{0,40}(?:segredo|sigilo|confidencial))",
                r"\b(?:iss?[ot]|ess[ea]s?|est[ea]s?|[oa]s?|aquilo)(?: \w+){0,5}? (?:é|são) (?:\w+mente "
                r"|informação )?(?:confidencia\w+|secret\w+"
                r"|sigilos\w+|privad\w+|restrit\w+|um segredo)\b",
                r"\bnão (?:se )?(?:pode|podem|deve|devem)(?: \w+)? ?(?:ser )?(?:compartilh|revel|divulg|partilh"
                r"|fornec|inform|dit)\w+",
                r"\b(?:contra|viola\w*|contrári\w a) (?:as )?(?:minhas|nossas|nossa|a nossa|as) (?:\w+ )?(?:regras"
                r"|diretrizes|instruções|polític\w+|normas)",
                r"\b(?:regras|diretrizes|instruções|normas|políticas?)\b[^.;]{0,20}\b(?:me|nos"
                r"|não) (?:\w+ )?(?:impede\w*|permite\w*|proíbe\w*)",
                r"\b(?:receio|infelizmente|lamento|desculpe)\b[^.;]{0,30}\bnão (?:é|seja|será) possível(?=\W*$|, )",
            ),
        ),
        Form(
            "resposta| entre |outra|alguém| nem |túmulo|calad|fechada|guard|prefir|lament|cabe",
            (
                r"\b(?:a|minha|nossa) resposta (?:é|será|continua|permanece"
                r"|mantém-se)(?: [^\s,;:]+){0,3}? ?não(?=\W*$|,| e)",
                r"\bfica(?:rá)? (?:só )?entre (?:nós|mim|[oa] \w+ e (?:mim|eu))\b|\bsou um túmulo\b|\bnem pensar\b"
                r"|\bbico calado\b",
                r"\b(?:vai|terá|tem|precisa|deve|deverá)(?: de| que| ter)* (?:perguntar|pedir|falar"
                r"|consultar)(?: [^\s,;:]+){0,2} (?:outra pessoa|outr[oa]s?|alguém)\b",
                r"\b(?:guardo|guardar)(?: isso| isto)? (?:para|só para) mim\b|\bprefiro (?:calar|guardar)\w*"
                r"|\blament\w+ não poder\b|\bnão (?:me|nos) cabe\b",
            ),
        ),
    ),
    notices=(
        Form(
            " não |ninguém|margem",
            (
                r"\b(?:esta|este|nossa?) (?:\w+ )?(?:linha|canal|balcão|serviço|chat|atendimento|assistente|bot|sistema"
                r"|loja"
                r"|farmácia|departamento|agência) não (?:recebe|trata|gere|fornece|oferece|aceita|pode|responde|vende"
                r"|emite|dá)\b",
                r"\bninguém (?:além|exceto|salvo|a não ser|fora) (?:d?[oa]s? )?\w+(?: \w+)? (?:pode|tem|recebe|conhece"
                r"|vê)\b",
                r"\bnão (?:temos|tenho) (?:qualquer |nenhuma )?(?:margem|poder|discricionariedade|mandato) (?:para"
                r"|de)\b",
                r"\b(?:marcação|data|prazo|multa|valor|limite|reserva|encomenda|contrato|consulta)\b(?:"
                r" [^\s,;:]+){0,4}? não"
                r" (?:pode|podem) ser \w+d[oa]s?\b",
                r"\b(?:por isso|portanto|logo|assim) não (?:lhe |o |a )?\w+(?:remos|rei|mos)\b",
            ),
        ),
        Form(
            " não |nunca|jamais|rejeit|recus|indefer|chumb|proibid|cabe|compete|nem eu",
            (
                r"\b(?:não|nunca|jamais) (?:se |o |a |os |as )?(?:autorizamos|permitimos|aceitamos|concedemos"
                r"|reembolsamos"
                r"|emprestamos|alugamos|aprovamos|negociamos|toleramos|autorizo|permito|aceito|concedo|empresto|aprovo"
                r"|tomo partido|tomamos partido|fornecemos|damos|comunicamos|divulgamos|estimo|classifico)\b"
                r"(?! (?:cães|animais|os seus|as suas))",
                r"\b(?:não|já não) (?:pode|podem|poderá|poderão)(?: mais)? ser (?:\w+mente )?(?:alterad|modificad"
                r"|reembolsad"
                r"|devolvid|prorrogad|cancelad|transferid|aceit|concedid|autorizad|aprovad|emprestad|renovad|trocad"
                r"|mudad)\w"
                r"(?![^.;]{0,30}\bmas\b)",
                r"\b(?:não|nunca) (?:são|é) (?:\w+mente )?(?:dad|comunicad|vendid|fornecid|mostrad|entregu|revelad"
                r"|emprestad"
                r"|divulgad|reembolsad|devolvid|trocad)\w*\b(?! a terceiros)",
                r"\b(?:comité|comitê|comissão|direção|júri|conselho de \w+|equipa|equipe|departamento) (?:\w+"
                r" )?(?:rejeitou"
                r"|recusou|indeferiu|chumbou|negou) (?:o|a)? ?(?:seu|sua|teu|tua) \w+",
                r"\bproibid\w (?:pelo|pela|pelos|pelas) (?:\w+ )?(?:regulamento|lei|regras|contrato|estatuto)\w*\b",
                r"\b(?:cabe|decide|decisão|compete)\b[^.;]{0,40}, (?:e )?não (?:eu|a mim|nós|a nós)\b",
            ),
        ),
        Form(
            " não |excluíd|impossíve",
            (
                rf"\b{_SERVICE}\b(?: [^\s,;:]+){{0,6}}? (?:não (?:é|são|está|estão|será|se) (?:\w+mente )?(?:possíve"
                rf"|disponíve"
                r"|permitid|previst|admitid|autorizad|incluíd|oferec|conced|aceit|faz|realiz)\w*"
                r"|(?:é|são|está|estão) (?:excluíd|impossíve)\w+)",
                rf"\bnão (?:é|será|está|são|estão)(?: \w+mente)? (?:possíve|disponíve|permitid|autorizad|viáve)\w*"
                rf"(?: [^\s,;:]+){{0,3}}? (?:{_SERVICE}\b|(?:alter|mud|modific|cancel|reembols|devolv|troc|prorrog"
                rf"|transfer"
                r"|conced|renov|substitu|desbloque|divulg|revel|adi|estend|parcel)\w*r\b)",
                rf"\bnão (?:se )?(?:oferec|conced|aceit|faz|abr|permit|efetu|realiz|admit|prevê|fornec|dá|damos"
                rf"|inclu)\w*"
                rf"(?: [^\s,;:]+){{0,3}}? {_SERVICE}\b",
                r"\b(?:tarifa|bilhete|passage|reserva|artigo|produto|compra|contrato|assinatura|peça|preço|ingresso)\w*"
                r"(?: [^\s,;:]+){0,6}? não (?:é|são|pode ser|podem ser) (?:\w+mente |nem )?(?:reembols|alter|cancel"
                r"|transfer"
                r"|troc|modific|devolv)\w*(?![^.;]{0,30}\b(?:mas|porém)\b)",
            ),
        ),
        Form(
            "recusad|negad|rejeitad|indeferid|não foi|não pode ser|recusar|rejeitar|indeferir|decidimos não|não aprov",
            (
                r"\b(?:seu|sua|teu|tua|vosso|vossa|este|esta) (?:\w+ )?(?:pedido|solicitação|candidatura|requerimento"
                r"|reclamação|recurso|proposta|crédito|empréstimo)\b[^.;]{0,40}? (?:(?:foi|é|será) (?:\w+mente"
                r" )?(?:recusad"
                r"|negad|rejeitad|indeferid)\w|não (?:foi|pode ser|pôde ser|será) (?:aprovad|aceit|concedid"
                r"|deferid)\w*)",
                r"\b(?:temos de|temos que|devemos|obrigados a|lamentamos) (?:ter de )?(?:recusar|rejeitar|indeferir"
                r"|negar)"
                r" (?:o|a) (?:seu|sua|teu|tua) \w+|\b(?:decidimos|decidi) não \w+r\b",
            ),
        ),
        Form(
            " só |somente|apenas|exclusiv|reservad|restrit|interno|âmbito|alcance|competênc|atribuiç|sem receita"
            "|sem prescrição|contra |norma|política|divulgad|segurança|privacidade|recomend|aconselh|sigilo",
            (
                r"\b(?:só|somente|apenas|unicamente) (?:o|a|os|as|um|uma) (?:[^\s,;:]+ ){0,2}?(?:titular|proprietári"
                r"|destinatári|paciente|pais|responsáve|familiar|inquilin|gerente|administrador|moderador|funcionári"
                r"|pessoal"
                r"|polícia|juiz|tribunal|interessad|diret|médic|advogad|segurad)\w*(?: [^\s,;:]+){0,3}? (?:pode|podem"
                r"|tem"
                r"|têm|está|estão|recebe|conhece)\b",
                r"\b(?:para|de) uso (?:exclusivamente |estritamente |meramente )?interno\b|\b(?:reservad|restrit)\w+"
                r" (?:a|ao|aos|à|às|para) (?:\w+ )?(?:pessoal|moderador|administrador|titular|funcionári|dire"
                r"|autorizad)\w*",
                r"\b(?:fora|foge|extrapola|além)\w* (?:do|da|dos|das|ao|a)? ?(?:meu|minha|nosso|nossa)s?"
                r"|\bnão (?:faz parte|está) (?:das|do|da|dos|dentro d\w+) (?:minhas?|meus?|nossas?|nossos?)\b",
                r"\bnão (?:se )?(?:são |é )?(?:vend|dispens|entreg|fornec|avi)\w*[^.;,]{0,30}? sem (?:\w+ )?(?:receita"
                r"|prescrição|documento|autorização)\b",
                r"\b(?:vai|vão|seria) contra (?:as|a|os|o)? ?(?:nossas?|minhas?|nossos?|normas|regras|políticas?)",
                r"\bnão (?:\w+ )?(?:recomendo|recomendamos|aconselho|sugiro)(?: [^\s,;:]+){0,2}? (?:específic"
                r"|particular"
                r"|determinad|concret)\w+",
                r"\bpor (?:motivos|razões) de (?:segurança|privacidade|confidencialidade|sigilo)\b,? (?:dirija|contate"
                r"|contacte|consulte|peça|fale|deve|não)\w*",
            ),
        ),
    ),
    act=rf"{_FEW} {_DEED}",
    idioms=(
        r"\bnão (?:posso|podemos|poderia) (?:deixar de|evitar|senão|imaginar|acreditar)|\bnão (?:só|apenas|somente)\b",
        r"\bnão \w+ [^.;,]{0,40}\b(?:o suficiente|o bastante|suficientemente)\b",
        r"\bnão (?:compartilh|partilh|vend|divulg|revel)\w+ (?:os|as) (?:seus|suas|teus|tuas)\b",
    ),
    before=(
        r"\b(?:se|quando|caso)\b[^,;:]{0,80}",
        r"\bse\b[^.;:]{0,30}\b(?:pass|ultrapass|esquec|perd|atras|falt|venc)\w*[^;:]{0,80}",
        r"\b(?:disse|respondeu|dizia|sussurrou|escreveu|afirmou)\b.{0,80}",
    ),
    after=(r"^.{0,60}\b(?:até que|antes (?:que|de)|sem (?:o|a|seu|sua|saber|mais)|enquanto não|a menos que)\b",),
    disclosures=(
        r"(?:\b(?:mas|porém|enfim|contudo)\b|:)[^.]{0,30}\baqui (?:está|vai|tem|estão)\b",
        r"(?:\b(?:mas|porém|enfim|contudo)\b|:)[^.]{0,30}?\b(?:o|a|os|as) (?P<thing>\w+)(?: é| são"
        r"|:)[^.;]{0,20}?(?:\d|~)",
        r"\b(?:devia|deveria|devíamos|normalmente|em princípio)\b.{0,80}?(?:\b(?:mas|porém|enfim|contudo)\b"
        r"|:)[^.]{0,30}?(?:\bé\b|\b(?:o|a) (?P<thing>\w+) (?:é|são))(?! (?:não|confid|secret|sigil))",
    ),
    questions=r"\W*(?:e |mas )?(?:por que|porque|como|o que|quando|onde|quem|qual|posso|podemos|quer|não posso)\b",
    introductions=(
        r"\b(?:aqui está|eis|segue|abaixo)\b[^.\n]{0,60}\b(?:rascunho|carta|mensagem|e-?mail|história|poema|diálogo"
        r"|exemplo|tradução"
        r"|resposta|texto|modelo)\b[^.\n]{0,60}:",
        r"\bera uma vez\b",
    ),
)
