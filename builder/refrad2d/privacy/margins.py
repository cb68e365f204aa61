"""The margins of a letter: dictation marks, wards, codes, seats, houses without a head word, titles left at a name.

find_margins("| Zuständig | von Sprecher, Öztürk |\\n[NAME], [DATE]", "de")

It looks at letters alone: texts of which two identities are placeholders already. German and English rules stand in
one table; their words stand in recognisers/data/context.csv: margin_*.
"""

import re
from collections.abc import Iterator

from refrad2d.privacy.announced import LETTER_HOUSES
from refrad2d.privacy.recognisers.dates import DAY
from refrad2d.privacy.recognisers.lexicon import (
    CAPITAL,
    PROPER_WORD,
    Found,
    clinical_words,
    context_pattern,
    context_words,
    eponyms,
    is_given,
    is_letter,
    is_name,
    is_ordinary,
    is_surname,
    is_word,
    looks_clinical,
    report_words,
    spell,
    towns,
    vocabulary,
)

_DEPARTMENT = context_pattern("margin_department")
_LABEL = context_pattern("margin_person")
_CELL = r"[ \t]*(?:[|]|:|\t)[ \t]*"
_CELL_END = r"(?=[ \t]*(?:[|\n,;/(]|$|[ ]{2}))"
_PERSON = (
    rf"(?:(?:von|van|de|di|da|del|el|al|zu)[ ](?:der[ ]|den[ ])?)?{PROPER_WORD}(?:,?[ ](?:{PROPER_WORD}|{CAPITAL}\."
    rf")){{0,2}}"
)
_WARD_CODE = r"(?:[A-ZÄÖÜ]{1,3}[ ]?\d{1,3}[A-Za-z]?|\d{1,2}[ ]?[A-Z]\d?|[A-Z]\d?)"
_SIDE = r"(?:Süd|Nord|Ost|West|Mitte|East|North|South|rechts|links)"
_ALIAS = re.compile(
    rf"(?<!\w)[\"„“](?P<name>(?:Unbekannt|Unknown|Anonym|Namenlos|N\.[ ]?N\.)(?:,?[ ](?:{PROPER_WORD}|männlich|"
    rf"weiblich|\d+))*)"
    r"[\"“”]"
    rf"|(?:gen(?:annt|\.)|Rufname|alias|Spitzname|called|known[ ]as)[ :]{{1,2}}[\"„“](?P<nick>{PROPER_WORD})[\"“”]"
)
_IN_CELL = re.compile(
    rf"(?:^|[|;,(]|[ ]{{2}}|\.[ ])[ \t]*{_LABEL}{_CELL}(?P<name>{_PERSON}(?:[ ]?[,/&][ ]?{_PERSON}){{0,3}}){_CELL_END}",
    re.M,
)
_RANKED = re.compile(rf"(?<![\w\-]){context_pattern('margin_rank')}[ ](?P<name>{_PERSON})(?![\w\-])")
_LISTED = re.compile(
    rf"(?:^|\t|[ ]{{2,}}|\d[.)]?[ \t]+|;[ ])(?P<name>{PROPER_WORD},[ ]{CAPITAL}[a-z]?\.)(?=[ \t|,;(]{{1,4}}\[(?"
    rf":DATE|ID)\])",
    re.M,
)
_SHOUTED = re.compile(
    rf"(?<![\w\-])(?P<name>{CAPITAL}{{3,}}(?:-{CAPITAL}{{2,}})*,?[ ](?:\[NAME\]|{PROPER_WORD}))(?=[ ]*(?:[,(|*]"
    rf"[ ]*)?\[(?:DATE|ID)\])"
    rf"|(?<![\w\-])(?P<first>{CAPITAL}{{3,}}(?:-{CAPITAL}{{2,}})*)(?=,?[ ]\[NAME\])"
)
_RELATED = re.compile(
    rf"(?:^|[.;:,][ ]|\d\.[ ]|[ ]{{2}}|\t)(?P<name>{PROPER_WORD})(?=[ ]\((?:{context_pattern('relative')}))", re.M
)
_WRAPPED = re.compile(
    rf"(?<![\w\-])(?:Hr\.|Herrn?|Fr\.|Frau|Dr\.|Prof\.|Prim\.|OA|OÄ|Mrs?\.?|Ms\.?)[ ](?P<name>{PROPER_WORD}-\n["
    rf"a-zäöüß]+)(?!\w)"
)
_SHORT_FIRST = re.compile(
    rf"(?<![\w.\-])(?P<name>{context_pattern('margin_first')}\.)(?=[ ]?\[NAME\])"
    r"|(?<![\w.\-])(?P<glued>[A-Z][a-z]{0,3}\.)(?=\[NAME\])"
    rf"|(?<=\[NAME\]),(?P<behind>[ ]{CAPITAL}[a-z]?\.)(?=[ \t]*(?:[|;,\n\t]|\[|$))"
)
_GLUED = re.compile(rf"(?<=\[NAME\])(?P<name>\.{PROPER_WORD}|-{PROPER_WORD}|{CAPITAL}?[a-zäöü]{{2,}}\b)(?!\w)")
_INITIALS = re.compile(
    rf"(?<!\w){context_pattern('margin_initials')}[ ]?:[ ]?(?P<name>[A-ZÄÖÜ]{{2,3}}|{CAPITAL}[a-zäöü]{{1,3}}\.?)"
    r"(?=[ ]*(?:,[ ])?(?:\[(?:DATE|TIME)\]|$))",
    re.M,
)
_MARK = re.compile(
    r"^[ \t]*(?P<name>[A-Za-zäöüÄÖÜ]{1,5}(?:[/\-,·][A-Za-zäöü]{1,4}){1,4})(?=[ \t]*$|[ ]{3,}(?:\[|[A-Z]))"
    r"|(?:[ ]{3,}|\])(?P<wide>(?!I/|V/)[A-ZÄÖÜ]?[a-zäöü]{1,4}[/\-][a-zäöü]{1,4}(?:-[a-zäöü])?)[ \t]*$"
    r"|\((?P<bracket>[a-zäöü]{2,3}/[a-zäöü]{2,4})\)(?=[ \t]*(?:$|\n))"
    r"|(?:dictated[^:\n]{0,24}|typed(?: by)?|transcribed(?: by)?|Ref\.?|[Dd]iktiert[^:\n]{0,24}|[Gg]eschrieben|"
    r"Dikt\.|Schr\.)"
    r":?[ ](?P<said>[A-Za-zäöü]{2,3}(?:[/\-][A-Za-zäöü]{2,4})?)(?=[ ]*(?:[,;)\n]|$))"
    r"|(?:Nachtrag|Ergänzung|Addendum|Korrektur)[ ](?:vom[ ]|v\.[ ])?\[DATE\],?[ ](?P<added>[a-zäöüA-Z]{2,4})(?=[:)])",
    re.M,
)

