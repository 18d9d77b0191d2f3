"""Months, weekdays and the small words before a date, in the languages that we read."""

# Each line is one month: names and short forms, lower case.
MONTHS = (
    "january jan januar jänner janvier janv enero ene gennaio gen januari janeiro styczeń stycznia января "
    "styczen ledna leden січня január ianuarie ocak ιανουαρίου tammikuuta tammikuu gener",
    "february feb februar février fevrier févr fevr febrero febbraio februari fevereiro fev lutego февраля "
    "luty února únor лютого február februarie şubat φεβρουαρίου helmikuuta helmikuu febrer",
    "march mar märz maerz mär mars marzo maart mrt março marco marca марта marzec března březen березня "
    "március martie mart μαρτίου maaliskuuta maaliskuu març",
    "april apr avril avr abril abr aprile kwietnia апреля kwiecień dubna duben квітня április aprilie nisan "
    "απριλίου huhtikuuta huhtikuu",
    "may mai mayo maggio mag mei maio maj maja мая května květen травня május mayıs μαΐου toukokuuta toukokuu maig",
    "june jun juni juin junio giugno giu junho czerwca июня czerwiec června červen червня június iunie haziran "
    "ιουνίου kesäkuuta kesäkuu juny",
    "july jul juli juillet juil julio luglio lug julho lipca июля lipiec července červenec липня július iulie "
    "temmuz ιουλίου heinäkuuta heinäkuu juliol",
    "august aug août aout agosto ago augustus augusti sierpnia августа sierpień srpna srpen серпня augusztus "
    "ağustos αυγούστου elokuuta elokuu agost",
    "september sep sept septembre septiembre settembre set setembro września сентября wrzesień září вересня "
    "szeptember septembrie eylül σεπτεμβρίου syyskuuta syyskuu setembre",
    "october oct oktober okt octobre octubre ottobre ott outubro out października октября październik října "
    "říjen жовтня október octombrie ekim οκτωβρίου lokakuuta lokakuu",
    "november nov novembre noviembre novembro listopada ноября listopad listopadu листопада noiembrie kasım "
    "νοεμβρίου marraskuuta marraskuu",
    "december dec dezember dez décembre decembre déc diciembre dic dicembre dezembro grudnia декабря grudzień "
    "prosince prosinec грудня decembrie aralık δεκεμβρίου joulukuuta joulukuu desember",
)
MONTH_OF = {name: number for number, names in enumerate(MONTHS, start=1) for name in names.split()}

WEEKDAYS = (
    "monday montag lundi lunes lunedì lunedi maandag segunda segunda-feira måndag mandag maanantaina maanantai "
    "poniedziałek poniedziałku pondělí понедельник понедельника понеділок hétfő luni pazartesi δευτέρα dilluns",
    "tuesday dienstag mardi martes martedì martedi dinsdag terça terça-feira tisdag tirsdag tiistaina tiistai "
    "wtorek wtorku úterý вторник вторника вівторок kedd marți salı τρίτη dimarts",
    "wednesday mittwoch mercredi miércoles miercoles mercoledì mercoledi woensdag quarta quarta-feira onsdag "
    "keskiviikkona keskiviikko środa środy středa středy среда среды середа szerda miercuri çarşamba τετάρτη "
    "dimecres",
    "thursday donnerstag jeudi jueves giovedì giovedi donderdag quinta quinta-feira torsdag torstaina torstai "
    "czwartek czwartku čtvrtek čtvrtka четверг четверга четвер csütörtök joi perşembe πέμπτη dijous",
    "friday freitag vendredi viernes venerdì venerdi vrijdag sexta sexta-feira fredag perjantaina perjantai "
    "piątek piątku pátek pátku пятница пятницы п'ятниця péntek vineri cuma παρασκευή divendres",
    "saturday samstag sonnabend samedi sábado sabado sabato zaterdag lördag lørdag lauantaina lauantai sobota "
    "soboty суббота субботы субота szombat sâmbătă cumartesi σάββατο dissabte",
    "sunday sonntag dimanche domingo domenica zondag söndag søndag sunnuntaina sunnuntai niedziela niedzieli "
    "neděle воскресенье воскресенья неділя vasárnap duminică pazar κυριακή diumenge",
)
WEEKDAY_OF = {name: number for number, names in enumerate(WEEKDAYS) for name in names.split()}

# What stands beside a date in characters that ends an absence.
AROUND_CHARACTERS = (
    "まで",
    "迄",
    "から",
    "以降",
    "戻",
    "復帰",
    "出社",
    "至",
    "到",
    "止",
    "返回",
    "回来",
    "回來",
    "恢复",
    "前",
    "까지",
    "복귀",
    "부터",
    "이후",
)

