"""What the last look itself leaves: halves of names and words, days without a month, plates, domains, misread dates.

find_residue("[NAME] matte 4, durch di [NAME] am 14.: Station 7", "de")
"""

import re
from collections.abc import Callable, Iterator, Sequence

from refrad2d.privacy.letters.words import is_familiar
from refrad2d.privacy.recognisers.dates import DAY
from refrad2d.privacy.recognisers.lexicon import (
    CAPITAL,
    Found,
    clinical_words,
    context_pattern,
    context_words,
    eponyms,
    is_given,
    is_surname,
    is_word,
    looks_clinical,
    looks_medical,
    report_words,
    spell,
    towns,
)

_LETTER = r"[^\W\d_]"
_WORD = rf"{CAPITAL}{_LETTER}+(?:[\-–’']{_LETTER}+)*"
_HELD = r"\[(?:NAME|ADDRESS|ORGANISATION)\]"
# a word of which one half is gone: "[ORGANISATION]matte 4", "Radio-[ORGANISATION]"
_HALF = re.compile(
    rf"(?<=\[NAME\])(?P<name>[a-zäöüß]{{2,}})(?!\w)|(?<=\[ADDRESS\])(?P<place>[a-zäöüß]{{2,}})(?!\w)"
    rf"|(?<=\[ORGANISATION\])(?P<house>[a-zäöüß]{{2,}}(?:[ ]\d{{1,3}}[a-z]?(?=[ ]*(?:[,;\n]|$|[ ]{{2}})))?)(?!\w)"
    rf"|(?<![\w\-.])(?P<ahead>{CAPITAL}[a-zäöüß]+-)(?=\[(?:NAME|ADDRESS|ORGANISATION)\])"
)
# particles that no German sentence has before a name; "von" and "zu" only behind a title or a preposition
_PARTICLE = re.compile(
    r"(?<![\w.\-])(?P<name>(?:(?:di|dos|del|della|dello|van|ter|ten|ibn|abu|el|al|le|la|af|av|de|du|ben|bin|Abu|Ben|"
    r"Bin|Ibn|Dos|Del|Della|Ter|Ten|Al|El|Ag|Ait|Bou|Ould)[ \-'’]){1,2})(?=\[NAME\])"
    r"|(?:durch|mit|bei|an|Dr\.|Doktor|Prof\.|Frau|Herrn?|und|,|/)[ ](?P<led>(?:von|zu|vom|zur)[ ](?:und[ ]zu[ ]|"
    r"der[ ]|"
    r"den[ ])?)(?=\[NAME\])"
    r"|(?<![\w.\-])(?P<staff>(?:OÄ|OA|LOA|LOÄ|CÄ|CA|AÄ|FÄ|FOA|SOA|KD|OAmbF|HOÄ|HOA|Prim\.?a?|OMR|OSTR|DDr\.|Drs\.|"
    r"Dr\.in|Mag\.a|Prof\.in)[ ](?:\([A-Z][\w. ]{1,14}\)[ ])?)(?=\[NAME\])"
)
_ARABIC = re.compile(
    rf"(?<![\w.\-])(?P<name>(?:Dr\.|Prof\.|PD|Herrn?|Frau|Hr\.|Fr\.)[ ](?:al|el|ad|ar|as|at|az|ben|bin|abu|ibn)"
    rf"[\- ]{_WORD}(?:-{_WORD})*)(?!\w)"
    rf"|(?<=\[NAME\])(?P<behind>,?[ ](?:al|el|ad|ar|as|at|az|ben|bin|abu|ibn|te|Te|Da|Le|Lo|Di|De|dos|Van|Von)"
    rf"[\- ]{_WORD})"
    r"(?!\w)"
)
# "der Sohn Beat [NAME]": a word between one of the family or the staff and a name
_MIDDLE = re.compile(
    rf"(?<![\w\-])(?:{context_pattern('relative')}|{context_pattern('related')}|Frau|Herrn?|Hr\.|Fr\.|Ehefrau|Gatte|"
    rf"Gattin|Pat\.|Patient(?:in)?|Kind|Sohn|Tochter|[Bb]etrifft|Betr\.|Betreff|Re)(?::[ ]|[ ]\(|[ ])"
    rf"(?P<name>{_WORD})(?=[ ]\[NAME\])"
)
_COUNTED = (  # what an ordinal counts: "am 3. postoperativen Tag", "am 5. Strahl"
    r"(?:Tag|Woche|Monat|Jahr|Lebens|Rippe|Zehe?|Finger|Strahl|ICR|Hals|Brust|Lenden|Wirbel|BWK|LWK|HWK|Grad|Zyklus|"
    r"Segment|SSW|Schwangerschaft|Stock|OG|Etage|Hirnnerv|Quadrant|[Pp]ost|[Pp]räop|Dekade|Quartal|Stunde|Kind|Mittel|"
    r"Meta|Zahn|Glied|OP|Gabe|Sitzung|Kontroll|Termin|Untersuchung|Messung|Aufnahme|Versuch|Eingriff|Chemo|Advent|"
    r"Ventrikel|Proc|Gelenk|MCP|PIP|DIP|MTP|Karp|Lumbal|Thorakal|Sakral|Zervikal|Neuron|Ast|Trimenon|Inter|Punkt|"
    r"Teil|Herd|Knoten|Platz|Mahlzeit|Injektion|Impf|Bestrahlung|Generation|Linie|Ordnung|Sonntag|Feiertag|Geburt)"
)
# a day without its month, only where nothing counted follows: "am 14.:", "Am 30. Anti-D", "Am 16. kurzzeitige Pause"
_DAY = re.compile(
    rf"(?<!\w)(?:[Aa]m|[Vv]om|[Bb]is(?:[ ]zum)?|[Ss]eit[ ]dem|[Aa]b(?:[ ]dem)?|den|zum|für[ ]den|v\.)[ ]"
    rf"(?P<name>{DAY}\.)(?=[ ]*(?:[:;,)(\n–]|$)|[ ][a-zäöüß])(?!(?:[ ][a-zäöüß\-]+){{0,3}}[ ]{_COUNTED})"
)
_BARE_DAY = re.compile(rf"(?:^|[.\n] ?|: )Am (?P<name>{DAY}\.)(?= (?!{_COUNTED}){CAPITAL})", re.M)
# m/yy behind what happened then, where the year alone might be a score: "Metallentfernung 10/20"
_EVENT = re.compile(
    r"(?:\w*(?:entfernung|implantation|operation|resektion|ektomie|tomie|skopie|plastik|desis|synthese|plantation|"
    r"anlage|diagnose|prothese|embolie|thrombose|infarkt|apoplex|insult|geburt|ablation|bestrahlung|therapie)|TEP|OP|"
    r"ED|"
    r"EM|CHE|AE|TE|PTCA|PCI|PTA|Bypass|Stenting|Sectio|Radiatio|TIA)(?:[ ](?:re|li|bds|rechts|links|beidseits)\.?)?,?"
    r"[ ](?P<name>(?:1[0-2]|0?[1-9])/['’]?[0-3]\d)(?![\w/]|[.,]\d|[ ]?(?:mm|cm|x[ ]|Punkte|Zyklen|Gaben|Stanz|LK))"
)
_FEAST = re.compile(
    r"(?<!\w)(?P<name>(?:Fastnachts?|Faschings|Karnevals|Kirmes|Kirchweih|Schützenfest|Volksfest|Jahrmarkts?|Oster|"
    r"Pfingst|Advents|Weihnachts|Rosen|Tulpen|Nelken|Veilchen|Weiberfastnachts?|Altweiber|Schmotzigen?|Fasnets?|Funken)"
    r"(?:samstag|sonntag|montag|dienstag|mittwoch|donnerstag|freitag|wochenende?s?|woche|ferien|tage?n?|zeit)|"
    r"(?:Mariä|Maria|Mariae)[ ](?:Geburt|Himmelfahrt|Empfängnis|Namen|Heimsuchung|Verkündigung)|Himmelfahrt|"
    r"Pfingstsamstag|Palmsamstag|Ostersamstag|Adventszeit|Martini|Sankt[ ]Martin|Mariä[ ]"
    r"Lichtmess|Lichtmess|Allerheiligen|Erntedank|Kirtag|Kirchtag|Kilbi|Chilbi|Oktoberfest|Zuckerfest|Fastenbrechen|"
    r"Opferfest|Jom[ ]Kippur|Chanukka|Passah|Pessach|Nowruz|Newroz|Tet-?Fest|Diwali|Thanksgiving|Halloween|"
    r"Valentinstag|Herz-Jesu-\w+|Peter[ ]und[ ]Paul|Johanni|Kathrein|Leonhardi|Maria[ ]Empfängnis)(?!\w)"
)
_FARM = re.compile(rf"(?<=\[NAME\])(?P<name>[ ](?:unter|ob|an|auf)[ ](?:der|dem)[ ]{_WORD})(?=[ ]*(?:[,.;)\n]|$))")
_SAINT_DAY = re.compile(r"(?<!\w)(?P<name>St\.?[ ])(?=\[(?:DATE|NAME|ORGANISATION|ADDRESS)\])")
_ISO = re.compile(r"(?<![\w.\-/])(?P<name>(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))(?![\w\-]|\.\d)")
_MISREAD = re.compile(
    r"(?<![\w.])(?P<name>(?=[\dOolI.]*\d)(?=[\dOolI. ]*[OolI])[0-3OolI]?[\dOolI]\.[ ]?[01OolI]?[\dOolI]\."
    r"(?:[ ]?(?:[12lI][\dOolI]{3}|[\dOolI]{2}))?)(?![\w.])"
)
_DOMAIN = re.compile(
    r"(?<![\w@.\-/])(?P<name>(?:https?://)?(?:[a-zäöü\d][a-zäöü\d\-]*\.)+(?:example|invalid|test|local|intern|de|at|"
    r"ch|li|eu|com|org|net|info|co\.uk|nhs\.uk|ie|it|clinic|health|care|swiss|wien|tirol|berlin|hamburg|koeln|"
    r"bayern|nrw|saarland|ruhr|arzt|med|praxis)(?:/[\w\-./?=&%]*)?)(?![\w@\-]|\.\w)"
)
_PLATE = re.compile(
    r"(?i:kfz|kennz\w*|plate|registration)\W[^\n]{0,16}?(?<![\w])(?P<name>[A-ZÄÖÜ]{1,3}[ \-·:][A-Z]{0,2}[ \-]?\d{1,6}"
    r"(?:[ ]?[A-Z]{1,3})?)(?!\w)"
    r"|(?i:auto|pkw|wagen|fahrzeug\w*|motorrad|roller|traktor|lkw|moped|anhänger|car|van)\W[^\n]{0,20}?(?<![\w])"
    r"(?P<shape>[A-ZÄÖÜ]{1,3}-[A-Z]{1,2}[ ]\d{1,4}[EH]?|[A-Z]{1,2}-?[ ]?\d{1,5}[ ][A-Z]{1,3})(?!\w)"
)
_BEFORE_ID = re.compile(
    r"(?:[\w\-]*(?:nummer|ausweis|zeichen|schein|[Pp]ass|karte|[Nn]r|[Aa]kte|AZ|Az|GZ|Zl|Police)\.?:?)[ ]"
    r"(?P<name>[A-Z]{1,4}(?:[/\-][A-Z]{1,4}){0,2}[ /\-]?)(?=\[(?:ID|PHONE)\])"
    r"|(?<![\w.\-])(?P<code>(?!(?:AHV|V[SN]NR|SVNR|KVNR|SSN|NHS|MRN|P?ID|VN|SV|KV|GZ|AZ|RTW|NEF|KTW|BKZ|PACS|NOTE|"
    r"FAX|TEL|SN|"
    r"CT|MRT?|MRI|RR|HF|AF|BZ|GCS|BP|HR|Hb|CRP|OP|BG|EK|PET|US|EKG|EEG|DRG|ICD|OPS|HNO|"
    r"LWS|HWS|BWS|TEP|KHK|TTE|TEE)[ ])"
    r"(?:[A-Z]{2,4}|[A-Z]{1,3}\d{1,2})[ ])(?=\[ID\])"
)
_CODE = re.compile(
    r"(?<![\w.,/\-])(?P<name>[A-Z\d]{2,4}-[A-Z]{1,2}[ ]\d{3,}|[A-Z]{1,3}[ ]\d{3,6}/[A-Z]{1,2}|"
    r"[A-Z]{1,2}[ ]\d{2}[\-/]\d{3,})"
    r"(?![\w]|[.,/]\d)"
    r"|(?<!Stadium )(?<!Grad )(?<!Typ )(?<![\w.])(?P<court>(?:\d{1,3}[ ])?[IVXL]{2,6}[ ](?:[A-Z]{1,2}[ ])"
    r"?\d{1,5}/\d\d)(?!\w)"
    r"|(?<!RR )(?<!BD )(?<![\w.,/+\-])(?P<short>[0-5]\d/\d{3,5})(?![\w/]|[.,]\d|[ ]?(?:mm|cm|ml|mg|%))"
    r"|\(#(?P<pager>\d{3,5})(?=[,)])"
)
_EXTENSION = re.compile(
    r"(?i:rückruf|rückfragen|erreichbar|fax|tel|durchwahl|anmeldung|sekretariat|melden)[^.\n\d]{0,40}?"
    r"(?P<name>(?<![\w\d])[\-–]\d{2,5})(?=[ ]*(?:[.,;)\n]|$))"
)
# typing marks of which one half is gone: "rp/[NAME]", "[NAME]/bm"
_HALF_MARK = re.compile(
    r"(?<![\w/])(?P<name>[a-zäöü]{2,3}/)(?=\[NAME\])|(?<=\[NAME\])(?P<rest>/[a-zäöü]{2,3})(?=[ ]*(?:[.,;)\n]|$))"
)
_TAIL = re.compile(
    r"(?<=\[ADDRESS\])(?P<name>-[A-Z]{1,3}\.?|(?:/\d{1,4}[a-z]?){1,3}|[ ](?:eins|zwei|drei|vier|fünf|sechs|sieben|"
    r"acht|neun|zehn|elf|zwölf))"
    r"(?=[ ]*(?:[.,;)\n]|$|\[|[ ]))|(?<=\[ORGANISATION\])(?P<house>[ ][A-H])(?=[ ]*(?:[.,;)\n]|$))"
)
_SITE = (
    r"(?:[a-zäöüß]*(?:dom|markt|wall|tor|ring|park|platz|see|hafen|bahnhof|schloss|schloß|rathaus|münster|brunnen|turm|"
    r"berg|wald|rhein|main|bach|brücke|garten|allee|anger|graben|ufer|wiese|feld|mühle|hof|weg|stern|center|kirche))"
)
# "Physiotherapie am Dom", "MRT am Wall", "Schwarzwald-Baar-Radiologie", "Evang. [ORGANISATION]"
_AT_SITE = re.compile(
    rf"(?<![\w\-])(?P<name>(?:MRT|CT|PET-CT|Röntgen|Labor|Radiologie|Neurologie|Kardiologie|Urologie|Orthopädie|"
    rf"Chirurgie|"
    rf"Gynäkologie|Dermatologie|Physiotherapie|Physio|Ergotherapie|Logopädie|Dialyse|Onkologie|Praxis|Zahnarzt|"
    rf"Tagesklinik|"
    rf"Diagnostik|Augenarzt|Augenklinik|HNO|Apotheke|Sanitätshaus|Optiker|Fitness\w*)[ ](?:am|an[ ]der|beim|im|zum|"
    rf"auf[ ]dem)[ ]"
    rf"(?i:{_SITE})(?![\w\-]))"
)
_TOWNED = re.compile(
    rf"(?<![\w\-])(?P<name>(?:{CAPITAL}[a-zäöüß]+-){{1,3}}(?:Radiologie|Kardiologie|Neurologie|Urologie|Orthopädie|"
    rf"Onkologie|"
    rf"Dialyse|Pathologie|Praxis|Zentrum|Klinik|Klinikum|Kliniken|Therme|Reha))(?!\w)"
)
_CHURCH = re.compile(
    r"(?<!\w)(?P<name>(?:Evang|Ev|Kath|Städt|Akad|Ökum|Prot|Luth|Städtisches|Evangelisches|Katholisches)\.?[ ])"
    r"(?=\[ORGANISATION\])"
    r"|(?<!\w)(?P<stift>(?:Evang|Ev|Kath|Städt|Luth)\.?[ ](?:Stift|KH|Krhs\.?|Krankenhaus|Klinik|Spital|Klinikum))"
    r"(?!\w)"
)
# days behind values and studies in English: "CRP 212 (4/12), 88 (6/12)", "CT chest 1/4:"
_DAY_EN = re.compile(
    rf"\d[ ]\((?P<name>{DAY}/(?:1[0-2]|[1-9]))\)(?=,[ ]\d+[ ]\(\d|[^()\n]{{0,3}}$|\.)|\),[ ][\d.]+[ ]\((?P<next>{DAY}/"
    rf"(?:1[0-2]|[1-9]))\)|(?<!\w)(?:CT|MRI|XR|US|CXR|Echo|TTE|ECG|filter|PET|cath|scope|biopsy)(?:[ ][a-z]+)?[ ]"
    rf"(?P<study>{DAY}/(?:1[0-2]|[1-9]))(?=[:.,;])"
)
# what stays of a number, a town or a house behind its placeholder
_TAIL_ID = re.compile(r"(?<=\[ID\])(?P<name>[ ]\d{1,4}(?:[ ][A-Z])?)(?=[ ]*(?:[.,;)\n]|$))(?![.,]\d)")
_TAIL_CALL = re.compile(
    r"(?<=\])(?<!\[DATE\])(?<!\[TIME\])(?<!\[ID\])(?<!\[AGE\])(?P<name>[ ]\d{1,3}(?:[\-/]\d{1,3}){2,3})(?!\w)"
)
_TAIL_TOWN = re.compile(
    rf"(?:(?<=\[ADDRESS\])|(?<=\[ORGANISATION\])|(?<=\[NAME\]))(?P<name>[ ](?:a|i|o|b|v|u|d|ob)\.?[ ](?:d\.[ ]?)?"
    rf"(?!V\.|A\.){CAPITAL}[a-zäöüß]{{0,12}}\.?)(?=[ ]*(?:[,;)\n]|$|\[|[ ]{{2}}|\.))"
    rf"|(?<=\[ADDRESS\])(?P<cell>,[ ](?:{_WORD}|\d{{1,4}}[a-z]?)(?:[ ]\d{{1,4}}[a-z]?)?)(?=,?[ ]\[(?:PHONE|ADDRESS)\])"
)
_TAIL_HOUSE = re.compile(
    r"(?<=\[ORGANISATION\])(?P<name>[ ]?[,–—\-]?[ ](?:(?:[Üü]berörtliche|[Öö]rtliche)[ ])?(?:BAG|ÜBAG|PartG(?:mbB)?|"
    r"GbR|MVZ(?:[ ]GmbH)?|gAöR|AöR|AdöR|Betriebs-?GmbH|Ges\.?[ ]?m\.?[ ]?b\.?[ ]?H\.?|eGen|e\.[ ]?V\.|i\.[ ]G\.))(?!\w)"
)
_TRADE = re.compile(
    rf"(?<![\w\-])(?P<name>{CAPITAL}[\w\-]*(?:bau|erei|werken?|zentrale|bücherei|handel|betrieb|haus|markt|kreuz|"
    rf"orchester|symphoniker|verein|hotel|Hotel|transporte?|dienst|büro|kanzlei|verwaltung|schule|gärtnerei)[ ])"
    rf"(?=\[(?:NAME|ADDRESS|ORGANISATION)\])"
)
_QUOTE = re.compile(
    r"(?P<name>[„\"“»'‚][^\n\"“”«»‘]{0,40}\[(?:NAME|ADDRESS|ORGANISATION)\][^\n\"“”«»‘]{0,24}[“”\"«’‘'])"
)
_KIND_OF_PLACE = re.compile(
    rf"(?<![\w\-])(?:Piste|Skigebiet|Gipfel|Hütte|Alm|Alpe|Klettersteig|Campingplatz|Badesee|Freibad|Strandbad|Weiler|"
    rf"Ortsteil|OT|Ortschaft|Dorf|Talstation|Bergstation|Autobahnausfahrt|Ausfahrt|Raststätte|Gewerbegebiet|Siedlung|"
    rf"Kaserne|Schloss|Burg|Gemeinde|Landkreis|Bezirk|Markt|Hof|Bauernhof|Reiterhof|Gutshof|Anwesen)[ ]"
    rf"(?P<name>{_WORD})(?=[ ]*(?:[.,;:)\n]|$|\[|[ ][a-zäöü]))"
)
# an adjective of a house at the head of a line: "Onkologische [ORGANISATION]"
_KIND_OF_HOUSE = re.compile(
    rf"^[ \t]*(?P<name>{CAPITAL}[\w\-]*(?:ische[sn]?|liche[sn]?|ale[sn]?|äre[sn]?|ive[sn]?|[Mm]ed\.|[Cc]hir\.)[ ])"
    rf"(?=\[ORGANISATION\])",
    re.M,
)
_CROSS = re.compile(r"(?<!\w)(?P<name>(?:Grüne|Rote|Weiße|Weisse|Blaue|Schwarze|Goldene)[sn]?[ ]Kreuz)(?!\w)")
_INSURED = re.compile(r"(?<![A-Za-z\d])(?P<name>[A-Z]\d{9})(?!\w)")
_CALL = re.compile(
    r"(?<![\w.,/+\-])(?P<name>(?:\(?0\d{1,4}\)?|\+\d{2}[ ]?\(?\d{1,4}\)?)[ ]?[/\- ][ ]?\d[\d \-/]{4,14}\d)(?![\w]|"
    r"[.,]\d)"
)
_LETTER_OF_ID = re.compile(r"(?<![\w.\-/])(?P<name>[A-Z][ /\-])(?=\[ID\])")
_SHORT_PAIR = re.compile(rf"(?<![\w\-])(?P<name>{CAPITAL}[a-zäöüß]{{2,}}-{CAPITAL}\.)(?=[ ]*(?:[|,;:)\n/]|$|[ ][a-z]))")
_BRACKETED_TOWN = re.compile(rf"\[NAME\],[ ](?P<name>{_WORD})(?=\))")
_TYPED = re.compile(
    r"(?i:typed|dictated|transcribed|signed|geschrieben|diktiert|geschr\.|dikt\.)[ ]\[DATE\],?[ ]"
    r"(?P<name>[A-Z][A-Za-z]{1,4})(?=[ ]*(?:\n|$))"
)
_DIRECTION = re.compile(
    r"(?<!\w)(?P<name>(?:Old|New|Upper|Lower|North|South|East|West|Great|Little)[ ])(?=\[ADDRESS\])"
)
_BOTH_AT = re.compile(rf"(?<!\w)bei[ ](?P<name>{_WORD}(?:[ ](?:und|&)[ ](?:{_WORD}|\[NAME\]))?)(?=[ ]in[ ]\[ADDRESS\])")
_VERB = (
    r"(?:hat|hatte|ist|war|wurde|wird|kam|kommt|klagt|klagte|berichtet|arbeitet|wohnt|lebt|fand|brachte|sagt|gab|gibt|"
    r"stellte|stellt|verließ|lehnt|wünscht|bat|bittet|konnte|kann|sah|sieht|meint|raucht|stürzte|erhielt|bekam|leidet)"
)
# one of the family by a word that no list has as a name: "Schwager Gockel hat", "Laborassistentin: Meise"
_KIN = re.compile(
    rf"(?<![\w\-])(?:(?:[Dd]er|[Dd]ie|[Ii]hre?|[Ss]eine?|[Dd]es|[Dd]em)[ ])?(?:{context_pattern('relative')}|"
    rf"{context_pattern('related')})[ ](?P<name>{_WORD})(?=[ ]{_VERB}(?!\w))"
    rf"|(?<![\w\-])\w+(?:assistentin|assistent|schwester|pfleger|pflegerin|helferin|leiterin|sekretärin|ärztin|arzt)"
    rf":[ ]{{1,2}}(?P<role>{_WORD})(?=[ ]{{2}}|[ ]*(?:\n|$|[,;/]))"
)
_HEADED = re.compile(
    rf"^[ \t]*(?P<name>{CAPITAL}[\w]+-[ ](?:und|u\.)[ ])(?=\[(?:ORGANISATION|NAME|ADDRESS)\])"
    rf"|^(?P<line>(?:{CAPITAL}[a-zäöüß]*chirurgie|Chirurgie|Kardiologie|Angiologie|Neurologie|Orthopädie|Pneumologie|"
    r"Gastroenterologie|Onkologie|Radiologie|Urologie|Anästhesie|Geriatrie|Innere[ ]Medizin|Psychiatrie|Pädiatrie)"
    r"(?:,[ ]\w+)*(?:[ ](?:und|&|u\.)[ ][\w\-]+){1,2}(?:[ ](?:Therapie|Medizin|Diagnostik|Chirurgie|Pflege))?)[ \t]*$",
    re.M,
)
_ENGLISH_HOUSE = re.compile(
    r"^(?P<the>The[ ])(?=\[)|(?<=\])(?P<name>[ ](?:Memorial|General|campus|Campus|Infirmary|Royal|Regional|Baptist|"
    r"Methodist|"
    r"Presbyterian|Mercy|site|Site|Medical[ ]Center|Surgery))(?!\w)",
    re.M,
)
_MY_PATIENT = re.compile(
    rf"(?<!\w)(?:your|my|our|this|the|mutual)[ ](?:patient|client|resident),?[ ](?P<name>{_WORD})(?=[,.;]|[ ](?:was|"
    rf"is|who|has))"
)
_BY_MARK = re.compile(
    r"(?:[Rr]equested|[Rr]eported|[Vv]erified|[Cc]hecked|[Rr]ead|[Rr]eviewed|[Aa]uthori[sz]ed|[Aa]pproved|[Ss]een)"
    r"[ ]by[ ]"
    r"(?P<name>(?!CT|MRI|MR|GP|ED|ICU|MDT|US)[A-Z]{2,4})(?![\w\-])"
)
_LINKED = re.compile(
    r"(?<=\[NAME\])(?P<name>[ ](?:ap|ab|mac|nic|ní|ó|bin|binti|bint|ferch|ibn|de|da|dos|van|von|zu|y|e)[ ])(?=\[NAME\])"
)
_LINE_END = re.compile(r"^[^\n]*\][^\n]*[ )](?P<name>[\-–]\d{3,5})[ \t]*$", re.M)
# towns that are words: behind a person or before a move; "in Đà [ADDRESS]"
_TOWN = re.compile(
    rf"\[NAME\](?:[ ]\([^()\n]{{1,20}}\))?[ ](?:in|aus)[ ](?P<name>{_WORD})(?=[ ]*(?:[.,;)\n]|$))"
    rf"|(?<!\w)(?:nach|aus|von)[ ](?P<moved>{_WORD})(?=[ ](?:entlassen|verlegt|überwiesen|gezogen|verzogen|zurück|"
    rf"zugezogen|"
    rf"geflogen|transportiert|gebracht|überstellt|repatriiert)(?!\w))"
)
_TOWN_AHEAD = re.compile(
    rf"(?<!\w)(?:in|aus|nach|from|near|at)[ ](?P<name>{CAPITAL}\w{{1,9}}[ ])(?=\[(?:ADDRESS|NAME)\])"
)
_BLOOM = re.compile(
    rf"(?:auf|von|in)[ ](?:der[ ]|die[ ])?(?:Abteilung|Station|Wohngruppe|Wohnbereich|Pflegegruppe)[ ](?P<name>{_WORD})"
    rf"(?=[ ]*(?:[,.;)\n]|$|\[))"
)
_INITIAL = re.compile(r"(?<=Dr |Mr |Ms |rs )(?P<name>[A-Z][ ])(?=\[NAME\])")
_NEW_YEAR = re.compile(
    r"(?<!\w)(?:since|at|before|after|over|by|on)[ ](?P<name>New[ ]Year|Xmas|Yule|Lent|Epiphany|Whitsun)(?!\w)"
)
_BEHIND_GEZ = re.compile(r"(?<!\w)[Gg]ez\.?:?[ ](?P<name>[A-ZÄÖÜ]{2,3}|[A-ZÄÖÜ][a-zäöü]{1,2})(?=[ ]*(?:[.,;)\n]|$))")
_QUOTED = re.compile(rf"(?<=\[ORGANISATION\])(?P<name>,?[ ]\(?[\"„“»'‚]{_WORD}(?:[ ]{_WORD})?[\"”“«'‘]\)?)")
# a town whose name is a word, where somebody lives or works
_LIVES = re.compile(
    rf"(?<!\w)(?:wohnt|wohnend|wohnhaft|lebt|lebte|stammt|aufgewachsen|geboren|gebürtig|zieht|zog|Haus|Wohnung|Hof|"
    rf"Praxis|Ordination|Garage|Werkstatt|Laden|Geschäft|Betrieb|Hausarzt|Hausärztin|Landwirtschaft|Bauernhof|"
    rf"Ferienhaus|Zweitwohnsitz)(?:[ ](?:allein|noch|jetzt|derzeit|ursprünglich|seit[ ]\[DATE\]))?[ ](?:in|aus|bei|"
    rf"nach|zu)[ ](?P<name>{_WORD})(?=[ ]*(?:[.,;)\n]|$|[ ](?:und|bei|mit|am|an)[ ]))"
)
# a name that is an eponym too, where only a person stands
_NAMESAKE = re.compile(
    rf"(?<!\w)(?:[Pp]atient(?:in)?|Pat\.|Herrn?|Frau|Kolleg(?:e|in|en)|Koll\.)[ ](?P<called>{_WORD})"
    rf"(?=[ ]{_VERB}(?!\w))"
    rf"|(?<!\w)(?:durch|[Gg]ez\.)[ ](?P<said>{_WORD})(?=[ ]*(?:[.,;)\n]|$|[ ](?:und|am|vom|in)(?!\w)))"
    rf"|(?<!\w)(?:besprochen|abgesprochen|vereinbart|vorgestellt|Rücksprache)[ ](?:mit|bei)[ ](?P<talk>{_WORD})"
    rf"(?=[ ]*(?:[.,;)\n]|$))"
    rf"|(?<![\w\-])(?:{context_pattern('relative')}|{context_pattern('related')})[ ](?P<kin>{_WORD}),?(?=[ ]\[NAME\])"
    rf"|(?:[Dd]er|[Dd]ie|[Ii]hre?|[Ss]eine?)[ ](?:{context_pattern('relative')})[ ](?P<relative>{_WORD})"
    rf"(?=[ ]{_VERB}(?!\w))"
    rf"|\((?P<row>{_WORD})(?=,[ ]\[NAME\])|(?<=\[NAME\])(?:[ ]/[ ]|/|,[ ])(?P<next>{_WORD})(?=[ ]*(?:[)\n]|$))"
    rf"|(?:^|[.!?]\s)(?P<subject>{_WORD})(?=[ ](?:operierte|untersuchte|punktierte|befundete|führte|veranlasste|"
    rf"empfahl|übernahm)(?!\w))"
)