# --- houses, wards -------------------------------------------------------------------------------------------------
_JOIN = r"(?:[ ](?:und|u\.|&|mit|für|and|of|–|-|/)[ ]|,[ ]|[ ])"
_DEPARTMENT_LINE = re.compile(
    rf"^[ \t]*(?P<name>(?:{_DEPARTMENT}{_JOIN}?){{1,5}}(?:[ ](?:I{{1,3}}|IV|V|[1-5A-C]))?)[ \t]*$"
    rf"|(?:\[ORGANISATION\]|^)[ \t]*[,|/·•–\-]+[ \t]*(?P<cell>(?:{_DEPARTMENT}{_JOIN}?){{1,5}}(?:[ ]\d)?)(?=[ "
    rf"\t]*(?:[,|\n·(]|$|[ ]{{2}}))",
    re.M,
)
_OF_HOUSE = re.compile(
    rf"(?P<name>(?:{_DEPARTMENT}{_JOIN}?){{1,4}},?[ ]?(?:(?:am|im|an der|des|der|Haus)[ ]|Haus[ ])?)(?=\[ORGANI"
    rf"SATION\]|\[ADDRESS\])"
    rf"|(?<![\w\-])(?P<placed>(?:{_DEPARTMENT}|Klinik|Reha)[ ](?:(?:Haus|am|im|an der|zum|zur|St\.|Sankt|Bad)[ "
    rf"])?(?P<proper>{PROPER_WORD}(?:[ ]{PROPER_WORD})?)(?:[ ](?:Phase|Haus)[ ][A-Z\d]|-{_SIDE})?)"
    r"(?=[ ]*(?:[,.;)\n|]|$|\[))"
)
_TAIL = re.compile(
    rf"(?<=\[ORGANISATION\])(?P<name>[ ]?[–\-/,][ ]?(?:Standort|Campus|Haus|Betriebsstätte|Klinik|Site)[ ]"
    rf"{PROPER_WORD}|"
    rf"[ ](?:mit|und|&)[ ]{_DEPARTMENT}|[ ](?:Phase[ ][A-F]|\d{{1,2}}(?=[ ]·)|{_SIDE})|\.[ ]\d{{1,2}}(?![.,]?\d))(?!\w)"
)
_SECOND = re.compile(  # the same house in another language or its owner, in capitals behind a dash or below
    rf"\[ORGANISATION\][ ]+[–\-|/][ ]+(?P<name>{CAPITAL}{{4,}}(?:[ ]{CAPITAL}{{2,}})+)(?=[ ]*(?:$|\n))"
    rf"|^[ \t]*(?P<owner>(?:{CAPITAL}\w+[ ]){{0,3}}{CAPITAL}\w*(?:verbund|verband|gesellschaft|konzern|holding|"
    rf"gruppe|betrieb|"
    r"träger|netzwerk|allianz)(?:[ ](?:der|des|am|im|für)?[ ]?[A-ZÄÖÜ]\w+)?)[ \t]*$",
    re.M,
)
_WARD = re.compile(
    rf"(?:Station|Stat\.|Ward|Location|Bereich|Abteilung|Einheit|Unit){_CELL}(?P<name>[A-ZÄÖÜ][\w]*(?:[ ]"
    rf"{_WARD_CODE}|[ ]\d+)?"
    r"(?:,?[ ](?:Z\.|Zi\.|Zimmer|Bett|room|bed)[ ]?\w{1,4})?)(?=[ \t]*(?:[|\n;,]|$|[ ]{2}))"
    rf"|(?<!\w)(?:auf|von|nach|aus|der|to|on)[ ](?P<moved>{_WARD_CODE})(?=,?[ ](?:verlegt|übernommen|zurück|geb"
    rf"racht|aufgenommen|"
    r"betreut|transferred|\[ORGANISATION\]))"
    rf"|(?:auf|von|nach)[ ](?:die[ ]|der[ ])?(?P<onto>{PROPER_WORD}[ ]\d{{1,2}}[a-z]?)(?=[ ](?:verlegt|übernomm"
    rf"en|zurück|aufgenommen|gebracht))"
    rf"|(?<![\w\-])(?P<bloom>(?:\w+station|Zimmer|Wohnbereich|Wohngruppe|Wohnhaus|Haus)[ ]{PROPER_WORD})(?=[ ]*"
    rf"(?:[,;)\n]|$|\.(?:\s|$)))"
    rf"|(?<![\w\-])(?P<kind>{context_pattern('margin_ward')}(?:,?[ ](?:Bett|Platz|Pl\.|Zi\.|Zimmer|Z\.|Box)[ ]?"
    rf"[\w]{{1,4}}|[ ]{_WARD_CODE}|[ ]\d{{1,2}})"
    rf"(?:[ ]{_SIDE})?)(?![\w]|[.,]\d)"
    rf"|(?<=[/,] )(?P<bed>Bett[ ](?:Fenster|Tür|Mitte|Gang|Wand))(?!\w)"
    rf"|(?<=\[ORGANISATION\])(?P<rest>,?[ ](?:[Bb]ett|[Bb]ed|[Rr]oom|Zimmer|Zi\.|Z\.|Pl\.|bay)[ ]?\d{{0,3}}[A-Z"
    rf"a-z]?|[ ]{_SIDE}(?=[ ,]))(?!\w)"
    rf"|(?<![\w\-])(?P<english>(?:Ward|ward|Room|room|Bed|bed|Bay)[ ](?:{PROPER_WORD}[ ])?\d{{1,3}}[A-Za-z]?(?:"
    rf"[ ]{_SIDE})?)(?!\w|[.,]\d)"
    rf"|[ ]{{4,}}(?P<corner>[A-ZÄÖÜ]{{1,4}}[ ]?/[ ]?[A-Z]{{1,2}}\d{{1,3}})[ ]*$",
    re.M,
)
_FIRM = re.compile(
    rf"(?:[Ii]nsurer|[Ii]nsurance|[Ee]mployer|Payer|Versicherer|Kostenträger|Hospizverein|Verein|Stiftung|Selbs"
    rf"thilfegruppe|"
    rf"Besuchsdienst|Betreuungsdienst)[ ]?:?[ ](?P<name>{CAPITAL}[\w&]*(?:[ ](?:am|im|für|der|und|of|auf dem)?["
    rf" ]?{CAPITAL}[\w&]*){{0,3}})(?=[ ]*(?:[,;.\n|]|$))"
    rf"|^[ \t]*(?P<line>(?:{CAPITAL}[\w'’\-]*[ ]){{1,4}}(?:Practice|Surgery|Clinics?|Campus|Partners|Associates"
    rf"|Hospital|Centre|Center))[ \t]*"
    r"(?=$|\n|\|)"
    rf"|^[ \t]*(?P<campus>(?:{CAPITAL}[\w'’\-]*[ ]){{1,4}}(?:Campus|Centre|Center)(?=[ ]\[ADDRESS\]))",
    re.M,
)

