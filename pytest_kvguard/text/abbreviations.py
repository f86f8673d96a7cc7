"""Abbreviations after whose full stop a sentence goes on, in the languages that replies are mostly written in.

They are written in lower case, without spaces and without their last full stop.
"""

from __future__ import annotations

from functools import cache

__all__ = [
    "ALSO_WORDS",
    "BEFORE_A_NUMBER",
    "BEFORE_AN_ORDINAL",
    "BEFORE_ITS_NUMBER",
    "GOES_ON",
    "MAY_END",
    "NAMES",
    "OPENERS",
    "months",
]


def _names(*rows: str) -> frozenset[str]:
    return frozenset(" ".join(rows).split())


GOES_ON = _names(
    # English
    "mr mrs ms mx dr prof messrs mgr vs viz cf approx e.g i.e dept hwy jct pkwy univ assn asst dist natl intl p.s n.b",
    # German
    "z.b z.zt d.h i.d.r z.t u.u v.a s.o s.u o.g m.e bzw ca inkl exkl zzgl ggf evtl vgl sog bspw hr nr abs geb",
    "einschl einschließl ausschl ungef mtl monatl jährl tgl tägl wöchentl gem bzgl betr bez zw ggü entspr voraussichtl",
    "vorauss insb insbes u.dgl verh erg anm aufl jg mitgl verf pers wg urspr usprgl östl westl nördl südl stellv",
    "dr.med dr.phil dr.jur dr.rer dr.rer.nat dr.-ing dipl dipl.-ing hl hrsg zzt allg",
    # French, Spanish, Italian, Portuguese, Romanian
    "mme mlle p.ex env bd réf tél c.-à-d sra srta sres srs dra dña p.ej pág págs núm avda avd aprox máx mín ej exmo",
    "exma sig sigg dott avv pag pagg",
    # Dutch, Swedish, Danish, Norwegian, Finnish
    "bijv dhr mevr mw o.a d.w.z m.a.w i.p.v t.o.v evt incl excl resp t.ex bl.a f.eks kl dvs d.v.s s.k tlf esim klo puh",
    # Polish, Czech, Slovak, Hungarian, Turkish
    "np tzn tzw m.in ul godz św inż např tj popř pl örn bkz sn",
    # Russian, Ukrainian, Greek
    "т.е т.к т.н т.ч ул тыс тел напр им проф просп обл корп вул тис п.х π.χ κα κος δηλ αρ τηλ",
    # Arabic, Hindi, Vietnamese, Indonesian
    "د أ م डॉ प्रो नं रु ths pgs tp jl hlm",
)
"""A sentence never ends at these."""

MAY_END = _names(
    "etc al a.m p.m usw usf u.ä o.ä u.v.m jh min std sek ecc enz m.m osv m.fl jne ym itd itp atd apod stb vb vs",
    "т.д т.п др пр гг руб коп мин н.э грн κλπ v.v dll dsb r.s.v.p inc ltd corp co plc llc bros gmbh bv s.a s.l s.p.a",
    "approx est max tsp tbsp oz lb lbs hr hrs pkg qt pt gal yr yrs mos wk wks tl msp stk",
)
"""A sentence ends at these before a capital letter."""

NAMES = _names(
    "st mt ft ave blvd rd jr sr d ud uds vd vds ee.uu u.s u.k u.s.a u.n e.u ph.d b.a m.a j.-c av mio mrd u.a fr г р",
    "rev gen sen rep gov capt lt col sgt hon pres ing cad sok str",
)
"""They stand within or before names: a sentence ends at these only before a word that often opens one."""

ALSO_WORDS = _names("d r rev gen sen rep col hon ing cad sok str st co")
"""Those of the names that are, or may end, an ordinary word, too."""

BEFORE_A_NUMBER = _names(
    "no nos nr nrs art abs s p pp ch sec fig figs eq eqs vol vols ver v n núm nº n° № t č čl str pág",
    "pag kap bd ziff § tel ext apt",
    "jan feb mar mär apr jun jul aug sep sept oct okt nov dec dez mo di mi do fr sa so mon tue",
    "tues wed thu thur thurs fri sat sun lun mar mer jeu ven sam dim д кв стр c с",
)
"""A sentence goes on at these before a number or a dash: "No. 5", "S. 12", "Mo. 9–17"."""

BEFORE_ITS_NUMBER = _names(
    "step stage phase point item part chapter section question answer rule option tip note day week level table figure",
    "schritt punkt teil kapitel abschnitt frage antwort regel tipp tag woche tabelle abbildung paso",
    "punto pregunta regla día opción étape partie question règle jour passo passaggio domanda regola",
    "stap vraag regel шаг пункт вопрос правило krok",
)
"""Words that open a sentence as its label, together with a number: "Step 1. Open the box."."""

BEFORE_AN_ORDINAL = _names(
    "am vom beim zum zur der die das den dem des im jede jeder jedes jeden dieser diese dieses ins ans du det",
    "ein eine eines einem einen einer ihr ihre ihrem unser unsere unserem mein meine meinem sein seine",
)
"""German and Scandinavian words before "3." that make it "third"."""

OPENERS = _names(
    "a an the this that these those it he she we you they i in on at if when what where who why how is are do does can",
    "please our your my his her their there here and but so then yes no not for to from with after before as by",
    "der die das den dem ein eine er sie es wir ihr ich du bitte wenn wann was wo wer wie dann danach und aber so nein",
    "ja hier dort im am um für mit nach vor diese dieser dieses unser unsere",
    "el la los las un una lo él ella nosotros usted si cuando en por para con pero y no sí este esta",
    "le les des il elle nous vous ils elles je tu ce cette ces et mais si quand dans pour avec",
    "il lo gli uno noi voi loro questo questa e ma se quando o os as um uma ele ela eles nós você por",
    "de het een hij zij wij u dit dat en maar als det en ett han hon vi den och men om",
    "он она оно они мы вы я это этот эта в на и но если когда для с у по как что",
)
"""Words that often open a sentence."""

_WITH_ORDINAL_DAYS = ("de", "da", "nb", "sv", "fi", "cs", "sk", "sl", "hr", "pl", "hu", "et", "lv", "is")


@cache
def months() -> frozenset[str]:
    """Return the names of the months in the languages that write "3." for "third", in lower case."""
    # Loading babel and its calendars takes a quarter of a second, and few replies need them.
    from babel import Locale

    calendars = (Locale.parse(language).months for language in _WITH_ORDINAL_DAYS)
    names = (name for months in calendars for use in ("format", "stand-alone") for name in months[use]["wide"].values())
    return frozenset(name.casefold() for name in names)
