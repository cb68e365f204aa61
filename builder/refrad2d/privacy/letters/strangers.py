"""Strangers of a letter: capitalised words that neither language nor medicine knows, and what joins them.

find_strangers("[NAME] moved to Harehills, seen at the Mater Private on [DATE]", "en")

German capitalises every noun, so there a word that is a name and a noun as well (Winter, Koch) needs a cue; English
capitalises names alone, so there any word behind "at", "with" or "from" counts that is no clinical one.
"""

import re
from collections.abc import Iterator

from refrad2d.privacy.letters.words import ENGLISH_TERM, drugs, is_doubtful, is_familiar
from refrad2d.privacy.recognisers.lexicon import (
    CAPITAL,
    Found,
    clinical_words,
    context_pattern,
    eponyms,
    is_given,
    is_name,
    is_ordinary,
    is_surname,
    is_word,
    looks_clinical,
    looks_medical,
    report_words,
    spell,
    towns,
)

_LETTER = r"[^\W\d_]"
WORD = rf"(?:(?:O|D|L|d|l|N)['’])?(?:Mc|Mac)?{CAPITAL}{_LETTER}+(?:[\-–’']{_LETTER}+)*"
_TOKEN = re.compile(rf"(?<![\w\[.\-'’])(?<!\d/){WORD}(?![\w\]]|-\w)")
_LINK = (
    r"(?:von der|von den|van der|van den|von|van|de la|de|der|del|della|di|da|dos|du|al|el|ten|ter|Ó|Ní|Nic|Mac|"
    r"a['’]|ibn|bin|zu)"
)
_AHEAD = re.compile(rf"(?:(?<![\w\-.]){CAPITAL}\.[ \-]?(?:{CAPITAL}\.[ ]?)?|(?<![\w\-]){_LINK}[ ]){{1,2}}$")
_NEXT = re.compile(rf"(?:[ ](?:{_LINK}[ ])?|(?<=,) (?=[A-Z]))(?P<word>{WORD})(?![\w\]]|-\w)|[ ]{CAPITAL}\.(?![\w.])")
_PREPOSED = re.compile(r"(?:von|zu|der|du|de)[ ](?:der[ ]|den[ ])?$")  # in German these stand before any noun
_ROMAN = re.compile(r"[IVX]+[a-d]?$")
_SHAPED = re.compile(
    r"(?:Nr|Id|ID|No|-Azubi|bogen|bericht|arzt|ärztin|pflegekraft|fachkraft|dienst)$|^(?:NSTEMI|ASPECTS|STEMI|"
    r"NOTFALL|NotSan\w*)$|[a-zäöü][A-ZÄÖÜ]{1,}[a-z]?$"
)
_ABBREVIATED = re.compile(r"\.(?=[ ]?[a-zäöü\d:,;/)(]|[ ][A-ZÄÖÜ][\w\-]*[a-zäöüß]|:)")
_NEW_SENTENCE = re.compile(
    r"\.[ ](?:Ein|Eine|Der|Die|Das|Er|Sie|Es|Wir|Ich|Im|Am|In|Bei|Mit|Nach|Kein|Keine|Seit|Von|Zur|Zum|Auf|Aus|An|"
    r"Bitte|Herr|Frau|Für|Beim|Vom|Dort|Hier|Dann|The|She|He|We|It|This|No|On|In|At)(?!\w)"
)
_ADJECTIVE = re.compile(r"e[rsnm]?$")
_SENTENCE = re.compile(r"(?:^|[\n.:;!?]|[\d]\))[ \t\-–•*]*$")

