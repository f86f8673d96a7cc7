"""Refusing in English."""

from __future__ import annotations

from pytest_kvguard.text.refusal_grammars.english_dealings import DEALINGS
from pytest_kvguard.text.refusal_grammars.english_deeds import DEEDS
from pytest_kvguard.text.refusal_grammars.english_notices import NOTICES
from pytest_kvguard.text.refusal_grammars.english_outcomes import OUTCOMES
from pytest_kvguard.text.refusal_grammars.english_phrases import DISCLOSURES, FAREWELLS, NO_REFUSALS, PHRASES
from pytest_kvguard.text.refusal_grammars.english_stances import STANCES
from pytest_kvguard.text.refusal_grammars.grammar import ACT, Form, RefusalGrammar, alternatives

__all__ = ["GRAMMAR"]

_ME = r"\b(?:(?:i|we)(?:'m|'re|'ve|'ll|'d)?|this (?:assistant|bot|chatbot|service|system)(?: is)?)\b"
_ADVERB = (
    r"(?:,? (?:\w+ly|just|also|even|ever|still|too|however|though|therefore|at this time|at the moment|at present"
    r"|as an? (?:\w+ ){0,2}(?:ai|model|assistant|bot)|in good conscience|for \w+ reasons|under any circumstances"
    r"|under no circumstances|in any way|do|be able to|be allowed to|be permitted to|be|go ahead and),?){0,3}"
)
_CANNOT = alternatives(
    "can't cannot can_not cant won't wont will_not will_never can_never couldn't could_not may_not must_not mustn't"
    " shouldn't should_not shan't shall_not would_never wouldn't would_not ain't"
)
_UNABLE = (
    r"(?: am| are| remain)?(?: \w+ly)? (?:unable|unwilling|forbidden|prohibited|barred|restricted"
    r"|not (?:\w+ly )?(?:able|allowed|permitted|authori[sz]ed|entitled|at liberty|in a position|supposed|meant|willing"
    r"|prepared|going|free|cleared|equipped|designed|programmed|trained|qualified|licensed|comfortable|here|about"
    r"|inclined|empowered))(?: to| from| with| in| about)?"
)
_DISCLOSE = alternatives(
    "shar(?:e|ing) disclos(?:e|ing) reveal(?:ing)? divulg(?:e|ing) releas(?:e|ing) giv(?:e|ing)(?!_up)"
    " hand(?:ing)?_(?:out|over) pass(?:ing)?_(?:on|along) tell(?:ing)? say(?:ing)? discuss(?:ing)? repeat(?:ing)?"
    " expos(?:e|ing) publish(?:ing)? quot(?:e|ing) leak(?:ing)? mention(?:ing)? nam(?:e|ing) show(?:ing)?"
    " stat(?:e|ing) read(?:ing)?_(?:out|aloud) spell(?:ing)? (?:talk|speak|chat)(?:ing)?_(?:about|to|on"
    "|of) print(?:ing)?"
    " go(?:ing)?_into comment(?:ing)? elaborat(?:e|ing) confirm(?:ing)? translat(?:e|ing) summari[sz](?:e|ing)"
)
_HELP = alternatives(
    "help(?:ing)? assist(?:ing)? answer(?:ing)? respond(?:ing)? repl(?:y|ying) comply(?:ing)? obey(?:ing)?"
    " provid(?:e|ing) support(?:ing)? offer(?:ing)? fulfill?(?:ing)? accommodat(?:e|ing) honou?r(?:ing)?"
    " satisf(?:y|ying) grant(?:ing)? approv(?:e|ing) issu(?:e|ing) waiv(?:e|ing) refund(?:ing)? authori[sz](?:e|ing)"
    " allow(?:ing)? permit(?:ting)? advis(?:e|ing) recommend(?:ing)? diagnos(?:e|ing) prescrib(?:e|ing) writ(?:e|ing)"
    " creat(?:e|ing) generat(?:e|ing) produc(?:e|ing) compos(?:e|ing) draft(?:ing)? process(?:ing)? perform(?:ing)?"
    " execut(?:e|ing) carry(?:ing)?_out engag(?:e|ing) participat(?:e|ing) tak(?:e|ing)_part continu(?:e|ing)"
    " proceed(?:ing)? complet(?:e|ing) do(?:ing)?_(?:that|this|so|it|what|as|such|anything) agree(?:ing)?_to"
    " bypass(?:ing)? overrid(?:e|ing) ignor(?:e|ing) make_(?:that|this|it|them|an?_exception|exceptions)"
    " let_you_(?:have|see|know|in) be_(?:giving|sharing|telling|disclosing|revealing|of_(?:any_)?(?:help|assistance))"
    " walk(?:ing)?_you guid(?:e|ing)_you teach(?:ing)? explain(?:ing)?_(?:how|to_you) facilitat(?:e|ing)"
    " entertain indulge play_along go_along send(?:ing)? list(?:ing)? promise_(?:you_)?(?:that|this|it"
    "|anything)(?=\\W*$|,)"
)
_DEED = rf"(?:{_DISCLOSE}|{_HELP})\b"
_THING = alternatives(
    "information info details? data codes? passwords? passcodes? passphrases? secrets? instructions? prompts?"
    " requests? questions? contents? materials? documents? files? topics? subjects? matters? numbers? names? records?"
    " keys? rules? address(?:es)? phrases? words? pins? coupons? vouchers? discounts? recipes? answers? credentials"
    " figures? prices? terms"
)
_IT = rf"\b(?:that|this|it|they|these|those|such|(?:the|my|our|any|all|of)? ?(?:\w+ ){{0,3}}{_THING})(?: \w+){{0,2}}"
_SHARED = alternatives(
    "shared disclosed revealed divulged released given handed discussed repeated exposed published told made_public"
    " passed_on leaked provided answered fulfilled granted"
)
_POLICY = alternatives(
    "polic(?:y|ies) guidelines? rules? instructions? principles programming regulations? terms laws? training"
    " guardrails"
    " orders standards constraints restrictions code_of_conduct ethics values"
)

