"""Rings, bodies and files of dicom-ledger as docs/secrecy.md describes them: written a second time, in Python."""
from hashlib import sha256

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from mnemonic import Mnemonic

from open_body import CELL, Refused, derive, mac, open_cell

# A ring is a dictionary from bits ('0101…') to 32 bytes.


def walk(node, bits):
    for bit in bits:
        node = mac(node, b'dicom-ledger/2 tree\0' + bytes([int(bit)]))
    return node


def path_of(study_key):
    return format(study_key, '064b')


def node_at(ring, place):
    above = [at for at in ring if place.startswith(at)]
    return walk(ring[above[0]], place[len(above[0]):]) if above else None


def puncture(ring, erased):
    """By definition, not step by step: of each node what is left are the largest parts without anything erased."""
    left = {}

    def keep(place, node):
        if any(place.startswith(hole) for hole in erased):
            return
        if any(hole.startswith(place) for hole in erased):
            for bit in '01':
                keep(place + bit, walk(node, bit))
        else:
            left[place] = node

    for place, node in ring.items():
        keep(place, node)
    return left


def merge(held, incoming, erased):
    incoming = puncture(incoming, erased)
    for one, other in ((held, incoming), (incoming, held)):
        for place, node in one.items():
            if node_at(other, place) not in (None, node):
                raise Refused('conflict')
    both = {**held, **incoming}
    return {at: node for at, node in both.items() if not any(at != top and at.startswith(top) for top in both)}


def ring_bytes(ring):
    entry = lambda at: bytes([len(at)]) + int(at.ljust(64, '0'), 2).to_bytes(8, 'big') + ring[at]
    return len(ring).to_bytes(4, 'big') + b''.join(entry(at) for at in sorted(ring))


def ring_of(data):
    count, ring = int.from_bytes(data[:4], 'big'), {}
    for at in range(4, 4 + 41 * count, 41):
        ring[format(int.from_bytes(data[at + 1:at + 9], 'big'), '064b')[:data[at]]] = data[at + 9:at + 41]
    return ring


def commitment(root, ring):
    return derive(root, b'ring', consortium_of(ring) + ring['siteId'].to_bytes(4, 'big') + bytes.fromhex(ring['ringId']))


def consortium_of(where):
    return where['chainId'].to_bytes(8, 'big') + bytes.fromhex(where['consortium'])


def make_cell(key, associated, plaintext):
    nonce = mac(derive(key, b'nonce'), associated + sha256(plaintext).digest())[:12]
    return nonce + AESGCM(derive(key, b'aes')).encrypt(nonce, plaintext, associated)


def make_body(key, scheme, role, plaintext):
    parts = [plaintext[at:at + CELL] for at in range(0, len(plaintext), CELL)] or [b'']
    place = lambda number: bytes([scheme, role]) + number.to_bytes(4, 'big') + len(parts).to_bytes(4, 'big')
    return derive(key, b'commit') + b''.join(make_cell(key, place(n), part) for n, part in enumerate(parts))


def pad_small(content):
    padded = len(content).to_bytes(4, 'big') + content
    return padded + bytes(-len(padded) % 4096)


def padme(length):
    if length < 2:
        return length
    exponent = length.bit_length() - 1
    step = 1 << (exponent - exponent.bit_length())
    return -(-length // step) * step


def make_file(magic, label, owner, file_key, plaintext, wrapped=b''):
    context = consortium_of(owner) + owner['siteId'].to_bytes(4, 'big')
    head = magic + b'\1' + context + len(wrapped).to_bytes(2, 'big') + wrapped
    key = derive(file_key, label, context)
    return head + derive(key, b'commit') + make_cell(key, head, plaintext)


def held_rings(rings):
    return b''.join(sorted(site.to_bytes(4, 'big') + bytes.fromhex(id) + ring_bytes(ring) for site, id, ring in rings))


def card_rows(rows):
    return b''.join(made_at.to_bytes(8, 'big') + private + public for made_at, private, public in rows)


def rows_of(plaintext):
    if len(plaintext) % 1256:
        raise Refused('corrupt')
    rows = (plaintext[at:at + 1256] for at in range(0, len(plaintext), 1256))
    return [(int.from_bytes(row[:8], 'big'), row[8:40], row[40:]) for row in rows]


def fingerprint(card, public):
    text = b'dicom-ledger/2 fingerprint\0' + consortium_of(card) + card['siteId'].to_bytes(4, 'big') + bytes.fromhex(card['publishedBy']) + public
    digits = sha256(text).hexdigest()[:40].upper()
    return ' '.join(digits[at:at + 4] for at in range(0, 40, 4))


def open_file(label, file_key, file):
    cut = 39 + int.from_bytes(file[37:39], 'big')
    key = derive(file_key, label, file[5:37])
    if file[cut:cut + 32] != derive(key, b'commit'):
        raise Refused('not-our-key')
    return open_cell(key, file[:cut], file[cut + 32:])


def words(key):
    return Mnemonic('english').to_mnemonic(key)


def times(a, b):
    """In GF(2^8) of x^8 + x^4 + x^3 + x + 1."""
    product = 0
    for bit in range(8):
        product ^= (a << bit) * (b >> bit & 1)
    for bit in range(14, 7, -1):
        product ^= (0x11b << (bit - 8)) * (product >> bit & 1)
    return product


def combine(shares):
    """Of two shares (number, bytes): the value at 0 of the line through them, byte by byte."""
    over = lambda a, b: next(c for c in range(256) if times(b, c) == a)
    (x, ones), (y, others) = shares
    return bytes(times(a, over(y, x ^ y)) ^ times(b, over(x, x ^ y)) for a, b in zip(ones, others))
