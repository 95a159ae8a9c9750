"""The English names of the reference rows, so that the catalogues hold them.

Pages show such a name with `gettext(name)`; a name that organisers changed or added is shown as it was written.
The rows themselves are in `events/data/`; a test compares the two.
"""

from django.utils.translation import gettext_noop as _

ACTION_LINE_TITLES = [
    _("The role of governments and all stakeholders in the promotion of ICTs for development"),
    _("Information and communication infrastructure"),
    _("Access to information and knowledge"),
    _("Capacity building"),
    _("Building confidence and security in the use of ICTs"),
    _("Enabling environment"),
    _("ICT applications: benefits in all aspects of life"),
    _("E-government"),
    _("E-business"),
    _("E-learning"),
    _("E-health"),
    _("E-employment"),
    _("E-environment"),
    _("E-agriculture"),
    _("E-science"),
    _("Cultural diversity and identity, linguistic diversity and local content"),
    _("Media"),
    _("Ethical dimensions of the Information Society"),
    _("International and regional cooperation"),
]
ACTION_LINE_SHORT_NAMES = [
    _("Governance and partnership"),
    _("Infrastructure"),
    _("Access to knowledge"),
    _("Capacity building"),
    _("Confidence and security"),
    _("Enabling environment"),
    _("ICT applications"),
    _("E-government"),
    _("E-business"),
    _("E-learning"),
    _("E-health"),
    _("E-employment"),
    _("E-environment"),
    _("E-agriculture"),
    _("E-science"),
    _("Cultural diversity"),
    _("Media"),
    _("Ethics"),
    _("Cooperation"),
]
ACTION_LINE_DESCRIPTIONS = [
    _("National e-strategies and multi-stakeholder partnerships that put ICTs to work for development."),
    _(
        "Universal, sustainable, ubiquitous and affordable access to ICT infrastructure, including remote and marginalized areas."
    ),
    _(
        "Public-domain information, public access points, libraries, open access and accessible ICTs so everyone can reach information and knowledge."
    ),
    _(
        "Skills, ICT literacy, teacher training and lifelong learning so that everyone can benefit from the Information Society."
    ),
    _("Cybersecurity, trust, privacy and protection of users, data and networks."),
    _("Transparent, pro-competitive and predictable policy, legal and regulatory frameworks."),
    _(
        "ICT applications supporting sustainable development in public administration, business, education, health, employment, environment, agriculture and science."
    ),
    _("E-government strategies that improve transparency, efficiency and relations with citizens."),
    _("Promotion of international trade and e-business models, especially in developing countries and for SMEs."),
    _("ICTs in education, teacher training and distance learning."),
    _("Reliable, timely, high-quality and affordable health care and health information systems using ICTs."),
    _("Best practice for e-workers and e-employers, teleworking and new ways of organizing work."),
    _("ICTs for environmental protection, sustainable resource use, e-waste and disaster monitoring."),
    _(
        "Dissemination of agriculture, fisheries, forestry and food information using ICTs, particularly in rural areas."
    ),
    _("Connectivity for universities and research institutions, open scientific knowledge and data exchange."),
    _("Respect for cultural identity, traditions and languages, and creation of local content."),
    _("Role of diverse, independent media in the Information Society and freedom of expression."),
    _("Universally held values, the common good and prevention of abusive uses of ICTs."),
    _(
        "International cooperation among all stakeholders to implement the plan of action and bridge the digital divide."
    ),
]
SDG_TITLES = [
    _("No Poverty"),
    _("Zero Hunger"),
    _("Good Health and Well-being"),
    _("Quality Education"),
    _("Gender Equality"),
    _("Clean Water and Sanitation"),
    _("Affordable and Clean Energy"),
    _("Decent Work and Economic Growth"),
    _("Industry, Innovation and Infrastructure"),
    _("Reduced Inequalities"),
    _("Sustainable Cities and Communities"),
    _("Responsible Consumption and Production"),
    _("Climate Action"),
    _("Life Below Water"),
    _("Life on Land"),
    _("Peace, Justice and Strong Institutions"),
    _("Partnerships for the Goals"),
]
SDG_FULL_TITLES = [
    _("End poverty in all its forms everywhere"),
    _("End hunger, achieve food security and improved nutrition and promote sustainable agriculture"),
    _("Ensure healthy lives and promote well-being for all at all ages"),
    _("Ensure inclusive and equitable quality education and promote lifelong learning opportunities for all"),
    _("Achieve gender equality and empower all women and girls"),
    _("Ensure availability and sustainable management of water and sanitation for all"),
    _("Ensure access to affordable, reliable, sustainable and modern energy for all"),
    _(
        "Promote sustained, inclusive and sustainable economic growth, full and productive employment and decent work for all"
    ),
    _("Build resilient infrastructure, promote inclusive and sustainable industrialization and foster innovation"),
    _("Reduce inequality within and among countries"),
    _("Make cities and human settlements inclusive, safe, resilient and sustainable"),
    _("Ensure sustainable consumption and production patterns"),
    _("Take urgent action to combat climate change and its impacts"),
    _("Conserve and sustainably use the oceans, seas and marine resources for sustainable development"),
    _(
        "Protect, restore and promote sustainable use of terrestrial ecosystems, sustainably manage forests, combat desertification, and halt and reverse land degradation and halt biodiversity loss"
    ),
    _(
        "Promote peaceful and inclusive societies for sustainable development, provide access to justice for all and build effective, accountable and inclusive institutions at all levels"
    ),
    _("Strengthen the means of implementation and revitalize the Global Partnership for Sustainable Development"),
]
SESSION_TYPES = [
    _("Opening Ceremony"),
    _("Opening Segment"),
    _("Closing Ceremony"),
    _("High-Level Policy Session"),
    _("High-Level Dialogue"),
    _("Ministerial Round Table"),
    _("Interactive Action Line Facilitation Meeting"),
    _("Action Line Facilitators Meeting"),
    _("Thematic Workshop"),
    _("Country Workshop"),
    _("Interactive Session"),
    _("Information Session"),
    _("Policy Session"),
    _("Knowledge Café"),
    _("Open Space Talk"),
    _("ICT Case Study"),
    _("Special Track session"),
    _("Hackathon"),
    _("Exhibition"),
    _("WSIS Prizes (ceremony)"),
    _("WSIS TalkX"),
    _("Open Consultation Process meeting"),
    _("Networking / side event"),
]
TRACKS = [
    _("ICTs and Older Persons"),
    _("ICTs and Youth"),
    _("ICTs and Gender Mainstreaming"),
    _("ICTs for Industry 4.0 and Emerging Technologies"),
    _("ICTs for Well-being, Happiness and Peace"),
    _("ICTs and Accessibility for Persons with Disabilities and Specific Needs"),
    _("ICTs and Indigenous Peoples and Cultures"),
    _("ICTs for Developing and Least Developed Countries"),
    _("ICTs for Sport"),
]
PRIZE_CATEGORIES = [
    _("The role of governments and all stakeholders in the promotion of ICTs for development"),
    _("Information and communication infrastructure"),
    _("Access to information and knowledge"),
    _("Capacity building"),
    _("Building confidence and security in use of ICTs"),
    _("Enabling environment"),
    _("ICT applications: benefits in all aspects of life — E-government"),
    _("ICT applications: benefits in all aspects of life — E-business"),
    _("ICT applications: benefits in all aspects of life — E-learning"),
    _("ICT applications: benefits in all aspects of life — E-health"),
    _("ICT applications: benefits in all aspects of life — E-employment"),
    _("ICT applications: benefits in all aspects of life — E-environment"),
    _("ICT applications: benefits in all aspects of life — E-agriculture"),
    _("ICT applications: benefits in all aspects of life — E-science"),
    _("Cultural diversity and identity, linguistic diversity and local content"),
    _("Media"),
    _("Ethical dimensions of the Information Society"),
    _("International and regional cooperation"),
]
# What the sample forums add.
SAMPLE = [
    _("Geneva"),
    _("Fostering digital transformation and global partnerships: WSIS Action Lines for achieving the SDGs"),
    _("Sample data: this edition shows the site at work and is not held."),
    _("Virtual exhibition hall"),
    _("Virtual room 1"),
    _("Virtual room 2"),
    _("Virtual room 3"),
    _("Virtual room 4"),
    _("Virtual room 5"),
    _("Virtual room 6"),
    _("Virtual room 7"),
]
