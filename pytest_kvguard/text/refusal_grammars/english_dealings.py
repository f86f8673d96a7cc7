"""What a clerk does not do in English, whoever asks: deals that are not made, things not told, decisions of others."""

from __future__ import annotations

from pytest_kvguard.text.refusal_grammars.grammar import Form, alternatives

__all__ = ["DEALINGS"]

# What only a clerk can do to a thing: to charge, open or wash it is another matter, which declines nothing.
_DEALT = alternatives(
    "refunded exchanged reimbursed rebooked amended reissued waived extended approved granted sublet lent returned"
    " hired_out taken_back handed_out given_out disputed reversed backdated honou?red upgraded accommodated"
    " negotiated reopened overturned lifted credited redeemed brought_forward moved_up shortened lowered rescheduled"
    " prolonged renewed fulfilled entertained"
)
_DEALS = alternatives(
    "authori[sz]e approve lend take_back refund exchange waive extend grant honou?r negotiate rank estimate infer"
    " identify_(?:people|persons|individuals|someone|anyone|faces) sublet backdate reverse overrule endorse impersonate"
    " reimburse reissue compensate credit rebook prolong prescribe diagnose speculate take_(?:a_|any_)?(?:positions?"
    "|sides)"
    " (?:allow|permit)_(?!dogs|pets|smoking|cats|bikes|children|parking|animals)"
)
_PEOPLE = (
    r"(?:callers?|customers?|guests?|visitors?|outsiders?|minors|children|anyone|anybody|persons?|people|clients?"
    r"|patients?|relatives|members|the public|journalists?|strangers?|passengers|tenants|students|parents|non-\w+"
    r"|under-\w+|unauthori[sz]ed \w+|private \w+)"
)
_ORGAN = (
    r"(?:committee|board|management|team|department|office|council of \w+|panel|jury|directors|company|commission"
    r"|faculty|lender|insurer|institution|we|i)"
)
_ASKED = r"(?:request|application|appeal|claim|petition|complaint|proposal|bid|submission|objection|suggestion)"
_RULES = r"(?:rules?|law|polic(?:y|ies)|regulations?|statutes?|bylaws|terms|contract|lease|charter|guidelines?|code)"
_LEISURE = r"(?:smok|park|swim|camp|cycl|div|barbecu|fire|dog|pet|drone|photo|feed|litter|alcohol|noise|vap)"

