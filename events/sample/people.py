"""Invented names of persons and organisations from all regions. No ORM."""

import random
from typing import NamedTuple


class Culture(NamedTuple):
    """Given names of women and of men, family names, and the countries where they are at home."""

    women: list[str]
    men: list[str]
    families: list[str]
    countries: list[str]


def _culture(women: str, men: str, families: str, countries: str) -> Culture:
    return Culture(women.split(), men.split(), families.split(), countries.split())


CULTURES = [
    _culture(
        "Aïssata Awa Fatou Mariam Rokia Oumou Adama Salimata Djeneba Bintou Ndeye Aminata",
        "Moussa Ibrahima Ousmane Seydou Boubacar Amadou Mamadou Cheick Abdoulaye Souleymane Lamine Issa",
        "Traoré Diallo Keïta Coulibaly Cissé Koné Sangaré Touré Ouattara Sow Ndiaye Camara Ba Sarr Zongo Sawadogo",
        "ML SN CI BF GN NE TG BJ",
    ),
    _culture(
        "Ngozi Abena Chiamaka Esi Folake Adwoa Ifeoma Yewande Akosua Amara Kemi Efua",
        "Chinedu Kwame Emeka Kofi Tunde Yaw Obinna Kwabena Segun Ebo Uche Kojo",
        "Okafor Mensah Adeyemi Owusu Eze Boateng Balogun Asante Nwosu Appiah Ogunleye Addo Obi Ansah Danjuma Sesay",
        "NG GH SL GM LR",
    ),
    _culture(
        "Wanjiku Amina Neema Achieng Zawadi Mutoni Tigist Halima Nakato Makena Selam Aisha",
        "Kamau Juma Otieno Baraka Mugisha Abebe Hassan Kato Mwangi Dawit Yusuf Okello",
        "Njoroge Mwakyusa Odhiambo Tesfaye Nsengimana Kiplagat Mushi Wekesa Bekele Ssemakula Uwimana Omondi Nyerenda Kariuki Haile Warsame",
        "KE TZ UG RW ET SO",
    ),
    _culture(
        "Thandiwe Nomsa Chipo Lerato Palesa Tsitsi Mpho Naledi Rutendo Ayanda Kelebogile Temwa",
        "Sipho Tendai Thabo Farai Kagiso Mandla Tinashe Bongani Tumelo Chanda Kabelo Zweli",
        "Dlamini Moyo Nkosi Banda Mokoena Phiri Ndlovu Molefe Chirwa Sithole Mwale Khumalo Tembo Motsepe Zulu Hamukoto",
        "ZA ZW ZM BW MW NA LS",
    ),
    _culture(
        "Leïla Nour Yasmine Salma Hanan Rania Samira Dalia Amal Zineb Houda Mona",
        "Karim Youssef Omar Tarek Hicham Nabil Samir Walid Rachid Anis Mehdi Hossam",
        "Benali El-Fassi Mansour Haddad Bouazizi Farouk Chaoui Khalil Hamdi Zeroual Saïdi Abdelaziz Tazi Gharbi Soliman Belkacem",
        "MA DZ TN EG LY MR",
    ),
    _culture(
        "Mariam Noura Layla Hessa Rasha Dana Reem Lina Shaikha Maha Rula Huda",
        "Khalid Faisal Ahmad Saeed Majed Ziad Hamad Bilal Nasser Rami Sultan Fadi",
        "Al-Harbi Al-Mansoori Haddadin Khoury Al-Balushi Nassar Al-Sabah Darwish Al-Kuwari Saleh Al-Zahrani Qasim Barakat Al-Amri Shami Yassin",
        "AE SA JO LB OM KW QA IQ BH PS",
    ),
    _culture(
        "Anjali Priya Fatima Nilufar Shreya Tasnim Sunita Kavitha Ayesha Dilani Meera Rukhsana",
        "Arjun Rahim Suresh Imran Rohan Nuwan Vikram Tariq Prakash Zahid Anil Faisal",
        "Sharma Rahman Perera Iyer Khan Thapa Chowdhury Gupta Hussain Fernando Patel Siddiqui Rao Karki Ahmed Banerjee",
        "IN BD PK LK NP MV BT",
    ),
    _culture(
        "Siti Maria Nguyen-Linh Aurora Putri Malee Grace Dewi Thuy Ratana Joy Nur",
        "Budi Jose Minh Somchai Andi Ramon Tuan Hafiz Rizal Anan Paolo Wira",
        "Santoso Reyes Tran Wongsa Rahardjo Dela-Cruz Pham Abdullah Suryadi Bautista Le Chaiyasit Halim Mendoza Vo Kusuma",
        "ID PH VN TH MY SG KH LA",
    ),
    _culture(
        "Yuki Mei Ji-woo Haruka Xiaoling Seo-yeon Aiko Lan Min-ji Naomi Yan Bolormaa",
        "Kenji Wei Min-jun Hiroshi Jian Ji-hoon Takumi Hao Sung-min Daichi Lei Batbayar",
        "Tanaka Wang Kim Sato Li Park Suzuki Zhang Choi Watanabe Chen Jung Ito Liu Kang Ganbold",
        "JP CN KR MN",
    ),
    _culture(
        "Sina Mele Ana Lupe Tia Moana Vika Litia Hana Teuila Kiri Salote",
        "Tevita Sione Viliame Manu Semisi Ioane Tane Jone Filipo Apisai Wiremu Pita",
        "Taufa Vakalala Tuilagi Havili Naufahu Koroi Sopoaga Fonoti Rokotuivuna Leota Ngata Tamanui Faleolo Waqa Kaho Tupou",
        "FJ TO WS VU SB PG KI TV NZ",
    ),
    _culture(
        "Camila Valentina Lucía Gabriela Mariana Sofía Daniela Paula Ximena Carolina Andrea Rosa",
        "Mateo Santiago Diego Javier Andrés Emilio Rodrigo Tomás Esteban Luis Hernán Raúl",
        "Rojas Herrera Quispe Morales Vargas Castillo Mamani Paredes Salazar Fuentes Mejía Cordero Navarro Solís Peña Ibarra",
        "CO PE CL MX AR EC DO CR BO GT PA UY",
    ),
    _culture(
        "Beatriz Juliana Larissa Fernanda Simone Keisha Shanice Marcia Renata Tamara Denise Luana",
        "Thiago Rafael Marlon Devon Caio Winston Leandro Andre Jerome Vinícius Curtis Gustavo",
        "Oliveira Campbell Ribeiro Baptiste Carvalho Joseph Barbosa Grant Teixeira Alleyne Moreira Charles Pinheiro Sinclair Azevedo Bailey",
        "BR JM TT BB GY LC SR BS",
    ),
    _culture(
        "Emily Claire Olivia Hannah Margaret Chloe Rachel Sarah Megan Laura Joanne Fiona",
        "Daniel Michael Liam Andrew Thomas Ryan Peter Scott Martin Kevin Stuart Neil",
        "Walker Tremblay Fraser Sullivan Bennett Gagnon Murray Collins Harper Doyle MacLeod Parker Whitfield Byrne Ellis Fournier",
        "US CA GB IE AU",
    ),
    _culture(
        "Anna Ingrid Sophie Marta Giulia Katrin Elena Astrid Inês Lotte Camille Eleni",
        "Lukas Henrik Marco Pieter Antoine Nikos Jens Pablo Matthias Olav João Stefan",
        "Keller Lindqvist Moretti Janssen Laurent Papadakis Weber Solberg Ferreira Meier Dubois Nieminen Bianchi Vermeulen Ortega Hansen",
        "CH SE IT NL FR GR DE NO PT AT FI ES BE DK",
    ),
    _culture(
        "Olga Katarzyna Aigul Irina Dana Milena Nino Zuzana Gulnara Ivana Tatiana Anahit",
        "Dmitri Piotr Nurlan Andrei Marek Vuk Giorgi Tomáš Timur Goran Sergei Aram",
        "Ivanov Kowalski Akhmetov Popescu Novák Jovanović Beridze Horvat Karimov Petrov Nowak Sadykov Dumitru Kováč Hakobyan Melnyk",
        "RU PL KZ RO CZ RS GE SK UZ HR BG AM UA KG LV",
    ),
]  # fmt: skip
FORMS_OF_ADDRESS = ["Ms", "Mr", "Dr", "Prof.", ""]
POSITIONS = {
    "government": ["Director, Digital Strategy", "Head of Department", "Senior Adviser", "Deputy Director-General", "Programme Coordinator"],
    "private_sector": ["Chief Technology Officer", "Head of Public Policy", "Founder", "Director, Partnerships", "Product Lead"],
    "civil_society": ["Executive Director", "Programme Manager", "Community Coordinator", "Secretary-General", "Policy Officer"],
    "international_org": ["Head of Unit", "Senior Economist", "Regional Director", "Project Manager", "Legal Officer"],
    "united_nations": ["Programme Officer", "Chief of Section", "Digital Policy Specialist", "Regional Adviser", "Data Scientist"],
    "academia": ["Professor of Informatics", "Associate Professor", "Research Fellow", "Dean", "Doctoral Researcher"],
    "technical_community": ["Network Engineer", "Chair, Standards Group", "Security Analyst", "Software Maintainer", "Registry Manager"],
    "media": ["Editor", "Producer", "Science Correspondent", "Station Manager", "Presenter"],
    "other": ["Independent Consultant", "Volunteer", "Student Representative", "Trainer", "Photographer"],
}  # fmt: skip
# Patterns for invented organisations; {place} is a region, {word} one of WORDS.
ORGANISATIONS = {
    "government": ["{place} Digital Policy Office {word}", "Authority for Telecommunications {word}", "Agency for Digital Services {word}"],
    "private_sector": ["{word} Networks", "{word} Systems Ltd", "{word} Satellite", "{word} Software Cooperative"],
    "civil_society": ["{word} Foundation for Digital Inclusion", "Women in Technology {word}", "{word} Community Networks Association"],
    "international_org": ["{word} Regional Telecommunications Union", "{word} Development Bank"],
    "academia": ["University of {word}", "{word} Institute of Technology", "{word} Centre for Internet Studies"],
    "technical_community": ["{word} Internet Exchange", "{word} Network Operators Group"],
    "media": ["Radio {word}", "The {word} Review"],
    "other": ["{word} Volunteers", "{word} Youth Parliament"],
}  # fmt: skip
WORDS = [
    "Baobab", "Kilima", "Sahara", "Atlas", "Cedar", "Oasis", "Monsoon", "Lotus", "Banyan", "Bamboo", "Coral", "Lagoon",
    "Condor", "Ceiba", "Pampa", "Mangrove", "Maple", "Prairie", "Fjord", "Lindenau", "Alpina", "Olivar", "Amber", "Steppe",
    "Caspia", "Danubia", "Tamarind", "Savanna", "Delta", "Meridian", "Horizon", "Lighthouse", "Compass", "Bridgeport",
    "Riverside", "Northlight", "Southwind", "Highland",
]  # fmt: skip


