"""What the sample catalogue sells: the articles of each of the 30 labels, in the real catalogue's words."""

from dataclasses import dataclass

__all__ = ["ASSORTMENT", "BRANDS", "CUSHION", "GIFTS", "MEASURED", "SHARES", "Article"]

SHARES: dict[str, int] = {
    "Tshirts": 120, "Shirts": 80, "Casual Shoes": 64, "Watches": 60, "Bags": 58, "Sports Shoes": 52,
    "Tops": 50,
    "Kurtas": 48, "Innerwear": 40, "Heels": 36, "Outerwear": 34, "Jewellery": 34, "Trousers": 28,
    "Eyewear": 26,
    "Fragrance": 26, "Jeans": 24, "Dress": 24, "Beauty": 24, "Flip Flops": 24, "Sandal": 24, "Wallets": 23,
    "Shorts": 22,
    "Formal Shoes": 20, "Belts": 20, "Accessories": 18, "Socks": 17, "Flats": 16, "Saree": 14,
    "Loungewear and Nightwear": 14, "Headwear": 12,
}  # fmt: skip
"""How many of a thousand products have each label: skewed like the real catalogue, though less."""

BRANDS = (
    "Amberquill", "Brindlewood", "Cobalt Heron", "Dovemarsh", "Elmira Row", "Fennimoor", "Gullhaven",
    "Hazelbrook",
    "Inkwell & Thread", "Junivale", "Kestrelle", "Larkmoor", "Marlowe Fen", "Norrvale", "Okapi Lane",
    "Pettigrain",
    "Quillfeather", "Rookhaven", "Sunbarrow", "Tamsin Rook", "Umberline", "Velloro", "Wrenfield", "Zephyrine",
)  # fmt: skip
"""Invented brands."""

_CLOTH = (
    "Beige", "Black", "Black", "Blue", "Blue", "Brown", "Burgundy", "Charcoal", "Cream", "Green", "Grey",
    "Lavender",
    "Magenta", "Maroon", "Mustard", "Navy Blue", "Olive", "Orange", "Peach", "Pink", "Purple", "Red", "Rust",
    "Teal",
    "Turquoise Blue", "White", "White", "Yellow",
)  # fmt: skip
_SOBER = ("Beige", "Black", "Brown", "Charcoal", "Cream", "Grey", "Khaki", "Navy Blue", "Olive")
_DENIM = ("Black", "Blue", "Blue", "Blue", "Charcoal", "Grey", "Navy Blue", "Navy Blue")
_HIDE = ("Black", "Black", "Brown", "Brown", "Burgundy", "Tan")
_METAL = ("Bronze", "Copper", "Gold", "Gold", "Silver", "Silver", "Steel")
_LIPS = ("Burgundy", "Magenta", "Maroon", "Nude", "Orange", "Peach", "Pink", "Purple", "Red", "Rust")
_SOFT = ("Beige", "Black", "Cream", "Grey", "Lavender", "Nude", "Peach", "Pink", "Red", "White", "White")

_PLAIN = ("plain",)
_MOSTLY_PLAIN = ("plain", "plain", "plain", "stripes", "print")
_SHIRTING = ("plain", "plain", "stripes", "checks", "checks")
_ANY = ("plain", "stripes", "checks", "dots", "print")
_LIVELY = ("plain", "dots", "print", "print")

_CASUAL = ("Casual",)
_SPORTY = ("Casual", "Sports")
_OFFICE = ("Casual", "Formal")
_MEN, _WOMEN, _UNISEX = ("Men",), ("Women",), ("Unisex",)
_ADULTS = ("Men", "Women")


@dataclass(frozen=True)
class Article:
    """One kind of product and what its products may be.

    Attributes:
        label: The label it belongs to, of the 30.
        weight: How often it is chosen among the label's articles.
        master: masterCategory.
        sub: subCategory.
        name: articleType; also the name of its drawing.
        noun: What product names call it.
        genders: Possible genders; a repeated one is likelier, here and below.
        colours: Possible base colours.
        patterns: Possible patterns of its cloth.
        usages: Possible usages.
    """

    label: str
    weight: int
    master: str
    sub: str
    name: str
    noun: str
    genders: tuple[str, ...] = _ADULTS
    colours: tuple[str, ...] = _CLOTH
    patterns: tuple[str, ...] = _PLAIN
    usages: tuple[str, ...] = _CASUAL


_KIDS_TOO = ("Men", "Men", "Men", "Women", "Boys", "Girls")

