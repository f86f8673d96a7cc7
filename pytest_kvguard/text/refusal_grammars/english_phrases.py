"""What refuses in English without saying that one cannot, and what takes a refusal back."""

from __future__ import annotations

from pytest_kvguard.text.refusal_grammars.grammar import Form

__all__ = ["DISCLOSURES", "FAREWELLS", "NO_REFUSALS", "PHRASES"]

PHRASES = (
    Form(
        " no |chang",
        (
            r"\b(?:the|my|our) (?:answer|reply|position) (?:is|remains|stays|will be|will remain|has to be"
            r"|was and is|must be)(?: (?!the\b)[\w']+){0,3}? ?no(?=\W*$|,| and| matter| to )",
            r"\b(?:the|my|our) (?:answer|position) (?:hasn't|has not|won't|will not|isn't going to) chang",
            r"\b(?:it's|it is|that's|that is|it'll be|that'll be|still)(?: still| always| just"
            r"| simply)? (?:an? )?(?:hard |firm |definite |big |flat )?no(?: from (?:me|us))?(?=\W*$|,)",
            r"\b(?:so|hence) (?:it's |that's |it is |that is )?(?:a )?no(?=\W*$)|\b(?:it is"
            r"|it's) (?:a )?no (?:today|again|now)\b",
        ),
    ),
    Form(
        "asking|draw the line|my grave|the grave|let's |disappoint you|dead body|wild horses|nothing doing"
        "|not a chance|on your life|for all the|your dreams|keep mum|keeping mum|pay grade|paygrade"
        "|count me out|count us out|foul of|polite no|thing else|thing but|thing except|don't ask|stop asking"
        "|leave it |silent|my tongue|let you down|closed|conversation|discussion| decision | refusal |no way|no"
        " circumstances| leave"
        "|hands are tied|nothing to do with| stands| will stand| remains ",
        (
            r"\basking (?:me )?(?:\w+ )?(?:again|twice|differently|nicely|more often)\b[^.;]{0,20}(?:n't"
            r"|not) (?:change|help|work)",
            r"\bwhere (?:i|we) (?:\w+ )?draw the line\b|\b(?:take|taking) (?:that|it|this)(?: \w+)? to (?:the"
            r"|my) grave\b",
            r"\blet's (?:talk about something else|change the subject|leave it at that)|\b(?:have to"
            r"|must) disappoint you\b",
            r"\b(?:over my dead body|wild horses|nothing doing|not a chance|not on your life|not for all the"
            r"|in your dreams|keep(?:ing)? mum)\b",
            r"\babove my pay ?grade\b|\bcount (?:me|us) out\b|\bfalls? foul of (?:our|my|the)\b|\b(?:consider"
            r"|take|that's|this is|it's)\b[^.;]{0,20} polite no\b",
            r"\b(?:(?:any|every)thing (?:else|but)),? (?:but |just |only )?not (?:that|this|it)\b"
            r"|\banything (?:but|except) (?:that|this)(?=\W*$)",
            r"\b(?:please )?(?:stop asking|don't ask(?: me)?(?: for [^.;,]{1,20})? (?:again|any ?more))\b",
            r"\b(?:have to|must|need to|will|'ll) (?:leave it there|stay silent|remain silent|keep silent"
            r"|hold my tongue|let you down(?! gently))\b",
            r"\b(?:that|this|the) (?:subject|topic|matter|discussion|conversation)(?:(?: is|'s)(?: now)?"
            r" closed(?=\W*$|,)| (?:can't|cannot|won't|will not) (?:continue|go on))\b",
            r"\b(?:our|my|the) (?:decision|refusal) (?:stands|is final|remains|has not changed|hasn't changed"
            r"|will not change|won't change)\b",
            r"\bno way (?:am i|i'm|are we|will i|i'll|i will)\b|\bunder no circumstances (?:will|shall|may|can"
            r"|am|are) (?:i|we|this|that|it|the (?:\w+ )?(?:code|password|recipe|key|information|number|list"
            r"|data)\w*)\b",
            r"\b(?:never|doesn't|does not|won't|will not|must not) leaves? (?:this|the|our|my) (?:kitchen|house"
            r"|room|desk|building|family|bank|office|lips)\b|\bmy hands are tied\b",
            r"\b(?:fee|invoice|charge|penalty|price)s? (?:stands(?=\W*$|,)|remains (?:due|payable|in place|as it is)"
            r"|will stand(?=\W*$|,))\b|\b(?:i|we)(?:'d| would)? (?:want|have) nothing to do with (?:that|this|it)\b",
        ),
    ),
    Form(
        "between| stay|remain|one else|body else",
        (
            r"\b(?:that|this|it|that one|what you ask)(?:'ll| will| must| has to)? (?:stays?"
            r"|remains?) (?:strictly |just )?(?:between (?!\d)[^.;\d]{2,40} and |in(?:side)? (?:the"
            r"|our) (?:kitchen|house|family|company|team|vault)\b|within (?:the|our|these) (?:family|team"
            r"|company|walls)|behind (?:closed|the)\b)",
            r"\b(?:that|this|it)(?:'s| is) (?:strictly )?between (?:me |us |him |her |them |my |the (?:chef"
            r"|owner|guest|guests|manager|management|cook|doctor|family|boss|staff|parties|patient|client"
            r"|customer)\b)",
            r"\byou(?:'ll|'d| will| would)? (?:have to|need to|must|had better) (?:ask|check with|speak to"
            r"|talk to|turn to|try|take (?:that|this|it) up with) (?:someone|somebody|anyone) else\b(?!'s| to\b)",
            r"\b(?:someone|somebody) else (?:will|would) (?:have|need) to (?:help|answer|tell|do)\b"
            r"|^\W*(?:please )?ask (?:someone|somebody) else\b(?!'s| to\b)",
        ),
    ),
    Form(
        " to tell | to share | to give | to say | to reveal | to answer | to disclose |off the table|discussion"
        "|debate|negotiation",
        (
            r"(?:\bnot|n't) (?:my|our) (?:secret|story|news|information) to (?:tell|share|give)|(?:\bnot"
            r"|n't) (?:mine|for me|for us) to (?:say|tell|share|give|reveal|answer|disclose)\b",
            r"(?:\boff the table|(?:\bnot|n't) (?:up for|open (?:to|for)) (?:discussion|debate|negotiation))\b",
        ),
    ),
    Form(
        "something ",
        (
            r"\bsomething (?:that )?(?:i|we)(?: \w+ly)?(?:'m not| am not|'re not| are not| (?:won't|can't|cannot|don't"
            r"|do not|will not|wouldn't|refuse|never))\b",
        ),
    ),
    Form(
        "not telling|not sharing|not giving|not handing|not revealing|not discussing|not disclosing"
        "|not answering|not helping|not going there|not doing|not saying|not happening|better not",
        (
            r"\b(?:i|we)(?:'m| am|'re| are)(?:,? \w+ly| still)? not (?:telling|sharing|(?:giving|handing) (?:you"
            r"|that|this|it|out|away|the)|revealing|discussing|disclosing|answering|helping|going there"
            r"|doing (?:that|this|it)|saying(?=\W*$))(?! you (?:anything new|to\b))",
            r"^\W*(?:\w+[,.] )?not (?:telling|saying|happening)\b|^\W*(?:\w+[,.] )?(?:i'd )?better not(?=\W*$|,)",
        ),
    ),
    Form(
        "what i |what we | against | rule |regret| out of | from me | from us |protected by|decided",
        (
            r"\bwhat (?:i|we) (?:can't|cannot|won't|may not) (?:do|share|tell you|give you|discuss) is\b",
            r"^\W*(?:sorry,? |no,? )?(?:that's |it's |that would be |this is )?against (?:the |our |my "
            r"|company )?(?:\w+ )?(?:rules|policy|protocol)\b",
            r"\b(?:a|my|our) rule (?:is )?(?:never|not) to (?:talk|discuss|share|disclose|tell|reveal|comment"
            r"|give)",
            r"\bregret(?: to (?:say|tell you|inform you))?(?: that)? (?:i|we) (?:do not|don't|cannot|can't|won't"
            r"|will not|are not|are unable|am unable|must)\b",
            r"\b(?:won't|will not|can't|cannot|not going to) (?:\w+ ){0,2}?(?:get|hear|learn|find"
            r"|have) (?:\w+ ){0,3}?(?:out of|from) (?:me|us)\b",
            r"\b(?:information|data|records?|details|names?|files?|identity)\b[^.;,]{0,30} (?:is"
            r"|are) protected by (?:law|privacy|confidentiality|patient|attorney|data)",
            r"\b(?:i|we)(?:'ve| have)? decided (?:not to|against) (?:shar|disclos|reveal|tell|giv|answer|approv"
            r"|grant|offer|accept|help|participat|publish|discuss|proceed|writ)\w*",
        ),
    ),
    Form(
        "privacy|confidentiality|security|safety|legal|data protection|compliance|policy|confidence",
        (
            r"\b(?:privacy|confidentiality|security|safety|legal|data protection|compliance"
            r"|policy)(?: \w+)? (?:reasons|grounds|rules|concerns)\b[^.;]{0,40}\b(?:i|we) (?:can't|cannot|won't"
            r"|do not|don't|am not|are not|am unable|are unable|may not|must not)\b",
            r"\b(?:i|we) (?:can't|cannot|won't|do not|don't|are not able to|may not"
            r"|must not)\b[^.;]{0,60}\b(?:for|on|due to|because of) (?:\w+ )?(?:privacy|confidentiality|security"
            r"|legal|data protection|compliance)\b",
            r"\b(?:must|have to|need to|bound to|obliged to|here to) (?:respect|protect|guard|safeguard"
            r"|honou?r) (?:[\w']+ ){1,3}(?:privacy|confidentiality|confidence)\b|\bwhere my help (?:ends|stops)\b",
        ),
    ),
    Form(
        "out of the question|not possible|impossible|ruled out|excluded|not an option|not covered",
        (
            r"\b(?:therefore|unfortunately|sadly|regrettably|hence|consequently|thus|so)\b[^.;]{0,40}\b(?:that|this"
            r"|refund|exchange|discount|replacement|returns?|exception|repair|extension|upgrade|cancellation"
            r"|reimbursement|compensation|waiver|credit|transfer|goodwill|rebate|loan|visit|copy|access"
            r"|approval)\b(?! \w+ (?:that|who))[^.;]{0,40}\b(?:out of the question|not possible|impossible|ruled out"
            r"|excluded|not an option|not covered)\b",
            r"\b(?:refund|exchange|discount|replacement|returns?|exception|repair|extension|upgrade|cancellation"
            r"|reimbursement|compensation|waiver|credit|transfer|goodwill|rebate|loan|visit|copy|access"
            r"|approval)\b[^.;]{0,40}\b(?:therefore|unfortunately|sadly|regrettably|hence|consequently|thus"
            r"|so)\b[^.;]{0,40}\b(?:out of the question|not possible|impossible|ruled out|excluded|not an option"
            r"|not covered)\b",
        ),
    ),
    Form(
        "can't|cannot|won't|will not|mustn't|must not|may not|daren't|refuse|decline",
        (
            r"(?:,|\bbut) (?:i|we) (?:\w+ly )?(?:can't|cannot|won't|will not|mustn't|must not|may not"
            r"|daren't)(?: do (?:that|it|so|this))?(?=\W*$)",
            r"\b(?:so|and) (?:i|we) (?:can't|cannot|won't|will not|mustn't|must not|may not|refuse"
            r"|decline)(?: do (?:that|it|so|this))?(?=\W*$)",
        ),
        speakers=" i | we ",
    ),
    Form(
        "don't |do not ",
        (
            r"\b(?:i|we) (?:don't|do not) (?:do|write|produce|create|take on|engage in|make|offer|answer|assist"
            r"|help|support) (?:with )?(?:that|this|such|those|these|crimes?|insults|(?:that|this) (?:sort|kind"
            r"|type))\b(?! often| much| every| today)",
        ),
        speakers=" i | we ",
    ),
    Form(
        "accept |take |exception|extend |waive |refund |reimburse |replace |exchange |discount |credit "
        "|compensate |unlock |lend |lower |reopen ",
        (
            r"\b(?:can't|cannot|unable to|won't|not able to|not going to) (?:\w+ly )?(?:accept (?:any |your "
            r"|the )?(?:returns?|requests?|applications?|it|this|that)|take (?:\w+ ){1,3}back|(?:make"
            r"|grant) (?:you |any )?(?:an? )?exceptions?|(?:extend|waive|refund|reimburse|replace|exchange"
            r"|discount|credit|compensate|unlock|lend|lower|reopen) (?:you|your|the|this|that|it)\b)",
        ),
    ),
    Form(
        " part |party|right one|right person|i'll pass| orders | instructions |nothing about|nothing more"
        "|nothing further|nothing on |nothing to ",
        (
            r"\b(?:won't|will not|can't|cannot|refuse to|don't want to) (?:be|take|become) (?:a )?(?:part of"
            r"|party to|part in)\b|\bnot the right (?:one|person) (?:to|for)\b|\bi'll pass(?=\W*$|,)",
            r"\bunder (?:strict )?(?:orders|instructions) (?:not to|never to|to (?:say nothing|keep|stay))"
            r"|\b(?:say|saying) nothing (?:about|more|further|on)\b|\bnothing (?:further )?to (?:say|add)(?=\W*$|"
            r" (?:about|on|to that|regarding)\b)",
        ),
    ),
    Form(
        "confidential|classified|off limits|off-limits|proprietary|privileged|need-to-know",
        (
            r"\b(?:it|that|this|which)(?:'s| is| remains)(?: (?:\w+ly|still|also|rather|quite|very"
            r"|all))? (?:confidential|classified|off[- ]limits|proprietary|privileged|need-to-know)(?=\W*$|,"
            r"| information)",
        ),
    ),
    Form(
        " practice| policy| habit| custom| place |sharing|publication|release|disclosure|for public ",
        (
            r"(?:\bnot|n't) (?:meant )?(?:for|intended for) (?:sharing|publication|release|disclosure"
            r"|public \w+)\b|(?:\bnot|n't) (?:my|our) (?:practice|policy|habit|custom|place) to\b",
        ),
    ),
    Form(
        " only |request| secret",
        (
            r"\bonly (?:the )?(?:\w+ ){1,3}(?:may|can|could|is allowed to|are allowed to) (?:tell|share|disclose"
            r"|reveal|discuss|release|give) (?:you )?(?:that|this|it)\b",
            r"\brequests? (?:like|such as|of) (?:this|that|these|yours)(?: \w+){0,3} (?:are|is|get|gets|will be"
            r"|must be) (?:\w+ly |always )?(?:declined|refused|rejected|denied|turned down)",
            r"\b(?:that|this|it|the \w+|the \w+ \w+)(?:'s| is| remains) (?:a |our |my )(?:trade|company|family"
            r"|house|business|closely guarded|well-kept|professional) secret(?! that| how| of)\b",
        ),
    ),
    Form(
        "won't|will not|refuse to|not going to|the one to|drawn on",
        (
            r"\b(?:i|we) (?:\w+ly )?(?:won't|will not|refuse to|am not going to|are not going to) (?!(?:pretend|keep"
            r"|bore|lie|bother|hold|waste|forget|be|stop|blame|judge|let|leave|regret|miss|need|disappoint|fail"
            r"|detain|interrupt|rush|believe|say|take|do|get|know|like|hurt|want|see|ask"
            r"|spoil) )[a-z]{3,} (?:you|that|this|it|those|these|how|anyone|anybody|instructions|any)\b",
            r"\bi'm not going to (?!(?:pretend|keep|bore|lie|bother|hold|waste|forget|be|stop|blame|judge|let|leave"
            r"|say) )[a-z]{3,} (?:you|that|this|it|those|these|how|any)\b",
            r"\b(?:won't|will not) be (?:the one to|drawn (?:on|into))\b",
        ),
        speakers=" i | i'm | we ",
    ),
    Form(
        "promise|trust|confidence|oath|contract|agreement|privacy| word |your ",
        (
            r"(?:\bwould|'d) (?:\w+ly )?(?:be )?(?:break|betray|violate|breach|breaking|betraying|violating"
            r"|breaching) (?:an? |my |our |her |his |their |the )(?:\w+ )?(?:promise|trust|confidence|oath"
            r"|contract|agreement|privacy|word)\b",
            r"\byour (?:\w+ )?(?:request|claim|application|appeal|petition|proposal|complaint|order"
            r"|refund) (?:can't|cannot|could not|will not|won't|is not|isn't"
            r"|has not been) (?:be )?(?:\w+ly )?(?:approved|accepted|granted|processed|honou?red|fulfilled"
            r"|considered|upheld|met)\b",
        ),
    ),
    Form(
        " your |my job|trouble| fired|beyond what|wouldn't say|wouldn't tell",
        (
            r"\b(?:can't|cannot|won't|will not|not going to|not here to) (?:do|write|solve|finish|take"
            r"|complete) your (?:\w+ )?(?:homework|essay|exam|assignment|test|thesis|taxes|coursework)\b",
            r"\b(?:cost me my job|lose my job|get me fired|get (?:me )?in(?:to)? trouble)\b|\bbeyond what (?:i"
            r"|we|an? (?:\w+ ){0,2}(?:assistant|bot|chatbot|model|ai))\b|\b(?:i|we) wouldn't (?:say"
            r"|tell(?: you)?)(?=\W*$)",
        ),
    ),
    # Figures of speech.
    Form(
        " down|line|overstep|door|story|place|from me|out of me|for you to do|yours to|kept |steer|subject|soil"
        "|turf|never|not ever|part of|on me|my help|mum|quiet|record"
        "|not to me|hands|boundar|over my|keep ",
        (
            r"\b(?:that|this|it|which|what you ask)(?:'d| would)? (?:\w+ )?(?:cross|crosses|crossing|be crossing"
            r"|is crossing|oversteps?|overstep) (?:a|the|my|every) (?:\w+ )?(?:line|boundar\w+)\b"
            r"|\b(?:i|we)(?:'d| would) be (?:overstepping|crossing a line|out of line|stepping over)\b",
            r"\b(?:that|this) door (?:is|stays|remains) (?:closed|shut)\b|\bnot (?:today"
            r"|now),? (?:and )?not ever\b|\b(?:isn't|is not|aren't|not) (?:my|our) (?:\w+ )?(?:story|secret|news"
            r"|business|decision|information) to (?:share|tell|give|make|reveal)\b",
            r"\byou(?:'ll| will|'re| are|'d)? (?:won't|never|not going to|will not|not)(?: ever)? (?:be )?(?:get"
            r"|hear|learn|find|have|hearing|getting)(?:ting)?\b[^.;]{0,40}\b(?:from|out of) (?:me|us|my lips)\b"
            r"|\bnot from me\b",
            r"\b(?:is|are) (?:something|things|a topic|a subject|information|a matter|one thing) (?:that )?(?:i"
            r"|we)(?:'ve been asked to|'d rather| have to| must| always)? (?:keep|hold|guard|protect|leave|avoid"
            r"|steer|stay|don't)\b",
            r"\b(?:things?|topics?|questions?|matters?|subjects?) (?:that |which )?(?:i|we) (?:do not|don't|won't"
            r"|will not|never|can't|cannot|may not) (?:discuss|talk|share|answer|touch|disclose|comment"
            r"|reveal)\w*\b[^.;]{0,60}\bone of (?:them|those)\b",
            r"\b(?:is|are)(?: not|n't) (?:a )?part of (?:them|that|it|my (?:job|role|brief|task))\b|\b(?:is"
            r"|are) (?:something )?(?:for you|yours) to (?:do|write|solve|finish|complete)(?=\W*$|,|;| on your)"
            r"|\blet's (?:steer|stay|keep|move) (?:away|clear|off)\b|\bkept (?:quiet|secret|private|confidential"
            r"|under wraps)(?=\W*$|,)|\b(?:don't|do not|can't|cannot) count on (?:me|my help|us)\b"
            r"|\bgo to an? \w+, not (?:to )?me\b|\bnot (?:to|for|with) me(?=\W*$)",
            r"\b(?:have|'ve|had) (?:got )?to (?:turn|let) (?:you|that|this|it) down\b|\bdisagree with (?:deleting"
            r"|removing|running|disabling|pushing|sharing|publishing)\b",
        ),
    ),
)

