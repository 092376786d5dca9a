"""Opens what Node has just made and makes the like for Node: a request on stdin, an answer on stdout, both JSON."""
import base64
import json
import os
import sys
from hashlib import sha256

import letters
import reference as ours
from open_body import HEADER, INSTANCE, PREVIEW, body_key, image_key, open_body, without_padding

asked = json.load(sys.stdin)
unhex = bytes.fromhex
ring = ours.ring_of(unhex(asked['ring']))
study = ours.node_at(ring, ours.path_of(int(asked['studyKey'], 16)))
owner = {**asked['owner'], 'imageKey': image_key(study, asked['SOPInstanceUID']).hex()}
key_of = lambda role: body_key(study, {**owner, 'role': role})


def opened(role, body, content_bytes):
    plaintext = open_body(key_of(role), asked['scheme'], role, base64.b64decode(body))
    return sha256(without_padding(plaintext, role, content_bytes)).hexdigest()


def made(role, count):
    content = os.urandom(count)
    padded = content + bytes(ours.padme(count) - count) if role == INSTANCE else ours.pad_small(content)
    body = ours.make_body(key_of(role), asked['scheme'], role, padded)
    return {'role': role, 'contentBytes': count, 'body': base64.b64encode(body).decode(), 'sha256': sha256(content).hexdigest()}


seed, sender_key, root, file_key, card_file_key = (os.urandom(32) for _ in range(5))
card_row = (int.from_bytes(os.urandom(5), 'big'), seed, letters.card_keys(seed)[1])
here = {name: ours.puncture({'': root}, [ours.path_of(int.from_bytes(os.urandom(8), 'big')) for _ in range(3)]) for name in ('file', 'letter')}
number, ring_id = asked['owner']['siteId'], os.urandom(16).hex()
head = {**asked['head'], 'ringId': ring_id}
letter = asked['letter']
shares = [(share['number'], ours.Mnemonic('english').to_entropy(share['words'])) for share in asked['shares']]
print(json.dumps({
    'opened': {
        'bodies': [opened(**body) for body in asked['bodies']],
        'file': ours.open_file(b'file', unhex(asked['fileKey']), unhex(asked['file'])).hex(),
        'backup': ours.open_file(b'backup', ours.combine([(x, bytes(y)) for x, y in shares]), unhex(asked['backup'])).hex(),
        'words': ours.words(unhex(asked['backupKey'])),
        'letter': ours.ring_bytes(letters.open_letter(letter['head'], unhex(letter['card']), unhex(letter['sender']), unhex(letter['bytes']))).hex(),
        'cards': [[at, private.hex(), public.hex()] for at, private, public in ours.rows_of(ours.open_file(b'card', unhex(asked['fileKey']), unhex(asked['cardFile'])))],
        'fingerprint': ours.fingerprint(asked['compared'], unhex(asked['card'])),
        'punctured': ours.ring_bytes(ours.puncture(ring, asked['erased'])).hex(),
    },
    'made': {
        'bodies': [made(HEADER, 1000), made(PREVIEW, 30720), made(INSTANCE, 200001), made(INSTANCE, 0)],
        'file': ours.make_file(b'DLRF', b'file', asked['archive'], file_key, ours.held_rings([(number, ring_id, here['file'])]), b'wrapped').hex(),
        'fileKey': file_key.hex(), 'ringId': ring_id, 'fileRing': ours.ring_bytes(here['file']).hex(),
        'cardFile': ours.make_file(b'DLCK', b'card', asked['archive'], card_file_key, ours.card_rows([card_row]), b'wrapped').hex(),
        'cardFileKey': card_file_key.hex(), 'cardRow': [card_row[0], card_row[1].hex(), card_row[2].hex()],
        'letter': letters.make_letter(head, unhex(asked['card']), here['letter'], sender_key).hex(),
        'letterRing': ours.ring_bytes(here['letter']).hex(), 'sender': letters.public_point(sender_key).hex(),
    },
}))