ASSORTMENT: tuple[Article, ...] = (
    Article("Tshirts", 1, "Apparel", "Topwear", "Tshirts", "T-shirt", _KIDS_TOO, _CLOTH, _MOSTLY_PLAIN,
            _SPORTY),
    Article("Shirts", 1, "Apparel", "Topwear", "Shirts", "Shirt", _KIDS_TOO, _CLOTH, _SHIRTING, _OFFICE),
    Article("Tops", 3, "Apparel", "Topwear", "Tops", "Top", ("Women", "Women", "Girls"), _CLOTH, _ANY),
    Article("Tops", 1, "Apparel", "Topwear", "Tunics", "Tunic", _WOMEN, _CLOTH, _LIVELY),
    Article("Kurtas", 3, "Apparel", "Topwear", "Kurtas", "Kurta", _ADULTS, _CLOTH, _ANY, ("Ethnic",)),
    Article("Kurtas", 1, "Apparel", "Topwear", "Kurtis", "Kurti", _WOMEN, _CLOTH, _LIVELY, ("Ethnic",)),
    Article("Outerwear", 3, "Apparel", "Topwear", "Jackets", "Jacket", _ADULTS, _CLOTH, _PLAIN, _SPORTY),
    Article("Outerwear", 2, "Apparel", "Topwear", "Sweatshirts", "Sweatshirt", _ADULTS, _CLOTH, _PLAIN,
            _SPORTY),
    Article("Outerwear", 2, "Apparel", "Topwear", "Sweaters", "Sweater"),
    Article("Outerwear", 1, "Apparel", "Topwear", "Blazers", "Blazer", _ADULTS, _SOBER, _PLAIN, ("Formal",)),
    Article("Jeans", 1, "Apparel", "Bottomwear", "Jeans", "Jeans", _ADULTS, _DENIM),
    Article("Trousers", 3, "Apparel", "Bottomwear", "Trousers", "Trousers", _ADULTS, _SOBER, _PLAIN, _OFFICE),
    Article("Trousers", 1, "Apparel", "Bottomwear", "Track Pants", "Track Pants", _ADULTS, _CLOTH, _PLAIN,
            _SPORTY),
    Article("Shorts", 3, "Apparel", "Bottomwear", "Shorts", "Shorts", _KIDS_TOO, _CLOTH, _SHIRTING, _SPORTY),
    Article("Shorts", 1, "Apparel", "Bottomwear", "Capris", "Capris", ("Women", "Girls"), _CLOTH,
            _MOSTLY_PLAIN),
    Article("Dress", 3, "Apparel", "Dress", "Dresses", "Dress", ("Women", "Girls"), _CLOTH, _ANY,
            ("Casual", "Party")),
    Article("Dress", 1, "Apparel", "Bottomwear", "Skirts", "Skirt", ("Women", "Girls"), _CLOTH, _LIVELY),
    Article("Saree", 1, "Apparel", "Saree", "Sarees", "Saree", _WOMEN, _CLOTH, _LIVELY, ("Ethnic",)),
    Article("Innerwear", 3, "Apparel", "Innerwear", "Briefs", "Briefs", _ADULTS, _CLOTH, _MOSTLY_PLAIN),
    Article("Innerwear", 3, "Apparel", "Innerwear", "Bra", "Bra", _WOMEN, _SOFT, _LIVELY),
    Article("Innerwear", 2, "Apparel", "Innerwear", "Innerwear Vests", "Innerwear Vest", _MEN, _SOFT),
    Article("Innerwear", 1, "Apparel", "Innerwear", "Trunk", "Trunk", _MEN, _CLOTH, _MOSTLY_PLAIN),
    Article("Loungewear and Nightwear", 3, "Apparel", "Loungewear and Nightwear", "Nightdress", "Nightdress",
            _WOMEN, _CLOTH, _LIVELY),
    Article("Loungewear and Nightwear", 3, "Apparel", "Loungewear and Nightwear", "Night suits", "Night Suit",
            _ADULTS, _CLOTH, _ANY),
    Article("Loungewear and Nightwear", 1, "Apparel", "Loungewear and Nightwear", "Bath Robe", "Bath Robe",
            _WOMEN, _SOFT),
    Article("Socks", 5, "Accessories", "Socks", "Socks", "Socks", _ADULTS, _CLOTH, _ANY, _SPORTY),
    Article("Socks", 1, "Apparel", "Socks", "Booties", "Booties", ("Boys", "Girls"), _CLOTH, _ANY),
    Article("Casual Shoes", 1, "Footwear", "Shoes", "Casual Shoes", "Casual Shoes",
            ("Men", "Men", "Women", "Unisex"), _CLOTH, ("plain", "plain", "plain", "checks", "print")),
    Article("Sports Shoes", 1, "Footwear", "Shoes", "Sports Shoes", "Sports Shoes", _ADULTS, _CLOTH, _PLAIN,
            ("Sports",)),
    Article("Formal Shoes", 1, "Footwear", "Shoes", "Formal Shoes", "Formal Shoes", _MEN, _HIDE, _PLAIN,
            ("Formal",)),
    Article("Heels", 1, "Footwear", "Shoes", "Heels", "Heels", _WOMEN, _CLOTH, _MOSTLY_PLAIN,
            ("Casual", "Party")),
    Article("Flats", 1, "Footwear", "Shoes", "Flats", "Flats", _WOMEN, _CLOTH, _LIVELY),
    Article("Sandal", 3, "Footwear", "Sandal", "Sandals", "Sandals", _ADULTS, (*_HIDE, *_CLOTH)),
    Article("Sandal", 1, "Footwear", "Sandal", "Sports Sandals", "Sports Sandals", _ADULTS, _CLOTH, _PLAIN,
            _SPORTY),
    Article("Flip Flops", 1, "Footwear", "Flip Flops", "Flip Flops", "Flip Flops",
            ("Men", "Women", "Unisex"), _CLOTH, _ANY),
    Article("Bags", 4, "Accessories", "Bags", "Handbags", "Handbag", _WOMEN, _CLOTH, _MOSTLY_PLAIN),
    Article("Bags", 3, "Accessories", "Bags", "Backpacks", "Backpack", _UNISEX, _CLOTH, _MOSTLY_PLAIN,
            _SPORTY),
    Article("Bags", 2, "Accessories", "Bags", "Clutches", "Clutch", _WOMEN, _CLOTH, _LIVELY,
            ("Casual", "Party")),
    Article("Wallets", 1, "Accessories", "Wallets", "Wallets", "Wallet", _ADULTS, (*_HIDE, *_CLOTH)),
    Article("Watches", 1, "Accessories", "Watches", "Watches", "Watch", _ADULTS,
            (*_HIDE, *_METAL, "Black", "White", "Blue")),
    Article("Jewellery", 4, "Accessories", "Jewellery", "Earrings", "Earrings", _WOMEN, _METAL, _PLAIN,
            ("Casual", "Ethnic")),
    Article("Jewellery", 2, "Accessories", "Jewellery", "Necklace and Chains", "Necklace", _WOMEN, _METAL),
    Article("Jewellery", 2, "Accessories", "Jewellery", "Pendant", "Pendant", _WOMEN, _METAL),
    Article("Jewellery", 2, "Accessories", "Jewellery", "Ring", "Ring", _ADULTS, _METAL),
    Article("Jewellery", 1, "Accessories", "Jewellery", "Bangle", "Bangle", _WOMEN, _METAL, _PLAIN,
            ("Ethnic",)),
    Article("Jewellery", 1, "Accessories", "Cufflinks", "Cufflinks", "Cufflinks", _MEN, _METAL, _PLAIN,
            ("Formal",)),
    Article("Eyewear", 1, "Accessories", "Eyewear", "Sunglasses", "Sunglasses",
            ("Men", "Women", "Unisex"), (*_SOBER, *_METAL, "Red", "Blue", "Purple")),
    Article("Belts", 1, "Accessories", "Belts", "Belts", "Belt", _ADULTS, (*_HIDE, *_CLOTH), _PLAIN, _OFFICE),
    Article("Headwear", 4, "Accessories", "Headwear", "Caps", "Cap", ("Men", "Unisex"), _CLOTH, _SHIRTING,
            _SPORTY),
    Article("Headwear", 1, "Accessories", "Headwear", "Hat", "Hat", _UNISEX, _SOBER),
    Article("Accessories", 5, "Accessories", "Ties", "Ties", "Tie", _MEN, _CLOTH, _ANY, ("Formal",)),
    Article("Accessories", 3, "Accessories", "Scarves", "Scarves", "Scarf", _ADULTS, _CLOTH, _ANY),
    Article("Accessories", 2, "Accessories", "Water Bottle", "Water Bottle", "Water Bottle", _UNISEX, _CLOTH,
            _PLAIN, ("Sports",)),
    Article("Accessories", 1, "Sporting Goods", "Sports Equipment", "Basketballs", "Basketball",
            _UNISEX, ("Orange", "Rust", "Brown"), _PLAIN, ("Sports",)),
    Article("Accessories", 1, "Sporting Goods", "Sports Equipment", "Footballs", "Football",
            _UNISEX, ("White", "White", "Yellow"), _PLAIN, ("Sports",)),
    Article("Fragrance", 2, "Personal Care", "Fragrance", "Perfume and Body Mist", "Perfume"),
    Article("Fragrance", 1, "Personal Care", "Fragrance", "Deodorant", "Deodorant"),
    Article("Beauty", 3, "Personal Care", "Lips", "Lipstick", "Lipstick", _WOMEN, _LIPS),
    Article("Beauty", 3, "Personal Care", "Nails", "Nail Polish", "Nail Polish", _WOMEN, (*_LIPS, *_CLOTH)),
    Article("Beauty", 1, "Personal Care", "Makeup", "Compact", "Compact", _WOMEN,
            ("Beige", "Nude", "Peach", "Tan")),
)  # fmt: skip
"""Every article of the sample; those of a label share its products by their weights."""

CUSHION = Article(
    "", 1, "Home", "Home Furnishing", "Cushion Covers", "Cushion Covers", _UNISEX, _CLOTH, _ANY, ("Home",)
)
"""The one product that is no fashion at all."""

GIFTS = (
    "Watches",
    "Sarees",
    "Sunglasses",
    "Handbags",
    "Belts",
    "Ties",
    "Wallets",
    "Deodorant",
    "Backpacks",
    "Socks",
)
"""The articleTypes that are given away as free items."""

MEASURED = ("Shorts", "Heels", "Belts", "Necklace and Chains")
"""The articleTypes whose names may give a length in inches."""
