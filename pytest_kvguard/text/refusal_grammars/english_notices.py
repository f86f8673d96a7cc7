"""How a house gives notice in English that it declines: what is not to be had, what was turned down, who alone may."""

from __future__ import annotations

from pytest_kvguard.text.refusal_grammars.grammar import Form, alternatives

__all__ = ["NOTICES"]

# What is done for a customer who asks for it; goods are not among it, for "not available in red" declines nothing.
_SERVICE = alternatives(
    "rebookings? refunds? reimbursements? cancell?ations? exchanges? returns? replacements? repairs? upgrades?"
    " downgrades? late_check-?\\s?outs? early_check-?\\s?ins? (?:late|early)_(?:departure|arrival|boarding|collection)"
    " changes? amendments? modifications? transfers? extensions? discounts? reductions? waivers? credits? compensation"
    " rebates? price_match(?:es|ing)? substitutions? deferrals? postponements? instal?lments? payment_plans?"
    " exceptions? vouchers? withdrawals? renewals? reversals? loans? overdrafts? advances? mortgages?"
    " price_adjustments?"
    " reservations? cash_payments? payouts? disclosures? special_requests? resits? retakes? re-?marking re-?admission"
)
# The same as a deed: "rebooking isn't possible", "returning worn shoes isn't possible".
_DOING = alternatives(
    "rebooking refunding exchanging returning cancelling canceling upgrading extending waiving reversing transferring"
    " changing amending modifying swapping postponing deferring disclosing sharing releasing viewing deleting bypassing"
    " overriding disabling removing unlocking splitting resetting lending borrowing reselling subletting"
    " skipping redeeming correcting backdating accessing copying forwarding"
)
_TO_DO = alternatives(
    "rebook refund reimburse waive reverse reissue grant disclose divulge reveal release approve authori[sz]e honou?r"
    " accommodate make_(?:an_)?exceptions? (?:change|alter|amend|modify|edit|swap|transfer|extend|cancel|postpone|move"
    "|correct|delete|remove|upgrade|return|exchange|share|provide|give_(?:you|out)|pass_on|offer|issue"
    "|split)_(?:you_)?(?:the|your|this|that|an?|any|names?|bookings?|tickets?|orders?|details|information)"
)
_SOLD = alternatives(
    "tickets? fares? rates? tariffs? bookings? reservations? orders? items? articles? goods purchases? deposits? fees?"
    " payments? charges? fines? contracts? subscriptions? memberships? plans? vouchers? coupons? gift_cards? invoices?"
    " names? dates? seats? appointments? deadlines? grades? marks? decisions? limits? premiums? policy policies points"
    " miles downloads? licen[cs]es? warrant(?:y|ies) garments? sales? shoes products? offers? prices? packages? passes"
)
# A term of sale with a way out, or told as one, declines nothing unless it is regretted.
_FINALLY = (
    r"(?:(?![^.;]{0,30}\b(?:but|though|although|however|as the \w+ say)\b)"
    r"|(?<=\b(?:sorry|afraid|unfortunately|regret|regrettably|sadly)\b[^.;]{0,160}))"
)
_ASKED = alternatives(
    "requests? applications? appeals? claims? petitions? complaints? objections? enquir(?:y|ies) inquir(?:y|ies)"
    " submissions? candidac(?:y|ies) candidatures? proposals? bids? reimbursements? loans?"
)
_REJECTED = (
    r"(?:\w+ly )?(?:declined|rejected|refused|denied|turned down|dismissed|disallowed|unsuccessful"
    r"|not (?:been )?(?:approved|granted|accepted|successful|upheld|authori[sz]ed|allowed|selected|considered))"
)
_NOT = r"(?:(?:is|are|was|were|would be|will be|'s|'re)(?: \w+ly)? not|isn't|aren't|wasn't|won't be|cannot be|can't be)"
_INSIDERS = (
    r"(?:(?:\w+ )?(?:account|policy|card|ticket|contract|lease|badge|booking|key)[- ]?holders?|holders?|owners?"
    r"|addressees?|(?:named |intended )?recipients?|patients?|parents?|guardians?|next of kin|relatives|tenants?"
    r"|managers?|supervisors?|administrators?|admins?|moderators?|editors?|staff|employees|personnel|officers?"
    r"|(?:the )?(?:police|courts?|management|hr|board|committee|finance|legal department)|person concerned"
    r"|data subjects?|residents?|guests? (?:themselves|concerned|in question)|authori[sz]ed \w+|registered \w+"
    r"|licensed \w+|qualified \w+|cleared \w+|\w+ (?:themselves|himself|herself))"
)
_DOCUMENT = alternatives(
    "prescription permit licen[cs]e warrant referral court_order proof_of_\\w+ receipt id identification passport"
    " (?:photo|valid)_id written_\\w+ power_of_attorney"
)

