"""number: what replies in many languages and notations state, and what in them is no stated number."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_kvguard.verifiers.table import verify

Case = tuple[Any, str]

# The value is stated.
STATED: list[Case] = [
    (1250, "La caution est de 1 250 €."),
    (1250, "В отеле 1 250 номеров"),
    (1250, "1 250,00"),
    (1250000, "Население: 1 250 000 человек."),
    (1234567, "1 234 567 inhabitants"),
    (250000000, "250 000 000"),
    ({"value": 20, "unit": "€"}, "It costs 20 € per hour."),
    ({"value": 20, "unit": "€"}, "It costs €20 per hour."),
    (1300, "1千3百元"),
    (-5, "Es sind minus 5 °C."),
    (-5, "It is negative 5 outside."),
    ({"value": 2500, "unit": "€"}, "Das sind 2,5k€."),
    (5, "1. Take 5 eggs\n2. Stir"),
    (3.142, "Pi is about 3.142 or so."),
    (1250, "Es ist 1.250 km entfernt, und um 9.30 Uhr ist es offen."),
    ({"value": 100, "unit": "€"}, "It costs **100** €."),
    (1.25, "It weighs 1.25 or 1.250 kg, and it costs $1,200.50."),
    (20, "The ticket costs €20."),
    ({"value": 20, "unit": "€"}, "The ticket costs €20."),
    ({"value": 20, "unit": "€"}, "It is EUR 20 per person."),
    ({"value": 20, "unit": "€"}, "It is 20 euros."),
    ({"value": 20, "unit": "$"}, "It is US$ 20."),
    ({"value": 20, "unit": "$"}, "That will be 20 USD, please."),
    ({"value": 20, "unit": "$"}, "That will be 20 dollars."),
    ({"value": 20, "unit": "$"}, "That will be 20 US dollars."),
    ({"value": 20, "unit": "USD"}, "That will be $20."),
    ({"value": 20, "unit": "£"}, "It is 20 pounds."),
    ({"value": 20, "unit": "£"}, "It is 20 GBP."),
    ({"value": 20, "unit": "%"}, "You get 20 percent off."),
    ({"value": 20, "unit": "%"}, "You get 20 per cent off."),
    ({"value": 20, "unit": "%"}, "You get 20% off."),
    ({"value": 20, "unit": "percent"}, "You get 20 % off."),
    ({"value": 4.2, "unit": "€"}, "4,20 €"),
    ({"max": 2000, "unit": "€"}, "1.250 €"),
    (1200000, "1.200.000"),
    (1200000, "1,200,000"),
    (1200000, "1’200’000"),
    (1200000, "12,00,000"),
    ({"value": 1250, "locale": "de"}, "1.250"),
    ({"value": 1.25, "locale": "en"}, "1.250"),
    (1250, "The deposit is $1,250."),
    (1250, "Die Kaution beträgt 1.250 €."),
    (1250, "La caution est de 1\u202f250 €."),
    (3, "- 3 apples"),
    (2024, "It was founded in 2024."),
    (1, "COVID-19 1"),
    (1200000, "1.2 million people"),
    (5000, "5k followers"),
    (30000, "3万人"),
    ({"value": 2000000, "unit": "€"}, "2 Mio. Euro"),
    ({"value": 2000000.0, "unit": "€"}, "2 Millionen Euro"),
    ({"value": 1200000000.0, "unit": "$"}, "The firm is worth $1.2 billion."),
    ({"value": 1200000.0, "unit": "$"}, "$1.2M"),
    ({"value": 35000, "unit": "円"}, "3万5千円です"),
    ({"value": 150000.0, "unit": "₹"}, "₹1.5 lakh"),
    ({"value": 50000, "unit": "원"}, "5만 원입니다"),
    ({"value": 2000000.0, "unit": "€"}, "2 millions d’euros"),
    ({"value": 3000000.0, "unit": "€"}, "3 millones de euros"),
    ({"value": 3000000.0, "unit": "₽"}, "3 млн рублей"),
    ({"value": 5000, "unit": "₽"}, "5 тыс. руб."),
    (24, "2 dozen eggs"),
    (10, "10–20"),
    (20, "10–20"),
    ({"value": 10, "unit": "€"}, "10–20 €"),
    (-5, "−5 °C"),
    (-5, "–5 °C"),
    ({"value": -5, "unit": "°C"}, "It is -5°C"),
    (0.5, "½"),
    (1.5, "1½ cups"),
    (0.5, "1/2 cup"),
    (1.5, "1 1/2 cups"),
    (0.75, "¾"),
    (25, "٢٥ درهما"),
    (1250, "١٬٢٥٠ ريال"),
    ({"value": 25, "unit": "%"}, "٢٥٪"),
    (1250.5, "۱٬۲۵۰٫۵"),
    (25, "２５個です"),
    (120000, "₹1,20,000"),
    (120000, "१,२०,०००"),
    ({"value": 20, "unit": "km"}, "20 kilometres"),
    ({"value": 20, "unit": "km"}, "20 kilometers"),
    ({"value": 20, "unit": "km"}, "20 Kilometer"),
    ({"value": 20, "unit": "km"}, "20公里"),
    ({"value": 20, "unit": "km/h"}, "20 km per hour"),
    ({"value": 20, "unit": "km/h"}, "20 kilometers per hour"),
    ({"value": 20, "unit": "km"}, "It is 20,000 m to the next town."),
    ({"value": 20, "unit": "km"}, "a 20-km run"),
    ({"value": 20, "unit": "m²"}, "20 square metres"),
    ({"value": 20, "unit": "km"}, "20 KM"),
    ({"value": 5, "unit": "kg"}, "5 Kg"),
    ({"value": 250, "unit": "g"}, "0.25 kg"),
    ({"value": 50.8, "unit": "cm"}, "20 in."),
    ({"value": 8, "unit": "h"}, "8 Stunden"),
    ({"value": 8, "unit": "h"}, "8 hours"),
    ({"value": 8, "unit": "h"}, "8 heures"),
    ({"value": 8, "unit": "h"}, "8小时"),
    ({"value": 3, "unit": "days"}, "3 Tage"),
    ({"value": 3, "unit": "days"}, "3 días"),
    ({"value": 14, "unit": "days"}, "two weeks, 14 days"),
    ({"value": 14, "unit": "days"}, "2 weeks"),
    ({"value": 12, "unit": "guests"}, "12 guests"),
    ({"value": 12, "unit": "guests"}, "12 Guests,"),
    ({"value": 20, "unit": "CHF"}, "CHF 20.–"),
    ({"value": 20, "unit": "CHF"}, "20 Franken"),
    ({"value": 20, "unit": "€"}, "20,- €"),
    ({"value": 20, "unit": "€"}, "20,– Euro"),
    ({"value": 20, "unit": "kr"}, "20 kr"),
    ({"value": 20, "unit": "SEK"}, "20 kronor"),
    ({"value": 20, "unit": "zł"}, "20 złotych"),
    ({"value": 20, "unit": "¥"}, "20元"),
    ({"value": 2000, "unit": "¥"}, "2,000円です"),
    ({"value": 20, "unit": "€"}, "20 欧元"),
    ({"value": 20, "unit": "€"}, "20 ユーロ"),
    ({"value": 20, "unit": "€"}, "20 евро"),
    ({"value": 20, "unit": "€"}, "20 يورو"),
    ({"value": 20, "unit": "₹"}, "Rs. 20"),
    ({"value": 20, "unit": "R$"}, "R$ 20,00"),
    ({"value": -20, "unit": "€"}, "-€20"),
    ({"value": -20, "unit": "€"}, "€-20"),
    ({"value": 20, "unit": "%"}, "yüzde 20"),
    ({"value": 20, "unit": "%"}, "%20 indirim"),
    ({"value": 20, "unit": "%"}, "百分之20"),
    ({"value": 20, "unit": "%"}, "20 Prozent"),
    ({"value": 20, "unit": "%"}, "20 pour cent"),
    ({"value": 20, "unit": "%"}, "20 por ciento"),
    ({"value": 20, "unit": "%"}, "20 процентов"),
    ({"value": 20, "unit": "€", "every": True}, "It is 20 € for 30 people."),
    (5, "5 out of 10"),
    (20, "It costs 20. Thanks!"),
    (20, "Es kostet 20. Danke!"),
    (20, "20"),
    (20, "20."),
    (1500, "1.5e3"),
    (5000, "5×10³"),
    (1250, "1250,00 €"),
    (1250, "1.250,00 €"),
    (1250, "1,250.00"),
    (3.5, "The prices are 3.5 and 1.250"),
    (0.25, "0.250"),
    (0.25, "0,250"),
    (100, "100%"),
    (5, "(5)"),
    (12.5, "12,5 %"),
    (18, "ราคา 18 บาท"),
    ({"value": 18, "unit": "THB"}, "ราคา 18 บาท"),
    (20, "价格是20元。"),
    (20, "약20개"),
    (20, "20개입니다"),
    (3, "3人です"),
    ({"value": 3, "unit": "h"}, "3時間"),
    ({"value": 3, "unit": "kg"}, "3千克"),
    (1998, "Since 1998, we bake."),
    ({"max": 10}, "5 people pay 1250 €"),
    (0, "0 left"),
    (4.5, "Rated 4.5/5"),
    (10, "1,2,10"),
]

# The value is not stated: it is part of another number, of a date, a time, a code, or in another unit.
NOT_STATED: list[Case] = [
    (1, "Step 1: Open the lid."),
    (2, "Schritt 2 ist einfach."),
    (1, "1.Open the lid\n2.Close it"),
    (5, "Es sind minus 5 °C."),
    (5, "气温零下5度"),
    (5, "Ça coûte 5€50."),
    (1990, "in the 1990s"),
    (555, "Call 555 0199."),
    (1300, "Call 1300 123 456."),
    ({"value": 20, "unit": "$"}, "That will be CA$20."),
    ({"value": 20, "unit": "€"}, "It is 20 dollars."),
    ({"value": 20, "unit": "%"}, "You get $20 off."),
    ({"value": 20, "unit": "%"}, "There are 20 guests."),
    (20, "4,20 €"),
    ({"value": 20, "unit": "€"}, "4,20 €"),
    ({"value": 1250, "locale": "en"}, "1.250"),
    (1, "1. Open\n2. Close"),
    (2, "1. Open\n2. Close"),
    (2, "2) Close the door"),
    (1, "1. Open the box."),
    (3, "Steps:\n1. a\n2. b\n3. c"),
    (15, "at 15:30"),
    (30, "at 15:30"),
    (3, "We open at 3 pm."),
    (3, "We open at 3pm."),
    (3, "We open at 3 p.m."),
    (15, "à 15h30"),
    (30, "à 15 h 30"),
    (15, "um 15 Uhr"),
    (9, "von 9 bis 17 Uhr"),
    (17, "von 9 bis 17 Uhr"),
    (9, "9-17 Uhr"),
    (9, "9.30 Uhr"),
    (9.3, "9.30 Uhr"),
    (9, "9 a.m. to 5 p.m."),
    (5, "from 9 to 5pm"),
    (9, "9 o'clock"),
    (15, "15時30分に"),
    (3, "下午3点半"),
    (3, "오후 3시 30분"),
    (3, "a las 3"),
    (2024, "on 2024-05-03"),
    (5, "on 2024-05-03"),
    (3, "am 3.5.2024"),
    (3.5, "am 3.5.2024"),
    (5, "5/3/24"),
    (3, "May 3"),
    (3, "on May 3, 2024"),
    (3, "am 3. Mai"),
    (3, "3 May"),
    (3, "le 3 mai"),
    (3, "el 3 de mayo"),
    (3, "3 de mayo de 2024"),
    (3, "2024年5月3日"),
    (5, "5月3日"),
    (2024, "2024년 5월 3일"),
    (3, "3 мая"),
    (3, "3 мая 2024 года"),
    (3, "3 maja"),
    (3, "the 3rd of May"),
    (3, "am 3.5."),
    (2024, "in May 2024"),
    (3, "on the 3rd floor"),
    (3, "im 3. Stock"),
    (3, "第3章"),
    (3, "au 3e étage"),
    (3, "the 23rd"),
    (4471, "KX-4471"),
    (1, "v1.2.3"),
    (1.2, "v1.2"),
    (4, "paper in A4"),
    (12, "ticket #12"),
    (12, "No. 12"),
    (192, "192.168.1.1"),
    (89, "DE89 3704 0044 0532 0130 00"),
    (3704, "DE89 3704 0044 0532 0130 00"),
    (978, "ISBN 978-3-16-148410-0"),
    (12, "https://shop.com/item/12"),
    (49, "+49 30 1234567"),
    (30, "+49 30 1234567"),
    (30, "030 1234567"),
    (555, "(555) 123-4567"),
    (800, "1-800-555-0199"),
    (19, "COVID-19"),
    (365, "Microsoft365"),
    (24, "open 24/7"),
    (7, "open 24/7"),
    (4471, "4111 1111 1111 4471"),
    (2, "H2O"),
    (3, "MP3"),
    (1.2, "1.2 million"),
    (5, "5k followers"),
    (3, "3 万人"),
    (2, "2 Mio. Euro"),
    (2, "2 dozen eggs"),
    (2, "2 hundred"),
    (-20, "10-20"),
    (5, "-5 °C"),
    (2, "1/2 cup"),
    (1, "1/2 cup"),
    ({"value": 20, "unit": "km"}, "20 km/h"),
    ({"value": 20, "unit": "km"}, "20 Kilometer pro Stunde"),
    ({"value": 20, "unit": "km"}, "20 km per hour"),
    ({"value": 5, "unit": "mW"}, "5 MW"),
    ({"value": 5, "unit": "MB"}, "5 Mb"),
    ({"value": 20, "unit": "cm"}, "20 in total"),
    ({"max": 60, "unit": "cm"}, "20 in total"),
    ({"value": 12, "unit": "guests"}, "12 tables"),
    ({"value": 30, "unit": "€"}, "20 € 30 $"),
    ({"value": 30, "unit": "€"}, "$30 20 €"),
    ({"value": 20, "unit": "$"}, "€20 30$"),
    ({"value": 20, "unit": "€"}, "-20 €"),
    ({"value": 20, "unit": "€", "every": True}, "It is 20 €, not 30 €."),
    ({"max": 10, "every": True}, "5 and 12"),
    (16, "16:9"),
    (12, "[12]"),
    (1, "1️⃣ Open"),
    (6.45, "geöffnet ab 6.45 Uhr"),
    (3000, "3千克"),
    (5, "version 5"),
    (5, "five"),
    (1, "1st place"),
    (5, "Rated 4.5/5"),
    (1.2, "1,2,10"),
]

# The reply does not tell which of two readings is meant.
AMBIGUOUS: list[Case] = [
    (1, "1 - Open the lid"),
    (1250, "It is 1.250 km away."),
    (1.25, "It is 1.250 km away."),
    (1250, "The stars are 4.5, und der Preis ist 1.250 €."),
    (1250, "Um 9.30 Uhr: 1.250"),
    (1250, "1.250"),
    (1.25, "1.250"),
    (451, "0451"),
    (7, "007"),
    (20, "20. That is the price."),
    (2, "won 2-1"),
    (1.25, "The price is 1.250 €"),
]

# Whatever the reply means, it must not hold.
DOUBTFUL: list[Case] = [
    ({"max": 10}, "1.250 €"),
    ({"max": 10, "unit": "€"}, "1.250 €"),
    (3, "**3.** Close"),
    (555, "555-0142"),
    (12, "12B"),
    (8, "8/10"),
    (5, "Bus 5A"),
    (20, "20x"),
]

# The reply may be read so, and must not be judged to say otherwise.
LIKELY: list[Case] = [
    (1250, "1 250"),
    (101102103, "101 102 103"),
    (102, "Zimmer 101 102 103"),
    (1200000, "1 200 000 €"),
    ({"value": 20, "unit": "km"}, "20,000 m."),
]


@pytest.mark.parametrize(("value", "reply"), STATED)
def test_a_number_that_a_reply_states_holds(value: Any, reply: str) -> None:
    check = verify("number", value, reply)
    assert (check.holds, check.undecided) == (True, False), check.observed


@pytest.mark.parametrize(("value", "reply"), NOT_STATED)
def test_digits_that_state_another_number_or_none_do_not_hold(value: Any, reply: str) -> None:
    check = verify("number", value, reply)
    assert (check.holds, check.undecided) == (False, False), check.observed


@pytest.mark.parametrize(("value", "reply"), AMBIGUOUS)
def test_a_reply_that_can_be_read_in_two_ways_is_undecided(value: Any, reply: str) -> None:
    assert verify("number", value, reply).undecided


@pytest.mark.parametrize(("value", "reply"), DOUBTFUL)
def test_a_doubtful_number_never_holds(value: Any, reply: str) -> None:
    assert not verify("number", value, reply).holds


@pytest.mark.parametrize(("value", "reply"), LIKELY)
def test_a_likely_number_is_never_judged_absent(value: Any, reply: str) -> None:
    check = verify("number", value, reply)
    assert check.holds or check.undecided, check.observed


def test_an_undecided_check_says_what_the_numeral_may_mean_and_what_to_declare() -> None:
    observed = verify("number", 1250, "1.250").observed
    assert observed == "'1.250' may mean 1.25 or 1250: declare its notation, e.g. locale: en"


def test_a_declared_locale_decides_and_a_numeral_of_another_notation_is_still_read() -> None:
    assert verify("number", {"value": 1250, "locale": "de"}, "1.250").holds
    assert verify("number", {"value": 1.25, "locale": "en"}, "1.250").holds
    assert verify("number", {"value": 1250.5, "locale": "de"}, "1,250.50").holds


def test_the_other_numbers_of_a_reply_tell_its_notation() -> None:
    assert verify("number", 1250, "1.250 and 4,20").holds
    assert verify("number", 1.25, "1.250 and 4,200.5").holds


def test_every_refuses_a_second_number_in_the_unit_and_no_other() -> None:
    value = {"value": 20, "unit": "€", "every": True}
    assert verify("number", value, "20 €, in 30 minutes").holds
    assert not verify("number", value, "20 €, or 30 €").holds
    assert verify("number", {"value": 20, "unit": "€"}, "20 €, or 30 €").holds
