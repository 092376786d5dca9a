"""Makes the vectors of this folder, or checks that they are what this program makes (--check); letters, which are random, are opened.

usage: python make_vectors.py [--check]
"""
import base64
import json
import sys
import zlib
from hashlib import sha256
from pathlib import Path

import contracts
import letters
import reference as ours
from open_body import HEADER, INSTANCE, PREVIEW, Refused, body_key, image_key, open_body, without_padding

HERE = Path(__file__).parent
SCHEME = 2
ROOT = sha256(b'the root of the vectors').digest()
CONSORTIUM = {'chainId': 20260101, 'consortium': 'c0' * 20}
CONTRACT = 'da' * 20
RING_ID = sha256(b'a ring').digest()[:16].hex()
UID = '1.2.826.0.1.3680043.10.1234.1'
ALL = {'': ROOT}
# Some zlib made it; others make other bytes.
DEFLATED = base64.b64decode('7cihDQAgDACwV3YbyYICsxm+x/AFdU0r58rdMU7UYymllFJKKaWUUkoppZRSSimllFJKKaWUUkoppZRSSimllFJKKaWUUkoppZRSSimllFJKKaWUUkoppZRSSimllFJKKaWUUkoppZRSSimllFJKKaWUUkoppZRSSimllFJKKaWUUkoppZRSSimllFJKKaWUUkoppZRSSimllFJKKaWUUkoppZRSSimllFJKKaWUUkoppZRSSimllFJKKaWU+q8u')
STUDIES = [0x0123456789ABCDEF, 0, 2**64 - 1, 1, 2**63, 0x0123456700000001, 0x0123456700000002, 0x0123456700000003]
PATHS = [ours.path_of(key) for key in STUDIES]
NODES = {path: ours.walk(ROOT, path) for path in PATHS}
hexed = lambda value: value.hex() if isinstance(value, bytes) else value
ring_hex = lambda ring: ours.ring_bytes(ring).hex()


def filled(count):
    """The plaintext of a case that doesn't give it: byte i is (167 i + 13 [i / 256]) mod 256."""
    return bytes((i * 167 + (i >> 8) * 13) & 255 for i in range(count))


def trees():
    cases = [{'studyKey': f'{key:016x}', 'node': NODES[ours.path_of(key)].hex()} for key in STUDIES]
    return {'root': ROOT.hex(), 'cases': cases}


def rings():
    a, b, c = PATHS[5:8]
    incarnation = a[:32]
    grants = {a: NODES[a], b: NODES[b]}
    histories = {
        'nothing erased': (ALL, []),
        'one study': (ALL, [a]),
        'the first and the last of all studies': (ALL, [PATHS[1], PATHS[2]]),
        'two neighbours leave one hole': (ALL, [b, c]),
        'the same study twice': (ALL, [a, a]),
        'all studies of one incarnation': (ALL, [incarnation]),
        'a study, then the incarnation that it was of (P8: nothing is above any more, all is below)': (ALL, [a, incarnation]),
        'the incarnation, then a study of it': (ALL, [incarnation, a]),
        'a study, then the quarter of the tree around it': (ALL, [a, a[:2]]),
        'everything': (ALL, [a, '']),
        'a grant of two studies, one erased': (grants, [a]),
        'a grant, and a study that it has not': (grants, [c]),
        'a grant, and the incarnation of it': (grants, [incarnation]),
        'in any order': (ALL, [c, PATHS[1], a, b]),
    }
    cases = []
    for name, (before, erased) in histories.items():
        after = ours.puncture(before, erased)
        derived = {path: hexed(ours.node_at(after, path)) for path in PATHS}
        cases.append({'name': name, 'before': ring_hex(before), 'erased': erased, 'after': ring_hex(after), 'derived': derived})
    return {'cases': cases}


def merges():
    a, b, c = PATHS[5:8]
    wrong = bytes(32)
    one = lambda path, node=None: {path: node or ours.walk(ROOT, path)}
    histories = {
        'an old letter after an erasure (P4)': (ours.puncture(ALL, [a]), ALL, [a]),
        'an old letter, and nothing held': ({}, ALL, [a, b]),
        'an old grant of an erased study': (ours.puncture(ALL, [a]), one(a), [a]),
        'a grant, then the ring around it': (one(a), ours.puncture(ALL, [b]), [b]),
        'a ring, then a grant of it': (ours.puncture(ALL, [b]), one(a), [b]),
        'two grants that do not touch': (one(a), one(c[:40]), []),
        'a peer that has erased more than is known here': (ALL, ours.puncture(ALL, [a]), []),
        'another root': (ALL, one('', wrong), []),
        'a wrong node below what is held': (ALL, one(a, wrong), []),
        'a wrong node above what is held': (one(a), one(a[:20], wrong), []),
        'a wrong node that is erased anyway': (ours.puncture(ALL, [a]), one(a, wrong), [a]),
    }
    cases = []
    for name, (held, incoming, erased) in histories.items():
        try:
            merged = ring_hex(ours.merge(held, incoming, erased))
        except Refused as refused:
            merged = str(refused)
        cases.append({'name': name, 'held': ring_hex(held), 'incoming': ring_hex(incoming), 'erased': erased, 'merged': merged})
    return {'cases': cases}