_DE_END = (
    r"(?=[ ]*(?:[.,;:)/\n(|+]|\[|$|–|-[ ])|[ ](?:und|u\.|sowie|am|um|vom|gegen|bis|per|in|im|zu[mr]?|ist|war|hat|wird|"
    r"wurde|als|der|die|nach|mit|\w*ge\w+(?:t|en)|\w+iert|\w+(?:te|t))(?!\w))"
)
_AGENT = (
    r"[\w\-]*(?:[Aa]rzt|[Ää]rztin|[Ss]chwester|[Pp]fleger(?:in)?|[Hh]elfer(?:in)?|[Ll]eiter(?:in)?|[Ll]ehrer(?:in)?|"
    r"[Ee]rzieher(?:in)?|[Bb]erater(?:in)?|[Bb]etreuer(?:in)?|[Tt]herapeut(?:in)?|"
    r"[Pp]sycholog(?:e|in)|olog(?:e|in)|[Aa]ssistent(?:in)?|[Tt]echniker(?:in)?|[Ss]anitäter(?:in)?|"
    r"[Pp]farrer(?:in)?|[Jj]ler(?:in)?|[Aa]zubi|[Pp]raktikant(?:in)?|[Ff]amulant(?:in)?|[Hh]ebamme|"
    r"[Aa]rbeiter(?:in)?|[Mm]eister(?:in)?|[Bb]eamt(?:er|in)|[Dd]irektor(?:in)?|[Vv]orstand|[Ss]ekretärin|"
    r"[Dd]olmetscher(?:in)?|[Aa]nw[aä]lt(?:in)?|[Rr]ichter(?:in)?|[Oo]perateur(?:in)?|"
    r"[Gg]utachter(?:in)?|[Vv]ermittler(?:in)?|[Ff]ahrer(?:in)?|[Cc]hef(?:in)?|[Kk]olleg(?:e|in)|[Nn]achbar(?:in)?|"
    r"[Ff]reund(?:in)?|[Ee]nkel(?:in)?|[Nn]effe|[Nn]ichte|[Ff]achkraft|[Zz]uweiser(?:in)?|"
    r"[Bb]ehandler(?:in)?|[Vv]orarbeiter|[Bb]egleiter(?:in)?|[Ss]pringer(?:in)?|[Vv]erfasser(?:in)?|"
    r"[Uu]ntersucher(?:in)?|[Bb]efunder(?:in)?|[Mm]itarbeiter(?:in)?|[Bb]rüder|[Cc]ousin(?:e)?)"
    r"|NotSan|RettSan|RettAss|RS|NA|NÄ|ÄLRD|OA|OÄ|AÄ|CA|CÄ|MFA|MTA|MTR|MTRA|MTLA|MPA|DGKP|DGKS|PHK|POM|KHK|PK|HA|HÄ|"
    r"SB|RA|RAin|VSP|TSRM|PDL|WBL|DSA|PT|BTM|[KH]iä|"
    r"(?:Kol|Koll|Opt|Orth|Sr|Pfl|Schw|Radiol|Chir|Neurol|Urol|Gyn|Kardiol|Anästh|Physio|Ergo|Logo|Soz|Psych|Hdz|Hr|"
    r"Fr|Ass|Instr|Prot|Bearb|Sachb|Fam|Kinderarzt)\."
)
_SIGNED_BY = (
    r"(?:unterschrieben|unterzeichnet|gezeichnet|vidiert|befundet|operiert|erstellt|verfasst|diktiert|"
    r"geschrieben|gegengelesen|geprüft|freigegeben|validiert|erhoben|durchgeführt|entnommen)(?:[ ](?:von|"
    r"durch))?"
)
_STRONG = re.compile(
    rf"(?<![\w\-])(?:{_AGENT}|{_SIGNED_BY})(?::[ ]{{0,3}}|[ ]{{1,2}}|[ ]\()(?P<name>{WORD}(?:[ ]{WORD})?)(?![\w\-])"
)
_FIRM = re.compile(
    rf"(?<![\w\-])(?:Kasse|Krankenkasse|KK|Ktr\.?|Kostenträger|Versicherung|Versicherer|Kostengutsprache|"
    rf"Kostenzusage|Rechnung[ ]an(?:[ ]die)?|Antrag[ ](?:an|bei)(?:[ ]die|[ ]der)?|Transport|Zugew\w*[ ]mit|"
    rf"gebracht[ ](?:von|durch|mit)|"
    rf"Payer|PAYER|[Ii]ns(?:urance|urer)?|Rep|Employer|Arbeitgeber|AG|Nursery|School|Schule|Apotheke|Pharmacy|"
    rf"Bestatter|Heli|RTW|NEF|KTW|Sanitätshaus|Lieferant|beschäftigt[ ]bei|arbeitet[ ](?:bei|für|im|in[ ]der|beim|am|"
    rf"an[ ]der)|"
    rf"tätig[ ](?:bei|als[ ]\w+[ ]bei|für|im|an[ ]der|am)|Lehrerin[ ](?:an[ ]der|am)|studiert[ ](?:an[ ]der|am)|"
    rf"Stud(?:ium|ent|entin)[ ](?:an[ ]der|der|am)|"
    r"Lehrer[ ](?:an[ ]der|am)|"
    rf"Schüler(?:in)?[ ](?:an[ ]der|am|der|des)|Ausbildung[ ](?:bei|im)|works[ ](?:at|for|in)|worked[ ](?:at|for)|"
    rf"employed[ ](?:at|by)|"
    rf"nights[ ]at|shifts[ ]at|brought[ ]in[ ]by|[Cc]arer[s]?[ ]from|attends|collapse[ ]at|fall[ ]at|zuletzt[ ]bei|"
    rf"davor|zuvor[ ]bei|betreut[ ]durch[ ]den)(?::[ ]{{0,3}}|[ ]\(|[ ])(?:der[ ]|die[ ]|den[ ]|the[ ])?"
    rf"(?P<name>(?:{WORD}|[A-ZÄÖÜ]{{2,6}})(?:[ ](?:(?:und|and|&)[ ])?(?:{WORD}|[A-ZÄÖÜ]{{2,5}}|"
    rf"\d{{1,3}}(?:/\d)?)){{0,3}})(?![\w\-])"
)
_HELD_IN = re.compile(
    rf"(?<!\w)(?:MRT?|MRI|CT|PET(?:-CT)?|Rö(?:ntgen)?|Sono|Echo|Koro|OP|Histo|Labor|EEG|ÖGD|Kolo\w*|VU|Vorbefund|aus|"
    rf"in)[^\n().]{{0,20}}[ ]\((?P<name>{WORD}(?:[ ]{WORD})?)(?=,?[ ]\[(?:DATE|NAME)\])|"
    rf"(?<!\w)durch[ ](?P<by>{WORD})(?=[ ]?(?:[.,;)\n]|$|\[))"
)
_TRADER = re.compile(
    rf"(?<![\w\-])(?P<name>(?:Optik|Sanitätshaus|Spedition|Autohaus|Bäckerei|Metzgerei|Hotel|Gasthof|Gasthaus|"
    rf"Schreinerei|Tischlerei|Fa\.|Firma|Taxi|Bestattungen|Bestatter|Kanzlei|Notariat|Landgasthof|Labor|Möbel|"
    rf"Elektro|Holzbau|Hörgeräte|Orthopädietechnik|Rehatechnik|Pflegedienst|"
    rf"Fahrdienst)[ ]{WORD}(?:[ ](?:&[ ])?{WORD})?)(?![\w\-])"
)
_EN_HOUSE = re.compile(
    rf"(?<![\w\-])(?P<name>(?:{WORD}[ ](?:(?:&|and|of)[ ])?){{1,4}}(?:Health|Healthcare|Care|Medical|Group|Clinic|"
    rf"Hospital|Surgery|Practice|Centre|Center|Ctr|Partners|School|Academy|College|University|Pharmacy|Insurance|"
    rf"Mutual|Services|Foundation|Trust|Hospice|Labs?|Laboratories|Diagnostics?|Imaging|Associates|Carers|Infirmary|"
    rf"Dermatology|Orthopedics|Oncology|Ambulance))(?![\w\-])"
)
_TOWN = re.compile(
    rf"(?<!\w)(?:in|aus|nach|bei|Raum|von|Vorbefunde?[ ]|VU|Vorgeschichte)[ ](?P<name>{WORD}(?:[ ](?:am|an[ ]der|"
    rf"im)[ ]{WORD})?)(?=[ ]*(?:[.,;:)(\n/]|$|\[)|[ ](?:und|mit|am|im|auf|bei|vor|durch|wurde|war|ist|behandelt|"
    rf"operiert|\w*ge\w+t)(?!\w))"
)
_DE_CUES = (
    re.compile(rf"(?<![\w\-])(?:mit|von|v\.|bei|durch|lt\.|laut|via|an|Kopie|cc|CC|Cc|bzw\.|"
               rf"d\.)[: ]{{1,2}}(?P<name>{WORD}){_DE_END}"),
    re.compile(rf"(?:\[NAME\])[ ]?(?:und|u\.|/|\+|&|,|;|bzw\.)[ ]?(?P<name>{WORD})(?=[ ]*(?:[.,;:)/\n(|+]|\[|$)|"
               rf"[ ][a-zäöü])"),
    re.compile(rf"(?<![\w\-])(?P<name>{WORD})[ ]?(?:und|u\.|/|\+|&)[ ]?(?=\[NAME\])"),
    re.compile(rf"\((?P<name>{WORD})(?=\)|[,;:/ ]{{1,3}}\[(?:DATE|PHONE|TIME|NAME|ADDRESS)\])"),
    re.compile(rf"\[(?:DATE|TIME|PHONE)\][)]?[ ,:;/|(–-]{{1,3}}(?P<name>{WORD})(?=[ ]*(?:[.;:)\n]|$|\[))"),
    re.compile(rf"(?<![\w\-])(?:{context_pattern('post')}|{context_pattern('relative')}|{context_pattern('related')}|"
               rf"{context_pattern('function')}|"
               rf"{context_pattern('margin_rank')}|[A-ZÄÖÜ][\w\-]*(?:erin|istin|entin|ologin|leiterin|meister|"
               rf"arbeiter|erzieher|nehmer|[Pp]Jlerin))(?::[ ]{{0,3}}|[ ]{{1,2}}|[ ]\()(?P<name>{WORD}){_DE_END}"),
    re.compile(rf"[a-zäöüß][ ](?P<name>{WORD})(?=[ ]\[DATE\])"),
    re.compile(rf"(?:^|\n|[ ]{{3,}}|[|•·])[ ]*(?P<name>{WORD})(?=[ ]*(?:\n|$|[ ]{{3}}|[|•·]))"),
)  # fmt: skip