# --- numbers, places, dates ----------------------------------------------------------------------------------------
_CODE = re.compile(
    rf"(?<!\w){context_pattern('margin_code')}(?:\.?{_CELL}|[ ]#?|:[ ]?)(?P<name>(?=[\w./\- ]*\d)(?:[A-Z]{{1,3"
    rf"}}[\-/ ])?[A-Z\d][\w]*(?:[./\-][\w]+)*(?:[ ]\d+)?)"
    r"(?![\w]|[.,]\d|[ ]?(?:mm|cm|ml|mg|%))"
    r"|\[(?:DATE|NAME)\][ ]\((?P<bracket>\d[\d.\-/]{4,}\d)\)"
)
_LINE = re.compile(
    r"\[(?:PHONE|ORGANISATION)\][^\n]{0,40}:[ ](?P<name>[\-–]\d{2,4})(?=[ ]*(?:[,;)\n]|$))"
    r"|(?:telefonisch|telephonisch|telefon\.|tel\.|Tel\.|by phone|phoned|[Cc]ontact|[Rr]ing|[Cc]all(?:ed)?)[ ,]"
    r"?[ (]{1,2}(?P<called>\d{2,4}(?:[ \-/.]\d{2,4}){1,3})(?!\w)"
    r"|(?:[Pp]ager|[Bb]leep|[Ee]xt(?:ension)?\.?|[Pp]iepser)[ :]{1,2}(?P<pager>\d[\d\-]{1,6})(?!\w)"
)
_PLACE = re.compile(
    rf"(?<![\w\-])(?P<name>(?:{CAPITAL}[\w.'’\-]*[ ]){{0,2}}{CAPITAL}[\w.'’\-]*[ ]\d{{1,4}}[a-z]?,[ ](?:[A-Z]{{"
    rf"1,2}}-)?\d{{4,5}}[ ]{PROPER_WORD}(?:,[ ](?:Switzerland|Austria|Germany|Italy|Liechtenstein))?)(?!\w)"
    rf"|(?<![\w\-])(?P<code>(?:FL|LI|SI|CZ|PL|NL|B|DK|HU|HR|SK|LU)[ ]?-[ ]?\d{{4,5}}[ ]{PROPER_WORD})(?!\w)"
    rf"|(?<=[,·|] )(?P<short>\d{{4,5}}(?:[ ]{PROPER_WORD})?)(?=[ ]?(?:\[ADDRESS\]|[·|]))"
    rf"|(?P<irish>(?:{PROPER_WORD},[ ])?(?:Co\.[ ]{PROPER_WORD}|Dublin[ ]\d{{1,2}}|{PROPER_WORD}),?[ ][ACDEFHKN"
    rf"PRTVWXY]\d[\dW][ ]?[A-Z\d]{{4}})(?!\w)"
    rf"|(?P<street>(?:[Aa]n|[Aa]uf|[Ii]n|[Hh]inter|[Uu]nter|[Bb]ei|[Vv]or)[ ](?:der|den|dem)[ ])(?=\[ADDRESS\],"
    rf"?[ ]\[ADDRESS\])"
    rf"|\[NAME\],[ ](?P<town>{PROPER_WORD})(?=[ ]?[|])"
    rf"|(?<=\[ADDRESS\])(?P<country>,[ ](?:Switzerland|Austria|Germany|Italy|Liechtenstein|Ireland)|-{_SIDE}|[ "
    rf"][A-Z]?[I\d]\d{{0,2}}(?=[,\n]))(?!\w)"
)
_TOWN = re.compile(
    rf"(?<!\w)(?:in|from|near|to|of)[ ](?P<town>(?:(?:San|Santa|St\.|New|Bad|Den|Los)[ ])?{PROPER_WORD})(?=[ ]*"
    rf"(?:[.,;)\n(]|$|[ ](?:in|on|and|with|for|last|by)[ ]))"
)
_ROMAN = r"(?:I{1,3}|IV|VI{0,3}|IX|XI{0,2}|X)"
_DATE = re.compile(
    rf"(?<![\w.,/])(?P<roman>{DAY}\.[ ]?{_ROMAN}\.)(?![\w.])"
    rf"|(?<![\w.])(?P<month>{DAY}\.?[ ](?:d\.|ds\.|dieses|des(?:selben|[ ]laufenden|[ ]vorigen)?|d\.[ ]?l\.|v"
    rf"\.|vor\.|vorigen|letzten|kommenden|nächsten|l\.|lfd\.)[ ]?(?:M\.|Mts?\.|Monats|Mon\.))"
    rf"|(?:\w+beginn|\w+ende|\w+antritt|\w+aufnahme|Einrücken|Eintritt|Austritt|Beginn|Start)[ ](?:am[ ])?(?P<s"
    rf"lash>{DAY}/(?:1[0-2]|0?[1-9]))(?![\d/])"
    rf"|\((?P<done>{DAY}/(?:1[0-2]|0?[1-9]))(?=[ ](?:durch|von|bei|mit)[ ]\[NAME\])"
    r"|(?<!\w)(?P<feast>(?:Hl\.|Heil\.|Hlg\.)[ ](?:Abend|Nacht|Drei[ ]?Könige?))"
    r"|(?<!\w)(?P<weekday>(?:Mon|Tues?|Wed|Thur?s?|Fri|Sat|Sun)\.?,?)(?=[ ](?:the[ ])?\[DATE\])"
    r"|(?<=\[DATE\])(?P<ordinal>[ ](?:the[ ])?\d{1,2}(?:st|nd|rd|th))(?!\w)"
    r"|(?<=\[DATE\])(?P<den>,?[ ](?:den|dem))(?=[ ]\[DATE\])"
    r"|(?<=\[DATE\])(?P<hour>,[ ]\d{1,2}:\d\d)(?=[:,;. ])"
)
_TABLE = (
    ("NAME", (_ALIAS, _LISTED, _SHOUTED, _RELATED, _WRAPPED, _SHORT_FIRST, _GLUED, _INITIALS, _MARK)),
    ("ORGANISATION", (_DEPARTMENT_LINE, _OF_HOUSE, _TAIL, _SECOND, _WARD, _FIRM)),
    ("ID", (_CODE,)),
    ("PHONE", (_LINE,)),
    ("ADDRESS", (_PLACE,)),
    ("DATE", (_DATE,)),
)
_NAMES = (_RELATED, _SHOUTED, _GLUED)