def commitments():
    base = {**CONSORTIUM, 'siteId': 7, 'ringId': RING_ID}
    others = [{}, {'chainId': 2**64 - 1}, {'consortium': CONTRACT}, {'siteId': 2**32 - 1}, {'ringId': 'ff' * 16}]
    named = [{**base, **other} for other in others]
    # JSON's numbers end at 2^53.
    return {'root': ROOT.hex(), 'cases': [{**ring, 'chainId': str(ring['chainId']), 'commitment': ours.commitment(ROOT, ring).hex()} for ring in named]}


def bodies():
    study, stranger = NODES[PATHS[0]], NODES[PATHS[5]]
    image = lambda uid, node=study: image_key(node, uid).hex()
    owner = {'chainId': CONSORTIUM['chainId'], 'contract': CONTRACT, 'siteId': 7, 'imageKey': image(UID)}
    lines = b'segment by segment ' * 4000
    segments = [DEFLATED, lines[65536:]]
    assert zlib.decompress(DEFLATED, -15) == lines[:65536]
    packed = b''.join(segments) + b''.join(bytes([method]) + len(part).to_bytes(3, 'big') for method, part in zip((1, 0), segments))
    plain = lambda content: content
    padme = lambda content: content + bytes(ours.padme(len(content)) - len(content))
    kinds = {
        'no bytes': (INSTANCE, plain, 0), 'one byte': (INSTANCE, plain, 1), 'one full cell': (INSTANCE, plain, 65536),
        'a byte more than a cell': (INSTANCE, plain, 65537), 'three cells': (INSTANCE, plain, 131073),
        'a padded instance': (INSTANCE, padme, 70001), 'a header': (HEADER, ours.pad_small, 2345),
        'the same bytes as a preview': (PREVIEW, ours.pad_small, 2345), 'a header that fills its 4 KiB': (HEADER, ours.pad_small, 4092),
        'a header of one byte more': (HEADER, ours.pad_small, 4093), 'a packed body': (INSTANCE, padme, packed),
    }
    cases, made = [], {}
    for name, (role, pad, content) in kinds.items():
        content = filled(content) if isinstance(content, int) else content
        plaintext = pad(content)
        body = made[name] = ours.make_body(body_key(study, {**owner, 'role': role}), SCHEME, role, plaintext)
        case = {'name': name, 'role': role, 'contentBytes': len(content), 'plaintextBytes': len(plaintext), 'bodyBytes': len(body),
                'sha256': sha256(body).hexdigest(), 'begins': body[:60].hex()}
        if content == packed:
            case.update(content=packed.hex(), givenBytes=len(lines), givenSha256=sha256(lines).hexdigest())
        if len(body) < 10000:
            case['body'] = base64.b64encode(body).decode()
        cases.append(case)
    flip = lambda at: {'flip': at}
    other = body_key(study, {**owner, 'role': INSTANCE, 'imageKey': image('1.2.3')})
    negatives = [
        ('a bit of the key commitment', flip(0), {}, 'not-our-key'), ('a bit of the first nonce', flip(32), {}, 'corrupt'),
        ('a bit of the ciphertext', flip(32 + 12), {}, 'corrupt'), ('a bit of the first tag', flip(32 + 12 + 65536), {}, 'corrupt'),
        ('the last bit', flip(len(made['three cells']) - 1), {}, 'corrupt'), ('two cells swapped', {'swap': [0, 1]}, {}, 'corrupt'),
        ('a cell instead of its neighbour', {'copy': [0, 1]}, {}, 'corrupt'), ('one byte less', {'cut': 1}, {}, 'corrupt'),
        ('the last cell cut off: another count', {'cut': 29}, {}, 'corrupt'), ('all cells cut off', {'cut': 131073 + 84}, {}, 'corrupt'),
        ('another image', {}, {'imageKey': image('1.2.3')}, 'not-our-key'), ('another site', {}, {'siteId': 8}, 'not-our-key'),
        ('another chain', {}, {'chainId': 1}, 'not-our-key'), ('another contract', {}, {'contract': 'db' * 20}, 'not-our-key'),
        ('another role', {}, {'role': PREVIEW}, 'not-our-key'), ('another scheme', {}, {'scheme': 1}, 'corrupt'),
        ('copied by another site, as an image of its own study', {}, {'study': stranger.hex(), 'siteId': 8, 'imageKey': image(UID, stranger)}, 'not-our-key'),
        ('our cells behind the commitment of another key (salamander)', {'commit': ours.derive(other, b'commit').hex()}, {}, 'not-our-key'),
        ('the cells of another key behind our commitment', {'cellsOf': '1.2.3'}, {}, 'corrupt'),
    ]
    refused = [{'name': name, 'edit': edit, 'asked': asked, 'refusal': refusal} for name, edit, asked, refusal in negatives]
    paddings = [['its last byte is 1', (ours.pad_small(b'abc')[:-1] + b'\1').hex()], ['shorter than its length', '00000004616263'], ['no length', '000000']]
    return {'scheme': SCHEME, 'study': study.hex(), 'SOPInstanceUID': UID, 'owner': owner, 'cases': cases, 'negativesOf': 'three cells',
            'negatives': refused, 'refusedPaddings': paddings, 'padme': [[n, ours.padme(n)] for n in (0, 1, 2, 3, 8, 9, 10, 17, 100, 4097, 65537, 2**31 + 1)],
            'imageKeys': [[uid, image(uid)] for uid in (UID, '1.2.3', '2.25.' + '9' * 59)]}