_PREPOSITION = (
    r"(?:in|at|from|by|with|to|on|under|near|of|for|via|d/w|w/|per|and|the|her|his|our|my|their|asked|told|Dear|Dr|"
    r"Mr|Mrs|Ms|Miss|Prof|Sister|"
    r"seen|saw|see|cc|Cc|CC|ring|called|calls|contact|consulted|attended|when|that)"
)
_EN_PHRASE = re.compile(
    rf"(?<![\w\-]){_PREPOSITION}\.?:?[ ](?:(?:the|Dr|Mr|Mrs|Ms|St\.?|Sister|"
    rf"Prof)\.?[ ])?(?P<name>{WORD}(?:[ ](?:(?:of|and|&|the)[ ](?:the[ ])?)?{WORD}){{0,4}})(?![\w\-])"
)
_EN_ROLE = re.compile(
    rf"(?<![\w\-])(?:{context_pattern('margin_english_post')}|{context_pattern('relative')}|mum|dad|mom|girlfriend|"
    rf"Girlfriend|boyfriend|niece|nephew|sister|grand(?:son|daughter|mother|father)|aunt|uncle|cousin|neighbou?r|"
    r"[Ff]riend|NOK|Next of kin|HV|SW|CNS|DN|RN|SN|ENP|ANP|SHO|SpR|Reg|FY1|FY2|F1|F2|PA|MA|OT|PT|SLT|SALT|GP|PCP|"
    r"Cons|Surgeon|Asst|Anes(?:thesia)?|Rep|Secretary|Sec|Typed|Typist|Seen by|Submitting|Pt|Patient|Name|RE|Re|prov|"
    r"Provider|Nursery|School|Employer|Insurer|ins|"
    rf"Pharmacy|Transport|Carer|Facility|From|To|Attn|FAO|Nurse|Midwife|Doctor|Registrar|Consultant|Attending|"
    rf"Resident|Fellow|Student|Physio|Pharmacist|Dietitian|Interpreter|Chaplain|Father|Rev|Sister|HCA|Matron|Tech|"
    rf"Radiographer|Sonographer)s?"
    rf"\.?(?:[ ]?:[ ]{{0,6}}|[ ]{{1,2}}|[ ]\()(?P<name>(?:{CAPITAL}\.[ ])?{WORD}(?:,?[ ](?:{_LINK}[ ])?{WORD}){{0,3}}"
    rf"(?:[ ]{CAPITAL}(?![\w]))?)(?![\w\-])"
)
_EN_CELLS = (
    re.compile(rf"\((?P<name>{WORD}(?:[ ]{WORD})?)(?=\)|[,;] ?\[|, [A-Z]{{2,4}}\)| \[)"),
    re.compile(rf"(?P<name>(?<![\w\-]){WORD}(?:[ ]{WORD})?)[ ]\((?:son|daughter|wife|husband|niece|nephew|brother|"
               rf"sister|partner|mother|father|mum|dad|friend|carer|SW|CNS|DN|HV|OT|PT)(?![\w])"),
    re.compile(rf"(?:\[NAME\])[ ]?(?:and|/|\+|&|,|;)[ ]?(?P<name>{WORD})(?=[ ]*(?:[.,;:)/\n(|+]|\[|$)|[ ][a-z])"),
    re.compile(rf"(?<![\w\-])(?P<name>{WORD})(?=(?:[ ]?(?:and|/|\+|&)[ ]?|,[ ]?)\[NAME\])"),
    re.compile(rf"(?:^|[\n.][ ]?)(?P<name>{WORD})(?=(?:['’]s)?[ ](?:has|had|was|is|attended|tells|told|wishes|"
               rf"reports|feels|says|said|lives|remains|presented|underwent|denies|came|works|moved|and I|will|would|"
               rf"can|does|did)(?!\w))"),
)  # fmt: skip
_TOP_EN = frozenset(
    "the this that these those she he they it we you i his her their our my your its there here please thank thanks k"
    "ind yours dear "
    "monday tuesday wednesday thursday friday saturday sunday nil no not none review plan both all some any many toda"
    "y yesterday".split()
)


