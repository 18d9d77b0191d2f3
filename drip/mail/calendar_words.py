"""Months, weekdays and the small words before a date, in the languages that we read."""

# Each line is one month: names and short forms, lower case.
MONTHS = (
    "january jan januar jänner janvier janv enero ene gennaio gen januari janeiro styczeń stycznia января",
    "february feb februar février fevrier févr fevr febrero febbraio februari fevereiro fev lutego февраля",
    "march mar märz maerz mär mars marzo maart mrt março marco marca марта",
    "april apr avril avr abril abr aprile kwietnia апреля",
    "may mai mayo maggio mag mei maio maj maja мая",
    "june jun juni juin junio giugno giu junho czerwca июня",
    "july jul juli juillet juil julio luglio lug julho lipca июля",
    "august aug août aout agosto ago augustus augusti sierpnia августа",
    "september sep sept septembre septiembre settembre set setembro września сентября",
    "october oct oktober okt octobre octubre ottobre ott outubro out października октября",
    "november nov novembre noviembre novembro listopada ноября",
    "december dec dezember dez décembre decembre déc diciembre dic dicembre dezembro grudnia декабря",
)
MONTH_OF = {name: number for number, names in enumerate(MONTHS, start=1) for name in names.split()}

WEEKDAYS = (
    "monday montag lundi lunes lunedì lunedi maandag segunda segunda-feira",
    "tuesday dienstag mardi martes martedì martedi dinsdag terça terça-feira",
    "wednesday mittwoch mercredi miércoles miercoles mercoledì mercoledi woensdag quarta quarta-feira",
    "thursday donnerstag jeudi jueves giovedì giovedi donderdag quinta quinta-feira",
    "friday freitag vendredi viernes venerdì venerdi vrijdag sexta sexta-feira",
    "saturday samstag sonnabend samedi sábado sabado sabato zaterdag",
    "sunday sonntag dimanche domingo domenica zondag",
)
WEEKDAY_OF = {name: number for number, names in enumerate(WEEKDAYS) for name in names.split()}

# What stands before the date on which somebody is back, or can be spoken to.
UNTIL = frozenset(
    [
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