# --- places that hold what no list knows ----------------------------------------------------------------------------
_SPOKEN = re.compile(
    rf"(?<![\w\-]){context_pattern('margin_act')}(?:[ ]{context_pattern('trade')}\.?)?(?:[ ]|:[ ]?|[ ]\(|[ ]?[\-–][ ])"
    rf"(?P<name>{_PERSON}(?:[ ]?[/,&][ ]?{_PERSON}){{0,2}})(?=[ ]*(?:[:.,;)\n/(]|$|\[|[ ](?:am|um|vom|und|u\.|m"
    rf"it|in)(?!\w)))"
    rf"|(?<=\[NAME\])[ ](?P<next>{PROPER_WORD})(?![\w\-])"
)
_SIGN = re.compile(
    rf"(?<!\w){context_pattern('margin_sign')}[ ]?:?[ ](?P<name>[A-Za-zäöü]{{2,3}}(?:[ ]?[/\-][ ]?[A-Za-zäöü]{{"
    rf"2,3}})?(?:-\d{{2,4}})?)(?=[ ]*(?:[,;./)\n]|$|[ ]{{2}}))"
    r"|(?<!\w)[DS]:[ ](?P<one>[a-zäöü]{2,3})(?=[ ]*(?:/|$|\n))|(?<=\[NAME\])(?P<rest>/[a-z]{2,3}(?:-\d{2,4})?)(?!\w)"
    rf"|(?:^|[\n,;:(|/·•]|[ ]{{2}})[ ]?(?P<first>{CAPITAL}\.)(?=[ ]\[NAME\])",
    re.M,
)
_ORDINAL = (
    r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|\w+teenth|twentieth|thirtieth|(?:twenty|t"
    r"hirty)-\w+)"
)
_HOURS = (
    r"(?:eins|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|one|two|three|four|five|six|seven|eight|nin"
    r"e|ten|eleven|twelve)"
)
_WHEN = re.compile(
    rf"(?<=\[DATE\])(?P<year>[ ](?:neunzehn|zwei|zwo)\w*(?:hundert|tausend)\w*)|(?<!\w)(?P<ordinal>(?:the[ ])?"
    rf"{_ORDINAL}[ ]of)(?=[ ]\[DATE\])"
    r"|(?<!\w)(?P<advent>(?:[1-4]\.|erste[rn]?|zweite[rn]?|dritte[rn]?|vierte[rn]?)[ ]Advent(?:ssonntag)?)(?!\w)"
    r"|(?<![\w'’´])(?P<short>(?:(?:1[0-2]|0?[1-9])/)?['’´‘`]\d\d)(?![\w'’\"])"
    r"|(?<!\w)(?P<last>(?:vergangene|letzte|vorige|kommende|nächste|diese)[nmrs]?|last|next|this|past)(?=[ ]\[DATE\])"
    r"|(?<![\w.,/])(?P<range>\d{1,2}\.[ ]?(?:/|-|–|auf[ ]den|auf|zum|bis(?:[ ]zum)?|und)[ ]?)(?=\[DATE\])"
    rf"|(?<!\w)(?P<clock>(?:(?:[Vv]iertel|[Dd]reiviertel|[Kk]urz)[ ](?:(?:vor|nach)[ ])?|[Hh]alb[ ]|(?:[Hh]alf|"
    rf"[Qq]uarter)[ ](?:past|to)[ ]){_HOURS})(?!\w)"
    r"|(?:[Oo]n|[Uu]ntil|[Ss]ince|[Bb]y|[Ff]rom)[ ](?P<th>the[ ]\d{1,2}(?:st|nd|rd|th))(?!\w)"
    r"|(?P<feast>Boxing[ ]Day|New[ ]Year['’]?s(?:[ ](?:Eve|Day))?|(?:Good|Easter)[ ]\[DATE\]|Good[ ]Friday|East"
    r"er[ ](?:Sunday|Monday)|Christmas[ ](?:Eve|Day)|"
    r"(?:May|August|Spring)?[ ]?[Bb]ank[ ][Hh]oliday|St\.?[ ]\w+['’]s[ ]Day|Thanksgiving(?:[ ]Day)?|(?:Labou?r|"
    r"Memorial|Independence|Veterans|Remembrance)[ ]Day|"
    r"Halloween|Whit[ ]Monday|Ash[ ]Wednesday|Hogmanay|Maundy[ ]Thursday|Shrove[ ]Tuesday|Bonfire[ ]Night)"
    rf"|(?:Mon|Tues?|Wed|Thurs?|Fri|Sat|Sun)\.?,?[ ](?P<dm>{DAY}/(?:1[0-2]|0?[1-9]))(?![\d/])"
)
_ROAD = re.compile(
    r"(?<![\w\-])(?P<name>(?:\d{1,4}[a-z]?,?[ ])?(?:Rue|rue|Via|via|Viale|Piazza|Avenue|Av\.|Chemin|Ch\.|Route|"
    r"Rte|Calle|Vicolo|Strada|Corso|Largo|Quai|Boulevard|Bd\.?|Allée|Impasse|Ulica|ul\.)[ ]"
    rf"(?:(?:de|la|le|les|du|des|del|della|delle|dei|degli|d'|l')[ ]?){{0,2}}(?:{PROPER_WORD}[ ]?){{1,3}}(?:,?["
    rf" ]?\d{{1,4}}[a-z]?)?)(?=,?[ ]?(?:\d{{4,5}}|\[ADDRESS\]|$|\n))"
    r"|(?P<way>(?:Rue|Via|Route|Chemin|Avenue)[ ](?:(?:de|la|du|del|della|des)[ ]?){1,2})(?=\[ADDRESS\])"
    r"|(?<!\w)(?P<box>Postfach(?:[ ]\d[\d ]*\d)?|P\.?[ ]?O\.?[ ]?Box[ ]\d+|CP[ ]\d+|Case[ ]postale[ ]\d+)(?=,?["
    r" ]?(?:\n|\[|\d{4}|·|$))"
    rf"|(?<=, )(?P<code>[1-9]\d{{3}}[ ]{PROPER_WORD})(?=[ ]*(?:\n|$|[·|]))"
    rf"|(?<=\[ADDRESS\])(?P<river>[ ]?(?:a\.[ ]?d\.|an[ ]der|am|a\.|i\.[ ]?d\.|i\.|ob[ ]der|v\.[ ]?d\.|bei|b\.)"
    rf"[ ]?{PROPER_WORD})(?![\w\-])"
)
_PHONED = re.compile(
    rf"(?<!\w){context_pattern('margin_desk')}[ ]?:?[ ](?P<name>[\-–/][ ]?\d{{2,5}})(?![\w.,]\d)|(?:Pieps\.?|Pi"
    rf"ep\.?|Fu\.|Bp\.|BP)[ :]{{1,2}}(?P<pager>\d{{2,5}})(?!\w)"
)
_NUMBERED = re.compile(r"(?<=\[NAME\]\. )(?P<name>\d[\d.\-/]{5,}\d)(?!\w)")
_ON_WARD = re.compile(
    rf"(?:auf|von|nach|Station)[ ](?P<name>(?![LTCSHBD]\d{{1,2}}(?![\w\-]))[A-Z]{{1,2}}\d{{1,2}}[a-z]?(?:-"
    rf"{_SIDE})?|[A-Z]\d{{1,2}}-{_SIDE})(?=[ ]*(?:[.,;)\n]|$))"
)
# short marks of staff: in a line of marks and placeholders alone, beside a date, behind an act
_SIGNET = r"(?:[a-zäöü]{2,4}|[A-ZÄÖÜ]{2,3}|[A-ZÄÖÜ][a-zäöü]{1,2}|[a-z][A-Z][a-z]?)\.?"
_SIGNETS = rf"{_SIGNET}(?:[ ]?[/,\-–+&·:][ ]?{_SIGNET}){{0,3}}"
_MARKED = re.compile(
    rf"\[(?:DATE|TIME)\][ ]?[,;:/|–\-]?[ ]?\(?(?P<dated>{_SIGNETS})(?=[ ]*(?:[:)|]|$))"
    rf"|\((?P<before>{_SIGNETS}),?[ ](?=\[(?:DATE|TIME)\])"
    rf"|\((?P<alone>{_SIGNETS})\)(?=[.]?[ \t]*$)"
    rf"|(?<=\[NAME\])[ ]?(?:[/|:][ ]?|\()(?P<beside>{_SIGNETS})(?=[ ]*(?:[.,;)|]|$|[ ]{{2}}|\[))"
    rf"|(?<![\w\]])(?P<ahead>{_SIGNETS})[ ]?/[ ]?(?=\[NAME\])"
    rf"|(?:[Bb]espr\w*\.?|[Aa]bgespr\w*\.?|[Rr]ücksprache|Rückspr\.|gesehen|vidiert|geprüft|befundet|visitiert|"
    rf"gez\.|vid\.|vis\.|sign\.|Unterschrift|Sign|Visum)[ ]?:?[ ](?:m\.[ ]|mit[ ]|durch[ ]|von[ ])?(?P<act>"
    rf"{_SIGNETS})(?=[ ]*(?:[.,;)|\[]|$))"
    rf"|^[ \t]*(?P<line>{_SIGNETS})[ \t]*(?:[,;/|–\-]?[ ]?\[(?:DATE|TIME|ID)\])[ \t]*$"
    rf"|(?<=[.!?)])[ ]{{1,3}}(?P<end>[A-ZÄÖÜ]?[a-zäöü]{{1,3}}\.?(?:[/\-][a-zäöü]{{2,3}})?)[ \t]*(?=\s*\Z)"
    rf"|(?<=\[NAME\])(?P<initial>[ ]{CAPITAL}\.(?=[ ]*(?:[,;)/\n]|$|\[))|-{CAPITAL}\.?)(?!\w)"
    rf"|(?<=[ (,/:\n])(?<!Typ )(?<!Grad )(?P<first>{CAPITAL}\.[ \-]?(?:{CAPITAL}\.[ ]?)?)(?=\[NAME\])",
    re.M,
)
_NO_SIGNET = re.compile(
    r"(?i)(?:(?:re|li|bds|ca|max|min|neg|pos|inf|sup|med|lat|ant|post|dist|prox|nb|ob|oB|km|mit|und|von|der|die"
    r"|das|ein|zum|zur|bei|nach|uhr|ext|tel|fax|int|app|ph|mob|"
    r"ct|mrt?|mri|us|rt|ekg|eeg|op|tee|tte|ed|dd|vd|zn|st|lj|ja|nein|kg|cm|mm|ml|mg|iv|po|sc|im|am|an|in|ab|bis"
    r"|um|ist|war|hat|wie|"
    r"auf|aus|vor|seit|stat|amb|tgl|usw|etc|evtl|bzw|vgl|ggf|std|min|sek|mal|li|ok|frei|gut|kein|nur|noch|auch|"
    r"sono|rö|m|w|d|pet|"
    r"the|and|for|was|has|on|at|to|of|is|no|not|left|old|new|per|via|with|done|mild|both|bid|tid|prn|male|all|s"
    r"ee|pm|nil|day|days|"
    r"r|l|n|t|g|p|[ivx]+)\.?(?:[ ]?[/,\-–+&·:][ ]?)?)+"
)
_SHORT_DATE = re.compile(
    rf"(?<!\w)(?:am|vom|v\.|ab|bis|seit|zum|für|Termin|Kontrolle|WV|ED|EM|Z\.[ ]?n\.|on|until|since|from|dated)"
    rf"[ ](?:den[ ]|dem[ ])?(?P<name>{DAY}[./](?:1[0-2]|0?[1-9])|(?:1[0-2]|0[1-9])[./]\d\d)(?![\w/]|[.,]?\d|[ "
    rf"]?(?:mm|cm|ml|%|mg|Uhr|SSW|x))"
    rf"|(?<=\[DATE\])[ ]?(?:-|–|bis|und|u\.|,|/)[ ]?(?P<next>{DAY}[./](?:1[0-2]|0?[1-9])\.?)(?![\w/]|[.,]?\d|["
    rf" ]?(?:mm|cm|ml|%))"
)
_MORE_LINES = re.compile(
    r"(?<=\[PHONE\])[ ]?(?P<name>(?:/|oder|or|o\.|u\.|und|bzw\.|od\.|,|;|-|–|\()[ ]?(?:Fax[ :.]*|DW[ ]?|App\.?["
    r" ]?)?[\-–]?[ ]?\d{1,6})(?![\w]|[.,:]\d|[ ]?(?:mm|cm|ml|Uhr|h\b))"
)
_PLACED_TABLE = (
    ("NAME", (_SIGN, _MARKED)),
    ("DATE", (_WHEN, _SHORT_DATE)),
    ("ADDRESS", (_ROAD,)),
    ("PHONE", (_PHONED, _MORE_LINES)),
    ("ID", (_NUMBERED,)),
    ("ORGANISATION", (*LETTER_HOUSES, _ON_WARD)),
)
_UNSURE = ("prior", "pair", "english", "river")
# English staff by surname: "d/w Aldridge", "reported by Kowal;", "Attending: Marsh", "SHO Bose", "Marsh (Cardiology)"
_EN_NAME = rf"(?:{CAPITAL}\.[ ])?(?:(?:van|von|de|del|al|el|O['’])[ ]?(?:der[ ])?)?{PROPER_WORD}(?:[ ]{PROPER_WORD})?"
_EN_END = (
    r"(?=[ ]*(?:[.,;:)/\n(]|$|\[|[ ](?:on|at|and|in|for|to|from|will|has|is|was|who|said|agreed|kindly|today|\w+ed)"
    r"(?!\w)))"
)
_ENGLISH = re.compile(
    rf"(?<![\w\-])(?:{context_pattern('margin_english_act')})[ :]{{1,2}}(?P<by>{_EN_NAME}){_EN_END}"
    rf"|(?<![\w\-])(?:{context_pattern('margin_english_post')})(?::[ ]{{0,3}}|[ ])(?P<post>{_EN_NAME}){_EN_END}"
    rf"|(?<=\[NAME\])[ ]?[/&,+][ ]?(?P<row>(?:{CAPITAL}\.[ ])?{PROPER_WORD})(?=[ ]*(?:[.,;)\n(/]|$))"
    rf"|(?<=\[NAME\])[ ]and[ ](?P<pair>(?:{CAPITAL}\.[ ])?{PROPER_WORD})(?=[ ]*(?:[.,;)\n(/]|$))"
    rf"|(?<![\w\-])(?P<slash>{PROPER_WORD})(?=[ ]?/[ ]?\[NAME\])"
    rf"|(?:^|[,;:(][ ]|[ ]{{2}})(?P<trade>(?:{CAPITAL}\.[ ])?{PROPER_WORD}(?:[ ]{PROPER_WORD})?)(?=,?[ ]\(?"
    rf"{context_pattern('margin_english_trade')}(?!\w))",
    re.M,
)
_NO_MARK = re.compile(
    r"(?i)(?:re|li|bds|m|w|d|o|u|i|a|p|v|x)(?:[/\-,](?:re|li|bds|m|w|d|o|u|i|a|p|v|x))+|und/oder|and/or|n/a|k/a"
    r"|w/o|h/o|s/p"
)
_NODE = re.compile(r"LK|[Ll]ymph|Level|EBUS|mediast")


def find_margins(text: str, language: str) -> Iterator[Found]:
    """What stands at the margins of a letter (two placeholders or more), German or English; nothing elsewhere."""
    if not is_letter(text):
        return
    for kind, patterns in (*_TABLE, *_PLACED_TABLE):
        for pattern in patterns:
            for match in pattern.finditer(text):
                group = match.lastgroup or 0
                if _is_meant(pattern, match, text):
                    yield Found(*match.span(group), kind, True)
    for pattern in (_IN_CELL, _RANKED, _SPOKEN) if language == "de" else (_ENGLISH,):
        for match in pattern.finditer(text):
            group = match.lastgroup or 0
            refused = {_ENGLISH: _is_english_word, _SPOKEN: _is_report_only}.get(pattern, _is_listed_word)
            if not refused(match[group]):
                yield Found(*match.span(group), "NAME", True)
    for match in _TOWN.finditer(text) if language == "en" else ():
        if spell(match["town"]) in towns():
            yield Found(*match.span("town"), "ADDRESS", True)


def _is_meant(pattern: re.Pattern[str], match: re.Match[str], text: str) -> bool:
    """False where the words say that something else is meant: clinical terms, sides, stations of nodes, sizes."""
    value = match[match.lastgroup or 0].strip(" .,-")
    if pattern is _SHOUTED:
        first = re.split(r"[, \-]", value)[0]
        return (
            not _is_clinical(value)
            and (len(first) > 4 or is_surname(first) or is_given(first))
            and len(value.split()[-1]) > 2
        )
    if pattern in _NAMES:
        return not _is_clinical(value)
    if match.lastgroup in _UNSURE:
        words = re.findall(PROPER_WORD, value)
        return not any(
            looks_clinical(word) or is_ordinary(word) or is_word(word) or spell(word) in eponyms() for word in words
        )
    if pattern is _MARKED and _NO_SIGNET.fullmatch(value):
        return False
    if pattern in (_MARK, _SIGN, _MARKED):
        return _NO_MARK.fullmatch(value) is None and not _is_clinical(value)
    if (
        pattern is _WARD
        and match.lastgroup == "bloom"
        and _is_report_only(value.split()[-1])
        and not is_given(value.split()[-1])
    ):
        return value.split()[-1] in context_words("margin_bloom")
    if pattern is _WARD:
        return _NODE.search(text, max(0, match.start() - 24), match.end()) is None
    if pattern is _OF_HOUSE and match.lastgroup == "placed":
        proper = re.findall(PROPER_WORD, match["proper"])
        return not any(_is_clinical(word) or is_word(word) for word in proper)
    if pattern is _PLACE and match.lastgroup == "town":
        return not looks_clinical(value)
    return True


def _is_clinical(name: str) -> bool:
    """True if a word of it belongs to reports or to German and is no name for certain."""
    words = re.findall(r"[^\W\d_]{2,}", name)
    return any(
        not is_name(word)
        and (looks_clinical(word) or is_ordinary(word) or not (is_given(word) or is_surname(word)) and _is_known(word))
        for word in words
        if word[0].isupper()
    )


def _is_report_only(name: str) -> bool:
    """True if a word of it is one of reports, or a German word that is no name as well: "Winter", "Fink" are names."""
    words = [word for word in re.findall(r"[^\W\d_]{2,}", name) if word[0].isupper()]
    named = [is_surname(word) or is_given(word) for word in words]
    return any(
        spell(word) in report_words() or not listed and (looks_clinical(word) or is_ordinary(word) or _is_known(word))
        for word, listed in zip(words, named, strict=True)
    )


def _is_english_word(name: str) -> bool:
    """True if a word of it is one of English reports: only those lists count, since no ending is sure in names."""
    words = [spell(word) for word in re.findall(r"[^\W\d_]{2,}", name)]
    return any(word in report_words() or word in clinical_words() for word in words)


def _is_listed_word(name: str) -> bool:
    """True if the name, behind the label of a person, begins with a word of reports or one that German lists."""
    first = re.findall(r"[^\W\d_]{2,}", name)[0]
    if first.islower() or is_given(first) or is_surname(first):  # "von Sprecher"
        return False
    return spell(first) in vocabulary() or looks_clinical(first)


def _is_known(word: str) -> bool:
    calm = word[0] + word[1:].lower()
    return is_word(calm) or spell(word) in eponyms()