def find_strangers(text: str, language: str) -> Iterator[Found]:
    """Unfamiliar words anywhere, doubtful ones beside a cue; for letters alone."""
    done = 0
    for match in _TOKEN.finditer(text):
        if match.start() < done or not _is_stranger(text, match, language):
            continue
        start, end = _whole(text, match, language)
        done = end
        yield Found(start, end, _kind(text, start, match.group()), True)
    if language == "de":
        for cue in _DE_CUES:
            for match in cue.finditer(text):
                if _is_named(match["name"]):
                    yield Found(*match.span("name"), "NAME", True)
        for match in _STRONG.finditer(text):
            yield from _behind_role(text, match)
        for match in _TOWN.finditer(text):
            if spell(match["name"]) in towns() and not (
                is_word(match["name"]) and text[match.start() : match.start() + 3] == "von"
            ):
                yield Found(*match.span("name"), "ADDRESS", True)
        for match in _HELD_IN.finditer(text):
            group = match.lastgroup or 0
            if not any(_is_clinical(word) for word in re.findall(r"[^\W\d_]{3,}", match[group])):
                yield Found(*match.span(group), "ORGANISATION" if group == "name" else "NAME", True)
        for match in _TRADER.finditer(text):
            if not _is_clinical(match["name"].split()[1]):
                yield Found(*match.span("name"), "ORGANISATION", True)
    for match in _EN_HOUSE.finditer(text) if language == "en" else ():
        first = re.findall(r"[^\W\d_]+", match["name"])[0]
        if spell(first) not in _TOP_EN and not _is_listed_clinical(first):
            yield Found(*match.span("name"), "ORGANISATION", True)
    for match in _FIRM.finditer(text):
        words = re.findall(r"[^\W\d_]{2,}", match["name"])
        if not any(_is_clinical_english(word) and not word.isupper() or spell(word) in _TOP_EN for word in words):
            yield Found(*match.span("name"), "ORGANISATION", True)
    if language == "de":
        return
    for match in _EN_PHRASE.finditer(text):
        yield from _english_run(text, *match.span("name"))
    for pattern in (_EN_ROLE, *_EN_CELLS):
        for match in pattern.finditer(text):
            yield from _english_run(text, *match.span("name"))