# What one cannot do without refusing anything: to see, to believe, to wait.
_HARMLESS = alternatives(
    "wait help believe imagine see find hear remember recall think understand figure afford stand resist stress"
    " emphasi[sz]e overstate understate thank complain fault hide stop agree deny get live read recogni[sz]e locate"
    " detect"
    " picture fathom decide choose tell say swim feel know be go lose miss contain express access browse load connect"
    " reach view watch verify open speak taste smell eat sleep predict foresee guess guarantee assure promise"
    " make keep"
    " put praise begin even argue judge rule exclude quite compare beat top do take cope claim accept describe"
    " recommend"
    " offer give let ask want have blame pretend lie wrap stay come count determine identify play draw sing attend"
    " certain sure"
)
_NEGATION = "n't|not|cant |wont | never "

GRAMMAR = RefusalGrammar(
    forms=(
        Form(
            _NEGATION + "|unable|unwilling|forbidden|prohibited|barred|restricted",
            (
                rf"{_ME}{_ADVERB} {_CANNOT}{ACT}",
                rf"{_ME}{_ADVERB}{_UNABLE}{ACT}",
                rf"\bi\b{_ADVERB} (?:can't|cannot|can not|(?:am |'m )?(?:unable|not able|not in a position)"
                rf" to){_ADVERB} (?!{_HARMLESS}\b)"
                r"[a-z]{3,}\b",
                rf"\bwe\b{_ADVERB} (?:can't|cannot|can not|are (?:unable|not able|not in a position) to){_ADVERB}"
                rf" (?!{_HARMLESS}\b)"
                r"[a-z]{3,}(?: \w+){0,2} (?:you|your|that|this|it|such|these|those|requests?)\b",
                r"\bi (?:can't|cannot|can not) \w+ (?:it|this|that|them) for you\b",
                rf"{_ME}{_ADVERB}(?: am| are)? (?:not (?:\w+ly )?(?:allowed|permitted|authori[sz]ed|entitled|at"
                rf" liberty|licensed|cleared)"
                r"|forbidden|prohibited|barred) (?:to|from)\b",
                r"\b(?:sorry|regret|unfortunately|regrettably|afraid|apologi[sz]e)\b[^.;]{0,60}\b(?:i|we)"
                rf"{_ADVERB} (?:can't|cannot|can not|are unable to|are not able to){_ADVERB}"
                rf" (?!{_HARMLESS}\b)[a-z]{{3,}}\b",
                rf"{_ME}{_ADVERB}{_UNABLE}(?: do (?:that|this|so|it))?(?=\W*$|, (?:sorry|but|i))",
                rf"{_ME}\b[^.;:]{{0,80}}\b(?:and|or|but|so) {_CANNOT}{ACT}",
                r"^(?:\W*(?:sorry|no|nope|unfortunately|oh|hm+|well|i'm sorry|i'm afraid|but)\b\W*){0,4}(?:i"
                r"|we) (?:can't|cannot"
                r"|won't|will not|must not|mustn't|may not)(?: do (?:that|this|it|so))?(?=\W*$|, (?:sorry|i'm|but))",
            ),
            speakers=" i | i'| we | we'|this ",
        ),
        Form(
            _NEGATION + "|unable|unwilling|forbidden|prohibited|barred|restricted",
            (
                r"(?:\bnot|n't) my (?:place|role|job|call) to\b",
                rf"(?:^|[,:] |- |\bsorry |\bafraid |\bunfortunately |\bbut )(?:{_CANNOT}|unable to|not (?:able|allowed"
                rf"|permitted|authori[sz]ed|at liberty|going|supposed) to|not){ACT}",
                r"\bnot (?:able|allowed|permitted|free) to (?:do (?:that|so|this)|say|tell|share)\b",
            ),
        ),
        Form(
            "don't|do not| never |haven't| no | lack",
            (
                rf"{_ME}{_ADVERB} (?:don't|do not|never) (?:\w+ly )?(?:share|disclose|reveal|divulge|discuss"
                rf"|give (?:that|this"
                r"|it|out)|hand out|talk about|comment on|do (?:that|requests like))",
                rf"{_ME}{_ADVERB} (?:(?:don't|do not) (?:\w+ly )?(?:have|hold)|haven't got|lack|have no"
                rf"|hold no)(?: the| any)?"
                r"(?: necessary| proper| required)? (?:permission|authority|authori[sz]ation|clearance|right|consent"
                r"|mandate"
                r"|license|liberty)\b",
                rf"{_ME} (?:don't|do not) (?:provide|give|offer)(?: \w+){{0,3}} (?:advice|tips|guidance|predictions"
                rf"|opinions?|recommendations?"
                rf"|{_THING})\b",
                rf"{_ME} (?:don't|do not) feel (?:\w+ )?(?:comfortable|right|able)",
                rf"{_ME} (?:don't|do not) (?:think|believe)[^,;:]{{0,40}}\b{_DEED}",
            ),
        ),
        Form(
            " decline| refuse| rejected | denied | pass| say no|draw the line|refrain| reject| deny| turn | break|"
            " violat",
            (
                rf"{_ME}(?: (?!expect|saw\b|see\b|watch|think|if\b|never\b|rarely\b|not\b)\w+){{0,5}}(?<!\b(?:i|we)"
                rf" had to) (?:decline|refuse)\b",
                rf"{_ME}(?: \w+){{0,4}} (?:have to|must|need to|going to)(?: \w+ly)? (?:pass(?=\W*$|,| on (?:(?!every"
                rf"|some|any|no)\w+ing|that"
                rf"|this|answering)\b)|say no\b(?! (?!to\b)\w)|draw the line"
                rf"|refrain"
                r"|reject|deny|turn (?:down|you|that|this|it)\b)",
                r"\brequest (?:refused|denied|declined|rejected)\b",
                rf"{_ME} (?:say no\b(?! (?!to\b)\w)|be breaking|would be breaking|would break|would violate)\b",
                r"\b(?:requests?|questions?|demands?)\b[^.;,]{0,20} (?:be|been|is|was) (?:\w+ly )?(?:declined|refused"
                r"|rejected"
                r"|denied)\b",
            ),
        ),
        Form(
            " bound | keep|rather|prefer|instructed|told|asked|directed|ordered|required|trained|programmed|designed"
            "|sworn|neither",
            (
                rf"{_ME}(?: am| are|)(?: \w+)? bound (?:by|to) (?:\w+ )?(?:confidentiality|secrecy|privacy|an? nda"
                rf"|non-disclosure"
                r"|silence)",
                rf"{_ME}(?: \w+){{0,5}} (?:keep|keeping)\b[^.;]{{0,40}}\b(?:private|secret|confidential|to (?:my"
                rf"|our)sel|under wraps|quiet)",
                rf"{_ME}(?: would)?(?: \w+ly| much)? (?:rather|prefer)(?: to)? not\b",
                rf"{_ME}(?: have| am| are| was| were)?(?: been)?(?: \w+ly)? (?:instructed|told|asked|directed|ordered"
                rf"|required"
                r"|trained|programmed|designed|sworn|bound)(?: \w+)? (?:not to|never to|to (?:keep|secrecy|silence))",
                rf"{_ME} (?:can|could|will) neither\b",
            ),
        ),
        Form(
            " only | solely ",
            (
                rf"\b(?:that|this|it|these|those|such|the|my|our|your|all) ?(?:\w+ ){{0,3}}?(?:{_THING} )?can only be"
                rf" {_SHARED} (?:with|to|by)\b",
                rf"{_ME}(?: am| are)? (?:can |may |able to )?(?:only|solely)(?: able to| here to| allowed to"
                rf"| permitted to"
                r"| designed to| meant to)? (?:help|assist|answer|discuss|talk|speak|respond|provide (?:information"
                r"|support"
                r"|answers))",
                rf"{_IT} (?:is|are) (?:reserved )?for (?:\w+ )?(?:staff|employees|internal use|members of staff"
                rf"|personnel)"
                r"(?: use)? only\b",
                r"\bonly (?:\w+ ){1,3}(?:may|can|are allowed to|are permitted to|get to) (?:know|see|access|have|view)"
                rf" (?:that|this|it|the (?:\w+ )?{_THING})\b",
            ),
        ),
        Form(
            " law|polic|guideline|rule|instruction|principle|programming|regulation|terms|training|guardrail|orders"
            "|standard"
            "|constraint|restriction|code of conduct|ethics|values",
            (
                rf"\b{_POLICY}(?: \w+){{0,2}}? (?:don't|do not|doesn't|does not|won't|will not|prevents?|forbids?"
                rf"|prohibits?"
                r"|keeps?|stops?|bars?|restricts?)(?: allow| permit| let)? (?:me|us|that|this|it|sharing|disclosing"
                r"|revealing"
                r"|such)\b",
                r"\b(?:my|our|company|hotel|store|shop|the) ?(?:\w+ )?polic(?:y|ies)\b(?: is| are)?(?: to)?"
                rf" (?:not(?: to)?|never(?: to)?) {_DEED}",
                r"\b(?:be|'s|is) (?:against|a violation of|violating|breaking|in breach of|a breach of) (?:my|our|the)"
                rf" (?:\w+ )?{_POLICY}\b(?! to (?!{_DEED}))",
                r"\b(?:against|violat\w+|contrary to|conflicts? with|breach\w*(?: of)?|break(?:s|ing)?) (?:my|our"
                r"|company|store"
                rf"|shop|hotel|bank|school) ?(?:\w+ ){{0,2}}{_POLICY}\b",
            ),
        ),
        Form(
            _NEGATION,
            (
                rf"{_IT} (?:cannot|can't|can not|may not|must not|mustn't|should not|shouldn't|won't|will not"
                rf"|will never"
                rf"|(?:is|are) not(?: allowed| supposed| meant)? to|isn't to) be (?:\w+ly )?{_SHARED}\b",
                rf"{_IT} (?:is|are)(?: not|n't) (?:\w+ly )?(?:available|accessible|open|intended|meant|visible) (?:to"
                rf"|for)"
                r" (?:customers|the public|guests|users|visitors|outsiders|clients|third parties|you|everyone"
                r"|non-\w+)",
                rf"(?:\bnot|n't) (?:something|a request|information|a question|a topic|a task|anything|a thing"
                rf"|one)(?: that"
                rf"| which)? (?:i|we)(?:'m|'re|'ll)?(?: \w+){{0,4}}? (?:{_DEED}|able|allowed|permitted|authori[sz]ed"
                rf"|willing"
                r"|comfortable|going|can\b|do\b)",
                r"(?:\bnot|n't) (?:something|a request|information|a question|a topic|a task) (?:that )?(?:i|we)"
                r" (?:can|will|could|may|do)\b",
                r"(?:\bis|\bare|'s|'re)(?: not|n't) for (?:the public|public \w+|customers|guests|outsiders|visitors"
                r"|third"
                r" parties)\b",
                r"\b(?:i'm |i am )?afraid not(?=\W*$)",
            ),
        ),
        Form(
            "confidential|classified|off limits|off-limits|proprietary|not public|not for sharing|discussion|mine to"
            "|secret"
            "|private|internal|restricted| between | with ",
            (
                r"\b(?:that|this|it|these|those|the|such|my|our)(?: [\w']+){0,5}?(?:'s| is| are| remains?| stays?|"
                r" must remain"
                r"| must stay| has to (?:stay|remain)) (?:\w+ly )?(?:confidential|classified|off[- ]limits|proprietary"
                r"|not public|not for sharing|not up for discussion|not mine to (?:share|tell|give))\b",
                rf"(?:\b(?:that|this|it|these|those)\b|\b(?:that|this|the) (?:\w+ ){{0,2}}{_THING}\b)(?:'s| is| are"
                rf"| remains?"
                r"| stays?| must remain| must stay| has to (?:stay|remain)) (?:\w+ly )?(?:a )?(?:secret|private"
                r"|internal"
                r"|restricted)(?=\W*$|,| information)",
                r"\b(?:that|this|it)(?: \w+)? (?:stays?|remains?|(?:has to|must|should|will) (?:stay"
                r"|remain)) (?:\w+ly )?"
                r"(?:between|with) (?:me|us|you)\b",
            ),
        ),
        Form(
            "appropriate| fair | wise | right | ethical|unethical| proper|improper|responsible| wrong |illegal"
            "|unlawful| law ",
            (
                r"(?:\binappropriate|(?:\bnot|n't)(?: be)? (?:appropriate|right|ethical|proper|responsible|fair"
                r"|wise)|\bwrong"
                r"|irresponsible"
                r"|unethical|improper|illegal|unlawful|against the law) (?:for|of) (?:me|us) to" + ACT,
            ),
        ),
        Form(
            "beyond|outside|out of|not within|not in ",
            (
                r"\b(?:beyond|outside|outside of|out of|not within|not in) (?:my|our|the) (?:\w+ )?(?:scope|remit"
                r"|capabilit"
                r"|expertise|purview|area of|role|competence|authority)",
                r"\b(?:beyond|outside)(?: of)? what (?:i|we)\b",
            ),
        ),
        Form(
            "possible|allowed|permitted|out of the question|going to happen| a no |forbidden|prohibited| against |an"
            " option|on the table"
            "| something ",
            (
                r"\b(?:it's|it is|is|'s) (?:not possible|impossible) for (?:me|us) to" + ACT,
                r"\b(?:that|this)(?:'s| is| would be| will be)(?: \w+ly)? (?:not possible|impossible|not allowed"
                r"|not permitted"
                r"|out of the question|not going to happen|a no\b|forbidden|prohibited)",
                r"\b(?:sorry|afraid|unfortunately|regrettably)\b[^.;]{0,30}(?:not possible|impossible|not allowed"
                r"|not permitted)(?=\W*$|,)",
                r"\b(?:sharing|disclosing|revealing|releasing|giving|handing|discussing|telling)\b[^.;,]{0,50}(?:\bis"
                r"|\bare)"
                r"(?:n't| not)? (?:\w+ly )?(?:allowed|permitted|possible|prohibited|forbidden|something|an option|on"
                r" the table|against"
                r"|off[- ]limits)",
                rf"\b(?:it is|it's) (?:not permitted|not allowed|forbidden|prohibited) to{ACT}",
            ),
        ),
        Form(
            " no |nothing|sealed|sorry|afraid",
            (
                r"\bnothing (?:that )?(?:i|we) (?:can|may|could) (?:do|share|say|tell)\b",
                r"^\W*(?:i'm |i am )?(?:sorry|afraid),? (?:but )?(?:(?:the|my) answer is )?no(?=\W*$)",
                r"\bno can do\b|\bmy lips are sealed\b|(?<!\bthere(?: is|'s) )\bno comment\b",
            ),
        ),
        *PHRASES,
        *STANCES,
        *DEEDS,
        *OUTCOMES,
    ),
    notices=(*NOTICES, *DEALINGS),
    act=rf"{_ADVERB}(?: to| from| with| in| about)? {_DEED}",
    idioms=(
        r"\b(?:confidential|private|secret|internal|restricted|hidden) (?:by default|at first|for now|initially)\b",
        r"\b(?:don't|do not|never|won't|can't) take (?:that|this|it|any of this|you|your \w+) (?:for granted|lightly"
        r"|personally)\b",
        r"\b(?:may|might|could) have to (?:decline|refuse|reject|turn down|deny|say no)\b"
        r"|\boff[- ]limits (?:to|for) (?:lorries|trucks|cars|vehicles|bikes|cyclists|swimmers|dogs|traffic|hikers|boats"
        r"|drones|children|pedestrians|horses)\b",
        r"\b(?:can't|cannot) seem to\b",
        *NO_REFUSALS,
        rf"{_CANNOT} (?:\w+ly )?(?:(?:run|execute|test|try) (?:code|it|this|that|anything|programs?"
        r"|commands?)(?: \w+)? (?:here|myself|directly)|(?:surf|search) (?:the )?(?:web|internet|online))",
        r"\b(?:won't|will not|not going to) (?:sugarcoat|mince|beat (?:about|around)|hide|waste|keep you|bore)\b",
        rf"{_CANNOT} (?:\w+ly )?help (?:but|it\b|myself|ourselves|themselves|\w+ing\b|how\b|what\b)",
        rf"{_CANNOT}(?: [^\s,;:]+){{1,8}}? enough\b",
        rf"{_CANNOT} (?:\w+ly )?(?:say|tell)(?: you)? (?:for sure|for certain|with (?:any |complete |full )?certainty"
        rf"|exactly"
        r"|precisely|no\b|what a\b|how (?:happy|glad|sorry|proud|pleased|relieved|excited|thrilled|grateful|thankful"
        r"|often|much"
        r"|many|good|great|important|sad|impressed|delighted|long))",
        rf"(?!may not|must not){_CANNOT} (?:\w+ly )?say (?:if|whether|when|which|i (?:blame|agree|mind|disagree|am"
        r"|do)|that i)\b",
        rf"{_CANNOT} (?:\w+ly )?tell (?:[\w']+ ){{0,4}}apart\b",
        rf"{_CANNOT} (?:\w+ly )?tell (?:if|whether|which|from|apart|the difference|them apart|what's)\b",
        rf"(?:{_CANNOT}|don't|do not|never) (?:ever )?(?:tell|say)(?: a word| anything)?(?: to)? (?:anyone|anybody"
        rf"|a soul)\b",
        r"(?:won't|will not|will never|never|don't|do not|would never) (?:ever )?(?:share|sell|disclose|give|use|pass"
        r"|reveal|hand"
        r"|publish)(?: out| on| away)? (?:any of )?your\b",
        r"\b(?:refuse|refuses) to (?:believe|give up|accept|let|be)\b",
        r"\b(?:don't|do not) mind (?:telling|sharing|saying|helping|answering)\b",
        rf"{_CANNOT} (?:do|get|manage) (?:it|this|that) (?:alone|without you|by myself)",
        rf"{_CANNOT} (?:recommend|offer|ask for|give|say|show)(?: you)? (?:a better|anything better|a nicer|better)",
        r"\b(?:wouldn't|would (?:not|never)|shouldn't|should not) (?:\w+ly )?(?:say(?!\W*$)|recommend|advise|call"
        r"|do)\b|\btell a lie\b",
        rf"{_CANNOT} (?:\w+ly )?(?:give|provide|offer|quote|state|name|tell|say|promise)(?: you)? (?:an? |the "
        rf"|any )?(?:exact|precise|definite"
        r"|definitive|guaranteed|firm)\b",
        r"\bconfidential (?:who|how|what|whether)\b|\bnot only\b|\bnot just\b|\b(?:will never|won't|will not|never"
        r"|don't) (?:sell|charge|spam|judge)\b",
        rf"{_CANNOT} \w+ (?:you )?(?:every|all|each)\b[^.;]{{0,40}}, (?:just|only|but)\b",
    ),
    before=(
        r"\bwithout (?!(?:an? |the |your |any )?(?:valid|photo) id\b)(?!(?:an? |the |your |any )?(?:\w+"
        r" )?(?:permission|authori\w+|consent|approval|warrant|court"
        r"|mandate|clearance|supervisor\w*|manager\w*|prescription|agreement|receipt|proof"
        r"|invoice))(?:(?!(?:would|will|could|is|was|costs?)\b)[^\s.;:,]+,? ){1,4}$|\bwithout (?:your"
        r"|a (?!valid id|photo id)(?:\w+ )?(?:number|date|name|photo|address|id|file|link)"
        r"|an? (?:order|booking|customer|account|serial|tracking) (?:number|id|code)|knowing|seeing"
        r"|more (?:details|information)|further)\b[^.;:]{0,50}",
        r"(?:^|[,;.] )(?:had|were|should) ",
        r"\b(?:if|whenever|when|in case|suppose|imagine|pretend|unless|so that|lest)\b[^,;:]{0,80}",
        r"\b(?:he|she|they|who|(?:the|a|an|his|her|their) \w+) (?:\w+ )?(?:said|says|told|tells|replied|answered"
        r"|wrote|whispered"
        r"|thought|claim(?:s|ed)|explained|asked|shouted|cried)\b.{0,80}",
        r"\b(?:yesterday|earlier|at first|last \w+|back then)\b.{0,40}",
        r"\b(?:if|when|once|should) [^.;:]{0,30}\b(?:miss|exceed|fail|forget|late|lose|break|violate|overstay|delay"
        r"|missing"
        r"|incomplete)\b[^;:]{0,80}",
        r"\b(?:conditions|terms|rules|small print) (?:say|state|specify)s?\b.{0,60}",
        r"\b(?:you(?:'re| are)|(?:he|she|nobody|everyone|no one)(?: is|'s| was)|(?:they|employees|staff|students"
        r"|guests|customers"
        r"|users|visitors|members|children|people|drivers|tenants|volunteers|residents|players|patients|parents"
        r"|teachers)(?: are|'re| were))(?: \w+)? ",
        r"\b(?:mean|means|meaning|phrases?|sentences?|words?) (?:that )?",
    ),
    after=(
        r"^.{0,80}\b(?:until (?:you|i|we|your|it)\b|unless you (?:tell|give|send|provide|share|let|confirm|show)"
        r"|before (?:you|i|we) (?:have|tell|give|send|see|know|receive)|without (?:your|more|knowing|seeing|further)\b"
        r"|without (?:a|an|the) (?:\w+ ){0,2}(?:number|date|name|receipt|photo|address|id|file|link|text|document)\b)",
        r"^.{0,60}\b(?:once|if|when|as soon as|after) (?:you|i|we|your) (?:have|send|give|tell|provide|share|know"
        r"|log)\b",
        r"^.{0,60}\b(?:since|as|because) you (?:asked|told|wanted) (?:me |us )?not to\b",
        r"^[^,;]{0,40}\b(?:yesterday|earlier|last \w+)\b",
    ),
    disclosures=DISCLOSURES,
    questions=(
        r"\W*(?:so |but |and |well,? )?(?:why|what|how|when|where|who|which|do|does|did|is|are|can|can't|could"
        r"|couldn't|would|should"
        r"|am|have|has|may|cannot|won't|isn't|aren't)\b"
    ),
    introductions=(
        r"\b(?:here|below|this)(?:'s| is| are)\b[^.\n]{0,60}\b(?:draft|letter|e-?mail|message|story|poem|dialogue"
        r"|script|template"
        r"|translation|reply|response|text|example|note|speech|scene|joke|lyrics|version)s?\b[^.\n]{0,60}:",
        r"\bonce upon a time\b",
        r"(?m)^[ *#]{0,6}(?:subject|title): ",
    ),
    farewells=FAREWELLS,
)