def find_residue(text: str, language: str) -> Iterator[Found]:
    """Halves beside a placeholder, days, plates and codes, domains, towns that are words, each as its kind."""
    for pattern, kind, refused in _TABLE[language]:
        for match in pattern.finditer(text):
            group = match.lastgroup or 0
            if refused is None or not refused(match[group].strip(" -")):
                yield Found(*match.span(group), kind, True)


def find_namesakes(text: str, names: Sequence[str]) -> Iterator[Found]:
    """Names that are eponyms as well (Dupuytren, Fabry), where the letter speaks of the person: `names` it has held.

    These bypass the protection of terms, so the place must say it: "durch Dupuytren,", "Der Patient Fabry kam".
    """
    held = {spell(word) for name in names for word in re.findall(r"[^\W\d_]{4,}", name) if word[0].isupper()}
    for match in _NAMESAKE.finditer(text):
        group = match.lastgroup or 0
        key = spell(match[group])
        if key not in report_words() and (key in eponyms() or key in held) and (group != "said" or key in held):
            yield Found(*match.span(group), "NAME", True)


def _is_term(word: str) -> bool:
    """True for a word of medicine or an eponym, which stays beside a placeholder."""
    key = spell(word)
    return (
        key in report_words()
        or key in clinical_words()
        or key in eponyms()
        or looks_medical(word)
        or looks_clinical(word)
        and not (is_surname(word) or is_given(word))
    )