def _is_stranger(text: str, match: re.Match, language: str) -> bool:
    word = match.group()
    if len(word) < 3 or word.isupper() and len(word) < 6 or _ROMAN.match(word) or _SHAPED.search(word):
        return False
    if len(word) < 10 and _ABBREVIATED.match(text, match.end()) and not is_name(word):
        if not _NEW_SENTENCE.match(text, match.end()) and not (
            language == "en" and text[match.end() + 1 : match.end() + 3].strip().isupper()
        ):
            return False
    if is_familiar(word, language) or word.endswith(("-Nr", "-Ca", "-OP")) or spell(word) in drugs():
        return False
    starts = _SENTENCE.search(text[max(0, match.start() - 6) : match.start()]) is not None
    if language == "de" and starts and _ADJECTIVE.search(word) and not is_doubtful(word):
        behind = re.compile(r"[ ]([A-ZÄÖÜ][\wäöüß\-]+)").match(text, match.end())
        if behind and is_familiar(behind[1], "de") and not is_doubtful(behind[1]):
            return False
    return True


def _whole(text: str, match: re.Match, language: str) -> tuple[int, int]:
    """The stranger with its initials, particles and the strangers or names beside it."""
    start, end = match.span()
    ahead = _AHEAD.search(text, max(0, start - 16), start)
    if ahead and not (language == "de" and _PREPOSED.match(ahead.group())):
        start = ahead.start()
    while behind := _NEXT.match(text, end):
        word = behind["word"]
        if word and (looks_clinical(word) or is_familiar(word, language) and not is_doubtful(word)):
            break
        end = behind.end()
    return start, end


