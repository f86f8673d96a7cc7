"""What one does not do in English, whatever it is: the speaker denies a deed, and only harmless verbs are left out."""

from __future__ import annotations

from pytest_kvguard.text.refusal_grammars.grammar import Form

__all__ = ["DEEDS"]

# To see, to have, to think, and what a shop does not do all day.
_HARMLESS = (
    r"(?:have|think|know|see|believe|mind|want|need|understand|remember|recall|expect|find|get|got|like|love|feel"
    r"|mean|agree"
    r"|blame|doubt|care|wish|suppose|seem|own|live|eat|drink|sleep|hear|store|keep|track|charge|sell|ship|deliver"
    r"|stock|carry|open|close"
    r"|serve|use|work|look|sound|say|say so|envy|imagine|recommend|regret|remember|notice|miss|forget|lie|judge"
    r"|even|always|often|usually|really|yet|come|go|ask"
    r"|recogni\w*|worry|enjoy|trust|read|be|also|only|just|quite|plan|intend|appear|wear|hold|hate|dare|fear"
    r"|pretend|follow|owe|actually|currently|buy|pay|want to)\b"
)

DEEDS = (
    Form(
        "don't |do not |may not |must not |mustn't |cannot let|can't let|won't let|secret|nothing to|only be",
        (
            rf"\bi (?:\w+ly )?(?:don't|do not) (?:\w+ly )?(?!{_HARMLESS})[a-z]{{3,}}\b(?! (?:much|often|well|enough"
            r"|until|before|yet|either|very)\b)",
            rf"\bi (?:may|must) not (?!{_HARMLESS})[a-z]{{3,}}\b|\bi mustn't (?!{_HARMLESS})[a-z]{{3,}}\b",
            r"\b(?:i|we) (?:can't|cannot|won't|will not|may not) let you (?!down|go\b|wait|know (?:if|when|as))",
            r"\b(?:is|are|remains?|stays?) (?:our|my|the chef's|the house's|a family|a company|a trade) secret\b"
            r"|\bsecret by law\b|\bnothing to (?:tell|say to|share with|report to) you\b|\b(?:can|may|will|must"
            r"|shall) only be (?:\w+ly )?(?:released|given|handed|shared|disclosed|told|sent|revealed|issued"
            r"|provided|shown) (?:out |over )?(?:to|with)\b(?! you\b)",
        ),
        speakers=" i | we | secret|nothing|only be",
    ),
    # Leaving it at less, keeping out of it, without one of us.
    Form(
        "stop short of|pass on|leave it at|stick to|keep to|limit myself|out of|clear of|away from|not |count me out",
        (
            r"\b(?:i|we)(?:'m| am|'ll| will|'re| are|'d| would)?(?: going to| have to| must| prefer to)? stop short"
            r" of\b",
            r"\b(?:i'll|i will|i'd rather|i think i'll) pass on (?!(?:every|any|some|no|the|your"
            r"|greet)\w*\b)\w+ing\b(?! to\b)",
            r"\b(?:copyright\w*|protected|licen[cs]ed|rights)\b[^.;]{0,60}\b(?:i|we)(?:'ll|'d| will| can| have"
            r" to)?(?: \w+)?"
            r" (?:leave it at|stick to|keep to|limit myself to)\b",
            r"\b(?:i|we) (?:try to|prefer to|like to|have to|need to|must|'d rather|would rather) (?:keep|stay"
            r"|steer) (?:well )?"
            r"(?:out of|clear of|away from)\b(?! (?:the sun|reach|trouble|sugar))|\bcount me out\b",
            r"^\W*(?:nope|no|nah|sorry|uh-uh)\b\W+(?:i'm |we're )?not (?!(?:hav|us|see|gett|feel|find|hear|need"
            r"|work|do)ing)\w+ing"
            r" (?:that|this|those|these|anything)\b",
        ),
    ),
    # Leaving it alone; what nobody gets from the speaker.
    Form(
        " alone|stop at | a miss|i'll skip|i'll pass|i'll sit|i'd rather skip|from me|from us|be able to|not over"
        "|not by|not via",
        (
            r"\b(?:that|this|it|politics|religion)\b[^.;]{0,25}\b(?:i|we)(?:'d rather|'ll| will| always)? leave"
            r" (?:well )?alone\b",
            r"\bi(?:'ll| will| have to| must) stop at (?:the |an? )(?:short |bare |rough )?(?:outline|summary"
            r"|sketch|structure|hint"
            r"|basics)\b|\b(?:that|this)(?: one)? i(?:'ll|'d rather| will| think i'll) (?:skip|pass on|sit out)\b",
            r"\b(?:i|we)(?:'m|'ll| will|'re| am) giv(?:e|ing) [^.;]{3,40} a miss\b",
            r"\b(?:nobody|no one) (?:gets|hears|learns|will get|will hear)\b[^.;]{0,40}\bfrom (?:me|us)\b",
            r"\b(?:i|we) (?:won't|will not) be able to (?!(?:find|see|open|tell|make|attend|reach|read|hear|access"
            r"|join|come|locate"
            r"|verify|check|be|say|know|promise|ship|deliver|recall|remember)\b)\w+ (?:that|this|it|them|those)\b",
            r"^\W*(?:sorry,? )?not (?:over|by|via|on) (?:the )?(?:chat|phone|e-?mail|text|messenger|this (?:chat"
            r"|channel))(?=\W*$|,)",
        ),
    ),
)