DEALINGS = (
    Form(
        "not|n't|never|cannot|no longer",
        (
            rf"(?:\b(?:can't|cannot|can not|may not|must not|won't|will not|can no longer|can never) be|\b(?:is|are)"
            rf"(?: not|n't| never)) (?:\w+ly )?{_DEALT}\b(?![^.;]{{0,30}}\b(?:but|though|although|however|as the \w+"
            rf" say"
            r"|until|before)\b)",
            rf"\b(?:is|are)(?: not|n't| never) (?:\w+ly )?(?:sold|given|told|lent|shown|handed|issued|released|rented"
            rf"|served|passed|provided) (?:out |on |over )?to (?:the |any )?{_PEOPLE}\b",
            rf"\b(?:we|i)(?: \w+ly)? (?:don't|do not|never|no longer)(?: \w+ly)? {_DEALS}\b(?! (?:your|anything"
            rf"|often))",
        ),
    ),
    # What a rule forbids, what it would be; what is dealt with elsewhere.
    Form(
        "prohibited|forbidden|not allowed|not permitted|against|irresponsible|unethical|inappropriate|harmful|dangerous"
        "|reckless|unlawful|illegal|improper",
        (
            rf"(?<!\b{_LEISURE}\w*\b[^.;]{{0,40}})\b(?:prohibited|forbidden|not (?:allowed|permitted)) (?:by|under"
            rf"|according"
            rf" to) (?:the |our |my |your |\w+ ){{0,3}}?{_RULES}\b",
            rf"(?:\bis|\bare|'s|\bbe) against (?:the |our |my |\w+ ){{0,3}}?{_RULES}\b(?! to\b)",
            r"\b(?:providing|giving|sharing|writing|helping|explaining|describing|posting|generating|creating|listing"
            r"|naming|publishing|producing|drafting|guessing|speculating)\b[^.;]{0,70} (?:would be|is) (?:\w+ly )?"
            r"(?:irresponsible|unethical|inappropriate|harmful|dangerous|reckless|unlawful|illegal|improper)\b",
        ),
    ),
    Form(
        "only|exclusively|solely|not me|not to me|not mine|not us|not i |not by me|not with me|not for me|tied|stop"
        " here"
        "|stop there|leave it there|unavailable|foreseen|provided for",
        (
            r"\b(?:only|exclusively|solely) (?:be )?(?:answered|discussed|disclosed|dealt with|handled|given out"
            r"|released"
            r"|answer|discuss|disclose|deal with) (?:by|in|via|through|over|at) (?!english|german|french|spanish)\w+",
            r"\b(?:decid\w+|decision|up to|falls?|lies|rests|responsib\w+|matter|call|job|prerogative)\b[^.;]{0,50}, "
            r"(?:and )?not (?:me|to me|mine|us|i|by me|with me|for me|ours)\b",
            r"\b(?:my|our) hands are tied\b|\b(?:i'll|i will|i have to|let me) (?:stop|leave it|leave that|end it)"
            r" (?:here|there|at that)(?=\W*$|,)",
            r"\b\w+(?:ation|ition|ment|ing|ade|al)s?\b(?: [\w'-]+){0,5}? (?:isn't|is not|are not|aren't) (?:\w+ly )?"
            r"(?:foreseen|provided for|permissible|on offer)\b",
            r"\b(?:upgrades?|refunds?|exchanges?|extensions?|rebookings?|cancell?ations?|discounts?|changes|transfers?"
            r"|late check-?outs?)\b(?: [\w'-]+){0,5}? (?:is|are) (?:\w+ly )?unavailable\b",
        ),
    ),
    # An organ of the house turned it down.
    Form(
        "rejected|turned|declined|dismissed|refused|denied|voted|upheld|overruled|chose|opted|decided",
        (
            rf"\b{_ORGAN}(?:'ve|'s)?(?: has| have| had)?(?: \w+ly)? (?:rejected|turned down|declined|dismissed|refused"
            rf"|denied|overruled) (?:your|this) (?:\w+ )?{_ASKED}\b"
            rf"|\b{_ORGAN}(?:'ve|'s)?(?: has| have| had)?(?: \w+ly)? (?:turned|voted) (?:your|this) (?:\w+ )?{_ASKED}"
            rf" down\b",
            rf"\b{_ORGAN}(?: has| have| had)?(?: \w+ly)? (?:did not|has not|have not|could not)? ?(?:upheld|uphold"
            rf"|chose"
            rf"|opted|(?<!\bi )(?<!\bi have )decided) (?:not to|against) ",
        ),
    ),
    # What this desk is not for, who alone has it, what is not for discussion; where else to take it.
    Form(
        "don't|doesn't|does not|isn't|is not|aren't|won't|can't|cannot|nobody|no one|alone|away from|clear of|out of"
        "|discretion|leeway|latitude|margin|room to|scope to|power to|mandate|questions|requests|matters",
        (
            r"\b(?:this|our) (?:[\w-]+ )?(?:line|desk|channel|office|service|chat|hotline|bot|assistant|system|counter"
            r"|branch|team|mailbox|helpline|department) (?:doesn't|does not|isn't|is not"
            r"|can't|cannot|won't|will not)(?: \w+ly)? (?:take|accept|handle|process|deal|provide|offer|give|answer"
            r"|support"
            r"|cover|discuss|record|issue|authori[sz]ed|able|allowed|permitted|equipped|meant|designed|intended|set up"
            r"|lend"
            r"|sell \w+ (?:to|without)|make|do)\b",
            r"\b(?:isn't|is not|aren't|are not|'s not|not)(?: \w+ly)? (?:up for (?:grabs|discussion|debate|negotiation)"
            r"|negotiable|open to (?:debate|negotiation|discussion|question)|for sale to)\b",
            r"\b(?:nobody|no one|none) (?:but|except|other than|besides|apart from) (?:the |an? |our |my"
            r" )?(?!you\b)(?:[\w-]+ )"
            r"{1,3}?(?:can|may|is|has|gets|receives|sees|knows)\b",
            r"\b(?:is|are|stays?|remains?)(?: strictly)? for (?:the |our |my )?(?!you\b)[\w-]+(?: [\w-]+)? alone(?=\W*$"
            r"|,)",
            r"\b(?:i|we)(?:'ll| will)?(?: \w+ly)? (?:keep|stay|steer)(?: well)? (?:away from|clear of|out of)\b"
            r"(?! (?:the sun|reach|trouble|sugar))",
            r"\b(?:i|we)(?: \w+ly)? (?:have|'ve got|hold|don't have|do not have)(?: no| any| the| little)?(?: \w+)?"
            r" (?:discretion|leeway|latitude|margin|room|scope|power|mandate) (?:to|for|in)\b(?<=\b(?:no|not"
            r"|n't)\b[^.;]{0,40})",
            r"\b(?:take|put|bring|direct|address|refer|raise) (?:(?:such|those|these|that|this|any|medical|legal|tax"
            r"|financial)"
            r" ){1,2}(?:questions?|requests?|matters?|concerns?|queries)(?: (?:like|of) (?:that|this)(?: kind| sort)?)?"
            r" (?:to|with) (?:a|an|the|your|our)\b",
        ),
    ),
    Form(
        "no ",
        (
            r"\b(?:so|therefore|hence|and|thus) no (?:[\w-]+ ){1,3}(?:will|can|is to) be (?:sent|issued|made|given|paid"
            r"|granted|offered|provided|released|arranged|replaced|accepted)\b",
        ),
    ),
)
