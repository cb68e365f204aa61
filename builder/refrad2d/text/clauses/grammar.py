"""How the signs of a clause hang together: patterns of the letters of `signs`.

>>> WHERE.fullmatch("ZOAS") is not None  # behind a finding: "… of 2 cm in the liver"
True
"""

import re

# How a finding is connected to a structure.
_HOW_LARGE = r"(?:[ZQJM]|WZ|CZC?)*"
WHERE = re.compile(rf"{_HOW_LARGE}(?:Y[YM]*)?[OG][AGIJjMN]*(?:PN*[OG][AGIJjMN]*)*S")
LISTED = re.compile(r"[CUR]+[OGAIJjMNP]*[SB]")
BESIDE = re.compile(r"SI?(?:C?Z)?(?:[CUW].*)?")  # "Fraktur BWK 9"
OWN_PART = re.compile(r"[ZQJMN]*[OG][AGIJj]*PN*(?![OGA]*[XH])")
PLACE_BEHIND = re.compile(r"(?:[ZQJjMNIX]|WZ|CZ)*[OGH](?!Z)")
_TAIL = r"(?:[TJjAGNMIZQ]|OPN*|[FB][ZJQ]*[CUR]+D?)*(?:PN*[Jj]*)?"
# "Infarkt der Milz und der linken Niere"; "Harnblase und Prostata ohne Tumor", "Neither liver nor spleen shows …"
ALL_BEHIND = re.compile(r"[ZQJjMN]*[OG][AGIJj]*S(?:C+[OAGIJj]*S)*(?:[CUR]+[OAGIJjM]*SI?|[CUR]+[AGIJ]*X{1,2})")
ALL_BEFORE = re.compile(
    r"(?P<list>(?P<neither>D)?[MAGIJ]*S(?:C[AGIJD]*S)*[CURD]+[AGIJ]*S)I?M*"
    r"(?P<denied>(?(neither)[YW]+|[TYMWC]*D)[AGjIEJN]*(?:[FB][CUR]+D?)*[AGjI]*)"
)
_DENIED = r"(?P<denied>(?:[TCYMUWKZ]|[FB][IZQJj]*(?=[CU]))*D[AGjIEJ]*(?:[FB][CUR])*[AGjI]*)"
OF_SUBJECT = re.compile(
    rf"[UMAGIJD]*(?:NO[AGIJ]*)?(?P<in>O[AGIJ]*)?(?:PN*[GO][AGIJ]*)?(?P<subject>S)I?"
    rf"(?:[MT]*K{_TAIL}|[YTMCU]*W{_TAIL}|{_DENIED}|(?P<exists>Y[YM]*{_TAIL}|(?(in)[AIJjMNZ]*|(?!))))"
)
MORE_BEARERS = re.compile(r"(?:C[AGI]*S)*C?U[AGI]*S(?=$|C)")  # "Unauffällige Darstellung von Leber, Milz und Pankreas"
# "resection of a cyst", "Ausschluss Zyste": another noun or an unknown adjective rules the finding
GOVERNED = re.compile(r"X(?:[OG][AGIJj]*(?:S[Jj]*)?|[Jj]*)$")
NOT_THERE = re.compile(r"C.*n[XMH]*Y")  # ", nicht mehr nachweisbar"
UNREAD = re.compile(
    r"[^FBC!;WYK]*(?:(?:[YK]|(W))[YMJjIN]*X|M+X$)"
)  # "The cyst is implausible", "Infiltrates have cleared"
NONE = re.compile(r"[^FBC!;D]*D[YMIAGOSjJN]*(?=$|[C;!])")  # "Metastasen hat die Leber keine"
NO_SUBJECT = re.compile(r"D[AGIJ]*S[YW]+[AGjIEN]*")  # "Neither kidney contains a stone"
TRAITS = ("calcification", "wall_thickening", "thrombosis", "stenosis")
DENIED_BESIDE = re.compile(r"[NAGIJj]*(?P<subject>B)[IZQJj]*C[UW]?D[AGjE]*")
DENIED_BEHIND = re.compile(r"[IJQM]*D")  # "Gallensteine keine"
ALONE = re.compile(r"[AGJjNMIDTZQYEFCURBK]*")
SIZE_BEHIND = re.compile(r"(?:[OG][AGIJjMN]*(?:PN*[OG][AGIJjMN]*)*S)?[IJY]*[CW]?Z|X?CZ")
# "Die Bauchaorta ist aneurysmatisch", "LWK 1 und 2 frakturiert": a participle is said of its subjects as a state is
PREDICATE_OF = re.compile(r"[UMAGIJ]*(?:NO?[AGIJ]*)?S(?:(?:C[AGIJ]*S)*C?U[AGIJ]*S)?I?[YMJI]*")
GUESS_OF = re.compile(r"[UMAGIJ]*SI?(?:[YMJTIC]|W(?=[JM]*$))*")  # "The liver is hypodense, in keeping with steatosis"
TOUCHED = re.compile(r"[ZQ]*J*H+[AGIJj]*S|[ZQ]*O[AGIJj]*S")  # "Pleural effusion posterior to the left lower lobe"
TOUCHING = re.compile(r"[MAGI]*SW[AIJjMN]*[HJX][AIJjMN]*")  # "Left lower lobe with an adjacent pleural effusion"
SUBJECTS = re.compile(r"[UMAGIJ]*S(?P<more>(?:C[AGIJ]*S)*C?U[AGIJ]*S)?[IMYKWZP]*(?:T[JM]*[CU])*")
AFTER_STATE = ("", *"CUMWDTZHQYI")  # a noun would take the state: "shows dilated ducts"
ATTRIBUTE = re.compile(r"[TJM]*(?:E[OG])?[OGAI]*S")
DIRECT = re.compile(r"[AGjIE]*(?:S[AGjI]*)?")
DENIED_LIST = re.compile(r"(?:[AGjIS]*[FB](?:[OG][AGI]*S)?[CRU]+D?)+[AGjIS]*")