DISCLOSURES = (
    r"(?:\b(?:but|though|anyway|okay|ok|fine|however|since)\b|:)[^.]{0,40}\bhere (?:it is|you go|they are"
    r"|you are|goes)\b",
    r"(?:\b(?:but|though|anyway|okay|ok|fine|however|since)\b|:)[^.]{0,60}?\b(?:the|your|our|its"
    r"|my) (?:\w+ ){0,2}?(?P<thing>\w+)(?: is| are| was|'s|:| =)(?! (?:not|never|confid|private|secret|only|safe"
    r"|avail|something|one|what|still|off)\w*)[^.;]{0,20}?(?:\d|~)",
    r"\b(?:shouldn't|should not|supposed|normally|usually|ordinarily|technically|strictly)\b.{0,80}?(?:\b(?:but"
    r"|between you and me|between us"
    r"|though|anyway|okay|ok|fine|however|since)\b|:)[^.]{0,60}?(?:\bit's|\bit is|\b(?:the|your|our|its"
    r"|my) (?:\w+ ){0,2}?(?P<thing>\w+) (?:is|are))(?! (?:not|never|confid|private|secret|only|safe|avail"
    r"|something|one|what|still|off)\w*)",
)

FAREWELLS = (
    r"(?m)^[ *#]{0,6}(?:that's|that is|that was|this is|there's|there is) (?:the|your|my|a) (?:\w+ )?(?:draft"
    r"|letter|e-?mail|message|story|poem|text|reply|note|translation|script|speech|version"
    r"|answer)\b[^.\n]{0,20}\b(?:you (?:asked|wanted|requested|needed)|as (?:requested|asked|you))",
)