def _is_joined_term(name: str) -> bool:
    """True for a department of joined words: "Neuro-Radiologie", "Kinder-Kardiologie"."""
    return all(is_familiar(part, "de") for part in name.split("-")[:-1])


def _has_term(name: str) -> bool:
    return any(_is_term(word) for word in re.findall(r"[^\W\d_]{4,}", name) if word[0].isupper())


def _is_no_town(word: str) -> bool:
    return word not in context_words("word_town") and (spell(word) not in towns() or spell(word) in report_words())


def _is_noun(word: str) -> bool:
    """True for a word that says no place: "lebt in Trennung", "wohnt in Miete"."""
    if spell(word) in towns():
        return False
    if _is_term(word) or re.search(r"(?:ung|heit|keit|schaft|tum|nis|haus|heim|verhältnissen?|ehe|land|reich)$", word):
        return True
    return is_word(word) and not is_surname(word)


_Rule = tuple[re.Pattern[str], str, Callable[[str], bool] | None]
_BOTH: tuple[_Rule, ...] = (
    (_HALF, "NAME", _is_term),
    (_PARTICLE, "NAME", None),
    (_ARABIC, "NAME", None),
    (_ISO, "DATE", None),
    (_MISREAD, "DATE", None),
    (_DOMAIN, "URL", None),
    (_PLATE, "ID", None),
    (_BEFORE_ID, "ID", None),
    (_QUOTED, "ORGANISATION", None),
    (_TAIL_ID, "ID", None),
    (_TAIL_CALL, "ID", None),
    (_TAIL_TOWN, "ADDRESS", _is_term),
    (_TAIL_HOUSE, "ORGANISATION", None),
    (_BEHIND_GEZ, "NAME", None),
    (_QUOTE, "ADDRESS", None),
    (_INSURED, "ID", None),
    (_CALL, "PHONE", None),
    (_LETTER_OF_ID, "ID", None),
    (_SHORT_PAIR, "NAME", _is_term),
    (_BRACKETED_TOWN, "ADDRESS", _is_noun),
    (_TYPED, "NAME", None),
    (_LINKED, "NAME", None),
    (_FARM, "NAME", _has_term),
    (_LINE_END, "PHONE", None),
    (_TOWN_AHEAD, "ADDRESS", _is_term),
    (_CODE, "ID", None),
    (_EXTENSION, "PHONE", None),
    (_HALF_MARK, "NAME", None),
    (_TAIL, "ADDRESS", None),
)
_TABLE: dict[str, tuple[_Rule, ...]] = {
    "en": (
        *_BOTH,
        (_SAINT_DAY, "DATE", None),
        (_INITIAL, "NAME", None),
        (_NEW_YEAR, "DATE", None),
        (_DIRECTION, "ADDRESS", None),
        (_DAY_EN, "DATE", None),
        (_ENGLISH_HOUSE, "ORGANISATION", None),
        (_MY_PATIENT, "NAME", _is_term),
        (_BY_MARK, "NAME", None),
    ),
    "de": (
        *_BOTH,
        (_MIDDLE, "NAME", _is_term),
        (_DAY, "DATE", None),
        (_BARE_DAY, "DATE", None),
        (_EVENT, "DATE", None),
        (_FEAST, "DATE", None),
        (_TRADE, "ORGANISATION", _is_term),
        (_CROSS, "ORGANISATION", None),
        (_KIND_OF_PLACE, "ADDRESS", _is_noun),
        (_KIND_OF_HOUSE, "ORGANISATION", None),
        (_BOTH_AT, "NAME", _is_term),
        (_AT_SITE, "ORGANISATION", None),
        (_TOWNED, "ORGANISATION", _is_joined_term),
        (_CHURCH, "ORGANISATION", None),
        (_HEADED, "ORGANISATION", None),
        (_BLOOM, "ORGANISATION", _is_term),
        (_TOWN, "ADDRESS", _is_no_town),
        (_KIN, "NAME", _is_term),
        (_LIVES, "ADDRESS", _is_noun),
    ),
}
