"""Clinical phrases that read like an identity and are none: grades, teeth, shares of nodes, devices, eponyms of things.

find_kept("Hartmann-Stumpf dicht, pN1 (3/18), regio 47.")     # the stretches that no guess may take

What the header of the DICOM file knows goes all the same, and so does a name that stands elsewhere in the letter.
"""

import re
from collections.abc import Iterable, Iterator

from refrad2d.privacy.recognisers.lexicon import Found

_AND = r"(?:,[ ]?(?:and[ ]|und[ ])?|[ ]?[/–\-&][ ]?|[ ](?:und|u\.|bis|and|to|&)[ ])"
_END = r"(?![\w/]|[.,]\d|\.[ ]?\d{1,2}\.)"
_TOOTH = r"[1-8][1-8]"
_ROMAN = r"(?:I{1,3}|IV|VI{0,3})"
_KIND = r"(?:[Tt]yp[e]?|[Gg]rade?|[Zz]one|[Ss]tage|Stadium|[Cc]lass|Klasse|[Ss]core|Kategorie|[Cc]ategory)"
_NO_COUNT = (
    r"(?![\w/:]|[.,]\d|[ ]?(?:mm|cm|mg|ml|x|mal|h|Uhr|Tage?n?|Wochen?|Monate?n?|Jahre?n?|J\.|days?|weeks?|months?|"
    r"years?|times)(?!\w)|[ ](?:Nord|Süd|Ost|West|North|South|East|West)(?!\w))"
)
_NUMBERS = (
    re.compile(
        r"(?<![^\W_])(?:[yrcpam]{0,3}N[0-3Xx][a-c]?(?:mi)?(?:[ ]?\(sn\))?[ ]?[(\[]\d{1,2}[ ]?/[ ]?\d{1,3}[)\]]"
        r"|[yrcpam]{1,3}N[0-3Xx][a-c]?[ ]\d{1,2}/\d{1,3}(?![\w/]|[.,]\d))"
    ),
    re.compile(r"(?<!\w)(?:Lymphknoten|LK|SLN|[Nn]odes?|[Ll]ymph nodes)[ :]{1,2}\(\d{1,2}/\d{1,3}\)"),
    re.compile(
        rf"(?<!\w)(?:[Rr]egio(?:nes)?|Zahn|Z[aä]hnen?|[Tt]ooth)[ ]{_TOOTH}(?:{_AND}{_TOOTH})*{_END}\.?"
        rf"|(?<!\w)[Tt](?:eeth|ooth)[ ](?:[1-8]?[1-8]|[1-3]\d|9)(?:{_AND}(?:[1-8]?[1-8]|[1-3]\d|9))*{_END}\.?"
    ),
    re.compile(r"(?<!\w)Ser?(?:ies|ie)?\.?[ ]?\d{1,3},?[ ](?:Im(?:a|age|g)?|"
    r"Bild)\.?[ ]?\d{1,4}(?:[ ]?/[ ]?\d{1,4})?(?![\w/])"),
    re.compile(r"(?<!\w)[HBL]WK[ ]?\d{1,2}(?:[ ](?:bis|und|u\.)[ ]|[ ]?[/–\-][ ]?)(?:[HBL]WK[ ]?)?"
    r"\d{1,2}(?![\w/]|[.,]\d|\.[ ]?\d)\.?"),
    re.compile(r"(?<!\w)(?:AO(?:[/\-]OTA)?|OTA|AOSpine)[ ](?:\d{2}-?)?[A-C]\d?(?:\.\d){0,2}(?:,?[ ]"
    r"[NM]\dx?){0,2}(?![\w]|\.\d)"),
    re.compile(r"(?<!\w)Magerl[ ][A-C]\d(?:\.\d){0,2}(?![\w]|\.\d)"),
    re.compile(r"(?<!\w)(?:\d{2,3}m?(?:Ga|F|Tc|Lu|In|Cu|I)-)?(?:DOTATATE|DOTATOC|PSMA|FDG|MIBG)(?:-\d{2,4})?"
    r"(?:-?PET(?:[/\-]CT)?)?(?!\w)"),
    re.compile(r"(?<!\w)(?:OM[ ]?\d?|PDA|PLA|PLB|RIVPO)(?:(?:,|/|[ ](?:und|and|u\.))[ ]?(?:OM[ ]?\d?|PDA|PLA|"
    r"PLB|RIVPO))*(?!\w)"),
    re.compile(r"(?<![\w.,])\d{1,2}\.[ ]?Perzentile(?!\w)"),
    re.compile(
        r"(?<![\w.,/])\d{1,3}(?:[.,]\d{1,2})?[ ]?m[lL](?:[ ](?:of[ ])?(?:Gad[oa]vist|Dotarem|Omnipaque|Isovue|"
        r"Visipaque|"
        r"Ultravist|Imeron|Multihance|MultiHance|Magnevist|Clariscan|Prohance|ProHance|Eovist|Primovist|Optiray|"
        r"Accupaque|Elucirem|Vueway|Lumason|SonoVue|Definity|Optison))?(?!\w)"
    ),
    re.compile(r"(?<!\w)(?:(?:LK|NNH|LWK|BWS|LWS|HWS)[ ])?(?i:o\.[ ]?B\.|o\.[ ]?p\.[ ]?B\.)"),
    re.compile(r"(?<!\w)TASC(?:[ ]II)?[ \-][A-D](?!\w)"),
    re.compile(r"(?<!\w)(?i:(?:breast[ ])?(?:density|composition)|(?:brust|parenchym)?dichte)[ ](?:ACR[ ])?"
    r"[A-D](?!\w)"),
    re.compile(r"(?<!\w)M[TCF]K?[ ](?:I{1,3}|IV|V)(?!\w)"),
    re.compile(r"(?<![\w.])[AVNM]\.[ ](?:lusoria|[a-z]{3,}(?:alis|aris|oria|idea|edia|ior|icus|eus|rea|iaca|ica|"
    r"lia))(?!\w)"),
    re.compile(r"(?<!\w)[Aa]d[ ]\d{1,2}(?=:)"),
    re.compile(r"(?<!\w)[RL]t\.?[ ](?:shoulder|hip|knee|ankle|foot|hand|wrist|elbow|breast|lung|kidney|leg|arm|"
    r"lower|upper)(?!\w)"),
)  # fmt: skip
_WORDS = re.compile(
    r"(?<![\w\-])(?:(?:peripheren?|peripheral|transitional|Übergangs-?)[ ][Zz]one|Steinmann[ ]pins?|"
    r"Port-[aA]-Cath|Impella|Woven[ ]EndoBridge|MP2?RAGE|"
    r"CADASIL|CARASIL|MELAS|MERRF|DOTATATE|monkey bars|Wallstents?|Essure|Mirena|Gad[oa]vist|"
    r"Gammanagel|PFN-?A|DHS|Philos-Platten?|Agger-nasi-Zellen?|Coiling|K-wires?|"
    r"Mädchennamen?)(?:-[A-ZÄÖÜ][a-zäöüß]+)?(?![\w\-])"
)
_COMPOUND = re.compile(  # the head of the compound is a clinical noun
    r"(?<![\w\-])[A-ZÄÖÜ][a-zäöüß]{4,}(?:zeichen|tiefstand|hochstand|produkt|perzentile|quotient|minderung|anhebung|"
    r"absenkung|verdickung|verschmälerung|verplumpung|erweiterung|verlagerung|sequenz|aufhellung|"
    r"verschattung)(?![\w\-])"
)
_EPONYM = (
    r"(?:Hartmann|Spotorno|Zweymüller|Pr[eé]vot|Kager|Hoffa|Bezold|Herbert|Ender|Rush|Küntscher|Kirschner|Akin|"
    r"Chevron|"
    r"Lapidus|Scarf|Moore|Thompson|Harrington|Luque|Latarjet|Bristow|Jefferson|Scheuermann|Ludwig|K[oö]hler|"
    r"Erlenmeyer|Hampton|Denis|Lee|Larsen|Krenning|T[oöo]nnis|"
    r"Lichtman|Parks|Raymond-Roy|St\.[ ]James|Fisher|Steinbrocker|Hunt[ ](?:und|and|&)[ ]Hess|"
    r"Hansen[ ](?:und|and|&)[ ]Stock|DeLee(?:-|[ ](?:and|und|&)[ ])Charnley|Anderson/[dD]['’]Alonzo|"
    r"Anderson-D['’]Alonzo|AOSpine)"
)
_THING = (
    r"(?:-(?:Stumpf(?:es)?|Schaft|Pfanne|N[äa]geln?|Nagelung|Fett(?:körper)?|Abszess|Schrauben?|Dr[aä]hte?|"
    r"Osteotomie|"
    r"Prothese|Krankheit|Kyphose|Fraktur|Angina|Zone)|[ ](?:screws?|prosthes[ie]s|hemiarthroplasty|rods?|pins?|"
    r"nails?|wires?|osteotomy|bunionectomy|kyphosis|"
    r"angina|disease|flask(?:[ ]deformity)?|abscess|(?:burst[ ])?fractures?|fat(?:[ ]pad)?|pouch|stump|hump))"
)
_EPONYMS = (
    re.compile(rf"(?<![\w\-.]){_EPONYM}(?:['’]s)?{_THING}(?![\w\-])"),
    re.compile(rf"(?<![\w\-.]){_EPONYM}(?:[ \-]{_KIND})?[ \-](?:{_ROMAN}|\d)[a-c]?{_NO_COUNT}"),
    re.compile(r"(?<![\w\-.])Akin[ ](?:and|und|&)[ ]Chevron(?:[ ]osteotom(?:y|ies)|-Osteotomie)?(?![\w\-])"),
    re.compile(
        r"(?<![\w\-])(?:Marchiafava-Bignami|McCune-Albright|Hand-Schüller-Christian|DeLee-Charnley|"
        r"Anderson/d['’]Alonzo|"
        r"Raymond-Roy|Hunt[ ]und[ ]Hess|Gradenigo|Goodsall|Latarjet|Putti-Platt|Magnuson-Stack|Swan-Ganz|"
        r"Mazabraud|Rastelli,[ ]Mustard,[ ]Senning|"
        r"Blalock-Taussig)(?![\w\-])"
    ),
)
_PERSON = re.compile(  # what says that a person or a house bears the name
    r"(?:(?<!\w)(?:Dr|Prof|Mr|Mrs|Ms|Miss|Frau|Herrn?|Hr|Fr|PD|OA|OÄ|Schwester|Sister|Nurse|Pfleger|Station|Ward|Pat|"
    r"Patient(?:in)?|Name|Familie|Fam|med|Kollegen?|Kollegin)[.:]{0,2}|\[NAME\]|(?<![\w.])[A-ZÄÖÜ]\.)[ ]{1,2}$"
)


def find_kept(text: str) -> list[tuple[int, int]]:
    """The stretches (start, end) of the phrases, without those that a title or another name stands before."""
    spans = [match.span() for pattern in (*_NUMBERS, _WORDS, _COMPOUND) for match in pattern.finditer(text)]
    for pattern in _EPONYMS:
        for match in pattern.finditer(text):
            if not _PERSON.search(text[max(0, match.start() - 16) : match.start()]):
                spans.append(match.span())
    return sorted(spans)


def spare(found: Iterable[Found], text: str) -> Iterator[Found]:
    """What is found, less the phrases: a guess inside one falls, a longer one goes around it."""
    kept = find_kept(text)
    for item in found:
        at = item.start
        for start, end in kept:
            if end > at and start < item.end:
                if start > at:
                    yield item._replace(start=at, end=start)
                at = end
        if at < item.end:
            yield item._replace(start=at)
