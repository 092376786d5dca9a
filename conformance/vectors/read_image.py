"""Reads an instance from the chain itself, with a study's node: JSON-RPC, docs/secrecy.md and the getters of contracts/images/IImages.sol.

usage: python read_image.py http://localhost:8545 < request.json > instance.dcm
       {"study": hex, "SOPInstanceUID": "1.2.3", "siteId": 1, "contract": hex}
"""
import json
import sys
import urllib.request
import zlib
from hashlib import sha256

from contracts import hashed, selector, word
from open_body import HEADER, INSTANCE, body_key, image_key, open_body, without_padding

NODE = sys.argv[1]
PIECES_A_CALL = 64


def ask(method, *params):
    request = {'jsonrpc': '2.0', 'id': 1, 'method': method, 'params': params}
    sent = urllib.request.Request(NODE, json.dumps(request).encode(), {'Content-Type': 'application/json'})
    return json.load(urllib.request.urlopen(sent))['result']


def call(signature, *words):
    data = '0x' + (selector(signature) + b''.join(words)).hex()
    return bytes.fromhex(ask('eth_call', {'to': '0x' + CONTRACT.hex(), 'data': data, 'gas': hex(10**9)}, 'latest')[2:])


def chunk(address):
    """The bytes in the code at an address: behind a zero byte, which stops whoever calls it."""
    return bytes.fromhex(ask('eth_getCode', '0x' + address.hex(), 'latest')[2:])[1:]


def body_at(words):
    """Scheme, byte count, chunk or list of chunks, and SHA-256 of a body: five words of an image."""
    scheme, byte_count, index, digest, _ = words
    return {'scheme': int.from_bytes(scheme, 'big'), 'bytes': int.from_bytes(byte_count, 'big'), 'index': index[12:], 'sha256': digest}


asked = json.load(sys.stdin)
study, CONTRACT, site = bytes.fromhex(asked['study']), bytes.fromhex(asked['contract']), asked['siteId']
key = image_key(study, asked['SOPInstanceUID'])
image_id = hashed(word(site), key)
owner = {'chainId': int(ask('eth_chainId'), 16), 'contract': CONTRACT.hex(), 'siteId': site, 'imageKey': key.hex()}
opened = lambda body, role, content: open_body(body_key(study, {**owner, 'role': role}), body['scheme'], role, content)

image = call('getImage(bytes32)', image_id)
words = [image[at:at + 32] for at in range(0, len(image), 32)]
# Thirteen fields of the image before its three bodies.
header, instance = body_at(words[13:18]), body_at(words[23:28])

content = chunk(header['index'])
assert sha256(content).digest() == header['sha256']
sections = zlib.decompress(without_padding(opened(header, HEADER, content), HEADER)[1:], -15)
# Before the four sections stand their lengths, of seven bits a byte, the low ones first; the first section is JSON.
ends = [at for at, byte in enumerate(sections[:40]) if byte < 128]
length = sum((byte & 127) << 7 * place for place, byte in enumerate(sections[:ends[0] + 1]))
at = ends[3] + 1
scheme, byte_count, digest = json.loads(sections[at:at + length])['encrypted']
assert scheme == 0, 'packed: not for this script'

count = int.from_bytes(call('getPieceCount(bytes32)', image_id), 'big')
content = b''
for first in range(0, count, PIECES_A_CALL):
    found = call('loadPieces(bytes32,uint256,uint256)', image_id, word(first), word(PIECES_A_CALL))
    content += found[64:64 + int.from_bytes(found[32:64], 'big')]
assert sha256(content).digest() == instance['sha256']
given = without_padding(opened(instance, INSTANCE, content), INSTANCE, byte_count)
assert sha256(given).hexdigest() == digest
sys.stdout.buffer.write(given)