class Person(NamedTuple):
    name: str
    gender: str
    form_of_address: str
    country: str


def persons(count: int, *, women: int, rng: random.Random) -> list[Person]:
    """Return `count` persons with different names, `women` of them women, mixed over all cultures."""
    genders = ["woman"] * women + ["man"] * (count - women)
    rng.shuffle(genders)
    seen: set[str] = set()
    people: list[Person] = []
    while len(people) < count:
        gender = genders[len(people)]
        culture = CULTURES[len(people) % len(CULTURES)]
        given = rng.choice(culture.women if gender == "woman" else culture.men)
        name = f"{given} {rng.choice(culture.families)}".replace("-Linh", " Linh").replace("Dela-", "Dela ")
        if name in seen:
            family = rng.choice(culture.families)
            name = f"{name} {family}" if family not in name else name
        if name in seen:
            continue
        seen.add(name)
        titles = ["Ms" if gender == "woman" else "Mr", "", "Dr", "Prof."]
        form = rng.choices(titles, weights=[10, 4, 5, 2])[0]
        people.append(Person(name, gender, form, rng.choice(culture.countries)))
    return people


def organisations(*, rng: random.Random, places: list[str]) -> list[tuple[str, str]]:
    """Return invented organisations as (name, stakeholder type), one of each kind for every word."""
    rows = []
    for number, word in enumerate(WORDS):
        for kind, patterns in ORGANISATIONS.items():
            # Few organisations of the rare kinds.
            if kind in {"international_org", "technical_community", "media", "other"} and number % 4:
                continue
            pattern = patterns[number % len(patterns)]
            place = rng.choice(places).removeprefix("the ")
            rows.append((pattern.format(word=word, place=place[0].upper() + place[1:]), kind))
    return rows
