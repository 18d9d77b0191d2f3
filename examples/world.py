"""The invented world that example purchases are drawn from: the clock, places, things on sale, promises."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

HERE = Path(__file__).parent
SHOP = ZoneInfo("America/New_York")
CLOCK = datetime.fromisoformat((HERE / "clock.txt").read_text(encoding="utf-8").strip()).astimezone(SHOP)


@dataclass(frozen=True)
class Place:
    """Where a customer lives. `offset`: only where clocks never change; `rate`: a dollar in `currency`."""

    timezone: str
    country: str
    locale: str
    names: str
    weight: int = 1
    offset: str = ""
    currency: str = "USD"
    rate: float = 1.0
    rep: str = "aoife"


@dataclass(frozen=True)
class Product:
    """`low` and `high` are dollars."""

    name: str
    sku: str
    category: str
    low: int
    high: int
    weight: int = 10


AT_HOME = [
    Place("America/New_York", "US", "en-US", "en", 36, rep="maria"),
    Place("America/New_York", "US", "en-US", "en", 24, rep="tom"),
    Place("America/New_York", "US", "es-US", "es", 4, rep="maria"),
    Place("America/Chicago", "US", "en-US", "en", 9, rep="tom"),
    Place("America/Indiana/Indianapolis", "US", "en-US", "en", 1, rep="tom"),
    Place("America/Denver", "US", "en-US", "en", 4, rep="ingrid"),
    Place("America/Phoenix", "US", "en-US", "en", 3, "-07:00", rep="ingrid"),
    Place("America/Los_Angeles", "US", "en-US", "en", 9, rep="ingrid"),
    Place("America/Anchorage", "US", "en-US", "en", 2, rep="ingrid"),
    Place("Pacific/Honolulu", "US", "en-US", "en", 2, "-10:00", rep="ingrid"),
    Place("America/Puerto_Rico", "PR", "es-PR", "es", 1, "-04:00", rep="maria"),
    Place("America/St_Johns", "CA", "en-CA", "en", 2, "", "CAD", 1.38, "maria"),
    Place("America/Halifax", "CA", "en-CA", "en", 3, "", "CAD", 1.38, "maria"),
    Place("America/Toronto", "CA", "fr-CA", "fr", 4, "", "CAD", 1.38, "tom"),
    Place("America/Vancouver", "CA", "en-CA", "en", 2, "", "CAD", 1.38, "ingrid"),
]

SOUTH_AND_EAST = [
    Place("America/Mexico_City", "MX", "es-MX", "es", 2, "-06:00", "MXN", 18.5, "maria"),
    Place("America/Bogota", "CO", "es-CO", "es", 1, "-05:00", rep="maria"),
    Place("America/Sao_Paulo", "BR", "pt-BR", "pt", 3, "-03:00", "BRL", 5.4, "maria"),
    Place("America/Argentina/Buenos_Aires", "AR", "es-AR", "es", 1, "-03:00", rep="maria"),
    Place("America/Santiago", "CL", "es-CL", "es", 1, rep="maria"),
    Place("Atlantic/Azores", "PT", "pt-PT", "pt", 1, "", "EUR", 0.87),
    Place("Atlantic/Reykjavik", "IS", "is-IS", "no", 1, "+00:00", "EUR", 0.87),
    Place("Europe/London", "GB", "en-GB", "en", 8, "", "GBP", 0.75),
    Place("Europe/Dublin", "IE", "en-IE", "en", 4, "", "EUR", 0.87),
    Place("Europe/Lisbon", "PT", "pt-PT", "pt", 3, "", "EUR", 0.87),
    Place("Europe/Paris", "FR", "fr-FR", "fr", 3, "", "EUR", 0.87),
    Place("Europe/Berlin", "DE", "de-DE", "de", 4, "", "EUR", 0.87),
    Place("Europe/Rome", "IT", "it-IT", "it", 2, "", "EUR", 0.87),
    Place("Europe/Oslo", "NO", "nb-NO", "no", 2, "", "NOK", 10.1),
    Place("Europe/Athens", "GR", "el-GR", "el", 1, "", "EUR", 0.87),
    Place("Africa/Casablanca", "MA", "fr-MA", "fr", 1),
    Place("Africa/Lagos", "NG", "en-NG", "africa", 2, "+01:00"),
    Place("Africa/Johannesburg", "ZA", "en-ZA", "africa", 2, "+02:00"),
    Place("Africa/Cairo", "EG", "ar-EG", "ar", 1),
    Place("Africa/Nairobi", "KE", "en-KE", "africa", 2, "+03:00"),
    Place("Asia/Dubai", "AE", "ar-AE", "ar", 1, "+04:00"),
    Place("Asia/Tehran", "IR", "fa-IR", "ar", 1, "+03:30"),
    Place("Asia/Kabul", "AF", "fa-AF", "ar", 1, "+04:30"),
    Place("Asia/Kolkata", "IN", "en-IN", "hi", 4, "+05:30", "INR", 86.0, "haruka"),
    Place("Asia/Colombo", "LK", "en-LK", "hi", 1, "+05:30", rep="haruka"),
    Place("Asia/Kathmandu", "NP", "ne-NP", "hi", 2, "+05:45", rep="haruka"),
    Place("Asia/Yangon", "MM", "my-MM", "hi", 1, "+06:30", rep="haruka"),
    Place("Asia/Bangkok", "TH", "th-TH", "hi", 1, "+07:00", rep="haruka"),
    Place("Asia/Singapore", "SG", "en-SG", "zh", 2, "+08:00", rep="haruka"),
    Place("Asia/Shanghai", "CN", "zh-CN", "zh", 1, "+08:00", rep="haruka"),
    Place("Asia/Tokyo", "JP", "ja-JP", "ja", 4, "+09:00", "JPY", 150.0, "haruka"),
    Place("Asia/Seoul", "KR", "ko-KR", "ko", 2, "+09:00", "KRW", 1400.0, "haruka"),
    Place("Australia/Perth", "AU", "en-AU", "en", 1, "+08:00", "AUD", 1.53, "haruka"),
    Place("Australia/Eucla", "AU", "en-AU", "en", 1, "+08:45", "AUD", 1.53, "haruka"),
    Place("Australia/Darwin", "AU", "en-AU", "en", 1, "+09:30", "AUD", 1.53, "haruka"),
    Place("Australia/Adelaide", "AU", "en-AU", "en", 1, "", "AUD", 1.53, "haruka"),
    Place("Australia/Sydney", "AU", "en-AU", "en", 3, "", "AUD", 1.53, "haruka"),
    Place("Australia/Lord_Howe", "AU", "en-AU", "en", 1, "", "AUD", 1.53, "haruka"),
    Place("Pacific/Auckland", "NZ", "en-NZ", "en", 2, "", "NZD", 1.7, "haruka"),
    Place("Pacific/Chatham", "NZ", "en-NZ", "en", 1, "", "NZD", 1.7, "haruka"),
    Place("Pacific/Marquesas", "PF", "fr-PF", "fr", 1, "-09:30", rep="ingrid"),
    Place("Pacific/Pago_Pago", "AS", "en-AS", "en", 1, "-11:00", rep="ingrid"),
    Place("Pacific/Apia", "WS", "en-WS", "en", 1, "+13:00", rep="haruka"),
    Place("Pacific/Kiritimati", "KI", "en-KI", "en", 1, "+14:00", rep="haruka"),
]

PLACES = AT_HOME + SOUTH_AND_EAST

CARS = [
    Product("Tern Hatchback", "TERN-H", "car", 18_900, 23_500, 16),
    Product("Gannet Wagon", "GANNET-W", "car", 27_400, 34_000, 14),
    Product("Curlew Hybrid", "CURLEW-HY", "car", 26_000, 31_500, 12),
    Product("Petrel EV", "PETREL-EV", "car", 33_000, 41_000, 12),
    Product("Osprey Pickup", "OSPREY-P", "car", 36_000, 48_000, 6),
    Product("Kittiwake Convertible", "KITTIWAKE-C", "car", 31_000, 39_000, 3),
    Product("Tern Hatchback, 2021 (used)", "TERN-H-U", "car", 7_200, 11_900, 8),
    Product('Gannet Wagon "Blue Hour"; 5 doors', "GANNET-W-BH", "car", 35_000, 37_500, 2),
]
BIKES = [
    Product("Plover City", "PLOVER-C", "e-bike", 1_850, 2_600),
    Product("Sandpiper Cargo", "SANDPIPER-X", "e-bike", 4_200, 6_400, 7),
    Product("Dunlin Folding", "DUNLIN-F", "e-bike", 1_600, 2_100, 6),
    Product("Whimbrel Trail", "WHIMBREL-T", "e-bike", 3_100, 5_200, 6),
]
EXTRAS = [
    Product("Winter tires, set of four", "TIRES-W4", "accessory", 480, 960),
    Product("Roof box, 420 l", "ROOFBOX-420", "accessory", 390, 640),
    Product('Dog guard "Rex"', "DOG-REX", "accessory", 90, 160),
    Product("Child seat", "SEAT-CH", "accessory", 180, 340),
]
DEPOSIT = Product("Petrel EV, deposit", "PETREL-EV-D", "car", 500, 500)

CAR_PROMISES = [
    "free fitting of the roof bars",
    "a second key",
    "touching up the scratch on the left door",
    "the winter tires at the price we agreed",
    "a full charge card for the first month",
    "the owner's manual in your language",
    "a loan car for the first service",
    "the missing cargo cover",
    "a refund of the delivery fee",
    "new floor mats",
]
BIKE_PROMISES = [
    "a child seat that fits the rack",
    "the longer handlebar stem",
    "a second charger",
    "the free first adjustment",
    "the missing rain cape",
]
