"""Cities, countries, landmarks and addresses."""

from __future__ import annotations

import random

from training.data.values.words import pseudo_word

CITIES = [
    "Paris", "London", "Berlin", "Madrid", "Rome", "Vienna", "Lisbon", "Dublin", "Athens", "Oslo", "Stockholm",
    "Copenhagen", "Helsinki", "Warsaw", "Prague", "Budapest", "Bucharest", "Sofia", "Belgrade", "Zagreb", "Zurich",
    "Geneva", "Brussels", "Amsterdam", "Rotterdam", "Hamburg", "Munich", "Cologne", "Frankfurt", "Leipzig", "Milan",
    "Naples", "Turin", "Florence", "Venice", "Bologna", "Barcelona", "Valencia", "Seville", "Bilbao", "Porto", "Lyon",
    "Marseille", "Nice", "Bordeaux", "Toulouse", "Lille", "Manchester", "Birmingham", "Leeds", "Glasgow", "Edinburgh",
    "Cardiff", "Bristol", "Belfast", "Cork", "Galway", "Reykjavik", "Bergen", "Gothenburg", "Malmö", "Aarhus",
    "Tampere", "Tallinn", "Riga", "Vilnius", "Kyiv", "Lviv", "Istanbul", "Ankara", "Izmir", "Cairo", "Alexandria",
    "Casablanca", "Marrakesh", "Tunis", "Algiers", "Lagos", "Abuja", "Accra", "Nairobi", "Mombasa", "Kampala",
    "Kigali", "Addis Ababa", "Dar es Salaam", "Johannesburg", "Cape Town", "Durban", "Dakar", "Abidjan", "Tel Aviv",
    "Jerusalem", "Amman", "Beirut", "Dubai", "Abu Dhabi", "Doha", "Riyadh", "Muscat", "Tehran", "Karachi", "Lahore",
    "Islamabad", "Delhi", "Mumbai", "Bangalore", "Chennai", "Kolkata", "Hyderabad", "Pune", "Jaipur", "Dhaka",
    "Kathmandu", "Colombo", "Bangkok", "Chiang Mai", "Hanoi", "Ho Chi Minh City", "Kuala Lumpur", "Singapore",
    "Jakarta", "Manila", "Cebu", "Hong Kong", "Taipei", "Shanghai", "Beijing", "Shenzhen", "Guangzhou", "Chengdu",
    "Seoul", "Busan", "Tokyo", "Osaka", "Kyoto", "Sapporo", "Nagoya", "Fukuoka", "Sydney", "Melbourne", "Brisbane",
    "Perth", "Adelaide", "Auckland", "Wellington", "Christchurch", "Toronto", "Montreal", "Vancouver", "Calgary",
    "Ottawa", "Quebec City", "New York", "Los Angeles", "Chicago", "Houston", "Phoenix", "Philadelphia",
    "San Antonio", "San Diego", "Dallas", "Austin", "San Jose", "San Francisco", "Seattle", "Denver", "Boston",
    "Miami", "Atlanta", "Portland", "Las Vegas", "Detroit", "Minneapolis", "Nashville", "New Orleans",
    "Salt Lake City", "Kansas City", "Cleveland", "Pittsburgh", "Baltimore", "Charlotte", "Tampa", "Orlando",
    "Sacramento", "Oakland", "Honolulu", "Anchorage", "Mexico City", "Guadalajara", "Monterrey", "Havana", "San Juan",
    "Bogotá", "Medellín", "Quito", "Lima", "Cusco", "La Paz", "Santiago", "Valparaíso", "Buenos Aires", "Córdoba",
    "Montevideo", "São Paulo", "Rio de Janeiro", "Salvador", "Brasília", "Curitiba", "Fortaleza", "Asunción",
    "Caracas", "Tbilisi", "Yerevan", "Baku", "Tashkent", "Almaty",
]  # fmt: skip
WITH_REGION = [
    "San Francisco, CA", "Boston, MA", "Austin, TX", "Portland, OR", "Miami, FL", "Denver, CO", "New York, NY",
    "Chicago, IL", "Seattle, WA", "Atlanta, GA", "Paris, France", "Berlin, Germany", "Tokyo, Japan", "Lagos, Nigeria",
    "Lima, Peru", "Toronto, Canada", "Sydney, Australia", "London, UK", "Springfield, Illinois", "Portland, Maine",
    "Cambridge, Massachusetts", "Valencia, Spain", "Pune, India", "Nairobi, Kenya", "Osaka, Japan",
]  # fmt: skip
COUNTRIES = [
    "France", "Germany", "Italy", "Spain", "Portugal", "Ireland", "United Kingdom", "Norway", "Sweden", "Denmark",
    "Finland", "Iceland", "Poland", "Czech Republic", "Slovakia", "Hungary", "Romania", "Bulgaria", "Greece",
    "Turkey", "Switzerland", "Austria", "Belgium", "Netherlands", "Luxembourg", "Croatia", "Serbia", "Slovenia",
    "Estonia", "Latvia", "Lithuania", "Ukraine", "Georgia", "Armenia", "Egypt", "Morocco", "Tunisia", "Nigeria",
    "Ghana", "Kenya", "Uganda", "Rwanda", "Ethiopia", "Tanzania", "South Africa", "Senegal", "Israel", "Jordan",
    "Lebanon", "Saudi Arabia", "Qatar", "Oman", "Iran", "Pakistan", "India", "Bangladesh", "Nepal", "Sri Lanka",
    "Thailand", "Vietnam", "Malaysia", "Singapore", "Indonesia", "Philippines", "China", "Taiwan", "Japan",
    "South Korea", "Mongolia", "Australia", "New Zealand", "Fiji", "Canada", "United States", "Mexico", "Cuba",
    "Jamaica", "Costa Rica", "Panama", "Colombia", "Ecuador", "Peru", "Bolivia", "Chile", "Argentina", "Uruguay",
    "Paraguay", "Brazil", "Venezuela", "Kazakhstan", "Uzbekistan", "Malta", "Cyprus",
]  # fmt: skip
STATES = [
    "California", "Texas", "New York", "Florida", "Ohio", "Oregon", "Washington", "Nevada", "Arizona", "Colorado",
    "Utah", "Michigan", "Illinois", "Georgia", "Virginia", "Maine", "Vermont", "Montana", "Kansas", "Iowa", "Alabama",
    "Tennessee", "Kentucky", "Bavaria", "Saxony", "Ontario", "Quebec", "British Columbia", "Queensland", "Victoria",
    "Tasmania", "Punjab", "Kerala", "Maharashtra", "Gujarat", "Bahia", "Minas Gerais", "Jalisco", "Oaxaca",
    "Catalonia", "Andalusia", "Tuscany", "Sicily",
]  # fmt: skip
LANDMARKS = [
    "Eiffel Tower", "Colosseum", "Statue of Liberty", "Big Ben", "Taj Mahal", "Machu Picchu", "Great Wall of China",
    "Sydney Opera House", "Golden Gate Bridge", "Mount Fuji", "Niagara Falls", "Grand Canyon", "Acropolis",
    "Sagrada Familia", "Petra", "Angkor Wat", "Christ the Redeemer", "Burj Khalifa", "Stonehenge", "Hagia Sophia",
    "Brandenburg Gate", "Central Park", "Times Square", "Louvre Museum", "Buckingham Palace", "Edinburgh Castle",
    "Neuschwanstein Castle", "Table Mountain", "Victoria Falls", "Mount Everest", "Lake Baikal", "Uluru",
    "Blue Mosque", "Charles Bridge", "Tower of London", "Empire State Building", "Space Needle", "Alhambra",
    "Forbidden City", "Marina Bay Sands",
]  # fmt: skip
STREETS = [
    "Main", "Oak", "Maple", "Cedar", "Elm", "Park", "Lake", "Hill", "River", "Station", "Church", "High", "Mill",
    "King", "Queen", "Market", "Bridge", "Harbor", "Sunset", "Garden", "Washington", "Lincoln", "Franklin", "Jackson",
    "Victoria", "Baker", "Chestnut", "Willow", "Birch", "Spruce", "Pine", "Orchard", "Meadow", "Valley", "Forest",
]  # fmt: skip
STREET_ENDS = ["Street", "Avenue", "Road", "Lane", "Drive", "Boulevard", "Way", "Court", "Place", "St", "Ave", "Rd"]
LOCAL_ADDRESSES = [
    "Via Garibaldi {n}", "Rue de la République {n}", "Calle de Alcalá {n}", "Hauptstraße {n}", "Avenida Paulista {n}",
    "Nevsky Prospekt {n}", "Damrak {n}", "Rua Augusta {n}", "Istiklal Caddesi {n}", "{n} MG Road", "{n} Orchard Road",
    "Bahnhofstrasse {n}", "Storgatan {n}", "ulica Nowy Świat {n}", "Plaza Mayor {n}", "Calle 50 #{n}",
]  # fmt: skip
AIRPORTS = [
    "JFK", "LAX", "ORD", "ATL", "SFO", "SEA", "DFW", "DEN", "MIA", "BOS", "LHR", "LGW", "CDG", "ORY", "FRA", "MUC",
    "AMS", "MAD", "BCN", "FCO", "MXP", "ZRH", "VIE", "CPH", "OSL", "ARN", "HEL", "DUB", "LIS", "ATH", "IST", "DXB",
    "DOH", "DEL", "BOM", "BLR", "SIN", "KUL", "BKK", "HKG", "PVG", "PEK", "ICN", "NRT", "HND", "KIX", "SYD", "MEL",
    "AKL", "JNB", "CPT", "NBO", "CAI", "LOS", "GRU", "EZE", "SCL", "BOG", "LIM", "MEX", "YYZ", "YVR", "YUL",
]  # fmt: skip


def city(rng: random.Random) -> str:
    if rng.random() < 0.07:
        return pseudo_word(rng).capitalize() + rng.choice(
            ["", "", "ville", "burg", "ton", " Falls", " Springs", "ford"]
        )
    draw = rng.random()
    if draw < 0.07:
        return rng.choice(WITH_REGION)
    if draw < 0.14:
        return f"{rng.choice(CITIES)}, {rng.choice(STATES + COUNTRIES)}"
    return rng.choice(CITIES)


def country(rng: random.Random) -> str:
    return rng.choice(COUNTRIES)


def address(rng: random.Random) -> str:
    if rng.random() < 0.2:
        return rng.choice(LOCAL_ADDRESSES).format(n=rng.randint(1, 240))
    street = rng.choice(STREETS) if rng.random() < 0.8 else pseudo_word(rng).capitalize()
    text = f"{rng.randint(1, 9900 if rng.random() < 0.4 else 200)} {street} {rng.choice(STREET_ENDS)}"
    return f"{text}, {rng.choice(CITIES)}" if rng.random() < 0.25 else text
