"""A name in each of 22 scripts, as people bear them."""

LATIN = "Imara Vell-Sundby"
SCRIPTS = {
    "latin": "Zoë Łukasz Nguyễn",
    "greek": "Αθηνά Παππά",
    "cyrillic": "Анна Їжак",
    "arabic": "نوار الهاشلي",
    "devanagari": "अनन्या शर्मा",
    "chinese": "李小明",
    "hiragana": "さくら",
    "katakana": "ケンジ",
    "korean": "김민준",
    "thai": "สมชาย ใจดี",
    "lao": "ສົມສັກ",
    "khmer": "សុខា",
    "burmese": "အောင်ဆန်း",
    "bengali": "রহিম উদ্দিন",
    "tamil": "அருண் குமார்",
    "sinhala": "නිමල් පෙරේරා",
    "georgian": "დავით გელაშვილი",
    "armenian": "Արամ Պետրոսյան",
    "hebrew": "ישראל כהן",
    "amharic": "አበበ ቢቂላ",
    "dhivehi": "އަޙްމަދު",
    "tibetan": "བསྟན་འཛིན",
}
