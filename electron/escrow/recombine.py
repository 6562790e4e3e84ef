#!/usr/bin/env python3
"""Joins the shares of a split secret, offline, with Python 3.6 or newer and nothing else.

    python3 recombine.py SHARE-FILE SHARE-FILE ...     reads share files: sheets as written, or files with the words alone
    python3 recombine.py                               asks for one share after the other

It follows the published standard SLIP-0039, "Shamir's Secret-Sharing for Mnemonic Codes", with an empty passphrase; any
other program that follows it does the same. The joined secret goes to standard output as hex digits (64 for a share of
33 words); everything else goes to standard error. Exit code 1: nothing was joined, and a sentence says why.

Use a computer that is not connected to a network and that nobody else is logged in to. Never put words of a share on the
command line: command lines can be seen by others. What is typed shows on the screen; a terminal is cleared after each
share. Python can't wipe memory: turn the computer off afterwards.
"""
import hashlib
import hmac
import sys

WORDS = """
academic acid acne acquire acrobat activity actress adapt adequate adjust admit adorn adult advance advocate afraid again agency agree aide aircraft airline airport
ajar alarm album alcohol alien alive alpha already alto aluminum always amazing ambition amount amuse analysis anatomy ancestor ancient angel angry animal answer
antenna anxiety apart aquatic arcade arena argue armed artist artwork aspect auction august aunt average aviation avoid award away axis axle beam beard beaver become
bedroom behavior being believe belong benefit best beyond bike biology birthday bishop black blanket blessing blimp blind blue body bolt boring born both boundary
bracelet branch brave breathe briefing broken brother browser bucket budget building bulb bulge bumpy bundle burden burning busy buyer cage calcium camera campus canyon
capacity capital capture carbon cards careful cargo carpet carve category cause ceiling center ceramic champion change charity check chemical chest chew chubby cinema
civil class clay cleanup client climate clinic clock clogs closet clothes club cluster coal coastal coding column company corner costume counter course cover cowboy
cradle craft crazy credit cricket criminal crisis critical crowd crucial crunch crush crystal cubic cultural curious curly custody cylinder daisy damage dance darkness
database daughter deadline deal debris debut decent decision declare decorate decrease deliver demand density deny depart depend depict deploy describe desert desire
desktop destroy detailed detect device devote diagnose dictate diet dilemma diminish dining diploma disaster discuss disease dish dismiss display distance dive divorce
document domain domestic dominant dough downtown dragon dramatic dream dress drift drink drove drug dryer duckling duke duration dwarf dynamic early earth easel easy
echo eclipse ecology edge editor educate either elbow elder election elegant element elephant elevator elite else email emerald emission emperor emphasis employer empty
ending endless endorse enemy energy enforce engage enjoy enlarge entrance envelope envy epidemic episode equation equip eraser erode escape estate estimate evaluate
evening evidence evil evoke exact example exceed exchange exclude excuse execute exercise exhaust exotic expand expect explain express extend extra eyebrow facility
fact failure faint fake false family famous fancy fangs fantasy fatal fatigue favorite fawn fiber fiction filter finance findings finger firefly firm fiscal fishing
fitness flame flash flavor flea flexible flip float floral fluff focus forbid force forecast forget formal fortune forward founder fraction fragment frequent freshman
friar fridge friendly frost froth frozen fumes funding furl fused galaxy game garbage garden garlic gasoline gather general genius genre genuine geology gesture glad
glance glasses glen glimpse goat golden graduate grant grasp gravity gray greatest grief grill grin grocery gross group grownup grumpy guard guest guilt guitar gums
hairy hamster hand hanger harvest have havoc hawk hazard headset health hearing heat helpful herald herd hesitate hobo holiday holy home hormone hospital hour huge
human humidity hunting husband hush husky hybrid idea identify idle image impact imply improve impulse include income increase index indicate industry infant inform
inherit injury inmate insect inside install intend intimate invasion involve iris island isolate item ivory jacket jerky jewelry join judicial juice jump junction
junior junk jury justice kernel keyboard kidney kind kitchen knife knit laden ladle ladybug lair lamp language large laser laundry lawsuit leader leaf learn leaves
lecture legal legend legs lend length level liberty library license lift likely lilac lily lips liquid listen literary living lizard loan lobe location losing loud
loyalty luck lunar lunch lungs luxury lying lyrics machine magazine maiden mailman main makeup making mama manager mandate mansion manual marathon march market marvel
mason material math maximum mayor meaning medal medical member memory mental merchant merit method metric midst mild military mineral minister miracle mixed mixture
mobile modern modify moisture moment morning mortgage mother mountain mouse move much mule multiple muscle museum music mustang nail national necklace negative nervous
network news nuclear numb numerous nylon oasis obesity object observe obtain ocean often olympic omit oral orange orbit order ordinary organize ounce oven overall owner
paces pacific package paid painting pajamas pancake pants papa paper parcel parking party patent patrol payment payroll peaceful peanut peasant pecan penalty pencil
percent perfect permit petition phantom pharmacy photo phrase physics pickup picture piece pile pink pipeline pistol pitch plains plan plastic platform playoff pleasure
plot plunge practice prayer preach predator pregnant premium prepare presence prevent priest primary priority prisoner privacy prize problem process profile program
promise prospect provide prune public pulse pumps punish puny pupal purchase purple python quantity quarter quick quiet race racism radar railroad rainbow raisin random
ranked rapids raspy reaction realize rebound rebuild recall receiver recover regret regular reject relate remember remind remove render repair repeat replace require
rescue research resident response result retailer retreat reunion revenue review reward rhyme rhythm rich rival river robin rocky romantic romp roster round royal ruin
ruler rumor sack safari salary salon salt satisfy satoshi saver says scandal scared scatter scene scholar science scout scramble screw script scroll seafood season
secret security segment senior shadow shaft shame shaped sharp shelter sheriff short should shrimp sidewalk silent silver similar simple single sister skin skunk slap
slavery sled slice slim slow slush smart smear smell smirk smith smoking smug snake snapshot sniff society software soldier solution soul source space spark speak
species spelling spend spew spider spill spine spirit spit spray sprinkle square squeeze stadium staff standard starting station stay steady step stick stilt story
strategy strike style subject submit sugar suitable sunlight superior surface surprise survive sweater swimming swing switch symbolic sympathy syndrome system tackle
tactics tadpole talent task taste taught taxi teacher teammate teaspoon temple tenant tendency tension terminal testify texture thank that theater theory therapy thorn
threaten thumb thunder ticket tidy timber timely ting tofu together tolerate total toxic tracks traffic training transfer trash traveler treat trend trial tricycle trip
triumph trouble true trust twice twin type typical ugly ultimate umbrella uncover undergo unfair unfold unhappy union universe unkind unknown unusual unwrap upgrade
upstairs username usher usual valid valuable vampire vanish various vegan velvet venture verdict verify very veteran vexed victim video view vintage violence viral
visitor visual vitamins vocal voice volume voter voting walnut warmth warn watch wavy wealthy weapon webcam welcome welfare western width wildlife window wine wireless
wisdom withdraw wits wolf woman work worthy wrap wrist writing wrote year yelp yield yoga zero
""".split()
NUMBER_OF = {word: number for number, word in enumerate(WORDS)}
LIST_SHA256 = "bcc4555340332d169718aed8bf31dd9d5248cb7da6e5d355140ef4f1e601eec3"