NOTICES = (
    # What is asked for is not to be had.
    Form(
        "possible|impossible|available|permitted|allowed|offered|provided|granted|supported|an option|excluded"
        "|ruled out|out of the question|accepted|foreseen",
        (
            rf"\b(?:{_SERVICE}|{_DOING}\b[^.;]{{0,40}}?)(?: [\w'-]+){{0,7}}? (?:{_NOT}(?: \w+ly)? (?:possible|available"
            r"|permitted|allowed|offered|provided|granted|supported|accepted|foreseen|an option)|(?:is|are)"
            r"(?: \w+ly)? (?:impossible|excluded|ruled out|out of the question))\b",
            rf"\b(?:it(?:'s| is| was| will be)(?: \w+ly)? (?:not|im) ?(?:\w+ly )?possible|it isn't possible)"
            rf"(?: for (?:me|us))? to (?:\w+ly )?{_TO_DO}\b",
        ),
    ),
    Form(
        "don't|do not|never|no longer|doesn't|does not|there is no|there are no|there's no|make no |grant no |allow no "
        "|offer no |give no |accept no |permit no ",
        (
            rf"\b(?:we|i)(?: \w+ly)? (?:don't|do not|never|no longer|can't|cannot)(?: \w+ly)? (?:offer|accept|grant"
            rf"|allow|permit|provide|issue|process|give|arrange|approve|make)(?: [\w'-]+){{0,3}}? {_SERVICE}\b",
            rf"\b(?:fares?|tickets?|rates?|tariffs?|contracts?|terms|conditions|policy|policies|plans?|subscriptions?"
            rf"|offers?|vouchers?|warranty|membership|law|rules|licen[cs]e|price|system)\b[^.;,]{{0,40}}? (?:doesn't"
            rf"|does not|don't|do not|won't|will not) (?:allow|permit|entitle|provide for|foresee|include|cover)"
            rf"(?: (?:you|for|to|of|any))*(?: [\w'-]+){{0,3}}? (?:{_SERVICE}|{_DOING})\b",
            r"\b(?:we|i) (?:\w+ly )?(?:make|allow|grant|permit|offer|give|accept) no (?:exceptions?|refunds?|returns?"
            r"|exchanges?|discounts?|extensions?)\b|\bthere(?:'s| is| are| can be) no exceptions? (?:to|for)\b",
            r"\bthere(?:'s| is) (?:\w+ly )?no way (?:for (?:me|us) to|(?:i|we) can) (?!know|tell|see|check|verify|find"
            r"|predict|be sure)\w+",
        ),
    ),
    # Sold without a way back.
    Form(
        "non-|nonrefundable|refundable|final|eligible|qualify|entitled|excluded from|exempt from|refunded|exchanged"
        "|returned|changed|transferred|cancelled|canceled|rebooked|redeemed|extended|upgraded|waived|reversed|amended"
        "|modified|reimbursed|credited|taken back|lifted|reinstated|altered|given back",
        (
            rf"\b{_SOLD}\b[^.;]{{0,60}}? (?:is|are|was|were|'s|'re)(?: \w+ly)? (?:(?:non-? ?|not )(?:refundable"
            r"|exchangeable|transferable|returnable|changeable|cancell?able|negotiable|eligible for)|final(?=\W*$|,|;|"
            r" and)"
            r"|(?:excluded|exempt) from (?:\w+ )?(?:returns?|refunds?|exchanges?|sales?|offers?"
            r"|discounts?))\b" + _FINALLY,
            rf"\b{_SOLD}\b[^.;]{{0,50}}? (?:can't|cannot|can not|may not|won't|will not|can no longer) be (?:\w+ly )?"
            r"(?:refunded|exchanged|returned|changed|transferred|cancell?ed|rebooked|extended|upgraded|waived"
            r"|reversed|amended|modified|reimbursed|credited|taken back|lifted|reinstated|altered|given"
            r" back)\b" + _FINALLY,
            rf"\b(?:you|your [\w' ]{{1,30}})(?:'re| are| is)? (?:not|aren't|isn't)(?: \w+ly)? (?:eligible|entitled)"
            rf" (?:for|to)(?: [\w'-]+){{0,3}}? {_SERVICE}\b"
            rf"|\b(?:doesn't|does not|don't|do not) qualify for(?: [\w'-]+){{0,3}}? {_SERVICE}\b",
        ),
        speakers="ticket|fare|rate|tariff|booking|reservation|order|item|article|goods|purchase|deposit|fee|payment"
        "|charge|fine|contract|subscription|membership|plan|voucher|coupon|gift card|invoice|name|date|seat"
        "|appointment|deadline|grade|mark|decision|limit|premium|polic|points|miles|download|licen|warrant|garment"
        "|sale|shoes|product|offer|price|package|passes|qualify|eligible|entitled",
    ),
    # What was applied for is turned down.
    Form(
        "declined|rejected|refused|denied|turned down|dismissed|disallowed|unsuccessful|not approved|not granted"
        "|not accepted|not successful|not upheld|not authori|not allowed|not selected|not considered|decline |reject "
        "|not been|not be |n't be |not proceed|not to proceed|not move|not moving|not to move|deny |turn down|dismiss ",
        (
            rf"\b(?:your|this|our) (?:[\w'-]+ ){{0,2}}?{_ASKED}\b(?! by\b)[^.;]{{0,50}}?"
            rf" (?:is|are|was|were|has been|have been|had to be|has|have|must be|will be) {_REJECTED}\b"
            r"(?! by (?:the|your) (?!team|management|board|committee))",
            rf"\b{_ASKED}\b[^.;]{{0,40}}? (?:can't|cannot|can not|could not|couldn't|will not|won't|may not) be"
            rf" (?:\w+ly )?"
            r"(?:approved|granted|accepted|considered|upheld|processed|fulfilled|honou?red|met|accommodated"
            r"|supported)\b",
            rf"\b(?:we|i)\b[^.;]{{0,50}}? (?:decline|reject|deny|turn down|dismiss) (?:your|the|this|that) (?:[\w'-]+ )"
            rf"{{0,2}}?{_ASKED}\b",
            r"\b(?:decided|chosen|opted|able) not to (?:proceed|move (?:forward|ahead)|continue) with (?:your|the)\b"
            r"|\b(?:we|i)(?:'ll| will| are|'re| can)? ?not(?: be)? (?:proceed|proceeding|mov(?:e|ing) (?:forward"
            r"|ahead))"
            r" with (?:your|the)\b|\byou (?:have not|haven't|were not|weren't) (?:been )?(?:selected|accepted|admitted"
            r"|shortlisted)\b",
        ),
    ),
    # Who alone may have it or do it.
    Form(
        "only|reserved|restricted|solely|exclusively|limited to",
        (
            rf"\bonly (?:(?:the|a|an|our|your|its|his|her|their) )?(?:[\w-]+ ){{0,2}}?{_INSIDERS}(?: [\w'-]+){{0,4}}?"
            r" (?:may|can|is|are|has|have|gets?|receives?|sees?|knows?|is given|are given)(?: \w+)?"
            r" (?:receive|collect|see|request|change|have|know|view|access|make|sign|authori[sz]e|open|cancel|pick up"
            r"|obtain|edit|delete|approve|allowed|permitted|entitled|grant|waive|issue|enter|book|ask|read|order|lift"
            r"|reset|release|given|the (?:key|code|right|authority)|a copy|copies|that|this|it)\b"
            r"(?![^.;]{0,60}\b(?:you are|you're|as you|so you)\b)",
            r"\b(?:is|are|stays?|remains?)(?: \w+ly)? (?:reserved (?:for|to)|restricted to|limited to|open (?:only"
            r"|solely"
            r"|exclusively) to|(?:solely|exclusively) for|a matter for)(?: the| our| its)?(?: [\w-]+){0,2}?"
            rf" {_INSIDERS}\b(?![^.;]{{0,60}}\b(?:you are|you're|as you|so you)\b)",
        ),
        speakers="holder|owner|addressee|recipient|patient|parent|guardian|kin|relative|tenant|manage|supervis|admin"
        "|moderator|editor|staff|employee|personnel|officer|police|court| hr |board|committee|finance|legal|concerned"
        "|subject|resident|themselves|in question|authori|registered|licensed|qualified|cleared|himself|herself",
    ),
    # Nothing without a paper; no advice on the single case.
    Form(
        "without|recommend|advise on|suggest|endorse|specific|particular|individual",
        (
            rf"\b(?:not|n't|never|cannot|no)(?: [\w'-]+){{0,4}}? (?:sold|sell|dispensed?|suppl(?:y|ied)|given|give"
            rf"|handed"
            r"|hand|issued?|released?|admit(?:ted)?|rented?|let|served?|shipped|ship|provided?|fill(?:ed)?|book|open)"
            rf"\b[^.;,]{{0,40}}? without (?:an? |the |your )?(?:\w+ )?{_DOCUMENT}\b",
            r"\b(?:we|i)(?: \w+ly)? (?:don't|do not|never|won't|will not|can't|cannot)(?: \w+ly)? (?:recommend|suggest"
            r"|endorse|advise on|name|pick|rate|rank|evaluate) (?:specific|particular|individual|certain|single"
            r"|any (?:specific|particular|one|individual))\b",
        ),
    ),
    # For a reason, ask somebody else.
    Form(
        "reason|security|privacy|confidential|data protection|legal|safety|grounds",
        (
            r"\b(?:for|due to|because of|owing to|on|given) (?:reasons of )?(?:\w+ )?(?:security|privacy"
            r"|confidentiality"
            r"|data protection|legal|safety)(?: reasons| grounds| concerns| considerations)?,? (?:please |kindly |we"
            r" ask you"
            r" to |i (?:must |have to )?|we (?:must |have to )?|you(?:'ll| will| must| need to| should| have to)+ )"
            r"(?:contact|ask|direct|refer|address|consult|speak|turn|put)\b(?! (?:me|us)\b)",
        ),
    ),
    # A practice, a line, a thing that one does not do.
    Form(
        "information|practice|policy|custom|principle|habit|rule|cross|something|service|matter of",
        (
            r"\b(?:our|my|the|house|company) (?:\w+ )?(?:practice|policy|custom|habit|principle|rule)(?: is| has been)?"
            r" (?:not|never) to \w+",
            r"\b(?:line|boundary|threshold)(?: that| which)? (?:i|we)(?:'m| am|'re| are)? (?:don't|do not|won't|will"
            r" not"
            r"|can't|cannot|never|not going to) cross\b",
            r"\b(?:not|isn't|aren't|n't) (?:a service|something|anything|a topic|a task)(?: that| which)? (?:this|the"
            r"|our"
            r"|we|i)(?: (?:\w+ )?(?:assistant|bot|service|chat|line|desk|team|office|company|branch|shop|channel))?"
            r" (?:\w+ly )?(?:gives?|provides?|offers?|does|do|covers?|handles?|supports?|deals? with|engages? in|get"
            r" into)\b",
            r"\binformation (?:that|which) (?:we|i|stays|remains)(?: \w+)? (?:keep|with|within|in)\b(?! mind)",
            r"\bas a matter of (?:policy|principle|course|law)[^.;]{0,40}\b(?:not|n't|never|no|decline|refuse)\b",
        ),
    ),
    # Not told to anybody, whoever might tell it.
    Form(
        "disclosed|divulged|revealed|released|shared|passed on|handed out|given out|made public|communicated",
        (
            r"(?<!\byour\b[^.;]{0,60})\b(?:can't|cannot|can not|may not|must not|could not|are not to|is not to) be"
            r" (?:\w+ly )?(?:disclosed|divulged|revealed|released|shared|passed on|handed out|given out|made public"
            r"|communicated)\b",
        ),
    ),
    # To whom alone it is given; where it stays; what was decided stands.
    Form(
        "only|stay|remain|stand|no alterations|no changes|no exceptions|no amendments|no corrections|that way|is"
        " due|payable",
        (
            rf"\b(?:is|are) (?:\w+ly )?(?:released|given|disclosed|handed|issued|provided|shared|shown|passed)(?:"
            rf" out| over| on)?"
            rf" (?:to|with) (?:the |our |its )?(?:[\w-]+ ){{0,2}}?{_INSIDERS} only\b"
            rf"|\bonly (?:be )?(?:released|given|disclosed|handed|issued|provided|shared|shown|passed)(?: out| over"
            rf"| on)?"
            rf" (?:to|with) (?:the |our |its )?(?:[\w-]+ ){{0,2}}?{_INSIDERS}\b(?![^.;]{{0,60}}\b(?:you are|you're"
            rf"|as you)\b)",
            r"(?<!\byour (?:\w+ )?)\b(?:names?|numbers?|details|information|addresses|recipes?|salar(?:y|ies)"
            r"|secrets?|identit\w+"
            r"|reasons?|results?|whereabouts)(?: \w+){0,3}? (?:stays?|remains?|will stay|has to stay|have to stay)"
            r" (?:strictly )?"
            r"(?:with|within|inside|in|at|between) (?:the |our |these )?(?:front desk|reception|office|house|team"
            r"|family|kitchen"
            r"|firm|company|practice|clinic|building|us|management|owner|chef|four walls|staff)\b",
            r"\b(?:fee|charge|decision|fine|penalty|grade|mark|ban|suspension|refusal|invoice|surcharge|ruling"
            r"|verdict)s?"
            r" (?:will |must |has to |have to |therefore |shall )+stand\b",
            r"\b(?:office|school|board|department|desk|team|hotel|bank|registry|management|court|we) (?:\w+ )?makes? no"
            r" (?:alterations|changes|exceptions|amendments|corrections)\b",
            r"\b(?:confidence|confidential\w*|private|secret|discreet)\b[^.;]{0,40}\bkeep (?:it|them|things) that"
            r" way\b",
            r"\bno (?:\w+ )?(?:reimbursement|refund|compensation|credit|payout)s? (?:is|are) (?:due|payable|owed)\b",
        ),
    ),
    # What is confidential, prohibited or stopped; who may not say.
    Form(
        "confidential|sealed|under seal|privileged|falls under|fall under|at liberty|blocked|withheld|no comment"
        "|includes you"
        "|applies to you|goes for you",
        (
            r"(?<!\byour (?:\w+ )?)\b(?:instructions?|prompts?|guidelines|configuration|salaries|records?"
            r"|deliberations|sources?"
            r"|terms|identit\w+|minutes|reports|results|names)(?: [\w']+){0,7}? (?:is|are) (?:strictly |all |kept )?"
            r"(?:confidential|sealed|under seal|privileged)(?=\W*$|, (?!so (?:feel|you can))| and)",
            r"\b(?:this|your|that) (?:\w+ )?(?:request|prompt|question|message)\b[^.;]{0,20} falls? under (?:the "
            r"|our |my )?"
            r"(?:\w+ )?(?:prohibited|restricted|disallowed|banned|forbidden)\b",
            r"\b(?:content|safety|moderation|usage|harm\w*|hate)\b[^.;]{0,40}\b(?:has been|was|is) (?:\w+ly"
            r" )?(?:blocked|withheld)"
            r"(?=\W*$|,)",
            r"\b(?:office|clerk|department|team|bank|school|hotel|company|court|agency|press|registry|practice"
            r"|clinic|committee)"
            r"(?:'s \w+)? (?:is|are)(?: \w+)? not (?:\w+ )?at liberty to\b",
            r"^\W*no comment(?=\W*$|,| on)|\bthat (?:includes|goes for|applies to) you(?:r \w+"
            r"|rs)?\b[^.;]{0,10}\b(?:unfortunately"
            r"|i'm afraid|sorry)\b",
        ),
    ),
    # The same with the recipient last; what goes no such way; what there are no grounds for.
    Form(
        "solely to|exclusively to|only to|stay|remain|over chat|by chat|via chat|over the phone|by phone|by email"
        "|via email"
        "|restricted|prohibited|disallowed|banned|grounds for|basis for|justification for|can be |may be |could be "
        "|leaving your|leave your",
        (
            rf"\b(?:is|are) (?:\w+ly )?(?:released|given|disclosed|handed|issued|provided|shared|shown|passed"
            rf"|sent)(?: out| over| on)?"
            rf" (?:solely|exclusively|only) to (?:the |our |its )?(?:[\w-]+ ){{0,2}}?{_INSIDERS}\b"
            r"(?![^.;]{0,60}\b(?:you are|you're|as you)\b)",
            r"\b(?:what|who|why)\b [^.;,?]{2,40} (?:stays?|remains?) (?:between|with (?:him|her|them|us|me)|(?:in"
            r"|inside|within) (?:this"
            r"|these|our) (?:office|house|building|four walls|team|family|room))\b",
            r"(?<!\byour )(?<!\bthat )\b(?:names|numbers|details) (?:stay|remain) within (?:the|this|our)"
            r" (?:hotel|bank|school|hospital|office|company|department|firm|club|clinic|practice|team|family)\b",
            r"(?<!\byour )\b(?:passwords|keys|credentials|codes|secrets|pins|names|salaries)(?: \w+)? (?:never|do"
            r" not|don't|are not"
            r"|aren't|are never)\b[^.;]{0,20}\b(?:over|by|via) (?:the |this )?(?:chat|phone|e-?mail|text|messenger)\b",
            r"\b(?:restricted|prohibited|disallowed|banned) (?:content|material|topics?"
            r"|categor\w+)\b[^.;]{0,40}\b(?:not (?:processed"
            r"|answered|shown|generated)|blocked|stopped|declined)\b",
            rf"\b(?:we|i) (?:see|find|have) no (?:grounds|basis|justification) for (?:an? |the |any )?(?:\w+"
            rf" )?{_SERVICE}\b",
            rf"\bno {_SERVICE}(?: [\w'-]+){{0,3}}? (?:can|may|could) be (?:\w+ly )?(?:considered|made|given|offered"
            rf"|granted|accepted"
            r"|arranged|issued|paid)\b",
            r"\bleav(?:e|ing) your (?:credit )?(?:limit|grade|rate|fee|deadline|premium|rent|mark|salary) (?:where"
            r" it is|as it is"
            r"|unchanged)\b",
        ),
    ),
    # How an authority says it: conditions that are not met, decisions that are confirmed, files that are closed.
    Form(
        "does not meet|doesn't meet|do not meet|upheld|upholds|uphold|no entitlement|no right to|closed without|not"
        " open to"
        "|outside the warranty|outside the guarantee|stand by|standing by|therefore refused|therefore rejected|does"
        " not pass on"
        "|doesn't pass on|do not pass on",
        (
            r"\byour (?:\w+ )?(?:application|request|claim|case|appeal|profile|income|file)\b[^.;]{0,30} (?:does"
            r" not|doesn't|do not|did"
            r" not) (?:\w+ )?meet (?:the|our|all)\b(?!,? (?:yet|until))",
            r"\b(?:original |initial |first |earlier )?(?:decision|ruling|mark|grade|penalty|refusal|rejection)"
            r" (?:is|has been|was)"
            r" (?:therefore |hereby )?upheld(?=\W*$|,| and)|\b(?:panel|board|committee|office|department|we)"
            r" (?:therefore )?uphold(?:s)?"
            r" (?:the|our|this) (?:\w+ )?(?:decision|mark|grade|penalty|refusal|rejection|ruling|fee|charge)\b",
            r"\b(?:there is|there's|you have|carries|confers) no (?:entitlement|right) to (?:an? )?(?:\w+"
            r" )?(?:compensation|refund"
            r"|reimbursement|replacement|repair|reduction|exchange|upgrade|extension|inspection)\b",
            r"\b(?:complaint|request|case|appeal|claim|application) (?:has been|was|is) closed without (?:further"
            r" )?(?:action|result"
            r"|payment)\b",
            r"\b(?:files?|records?|minutes|documents?|archives?|proceedings|deliberations)\b[^.;]{0,30} (?:is|are)"
            r" not open to\b",
            r"\b(?:we|i)(?:'re| are|'m| am| will|'ll)? (?:standing|stand) by (?:our|my|the) (?:decision|refusal"
            r"|mark|grade|answer|ruling)\b",
            r"\b(?:school|office|bank|hotel|clinic|practice|company|department|registry|we) (?:do not|does not"
            r"|don't|doesn't) pass on"
            r" (?!your)(?:[\w']+ ){0,2}?(?:records?|names?|numbers?|details|addresses|information|data)\b",
        ),
    ),
)
