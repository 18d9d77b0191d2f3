"""Lines by which programs of many languages introduce a quote."""

RITA = "Rita Moss <rita@quay.example>"
BARE = "rita@quay.example"

# A language, and lines by which its programs introduce a quote.
INTRODUCTIONS = {
    "en": [
        f"On Tue, Sep 1, 2026 at 9:00 AM {RITA} wrote:",
        f"On Tue, Sep 1, 2026 at 9:00 AM Rita Moss\n<{BARE}> wrote:",
        f"On Tue, Sep 1, 2026 at 9:00 AM Rita Moss via Quay Support <\n{BARE}> wrote:",
        "On 1 Sep 2026, at 09:00, Rita Moss wrote:",
        "On 09/01/2026 09:00 AM, Rita Moss wrote:",
        "On Tuesday, September 1st, 2026 at 9:00 AM, Rita Moss wrote:",
        f"At 09:00 AM 9/1/2026, {RITA} wrote:",
        f"---- On Tue, 01 Sep 2026 09:00:00 +0200 {RITA} wrote ----",
        f"Rita Moss <{BARE}> wrote on 09/01/2026 09:00:00 AM:",
        f"Quoting {RITA}:",
        f"{RITA} writes:",
        f"On Tue, 1 Sept 2026, 09:00 Rita Moss, <{BARE}> wrote:",
    ],
    "de": [
        f"Am Di., 1. Sept. 2026 um 09:00 Uhr schrieb {RITA}:",
        "Am 01.09.26 um 09:00 schrieb Rita Moss:",
        "Am 01.09.2026 um 09:00 schrieb rita@quay.example <rita@quay.example>:",
        f"Am Dienstag, 1. September 2026, 09:00:00 MESZ hat {RITA} Folgendes geschrieben:",
        f"Rita Moss <{BARE}> schrieb am Di., 1. Sept. 2026,\n09:00:",
        f"Zitat von {RITA}:",
        f"Gesendet: Dienstag, 01. September 2026 um 09:00 Uhr\nVon: {RITA}\nAn: ana@buyers.example\nBetreff: Quay",
    ],
    "fr": [
        f"Le mar. 1 sept. 2026 à 09:00, {RITA} a écrit :",
        f"Le mar. 1 sept. 2026 à 09:00, Rita Moss <{BARE}> a\nécrit :",
        "Le 01/09/2026 à 09:00, Rita Moss a écrit\u00a0:",
        f"Le mardi 1 septembre 2026 à 09:00:00 UTC+2, {RITA} a écrit :",
    ],
    "es": [
        f"El mar, 1 sept 2026 a las 9:00, Rita Moss (<{BARE}>) escribió:",
        f"El martes, 1 de septiembre de 2026, {RITA} escribió:",
        "El 1/9/26 a las 9:00, Rita Moss escribió:",
        f"El martes, 1 de septiembre de 2026, 09:00:00 CEST, {RITA} escribió:",
    ],
    "it": [
        f"Il giorno mar 1 set 2026 alle ore 09:00 {RITA} ha scritto:",
        f"Il mar 1 set 2026, 09:00 {RITA} ha scritto:",
        "Il 01/09/2026 09:00, Rita Moss ha scritto:",
        f"In data martedì 1 settembre 2026 09:00:00 CEST, {RITA} ha scritto:",
        f"Il martedì 1 settembre 2026, {RITA}\nha scritto:",
    ],
    "pt": [
        f"Em ter., 1 de set. de 2026 às 09:00, {RITA} escreveu:",
        "Em 01/09/2026 09:00, Rita Moss escreveu:",
        f"{RITA} escreveu no dia terça, 1/09/2026 à(s) 09:00:",
        f"A terça, 1 de set. de 2026, 09:00, {RITA} escreveu:",
    ],
    "nl": [
        f"Op di 1 sep 2026 om 09:00 schreef {RITA}:",
        "Op 01-09-2026 om 09:00 schreef Rita Moss:",
        f"Op dinsdag 1 september 2026 heeft {RITA} het volgende geschreven:",
    ],
    "sv": [
        f"Den tis 1 sep. 2026 kl 09:00 skrev {RITA}:",
        "Den 2026-09-01 kl. 09:00, skrev Rita Moss:",
        f"1 sep. 2026 kl. 09:00 skrev {RITA}:",
    ],
    "da": [
        f"Den tirs. 1. sep. 2026 kl. 09.00 skrev {RITA}:",
        "Den 01.09.2026 kl. 09.00 skrev Rita Moss:",
    ],
    "nb": [
        f"tir. 1. sep. 2026 kl. 09:00 skrev {RITA}:",
        f"Den tir. 1. sep. 2026 kl. 09:00 skrev Rita Moss\n<{BARE}>:",
    ],
    "fi": [
        f"ti 1. syysk. 2026 klo 9.00 Rita Moss ({BARE}) kirjoitti:",
        "Rita Moss kirjoitti 1.9.2026 klo 9.00:",
    ],
    "pl": [
        f"wt., 1 wrz 2026 o 09:00 {RITA} napisał(a):",
        "W dniu 01.09.2026 o 09:00, Rita Moss pisze:",
        f"Dnia 1 września 2026 09:00 {RITA} napisał(a):",
    ],
    "cs": [
        f"út 1. 9. 2026 v 9:00 odesílatel {RITA} napsal:",
        "Dne 01. 09. 26 v 9:00 Rita Moss napsal(a):",
    ],
    "sk": [f"ut 1. 9. 2026 o 9:00 {RITA} napísal(a):", "Dňa 1. 9. 2026 o 9:00 Rita Moss napísala:"],
    "hu": [
        f"Rita Moss <{BARE}> ezt írta (időpont: 2026. szept. 1., K, 9:00):",
        "2026. 09. 01. 9:00 keltezéssel, Rita Moss írta:",
    ],
    "ro": [
        f"În mar., 1 sept. 2026 la 09:00, {RITA} a scris:",
        f"Pe mar., 1 sept. 2026 la 09:00, {RITA} a scris:",
    ],
    "bg": [f"На вт, 1.09.2026 г. в 9:00 {RITA} написа:"],
    "ru": [
        f"вт, 1 сент. 2026 г. в 09:00, {RITA}:",
        f"вт, 1 сент. 2026 г. в 09:00, пользователь {RITA} написал:",
        "01.09.2026 09:00, Rita Moss пишет:",
        f"Вторник, 1 сентября 2026, 9:00 +03:00 от {RITA}:",
        f'01.09.2026, 09:00, "Rita Moss" <{BARE}>:',
    ],
    "uk": [f"вт, 1 вер. 2026 р. о 09:00 {RITA} пише:", "01.09.26 09:00, Rita Moss пише:"],
    "tr": [
        f"{RITA}, 1 Eyl 2026 Sal, 09:00 tarihinde şunu yazdı:",
        "1.09.2026 09:00 tarihinde Rita Moss yazdı:",
    ],
    "el": [f"Στις Τρί 1 Σεπ 2026 στις 9:00 π.μ., ο/η {RITA} έγραψε:"],
    "he": [
        f"\u202bבתאריך יום ג׳, 1 בספט׳ 2026 ב-9:00 מאת \u202aRita Moss\u202c\u200f <\u202a{BARE}\u202c\u200f>:\u202c",
        "ב-1 בספט׳ 2026, בשעה 09:00, Rita Moss כתב/ה:",
    ],
    "ar": [
        f"\u202bفي الثلاثاء، 1 سبتمبر 2026 في 9:00 ص تمت كتابة ما يلي بواسطة \u202aRita Moss\u202c\u200f <\u202a{BARE}\u202c\u200f>:\u202c",
        f"في 1 سبتمبر 2026، كتب {RITA}:",
    ],
    "fa": [f"در تاریخ سه‌شنبه ۱ سپتامبر ۲۰۲۶،\u200f ۹:۰۰ {RITA} نوشت:"],
    "hi": [f"मंगल, 1 सित॰ 2026 को 9:00 am बजे को {RITA} ने लिखा:"],
    "th": [f"เมื่อ อ. 1 ก.ย. 2026 เวลา 09:00 {RITA} เขียนว่า:", f"ในวันที่ อ. 1 ก.ย. 2569 เวลา 09:00 {RITA} เขียนว่า:"],
    "vi": [f"Vào Th 3, 1 thg 9, 2026 vào lúc 09:00 {RITA} đã viết:"],
    "id": [f"Pada tanggal Sel, 1 Sep 2026 pukul 09.00 {RITA} menulis:"],
    "ms": [f"Pada Sel, 1 Sep 2026 pada 9:00 PG {RITA} menulis:"],
    "ja": [
        f"2026年9月1日(火) 9:00 {RITA}:",
        "2026/09/01 9:00、Rita Mossのメール:",
        "On 2026/09/01 9:00, Rita Moss wrote:",
        "2026年9月1日 9:00、Rita Moss <rita@quay.example>のメール:",
    ],
    "ko": [
        f"2026년 9월 1일 (화) 오전 9:00, Rita Moss <{BARE}>님이 작성:",
        f"2026. 9. 1. 오전 9:00, Rita Moss <{BARE}> 작성:",
    ],
    "zh": [
        f"Rita Moss <{BARE}> 于2026年9月1日周二 09:00写道：",
        f'在 2026-09-01 09:00:00，"Rita Moss" <{BARE}> 写道：',
        f"Rita Moss <{BARE}> 於 2026年9月1日 週二 上午9:00寫道：",
        f"在 2026年9月1日，09:00，Rita Moss <{BARE}> 写道：",
    ],
    "ca": [
        f"El dt., 1 de set. 2026, 9:00, {RITA} va escriure:",
        f"Missatge de {RITA} del dia dt., 1 de set. 2026 a les 9:00:",
    ],
    "gl": [f"O mar, 1 de set. de 2026 ás 9:00, {RITA} escribiu:"],
    "eu": [f"{RITA} igorleak hau idatzi zuen (2026 ira. 1, ar. (09:00)):"],
    "et": [f"Kontakt {RITA} kirjutas kuupäeval T, 1. september 2026 kell 09:00:"],
    "lv": [f"otrd., 2026. g. 1. sept., plkst. 09:00 — lietotājs {RITA} rakstīja:"],
    "lt": [f"2026-09-01, an, 09:00 {RITA} rašė:"],
    "sl": [f"V V tor., 1. sep. 2026 ob 09:00 je oseba {RITA} napisala:", "Rita Moss je 1. 09. 2026 ob 9:00 napisal:"],
    "hr": [f"uto, 1. ruj 2026. u 09:00 {RITA} napisao je:", "Dana 1. 9. 2026. u 09:00, Rita Moss je napisala:"],
    "sr": [f"уто, 1. сеп 2026. у 09:00 {RITA} је написао/ла:", f"uto, 1. sep 2026. u 09:00 {RITA} je napisao/la:"],
    "is": [f"Rita Moss <{BARE}> skrifaði (þri., 1. sep. 2026 kl. 09:00):", "Þann 1.9.2026 09:00, skrifaði Rita Moss:"],
}