def files():
    a = PATHS[5]
    owner = {**CONSORTIUM, 'siteId': 7}
    held = [(9, 'ff' * 16, {a: NODES[a]}), (7, RING_ID, ours.puncture(ALL, [a]))]
    file_key, backup_key, wrapped = (sha256(name).digest() for name in (b'file key', b'backup key', b'wrapped by something'))
    made = {'ring': ours.make_file(b'DLRF', b'file', owner, file_key, ours.held_rings(held), wrapped), 'backup': ours.make_file(b'DLBK', b'backup', owner, backup_key, ours.held_rings(held))}
    slope = sha256(b'the slopes of three lines').digest()
    shares = [[x, bytes(key ^ ours.times(x, m) for key, m in zip(backup_key, slope))] for x in (3, 77, 255)]
    assert all(ours.combine(pair) == backup_key for pair in (shares[:2], shares[1:], shares[::2]))
    return {'owner': owner, 'rings': [{'siteId': site, 'ringId': id, 'ring': ring_hex(ring)} for site, id, ring in held],
            'fileKey': file_key.hex(), 'wrappedKey': wrapped.hex(), 'file': made['ring'].hex(), 'backupKey': backup_key.hex(), 'backup': made['backup'].hex(),
            'words': ours.words(backup_key), 'shares': [{'number': x, 'words': ours.words(y)} for x, y in shares]}


def letter():
    """From fixed keys; what is drawn while it is encrypted and signed is not, so the one in the file is kept."""
    a = PATHS[5]
    seed, sender_key = sha256(b'card key').digest(), sha256(b'account of site 7').digest()
    head, ring = {**CONSORTIUM, 'from': 7, 'to': 2, 'ringId': RING_ID}, ours.puncture(ALL, [a])
    sender, card = letters.public_point(sender_key), letters.card_keys(seed)[1]
    file = HERE / 'letters.json'
    known = json.loads(file.read_text())['letter'] if file.exists() else letters.make_letter(head, card, ring, sender_key).hex()
    assert letters.open_letter(head, seed, sender, bytes.fromhex(known)) == ring
    others = {'from': 8, 'to': 3, 'chainId': 1, 'consortium': CONTRACT, 'ringId': 'ff' * 16}
    for name, value in others.items():
        other = {**head, name: value}
        info = letters.letter_info(other, card)
        # Even where the head was changed along and the signature is not asked for.
        assert letters.is_refused(seed, info, bytes.fromhex(known)), name
    return {'head': head, 'ring': ring_hex(ring), 'cardPrivateKey': seed.hex(), 'cardPublicKey': card.hex(), 'senderPrivateKey': sender_key.hex(),
            'senderPoint': sender.hex(), 'letter': known, 'refusedAsOf': others}