# A share is a row of numbers of 10 bits, one word each. The first four hold, from the left: identifier of the set (15
# bits), extendable (1), iteration exponent (4), then 4 bits each: group index, group threshold - 1, group count - 1,
# member index, member threshold - 1. The last three are a checksum; what is between is the value of the share.
HEAD, CHECK = 4, 3
FEWEST, MOST = 20, 59
BEGIN, END = "BEGIN SHARE WORDS", "END SHARE WORDS"

class Refused(Exception):
    """Nothing is joined, because of this."""

def polymod(numbers, extendable):
    """Reed-Solomon code over 1024 symbols; 1 where the checksum fits."""
    generator = [0xE0E040, 0x1C1C080, 0x3838100, 0x7070200, 0xE0E0009,
                 0x1C0C2412, 0x38086C24, 0x3090FC48, 0x21B1F890, 0x3F3F120]
    custom = b"shamir_extendable" if extendable else b"shamir"
    total = 1
    for symbol in list(custom) + numbers:
        top = total >> 20
        total = (total & 0xFFFFF) << 10 ^ symbol
        for bit in range(10):
            if top >> bit & 1:
                total ^= generator[bit]
    return total

def read_share(text):
    """Checks one share; gives what it says about itself, and its value."""
    words = words_in(text)
    unknown = [str(place) for place, word in enumerate(words, 1) if word not in NUMBER_OF]
    if unknown:
        raise Refused("not in the list of words: word %s (of %d)" % (", ".join(unknown[:9]), len(words)))
    padding = (len(words) - HEAD - CHECK) * 10 % 16
    if not FEWEST <= len(words) <= MOST or padding > 8:
        raise Refused("it has %d words; a share has 33 (or 20)" % len(words))
    numbers = [NUMBER_OF[word] for word in words]
    head = 0
    for number in numbers[:HEAD]:
        head = head << 10 | number
    share = {"set": (head >> 25, head >> 24 & 1, head >> 20 & 15, head >> 12 & 15, head >> 8 & 15, len(words)),
             "group": head >> 16 & 15, "member": head >> 4 & 15, "threshold": (head & 15) + 1}
    if polymod(numbers, share["set"][1]) != 1:
        raise Refused("its checksum does not fit: a word is wrong, or two changed places")
    value = 0
    for number in numbers[HEAD:-CHECK]:
        value = value << 10 | number
    length = ((len(words) - HEAD - CHECK) * 10 - padding) // 8
    if value >> length * 8:
        raise Refused("its padding is not zero; it was not written after the standard")
    if max(share["set"][3], share["group"]) > share["set"][4]:
        raise Refused("it says that there are fewer groups than it needs; it was not written after the standard")
    share["value"] = value.to_bytes(length, "big")
    return share

