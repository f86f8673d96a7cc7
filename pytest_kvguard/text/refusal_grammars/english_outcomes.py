"""What became of a request in English: rejected, forbidden by somebody, told to others alone."""

from __future__ import annotations

from pytest_kvguard.text.refusal_grammars.grammar import Form

__all__ = ["OUTCOMES"]

OUTCOMES = (
    # What others decided, whom it concerns, how it is kept.
    Form(
        "advised|told|counsel|asked|instructed|ordered|requested|treat|handle|consider|kept|keep|business|concern"
        "|trouble|decide|judge|just |only |writing|declined|refused"
        "|chosen not|decided not|fired|sack|job ",
        (
            r"(?<!\byou )(?<!had (?:i|we) been )\b(?:advised|told|asked|instructed|ordered|counsell?ed|requested"
            r"|reminded|warned|forbidden)(?: (?:me|us|staff|everyone))?(?: \w+ly)?(?: that (?:i|we))? (?:not to"
            r"|never to|against|to (?:make|give|offer|share) no|to (?:say|reveal|disclose) nothing|to refrain"
            r"|to (?:keep|stay) (?:quiet|silent|mum)|must not|should not)\b",
            r"(?<!your )\b(?:i|we|this|that|it|these|those|such|salaries|prices|names|(?:our|the|all|staff"
            r"|such) \w+)(?:'m| am| are| is|'re|'s)? (?:treat|treated|handle|handled|consider|considered|regard"
            r"|regarded|classed|classified|marked|keep"
            r"|kept)(?: (?!your)[\w']+){0,4}? (?:as )?(?:strictly )?(?:confidential|secret|private|classified"
            r"|off[- ]limits|privileged)(?:ly)?(?=\W*$|,|;| and)(?<!your \w+ confidential)",
            r"\b(?:is|are|'s) (?:entirely |strictly |none of \w+ |\w+ )?(?:their|his|her|our|my|nobody's"
            r"|a matter for \w+|between them) (?:own )?(?:business|affair|concern|matter)(?=\W*$|,|;| and)"
            r"|\bnone of (?:your|our|my) business\b",
            r"\b(?:cost me my job|lose my job|get me fired|get me sacked|get (?:me )?in(?:to)? (?:serious "
            r"|a lot of )?trouble|be in trouble)\b",
            r"(?:\bnot|n't) for (?:a|an|the|this|any) (?:\w+ ){0,2}?(?:bot|chatbot|assistant|model|machine|ai"
            r"|program) to (?:say|tell|decide|judge|settle|reveal|discuss|comment|choose)\b",
            r"\b(?:i|we)(?:'m| am|'re| are) (?:just|only|merely|simply) (?:the|a|an"
            r"|your) (?:[\w-]+ ){0,4}?(?:assistant|bot|chatbot|helper|model|clerk|service|desk"
            r"|line)\b[^.;]{0,80}\b(?:not|n't|nothing|no|outside|beyond|elsewhere|cannot)\b|n't for (?:me"
            r"|us)(?=\W*$|,)",
            r"\b(?:can't|cannot|won't|will not|not going to) (?:put|confirm|give you) (?:that|this|it"
            r"|anything) (?:in writing|on paper|in black and white)\b",
            r"\b(?:i|we)(?:'ve| have) (?:\w+ly |also |therefore |chosen to |had to )?(?:declined?|refused?"
            r"|chosen not|decided not|opted not)(?: to\b| it\b| that\b| this\b| the (?:request|command|change)\b"
            r"|(?=\W*$|,))(?! to (?:believe|give up))",
        ),
    ),
    # What became of the request, or of the deed.
    Form(
        "rejected|denied|declined|blocked|refused|turned down|approved|granted|unexecuted|undone|in place|not run"
        "|not executed|haven't|have not"
        "|not been|untouched|unanswered|exception",
        (
            r"\b(?:your|this|the|that) (?:\w+ )?(?:request|question|prompt|query|inquiry|application|appeal|claim"
            r"|message) (?:was|is|has been|had to be|must be|will be|gets) "
            r"(?:\w+ )?(?:rejected|denied|declined|blocked|refused|turned down|not (?:approved|granted"
            r"|allowed))\b(?! by (?:the|your) (?:\w+ )?(?:bank|court|insur\w+|landlord|airline|hotel|school|cors"
            r"|browser"
            r"|server|firewall|proxy|extension|gateway))",
            r"\b(?:i|we)(?:'ve| have|'d)? ?(?:not|haven't|didn't|did not|deliberately left"
            r"|have left)[^.;]{0,80}\b(?:because|since|as|for want of|without)\b[^.;]{0,40}\b(?:not (?:allowed"
            r"|permitted"
            r"|authori[sz]ed|cleared|approved|been granted)|n't (?:allowed|permitted|authori[sz]ed)|lack"
            r"|no (?:permission|approval|authority|clearance)|permission|approval|authori[sz]ation|forbid\w*"
            r"|prohibit\w*|policy|rules)\b",
            r"\b(?:remains|stays|was left|is left|have left (?:it|that|this)|left (?:it|that|this)|leave (?:it"
            r"|that|this)) (?:unexecuted|undone|unanswered|untouched)\b",
            r"^\W*(?:sorry|i'm sorry|i'm afraid|no|we make|there are|and|but|unfortunately)?\W*(?:we make |i make "
            r"|there are |there can be )?no exceptions?(?: (?:here|can be made|are made|for anyone"
            r"|i'm afraid))?(?=\W*$|,)",
            r"\bno (?:\w+ )?(?:discounts?|refunds?|exceptions?|information|details|names|numbers|copies"
            r"|extensions?) (?:can|may|will|must|shall) be (?:\w+ly )?(?:granted|given|made|issued|disclosed"
            r"|released|shared|provided|handed|offered)\b",
        ),
    ),
    # Somebody or something forbids it, neither does another tell it.
    Form(
        "publish|so do i|so do we|so will |so must |forbid|prohibit|bars |prevent| let | allow| permit|neither"
        "|nor will"
        "|nor can|either| rights|privileges|access to|position|sides|stand on|stopping|only|opinion"
        "|gives out|give out|discloses|disclose|reveals|reveal|shares|share |hands out|releases|release |kept "
        "|confidential|classified|secret|comment|speculat|disclosing|able to|passed|unable|will not|won't|cannot"
        "|can't",
        (
            r"\b(?:forbids?|prohibits?|bars?|prevents?|precludes?|(?:doesn't|does not|don't|do not|won't|will not"
            r"|wouldn't) (?:allow|permit|let)|not (?:allow|permit|let)(?:ting|s)?)(?: for)? (?:me|us)\b(?! (?:down"
            r"|in on|go|know|to be late))",
            r"\b(?:n't|not|never|cannot|no) [^.;]{2,60}\b(?:and|but) (?:neither (?:will|can|do|may|should) (?:i"
            r"|we)|(?:i|we) (?:won't|can't|don't|will not|cannot) either|nor (?:will|can|do|may) (?:i|we))\b"
            r"|\b(?:refuses?|declines?)\b[^.;]{2,60}\band so (?:do|will|must) (?:i|we)\b",
            r"\b(?:i|we) (?:have|hold|'ve got|have been given|possess) (?:no|neither)(?: \w+){0,2} (?:rights?"
            r"|privileges|permissions?|authority|clearance|say|power)(?: and \w+)? (?:to|over|in)\b|\b(?:don't"
            r"|do not) have (?:the )?(?:\w+ )?(?:rights?|privileges|permissions|clearance"
            r"|authority)\b(?! to write to)",
            r"\b(?:i|we) (?:don't|do not|won't|will not|can't|cannot|never|may not|must not"
            r"|shouldn't)(?: \w+ly)? (?:take (?:an? |any |political )?(?:\w+ )?(?:position|stance|side|sides"
            r"|stand)|have (?:an? |any )?(?:political )?(?:opinions?|views?) on|express (?:an? |any )?(?:opinions?"
            r"|views?|preference)|hold views|pick sides|weigh in|make (?:any )?(?:statements?|comments?"
            r"|predictions?|recommendations?))\b",
            r"\b(?:i'm|i am|i'll|i will) (?:stopping|stop|halting|halt|pausing)(?: here| there"
            r"| at this point)\b[^.;]{0,20}\b(?:and|,) (?:i )?(?:will not|won't|am not|not|refuse)\b|\b(?:and|so"
            r"|but)(?: i| we)? (?:will not|won't|refuse to) (?:run|execute|do|touch|apply|send|share|write|delete"
            r"|make|proceed|push|use|open|sign|approve)\b(?! (?:anything else|any more))",
            r"\b(?:i|we) (?:can|am able to|are able to)(?: only)? (?:help|assist|answer|advise|deal|talk"
            r"|respond)\b[^.;]{1,60}\bonly(?=\W*$)",
            r"\b(?:the|our|this|that|no|any) (?!user|customer|function|api|app|parser|exchange"
            r"|code)(?:[\w-]+ ){1,3}?(?:never|does not|doesn't|will not|won't|do not"
            r"|don't)(?: \w+ly)? (?:gives? out|hands? out|disclose|discloses|reveal|reveals|share|shares|release"
            r"|releases|comment|comments|discuss|discusses|divulge|divulges|publish|publishes|make public"
            r"|pass on)\b(?! (?:any of )?(?:your|any data|data with|on your|anything with))(?! (?:sentiment|state"
            r"|memory|code)\b)",
            r"(?<!your )(?<!your \w+ )(?<!your data )\b(?:is|are|be|been|being|remain"
            r"|stay)(?: \w+ly)? kept (?:\w+ly |a )?(?:secret|confidential|private|under wraps|quiet"
            r"|off the record)\b|^\W*(?:sorry,? |that's |it's )?(?:strictly |highly )?(?:confidential|classified"
            r"|off[- ]limits|top secret|privileged|need-to-know)(?=[.! ]*$|, (?:i'm afraid|sorry))",
            r"\b(?:can't|cannot|can not|may not|must not|won't|will not|mustn't) be (?:\w+ly )?(?:passed on"
            r"|passed along|handed over|handed out|given out|forwarded|disclosed|released|revealed|shared|told"
            r"|given|sent|shown|communicated|discussed)(?: (?:on|out|over))? (?:to|with) (?:you|customers?|guests?"
            r"|callers?|the public|outsiders|members|visitors|clients|patients|relatives|users)\b",
            r"\b(?:i|we) (?:was|were|have been|'ve been)(?: \w+ly| therefore| unfortunately)? (?:not able|unable"
            r"|not allowed|not permitted|not authori[sz]ed|not in a position) to (?:approve|grant|authori[sz]e"
            r"|issue|process|refund|waive|extend|fulfil|fulfill|accept|honou?r|accommodate|agree|do (?:that|this"
            r"|it|so)|release|disclose|share|offer|reverse|upgrade|make an exception)\b",
            r"\b(?:it )?(?:would not|wouldn't|is not|isn't) (?:be )?(?:\w+ )?(?:proper|appropriate|right|fair"
            r"|correct|ethical|prudent|responsible)(?: for (?:me|us)| of (?:me|us))? to (?:comment|speculate"
            r"|discuss|say|share|disclose|reveal|name|guess|tell|judge|answer|interfere|take sides)\b",
        ),
    ),
    # Told to others alone; a grant that is not made; a tease.
    Form(
        " only |solely|exclusively|no refund|no return|no discount|no exchange|no exception|no extension"
        "|no credit|no comment|be telling|like to know|love to know|boundary|the law|decided|disappoint"
        "|for guests|for customers|for the public|for visitors|not for|n't for|neither|impression|illegal|offence"
        "|crime",
        (
            r"\b(?:we|i|staff|it|that|this|they|the \w+|the \w+ \w+)(?:'s| is| are| can| may| will|'ll| must|'re"
            r"|'m)? (?:only|solely|exclusively|just) (?:be )?(?:released?|given?|handed|hand|give|disclosed?"
            r"|shared?|discuss(?:ed)?|talk|speak|told|tell|passed?|sent|send|issued?|issue|shown?"
            r"|available)(?: \w+){0,5}? (?:to|with) (?:the|a|an|our|its|his|her|their|\w+ (?:staff|holders?"
            r"|members|owners?)|authori[sz]ed|registered)\b(?! you)",
            r"\bno (?:cash )?(?:refunds?|returns?|discounts?|exchanges?|exceptions?|extensions?|credits?"
            r"|compensation|upgrades?|comments?)\b[^.;]{0,50}\b(?:sorry|afraid|unfortunately|regret|sadly)\b"
            r"|\b(?:sorry|afraid|unfortunately|regrettably|sadly)\b[^.;]{0,30}\b(?:there (?:are|is|can be)"
            r"|we (?:offer|give|make|do|have|grant)) no (?:cash )?(?:refunds?|returns?|discounts?|exchanges?"
            r"|exceptions?|extensions?|compensation|upgrades?)\b",
            r"\b(?:that|this)(?:'d| would) be telling\b|\b(?:you'd|wouldn't you) (?:just |all )?(?:like"
            r"|love) to know\b|\bdraw (?:a|the|my) (?:boundary|line)\b",
            r"\b(?:i'd|we'd|i would|we would|i could|it would) be (?:breaking|violating|in breach of"
            r"|committing)\b[^.;]{0,30}\b(?:law|crime|offence|rules|contract|oath|confidence|regulations)\b"
            r"|\b(?:have|has|'ve) (?:been )?decided (?:not to|against)\b",
            r"\b(?:disappoint you|let you down)\b[^.;]{0,6}(?=\W*$|,|:|;| but| on)|\b(?:code|password|list|number"
            r"|information|file|document|key|that|this|it|prices?|recipe)s? (?:is|are)(?: not"
            r"|n't) (?:meant )?for (?:guests|customers|visitors|the public|outsiders|sharing|your eyes|clients"
            r"|everyone|release)\b|\b(?:can|will|may) neither\b[^.;]{2,30} nor\b",
        ),
    ),
    # With an apology or for a reason: what one does not do; what falls under a duty.
    Form(
        "sorry|afraid|unfortunately|regret|apolog|sadly|reasons|security|privacy|legal|safety|compliance"
        "|confidential|secrecy|privilege|requests|questions of|kind of|sort of|not possible|impossible",
        (
            r"\b(?:sorry|afraid|unfortunately|regret\w*|apolog\w+|sadly)\b[^.;]{0,40}?\b(?:i|we) (?:don't|do not"
            r"|never|no longer)(?: \w+ly)? (?!have|see|know|find|stock|sell|carry|understand|recogni|think|believe"
            r"|remember|recall|seem|mind|open|expect|mean|yet|need|hear|own|get|own|currently have|speak|live"
            r"|want to|run|serve)[a-z]{2,}\b",
            r"\b(?:i|we) (?:don't|do not|never) (?!have|see|know|find|stock|sell|carry|understand|recogni|think"
            r"|believe|remember|recall|seem|mind|open|expect|mean|need|hear|own|get"
            r"|serve)[a-z]{2,}\b[^.;]{2,50},? (?:i'm |we're )?(?:sorry|afraid|unfortunately|i regret)(?=\W*$|,)",
            r"\b(?:for|due to|because of|on) (?:\w+ )?(?:security|privacy|legal|safety|compliance|confidentiality"
            r"|data protection)(?: \w+)? (?:reasons|grounds|purposes|rules|requirements)?,? ?(?:i|we) (?:never"
            r"|don't|do not|can't|cannot|won't|will not|are not|am not|must not|may not)\b(?! (?:\w+ ){0,2}(?:your"
            r"|store|keep))",
            r"\b(?:falls?|comes?|is|are)(?: \w+ly)? (?:under|covered by|protected by|subject to|bound by"
            r"|a matter of)(?: the| a)? ?(?:\w+ )?(?:medical |banking |professional |attorney-client "
            r"|doctor-patient |client |patient |trade |official |bank )*(?:confidentiality|secrecy|privilege"
            r"|non-disclosure|secrets?(?: act)?)\b",
            r"\b(?:such|these|those|requests? (?:like|of|such)|questions? (?:like|of|such)|(?:that|this) (?:kind"
            r"|sort|type) of)\b[^.;]{0,40} (?:is|are|will|can|may|be)(?: not|n't"
            r"|not)(?: be)?(?: \w+ly)? (?:accepted|answered|fulfilled|processed|permitted|allowed|supported"
            r"|handled|considered|entertained|granted|taken|tolerated|discussed)\b",
            r"\b(?:so|therefore|thus|hence|unfortunately|regrettably|sadly),? (?:a|an|the|your|any|this|that"
            r"|no)? ?(?:\w+ ){0,3}?(?:refund|repair|exchange|replacement|return|discount|extension|upgrade"
            r"|cancellation|waiver|transfer|reimbursement|compensation|exception)s? (?:is|are|isn't|aren't"
            r"|was) ?(?:not|n't)? (?:\w+ )?(?:possible|available|an option|on offer|granted|covered)\b",
        ),
    ),
    # The house does not tell it; it is for others.
    Form(
        "can't|cannot|won't|will not|may not|does not|doesn't|never|must not| only|out of this",
        (
            r"(?<!\b(?:that|says|said|if|whether|why) )\b(?:our|my|this|the)"
            r" (?:(?!says|said|that|he\b|she\b|who\b|ruled|wrote)[\w-]+ ){1,3}?"
            r"(?:can't|cannot|can not|won't|will not|may not|must not"
            r"|is not able to|is unable to|are not able to)(?: \w+ly)? (?:tell|give|show|send|share|disclose"
            r"|reveal|release|discuss|comment|confirm|advise|offer|grant|refund|waive|help)\b(?: (?:you|that|this"
            r"|it|out|on|with|the|any|which|who|what))",
            r"\b(?:scores?|ratings?|results?|minutes|marks|grades|notes|reports?|lists?|files?|records?|figures?"
            r"|details|information|data|plans?|codes?|documents?|drafts?|prices?|rates?|answers?"
            r"|instructions) (?:[^\s.;]+ ){0,3}?(?:is|are) (?:strictly |reserved )?(?:for|restricted to"
            r"|limited to) (?:the |our )?(?!you\b|members|everyone|all\b)(?:[\w-]+ ){1,3}(?:only|alone"
            r"|eyes)(?=\W*$|,|;)",
            r"\b(?:leave|keep) (?:my|our|the) [^.;,]{2,30} out of (?:this|it)\b",
        ),
    ),
)