# What stands before the date on which somebody is back, or can be spoken to.
UNTIL = frozenset(
    [
        "t.o.m",
        "tom",
        "åter",
        "tillbaka",
        "återkommer",
        "tilbage",
        "tilbake",
        "igen",
        "inntil",
        "frem",
        "indtil",
        "asti",
        "saakka",
        "palaan",
        "takaisin",
        "do",
        "wracam",
        "wrócę",
        "powrót",
        "od",
        "zpět",
        "vrátím",
        "späť",
        "до",
        "вернусь",
        "с",
        "після",
        "повернуся",
        "visszatérek",
        "ig",
        "până",
        "revin",
        "kadar",
        "döneceğim",
        "μέχρι",
        "έως",
        "επιστρέψω",
        "fins",
        "tornaré",
        "until",
        "till",
        "til",
        "untill",
        "through",
        "back",
        "return",
        "returning",
        "returns",
        "after",
        "again",
        "from",
        "to",
        "as",
        "of",
        "bis",
        "ab",
        "wieder",
        "zurück",
        "nach",
        "erst",
        "jusqu'au",
        "jusqu’au",
        "jusqu'à",
        "retour",
        "partir",
        "après",
        "dès",
        "reviendrai",
        "au",
        "hasta",
        "vuelta",
        "vuelvo",
        "regreso",
        "después",
        "despues",
        "al",
        "fino",
        "rientro",
        "rientrerò",
        "dopo",
        "ritorno",
        "dal",
        "tot",
        "terug",
        "vanaf",
        "na",
        "weer",
        "t/m",
        "até",
        "ate",
        "regresso",
        "volta",
        "retorno",
        "depois",
        "após",
        "ao",
    ]
)
# Small numbers in words, and how many days a word stands for.
COUNT_NAMES = {
    1: "a an one ein einem einer un une uno una een één um uma",
    2: "two couple zwei deux dos due twee dois duas",
    3: "three drei trois tres tre drie três",
    4: "four vier quatre cuatro quattro quatro",
    5: "five",
    6: "six sechs",
}
COUNTS = {name: count for count, names in COUNT_NAMES.items() for name in names.split()}
UNIT_NAMES = {
    1: "day days tag tage tagen jour jours día días dia dias giorno giorni dag dagen",
    7: "week weeks woche wochen semaine semaines semana semanas settimana settimane weken wk wks",
    14: "fortnight fortnights",
    30: "month months monat monate monaten mois mes meses mese mesi maand maanden mês",
}
UNITS = {name: days for days, names in UNIT_NAMES.items() for name in names.split()}
NEXT = frozenset(
    [
        "next",
        "nächste",
        "nächsten",
        "nächster",
        "prochain",
        "prochaine",
        "prossima",
        "prossimo",
        "proxima",
        "próxima",
        "próximo",
        "que",
        "vem",
        "volgende",
    ]
)
# Which part of a month is meant: after its end, or from its middle on.
END = frozenset(["end", "ende", "fin", "finales", "fine", "eind", "fim", "finais"])
MIDDLE = frozenset(
    ["mid", "middle", "mitte", "mi", "mi-mai", "mitad", "metà", "metade", "midden", "half", "meados", "mediados"]
)
# What stands right before the day of a month that is named by its number alone.
DAY_BEFORE = frozenset(["the", "le", "el", "il", "al", "au", "jusqu'au", "dia", "zum", "den", "ao", "até"])
ORDINAL_ENDS = frozenset(["st", "nd", "rd", "th"])
HOURS = frozenset(
    ["am", "pm", "uhr", "h", "o'clock", "uur", "heures", "horas", "ore", "hours", "hour", "stunden", "uren"]
)
THIS_MONTH = frozenset(["month", "monat", "monats", "mois", "mes", "mese", "maand", "mês"])
# When a season or a feast is over or has begun, as month and day; for Easter, see its own table.
AROUND = {
    (4, 1): "spring frühling frühjahr printemps primavera lente voorjaar",
    (7, 1): "summer sommer été verano estate zomer verão",
    (10, 1): "autumn fall herbst automne otoño autunno herfst najaar outono rentrée",
    (12, 1): "winter hiver invierno inverno",
    (1, 7): "christmas xmas weihnachten noël navidad navidades natale kerst natal newyear neujahr",
}
AROUND_OF = {name: day for day, names in AROUND.items() for name in names.split()}
EASTER = frozenset(["easter", "ostern", "pâques", "pascua", "pasqua", "pasen", "páscoa"])
QUARTERS = {"q1": 1, "q2": 4, "q3": 7, "q4": 10}
