"""The invented people: name pools by language, and a few names that software tends to break on."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """`mailbox` is what stands before the @."""

    first_name: str
    last_name: str
    mailbox: str


FIRST = {
    "en": (
        "Olivia Liam Emma Noah Grace Elliot Maeve Felix Esther Caleb June Silas Ada Miles Cora Owen Tess "
        "Jonah Alice Theo Beth Gideon Clara Rufus Dinah Amos Willa Hugh Marian Desmond"
    ),
    "es": "Lucía Mateo Valentina Santiago Camila Diego Inés Joaquín Marisol Andrés",
    "pt": "Marta João Beatriz Tiago Inês Rafael Conceição Duarte",
    "fr": "Zoé Étienne Margaux Loïc Amélie Jean-Luc Océane Théo",
    "de": "Jürgen Käthe Lukas Heike Sören Annelie Matthias Björk",
    "it": "Elena Niccolò Chiara Matteo Noè Fiorella",
    "no": "Åse Bjørn Sigrid Håkon Þóra Øyvind",
    "el": "Ελένη Γιώργος Sofia Nikos",
    "africa": "Thabo Ngozi Wanjiku Chidi Naledi Kwame Amina Sipho",
    "ar": "Layla Omar Yasmin Karim Parisa Reza Zahra Tariq",
    "hi": "Meera Arjun Sunita Vikram Anjali Bibek Mya Somchai",
    "zh": "Wei Mei Jun Xiu Hao Lan",
    "ja": "Emi Haruto Aiko Kenji Sakura Daichi",
    "ko": "Minjun Seoyeon Jiho Hana",
}
LAST = {
    "en": (
        "Smith Walker O'Brien Archer Abbott Reyes Quimby D'Arcy Lowell Thatcher Bright Cobb Holloway "
        "St-Clair Winslow Pruitt Fairbanks Oakes Merrill Ng"
    ),
    "es": "García Núñez Ibáñez Morales Peña Quiroga Castañeda",
    "pt": "Ribeiro Gonçalves Araújo Nogueira Simões",
    "fr": "Lefèvre Dubois Garçon Moreau L'Hermite Bâtonnier",
    "de": "Müller Weiß Köhler Schröder Groß Brandt",
    "it": "Rossi D'Angelo Ferrari Lo-Bianco Greco",
    "no": "Dahl Ødegård Sæther Jónsdóttir Bakke",
    "el": "Papadopoulou Νικολάου Kazan",
    "africa": "Dlamini Okonkwo Mwangi Adeyemi N'Dour Khumalo",
    "ar": "Haddad al-Farsi Rahimi Mansour Nazari",
    "hi": "Sharma Iyer Thapa Perera Nair Suksawat",
    "zh": "Chen Li Wang Zhang Ong",
    "ja": "Tanaka Watanabe Suzuki Mori Ōta",
    "ko": "Kim Park Choi Lee",
}
# Written in their own script; the mailbox is what such people usually take.
OWN_SCRIPT = {
    "ja": [Person("春香", "佐藤", "haruka.s"), Person("さくら", "田中", "sakura.tanaka")],
    "zh": [Person("小龙", "李", "xiaolong.li"), Person("美玲", "王", "meiling")],
    "ko": [Person("민준", "김", "minjun.kim")],
    "ar": [Person("محمد", "العلي", "m.alali"), Person("زهرا", "رحیمی", "zahra.rahimi")],
    "hi": [Person("प्रिया", "शर्मा", "priya.sharma"), Person("สมชาย", "สุขสวัสดิ์", "somchai")],
}
AWKWARD = [
    Person("Conall", "MacCarthy, Sr.", "conall"),
    Person("Jean-Luc; Marie", "Dupont", "dupont.famille"),
    Person("יעל", "כהן", "yael.cohen"),
    Person("🌊 Skye", "Waters", "skye.waters"),
    Person("", "Lindqvist", "lindqvist"),
    Person("", "", "someone+cars"),
    Person("Prince", "", "prince"),
    Person("X Æ", "Ødegård-von der Mühlen", "x.ae"),
    Person('Robert "Bob"', "Tables'); --", "bob.tables"),
    Person("{{ customer.email }}", "Curly", "curly"),
    Person("<b>Bea</b>", "Bold & Sons", "bea.bold"),
    Person("=SUM(A1:A9)", "Sheet", "sheet"),
    Person("Null", "None", "null"),
    Person("Keihanaikukauakahihuliheekahaunaele", "Kaanaana-" + "Kealohapauole" * 7, "keihana"),
    Person("MARGUERITE", "DE LA TOUR", "M.DELATOUR"),
    Person("Nguyễn Thị", "Ánh Tuyết", "tuyet"),
]
DOMAINS = ["inbox.example", "post.test", "mail.example", "family.example", "letters.test", "home.example"]
