"""Letters of dicom-ledger as docs/secrecy.md describes them: written a second time, on another HPKE."""
from hashlib import sha256, shake_256

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec, mlkem, utils, x25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, MLKEM768X25519PublicKey, Suite

from open_body import Refused
from reference import consortium_of, ring_bytes, ring_of


def card_keys(seed):
    """X-Wing's key pair of a seed (draft-connolly-cfrg-xwing-kem §5.2), and its public half as bytes."""
    expanded = shake_256(seed).digest(96)
    inner = mlkem.MLKEM768PrivateKey.from_seed_bytes(expanded[:64]), x25519.X25519PrivateKey.from_private_bytes(expanded[64:])
    return MLKEM768X25519PrivateKey(*inner), b''.join(key.public_key().public_bytes_raw() for key in inner)


def public_point(private_key):
    """65 bytes: 04, x, y."""
    numbers = ec.derive_private_key(int.from_bytes(private_key, 'big'), ec.SECP256K1()).public_key().public_numbers()
    return b'\4' + numbers.x.to_bytes(32, 'big') + numbers.y.to_bytes(32, 'big')


def letter_info(letter, card):
    numbers = letter['from'].to_bytes(4, 'big') + letter['to'].to_bytes(4, 'big')
    return b'dicom-ledger/2 letter\0' + consortium_of(letter) + numbers + bytes.fromhex(letter['ringId']) + sha256(card).digest()


SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
DIGESTED = ec.ECDSA(utils.Prehashed(SHA256()))


def make_letter(letter, card, ring, private_key):
    info = letter_info(letter, card)
    inner = mlkem.MLKEM768PublicKey.from_public_bytes(card[:1184]), x25519.X25519PublicKey.from_public_bytes(card[1184:])
    sealed = SUITE.encrypt(ring_bytes(ring), MLKEM768X25519PublicKey(*inner), info)
    signer = ec.derive_private_key(int.from_bytes(private_key, 'big'), ec.SECP256K1())
    r, s = utils.decode_dss_signature(signer.sign(sha256(info + sealed).digest(), DIGESTED))
    return b'DLLT\1' + info[22:] + r.to_bytes(32, 'big') + min(s, ORDER - s).to_bytes(32, 'big') + sealed


def open_letter(letter, seed, sender, data):
    private, card = card_keys(seed)
    info, signature, sealed = letter_info(letter, card), data[89:153], data[153:]
    if data[:89] != b'DLLT\1' + info[22:]:
        raise Refused('corrupt')
    halves = (int.from_bytes(signature[:32], 'big'), int.from_bytes(signature[32:], 'big'))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), sender)
    try:
        public.verify(utils.encode_dss_signature(*halves), sha256(info + sealed).digest(), DIGESTED)
        return ring_of(SUITE.decrypt(sealed, private, info))
    except InvalidSignature:
        raise Refused('forbidden') from None
    except InvalidTag:
        raise Refused('corrupt') from None


def is_refused(seed, info, data):
    """Whether HPKE alone doesn't open what is bound to another `info`."""
    try:
        SUITE.decrypt(data[153:], card_keys(seed)[0], info)
        return False
    except InvalidTag:
        return True