def _kind(text: str, start: int, word: str) -> str:
    placed = re.search(r"(?<!\w)(?:in|aus|nach|from|near|at|to|of)[ ](?:the[ ])?$", text[max(0, start - 12) : start])
    return "ADDRESS" if placed or spell(word) in towns() else "NAME"


def _is_named(name: str) -> bool:
    """True for a listed name that is no word of reports and no eponym: "Winter", "Koch", "Ida"."""
    key = spell(name)
    if name.isupper() and len(name) < 5 or key in clinical_words() or looks_medical(name):
        return False
    parts = name.split("-")
    listed = is_surname(name) or is_given(name) or all(is_surname(p) or is_given(p) for p in parts)
    return listed and key not in report_words() and not eponyms().get(key, False)


def _behind_role(text: str, match: re.Match) -> Iterator[Found]:
    """The name behind the word for a person's work: a word that is none of reports, and the next if it is a name."""
    words = list(re.finditer(WORD, match["name"]))
    first = words[0].group()
    if (
        _is_clinical(first)
        or first.isupper()
        and len(first) < 5
        or re.fullmatch(rf"{_AGENT}|(?i:{context_pattern('title')}|Dipl|Priv|Univ|Mag|Prim)", first)
    ):
        return
    end = words[0].end()
    if len(words) > 1 and not is_familiar(words[1].group(), "de") or len(words) > 1 and is_doubtful(words[1].group()):
        end = words[1].end()
    yield Found(match.start("name"), match.start("name") + end, "NAME", True)


def _is_clinical(word: str) -> bool:
    key = spell(word)
    if is_surname(word) or is_given(word):
        return key in report_words()
    return (
        key in report_words()
        or key in clinical_words()
        or looks_clinical(word)
        or looks_medical(word)
        or is_ordinary(word)
    )


def _english_run(text: str, start: int, end: int) -> Iterator[Found]:
    """The words of a run that are no clinical ones, if its first is none."""
    pieces = list(re.finditer(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*", text[start:end]))
    keep = []
    for piece in pieces:
        word = piece.group()
        if len(word) > 1 and word[0].isupper() and (_is_clinical_english(word) or spell(word) in _TOP_EN):
            break
        keep.append(piece)
    while keep and not keep[-1].group()[0].isupper():
        keep.pop()
    if keep:
        yield Found(start + keep[0].start(), start + keep[-1].end(), "NAME", True)


def _is_listed_clinical(word: str) -> bool:
    key = spell(word)
    return key in report_words() or key in clinical_words() or key in drugs() or eponyms().get(key, False)


def _is_clinical_english(word: str) -> bool:
    key = spell(re.sub(r"['’]s?$", "", word))
    if word.isupper() and len(word) < 5:
        return True
    if key in eponyms() or key in drugs() or key in clinical_words() or key in report_words() or looks_medical(word):
        return True
    return ENGLISH_TERM.search(key) is not None