def words_in(text):
    """Words alone, or those of a sheet: between its two lines, each behind its number and a point."""
    lines = [line.strip() for line in text.splitlines()]
    if BEGIN in lines or END in lines:
        if lines.count(BEGIN) != 1 or lines.count(END) != 1 or lines.index(BEGIN) > lines.index(END):
            raise Refused("its words do not stand between one line '%s' and one line '%s'" % (BEGIN, END))
        lines = lines[lines.index(BEGIN) + 1:lines.index(END)]
    parts = " ".join(lines).lower().split()
    numbers = [part for part in parts if part[:-1].isdigit() and part[-1] == "."]
    if not numbers:
        return parts
    if parts[0::2] != ["%d." % number for number in range(1, len(parts) // 2 + 1)]:
        raise Refused("the numbers before its words do not run 1, 2, 3 without a gap")
    return parts[1::2]

def times(left, right):
    """Multiplies in the field GF(256) with x^8 + x^4 + x^3 + x + 1."""
    product = 0
    while right:
        if right & 1:
            product ^= left
        left = left << 1 ^ (0x11B if left & 0x80 else 0)
        right >>= 1
    return product

def value_at(points, at):
    """The polynomials through all points (a dict from x to bytes), at one place: Lagrange."""
    result = [0] * len(next(iter(points.values())))
    for x, value in points.items():
        weight = 1
        for other in points:
            if other != x:
                weight = times(weight, at ^ other)
                for _ in range(254):  # the power 254 is the inverse
                    weight = times(weight, x ^ other)
        result = [old ^ times(byte, weight) for old, byte in zip(result, value)]
    return bytes(result)

def join_points(points, threshold, what):
    if len(points) < threshold:
        raise Refused("too few %s: %d given, %d needed" % (what, len(points), threshold))
    if threshold == 1:
        if len(set(points.values())) != 1:
            raise Refused("the %s differ and should be equal" % what)
        return next(iter(points.values()))
    secret, digest = value_at(points, 255), value_at(points, 254)
    if not hmac.compare_digest(hmac.new(digest[4:], secret, "sha256").digest()[:4], digest[:4]):
        raise Refused("the %s do not fit together: one is of another set, or false; compare their check codes" % what)
    return secret

def decrypt(secret, identifier, extendable, exponent, passphrase):
    """Four rounds of a Feistel network over PBKDF2, backwards."""
    salt = b"" if extendable else b"shamir" + identifier.to_bytes(2, "big")
    half = len(secret) // 2
    left, right = secret[:half], secret[half:]
    for number in (3, 2, 1, 0):
        key = bytes([number]) + passphrase
        mask = hashlib.pbkdf2_hmac("sha256", key, salt + right, 2500 << exponent, half)
        left, right = right, bytes(a ^ b for a, b in zip(left, mask))
    return right + left

def check_together(shares):
    first = shares[0]
    if any(share["set"] != first["set"] for share in shares):
        raise Refused("the shares are not all of the same set")
    for share in shares:
        group = [other for other in shares if other["group"] == share["group"]]
        if any(other["threshold"] != share["threshold"] for other in group):
            raise Refused("the shares are not all of the same set")
        if sum(other["member"] == share["member"] for other in group) > 1:
            raise Refused("share number %d was given twice" % (share["member"] + 1))

def join(shares, passphrase=b""):
    """The secret of shares that read_share gave."""
    check_together(shares)
    points = {}
    for group in sorted({share["group"] for share in shares}):
        members = [share for share in shares if share["group"] == group]
        values = {share["member"]: share["value"] for share in members}
        points[group] = join_points(values, members[0]["threshold"], "shares")
    identifier, extendable, exponent, threshold = shares[0]["set"][:4]
    return decrypt(join_points(points, threshold + 1, "groups"), identifier, extendable, exponent, passphrase)

def say(text, clear=False):
    """To standard error; `clear` takes the words off the screen first, and what was scrolled off it."""
    sys.stderr.write(("\033[2J\033[3J\033[H" if clear else "") + text + "\n")
    sys.stderr.flush()

def from_files(paths):
    shares = []
    for number, path in enumerate(paths, 1):
        try:
            with open(path, encoding="utf-8-sig", errors="replace") as file:
                shares.append(read_share(file.read(65536)))
        except OSError as error:
            raise Refused("file %d could not be read: %s" % (number, error.strerror))
        except Refused as refused:
            raise Refused("file %d is not a share: %s" % (number, refused))
        say("File %d: share %d, %d needed." % (number, shares[-1]["member"] + 1, shares[-1]["threshold"]))
    return shares

def from_terminal():
    """Asks for as many shares as the first one says; on a terminal a mistake can be mended."""
    shares, terminal = [], sys.stdin.isatty()
    while not shares or len(shares) < shares[0]["threshold"]:
        say("Words of one share, on one line or several; an empty line ends them:")
        try:
            share = ask()
            check_together(shares + [share])
            shares.append(share)
            say("Share number %d read: %d of %d." % (share["member"] + 1, len(shares), share["threshold"]), terminal)
        except Refused as refused:
            if not terminal:
                raise Refused("share %d of the input: %s" % (len(shares) + 1, refused))
            say("Not taken: %s. Enter it again." % refused, terminal)
    return shares

def ask():
    """One share: its lines up to the one with which its checksum fits, or up to an empty one."""
    text = ""
    while True:
        line = sys.stdin.readline()
        text += line
        if not line and not text.strip():
            raise EOFError("the input ended")
        try:
            return read_share(text)
        except Refused:
            if text.strip() and not line.strip():
                raise

def main(arguments):
    if hashlib.sha256(("\n".join(WORDS) + "\n").encode()).hexdigest() != LIST_SHA256:
        raise Refused("the list of words in this script was changed")
    if arguments and arguments[0].startswith("-"):
        raise Refused("options are not known; usage: python3 recombine.py [SHARE-FILE ...]")
    print(join(from_files(arguments) if arguments else from_terminal()).hex())

if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except UnicodeDecodeError:
        sys.exit("Nothing was joined: the input is not text.")
    except (Refused, EOFError, KeyboardInterrupt) as stopped:
        sys.exit("Nothing was joined: %s." % (str(stopped) or "stopped"))