def cards():
    owner, publisher = {**CONSORTIUM, 'siteId': 7}, 'ab' * 20
    seeds = [sha256(name).digest() for name in (b'card key', b'the card key before')]
    rows = [(made_at, seed, letters.card_keys(seed)[1]) for made_at, seed in zip((1767225600000, 1764547200000), seeds)]
    file_key, wrapped = sha256(b'key of the card file').digest(), sha256(b'wrapped by something').digest()
    file = ours.make_file(b'DLCK', b'card', owner, file_key, ours.card_rows(rows), wrapped)
    assert ours.rows_of(ours.open_file(b'card', file_key, file)) == rows
    card = {**owner, 'publishedBy': publisher}
    others = [{}, {'chainId': 2**64 - 1}, {'consortium': CONTRACT}, {'siteId': 2**32 - 1}, {'publishedBy': 'ac' * 20}]
    named = [({**card, **other}, number) for number, other in enumerate([*others, {}])]
    compared = [{**one, 'chainId': str(one['chainId']), 'key': number // 5, 'fingerprint': ours.fingerprint(one, rows[number // 5][2])} for one, number in named]
    # Of another kind of file it is not the key, and a row that is cut off is none.
    cut = ours.make_file(b'DLCK', b'card', owner, file_key, ours.card_rows(rows)[:-1], wrapped)
    return {'owner': owner, 'keys': [{'madeAt': at, 'privateKey': private.hex(), 'publicKey': public.hex()} for at, private, public in rows],
            'fileKey': file_key.hex(), 'wrappedKey': wrapped.hex(), 'file': file.hex(),
            'refused': [['a row that is cut off', cut.hex(), 'corrupt'], ['a file of rings by its beginning', (b'DLRF' + file[4:]).hex(), 'corrupt'],
                        ['a key derived for rings', (b'DLCK' + ours.make_file(b'DLRF', b'file', owner, file_key, ours.card_rows(rows), wrapped)[4:]).hex(), 'forbidden'],
                        ['another site at its head', (file[:36] + b'\x08' + file[37:]).hex(), 'forbidden']],
            'fingerprints': compared}


MADE = {'tree': trees, 'rings': rings, 'merges': merges, 'commitments': commitments, 'bodies': bodies, 'files': files, 'letters': letter, 'cards': cards, 'contracts': lambda: contracts.contract_vectors(filled)}


def open_all():
    """Opens what is in the files as a reader would, negatives too. Returns how many."""
    vectors = json.loads((HERE / 'bodies.json').read_text())
    study, content = bytes.fromhex(vectors['study']), {}
    for case in vectors['cases']:
        key = body_key(study, {**vectors['owner'], 'role': case['role']})
        wanted = bytes.fromhex(case['content']) if 'content' in case else filled(case['contentBytes'])
        body = base64.b64decode(case['body']) if 'body' in case else ours.make_body(key, SCHEME, case['role'], wanted + bytes(case['plaintextBytes'] - len(wanted)))
        assert sha256(body).hexdigest() == case['sha256'], case['name']
        opened = without_padding(open_body(key, SCHEME, case['role'], body), case['role'], case['contentBytes'])
        assert opened == wanted, case['name']
        content[case['name']] = body
    for negative in vectors['negatives']:
        asked = {**vectors['owner'], 'role': INSTANCE, 'scheme': SCHEME, 'study': vectors['study'], **negative['asked']}
        body = edited(content[vectors['negativesOf']], vectors, **negative['edit'])
        try:
            open_body(body_key(bytes.fromhex(asked['study']), asked), asked['scheme'], asked['role'], body)
            raise AssertionError(negative['name'] + ' was opened')
        except Refused as refused:
            assert str(refused) == negative['refusal'], negative['name']
    for padding in vectors['refusedPaddings']:
        try:
            without_padding(bytes.fromhex(padding[1]), HEADER)
            raise AssertionError(padding[0] + ' was taken')
        except Refused:
            pass
    return len(vectors['cases']) + len(vectors['negatives'])


def edited(body, vectors, flip=None, swap=None, copy=None, cut=0, commit=None, cellsOf=None):
    body = bytearray(body)
    if cellsOf:
        study = bytes.fromhex(vectors['study'])
        key = body_key(study, {**vectors['owner'], 'role': INSTANCE, 'imageKey': image_key(study, cellsOf).hex()})
        body[32:] = ours.make_body(key, SCHEME, INSTANCE, filled(131073))[32:]
    cell = lambda number: slice(32 + number * 65564, 32 + (number + 1) * 65564)
    if flip is not None:
        body[flip] ^= 1
    if swap:
        body[cell(swap[0])], body[cell(swap[1])] = body[cell(swap[1])], body[cell(swap[0])]
    if copy:
        body[cell(copy[1])] = body[cell(copy[0])]
    if commit:
        body[:32] = bytes.fromhex(commit)
    return bytes(body[:len(body) - cut])


if __name__ == '__main__':
    for name, make in MADE.items():
        text = json.dumps(make(), indent=1) + '\n'
        file = HERE / f'{name}.json'
        if '--check' not in sys.argv:
            file.write_text(text)
        elif file.read_text() != text:
            sys.exit(f'{file} is not what this program makes.')
    print(f'{len(MADE)} files of vectors are right; {open_all()} bodies were opened, or refused as they have to be.')
