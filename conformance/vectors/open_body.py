"""Opens an encrypted body of dicom-ledger with a study's node, as docs/secrecy.md describes it, with nothing of dicom-ledger's.

usage: python open_body.py < request.json > plaintext
       {"study": hex, "SOPInstanceUID": "1.2.3", "role": 3, "chainId": 1, "contract": hex, "siteId": 1, "scheme": 2, "body": base64}
"""
import base64
import hmac
import json
import sys
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

CELL, NONCE, TAG, COMMIT = 65536, 12, 16, 32
HEADER, PREVIEW, INSTANCE = 1, 2, 3


class Refused(Exception):
    """'not-our-key' or 'corrupt'; nothing of the plaintext is given."""


def derive(key, label, context=b''):
    assert len(key) == 32
    return HKDF(SHA256(), 32, None, b'dicom-ledger/2 ' + label + b'\0' + context).derive(key)


def mac(key, message):
    return hmac.new(key, message, sha256).digest()


def image_key(study, uid):
    return mac(derive(study, b'image'), uid.encode('ascii'))


def body_key(study, owner):
    context = owner['role'].to_bytes(1, 'big') + owner['chainId'].to_bytes(8, 'big') + bytes.fromhex(owner['contract'])
    context += owner['siteId'].to_bytes(4, 'big') + bytes.fromhex(owner['imageKey'])
    assert len(context) == 65
    return derive(study, b'body', context)


def open_cell(key, associated, cell):
    try:
        return AESGCM(derive(key, b'aes')).decrypt(cell[:NONCE], cell[NONCE:], associated)
    except (InvalidTag, ValueError):
        raise Refused('corrupt') from None


def open_body(key, scheme, role, body):
    """The plaintext with its padding."""
    if not hmac.compare_digest(body[:COMMIT], derive(key, b'commit')):
        raise Refused('not-our-key')
    step = CELL + NONCE + TAG
    cells = [body[at:at + step] for at in range(COMMIT, len(body), step)]
    associated = [bytes([scheme, role]) + n.to_bytes(4, 'big') + len(cells).to_bytes(4, 'big') for n in range(len(cells))]
    if not cells or len(cells) > 1 and len(cells[-1]) == NONCE + TAG:
        raise Refused('corrupt')
    return b''.join(open_cell(key, *pair) for pair in zip(associated, cells))


def without_padding(padded, role, length=None):
    """A header and a preview begin with their length; that of an instance stands in its header."""
    if role != INSTANCE:
        length, padded = int.from_bytes(padded[:4].rjust(4, b'\xff'), 'big'), padded[4:]
    if len(padded) < length or any(padded[length:]):
        raise Refused('corrupt')
    return padded[:length]


if __name__ == '__main__':
    asked = json.load(sys.stdin)
    study = bytes.fromhex(asked['study'])
    key = body_key(study, {**asked, 'imageKey': image_key(study, asked['SOPInstanceUID']).hex()})
    sys.stdout.buffer.write(open_body(key, asked['scheme'], asked['role'], base64.b64decode(asked['body'])))