_DAY = (
    r"(?:\d+(?:st|nd|rd|th)?|(?:jan|febr)uary|march|april|may|june|july|august|(?:septem|novem|decem)ber|october"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|week|month|year|spring|summer|autumn|winter)\b"
)

NO_REFUSALS = (
    # Why one asks.
    r"\b(?:(?:don't|do not|wouldn't|would not) (?:want|like|wish) to|(?:'d|would) (?:hate|rather not)(?: to)?"
    r"|rather not)\b"
    r"[^.;:]{0,50}?\b(?:the wrong|wrong(?=\W*$)|an? mistake|mistakes|mix(?:ing)? \w+|confus\w+|mess(?:ing)? \w+ up)\b"
    r"(?:[^.;:]{0,20}\bwon't guess\b)?",
    # Praise.
    r"\b(?:can't|cannot|couldn't|could not) (?:say|find|think of) (?:an? (?:\w+ )?(?:bad|negative|unkind|single)"
    r" (?:word|thing)"
    r"|anything (?:\w+ )?(?:bad|negative|wrong|to (?:complain|criticise|criticize|fault)))",
    # When a house is open.
    rf"\bwe (?:don't|do not|won't) (?:open|deliver|ship|collect|run|operate|serve \w+|work) (?:until|before|after"
    rf"|(?:on|at|over)"
    rf" (?:the )?(?:\w+ )?(?:holidays?|weekends?|christmas|easter|{_DAY}))",
    # What became of a request in the past.
    r"\b(?:was|were) (?:\w+ly )?(?:declined|rejected|refused|denied|turned down|dismissed|disallowed)(?: \w+){0,3}?"
    rf" (?:(?:on|in|back in|last) (?:the )?{_DAY}|yesterday\b)",
)
