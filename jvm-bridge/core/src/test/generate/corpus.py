"""Texts that the generators share: several scripts, emoji, combining marks, punctuation, hyphens, long ones.

The trainers of the tokenizers library break ties by chance: a generator that runs again writes other tokens,
which are as true as the ones before.
"""

TEXTS = [
    "Ada Lovelace met Charles Babbage in London.",
    "The Rhine-Ruhr region, North Rhine-Westphalia (Germany), isn't far from Utrecht.",
    "Angela Merkel visited the U.N. in New York on 5 May 2014; it's said she did not stay.",
    "Mr. O'Neill-Smith's shop doesn't open before 9:30 a.m. at St. John's.",
    "\U0001f600 Paris "
    "\U0001f1eb\U0001f1f7 is \U0001d54fbeautiful\U0001d54f, "
    "says Zoë \U0001f468\u200d\U0001f469\u200d\U0001f467 Müller!",
    "東京は日本の首都です。 北京 and 上海 are in 中国.",
    "I\u0307stanbul, DİYARBAKIR and Iğdır are in Türkiye.",
    "cafe\u0301 naïve Ångström e\u0323\u0301 — “quoted” … end",
    "line one\r\nline two\tTab\u00a0NBSP  two spaces   three",
    "",
    " ",
    "a",
    "\u0000control\u0001 \ufffd replacement \u200b zero width",
    "Łódź Санкт-Петербург Ελλάδα القاهرة ירושלים नई दिल्ली กรุงเทพ",
    "https://example.org/a?b=c&d=e #hash @user 3.14 1,000,000 $5 50%",
    "Microsoft and Apple Inc. bought ACME-Corp from Jean-Luc Picard, of La Barre, France. "
    "\U0001f680 The deal, worth 3 million, was signed in Amsterdam by Vincent van Gogh and the Dutch bank ING. "
    "Then they went to Brussels, Berlin, Bern and Ljubljana; nobody knows why they didn't go to Rome at all.",
    "unbelievably antidisestablishmentarianism supercalifragilisticexpialidocious Pneumonoultramicroscopic",
]

TRAINING = (
    TEXTS
    + [
        "Ada Charles London Berlin Paris New York Rhine region Germany Utrecht Merkel visited the shop "
        "open before",
        "Microsoft Apple ACME Corp bought from deal million signed Amsterdam Dutch bank Brussels "
        "Bern went why they",
        "is are in and the of by was to at it's did not don't isn't",
    ]
    * 4
)
