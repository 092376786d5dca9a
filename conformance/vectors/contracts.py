"""What the second contracts hash and encode, written a second time: EIP-1014, the Contract ABI Specification, and contracts/*/I*.sol."""
from Crypto.Hash import keccak

# Release 2 is frozen: none of these lines may change.
FUNCTIONS = {
    'Consortium': '''
        addGovernor(address) admitSite(string,address[]) allowErasures(uint32,uint32,uint40) anchor(uint8,bytes32,uint64)
        approve(uint256,bytes32) approveErasure(uint256,bytes32) assignIssuer(bytes32,uint32) cancelErasure(uint256)
        cardHashOf(uint32) commitmentOf(uint32,bytes16) confirmationOf(uint256,address) confirmErasure(uint256,uint8)
        dismissSite(uint32,uint40) erasureCount() execute(uint256,bytes) executeErasure(uint256) executeReplacement(address)
        getAccount(address) getErasure(uint256) getGovernors() getProposal(uint256) getReplacement(address)
        getShare(uint32,bytes16,uint32,uint64) getSite(uint32) governorCount() governorVersion() hasApproved(uint256,address)
        isGovernor(address) join(uint32) leaveSite() nameAccount(address,uint8) nameChampion(uint32,address)
        namedRole(uint32,address) objectToReplacement(address) openRing(bytes16,bytes32) orderErasure(uint64[])
        proposalCount() propose(bytes) publishCard((string,bytes32,bytes,uint16,address[])) readmitSite(uint32)
        removeAccount(address) removeAccountOf(uint32,address) removeGovernor(address) renameSite(uint32,string)
        replaceGovernor(address,address) revoke(uint256) rule(address,bytes32,uint32) rulingOn(address,bytes32)
        sendBack(uint256) share(bytes16,uint32,uint64,bool) siteCount() siteOf(address) siteOfIssuer(bytes32)
        startReplacement(address,address) studiesLeftToday(uint32) waitSeconds()
        MAX_CARD_KEY_BYTES() MAX_GOVERNORS() MAX_HIDDEN_SECONDS() MAX_PROPOSAL_BYTES() MAX_SERVERS() MAX_STUDIES_PER_ORDER()
        MAX_WAIT_SECONDS() METHOD_FILES() METHOD_HARDWARE() MIN_GOVERNORS() MIN_WAIT_SECONDS() ORDER_SECONDS()
        PROPOSAL_SECONDS() REPLACEMENT_SECONDS() STUDIES_PER_DAY()''',
    'Images': '''
        announce((bytes32,bytes16,uint64,uint64,uint32,(uint8,uint64,bytes32,bytes32),(uint8,uint64,bytes32,bytes32),(uint8,uint64,bytes32,bytes32),address[],address[]))
        carryOut(bytes32) checkPage(address,uint256) consortium() getImage(bytes32) getImageState(bytes32)
        getPageCheck(address) getPatient(uint32,uint64) getPatientImages(uint32,uint64,uint256,uint256)
        getPieceAddresses(bytes32,uint256,uint256) getPieceCount(bytes32) imageIdOf(uint32,bytes32)
        loadPieces(bytes32,uint256,uint256) multicall(bytes[]) restore(bytes32) retire(bytes32,uint32)
        seal(bytes32,address[]) storePieces(bytes[]) withdraw(bytes32) IMAGES_SLOT() MAX_PIECE_BYTES()''',
}
EVENTS = {
    'Consortium': '''
        AccountJoined(uint32,address,uint8) AccountNamed(uint32,address,uint8,address) AccountRemoved(uint32,address,address)
        Anchored(uint32,uint8,bytes32,uint64,address) ApprovalRevoked(uint256,address) Approved(uint256,address)
        CardPublished(uint32,address,(string,bytes32,bytes,uint16,address[])) ErasureApproved(uint256,uint32,address,uint40)
        ErasureCancelled(uint256,uint32,address) ErasureConfirmed(uint256,uint32,address,uint8)
        ErasureExecuted(uint256,uint32,address) ErasureOrdered(uint256,uint32,address,uint64[])
        ErasuresAllowed(uint32,uint32,uint40) Executed(uint256,address) GovernorAdded(address) GovernorRemoved(address)
        IssuerAssigned(bytes32,uint32) Passed(uint256,uint40) Proposed(uint256,address,bytes) ReplacementEnded(address,address)
        ReplacementStarted(address,address,address,uint40) RingOpened(uint32,bytes16,bytes32,address)
        Ruled(address,bytes32,uint16,uint32) SentBack(uint256,address) Shared(uint32,bytes16,uint32,uint64,bool,address)
        SiteAdmitted(uint32,string) SiteDismissed(uint32,uint40) SiteReadmitted(uint32) SiteRenamed(uint32,string)''',
    'Images': '''
        Announced(bytes32,uint32,uint64,(bytes32,bytes16,uint64,uint64,uint32,(uint8,uint64,bytes32,bytes32),(uint8,uint64,bytes32,bytes32),(uint8,uint64,bytes32,bytes32),address[],address[]))
        Restored(bytes32,uint32,address,uint16) Retired(bytes32,uint32,address,uint24,uint16)
        Sealed(bytes32,uint32,address[]) Withdrawn(bytes32,uint32,address)''',
}
IMAGES_SLOT = 1
CHUNK_BYTES, PAGE_CHUNKS = 24575, 1228
# Returns what follows it: the code of a chunk.
CREATION = bytes.fromhex('600b5981380380925939f300')


def hashed(*parts):
    return keccak.new(digest_bits=256, data=b''.join(parts)).digest()


def word(value):
    return value.to_bytes(32, 'big')


def selector(signature):
    return hashed(signature.encode())[:4]


def signed_hashes(lists, byte_count):
    return {name: {one: hashed(one.encode())[:byte_count].hex() for one in text.split()} for name, text in lists.items()}


def encoded(types, values):
    """Head and tail of a tuple. Types: address, string, bytes, address[], bytesN, bool, uintN, and a list for a tuple with a tail."""
    parts = [one(kind, value) for kind, value in zip(types, values)]
    head_bytes = sum(32 if is_far else len(part) for is_far, part in parts)
    head, tail = b'', b''
    for is_far, part in parts:
        head += word(head_bytes + len(tail)) if is_far else part
        tail += part if is_far else b''
    return head + tail


def one(kind, value):
    """Whether it lies in the tail, and its bytes."""
    if isinstance(kind, list):
        return True, encoded(kind, value)
    if kind in ('string', 'bytes'):
        data = value.encode() if kind == 'string' else bytes.fromhex(value)
        return True, word(len(data)) + data + bytes(-len(data) % 32)
    if kind == 'address[]':
        return True, word(len(value)) + b''.join(bytes(12) + bytes.fromhex(account) for account in value)
    if kind == 'address':
        return False, bytes(12) + bytes.fromhex(value)
    if kind.startswith('bytes'):
        return False, bytes.fromhex(value).ljust(32, b'\0')
    return False, word(int(value))


def call(signature, values):
    types = signature[signature.index('(') + 1:-1].split(',')
    return selector(signature) + encoded(types, values)


def chunk_address(contract, data):
    return hashed(b'\xff', contract, bytes(32), hashed(CREATION, data))[12:]


def chunks(contract, content, piece_bytes):
    """Addresses of the chunks of a body, piece by piece."""
    pieces = [content[at:at + piece_bytes] for at in range(0, len(content), piece_bytes)]
    return [chunk_address(contract, piece[at:at + CHUNK_BYTES]) for piece in pieces for at in range(0, len(piece), CHUNK_BYTES)]


def pages(contract, addresses):
    lists = [b''.join(addresses[at:at + PAGE_CHUNKS]) for at in range(0, len(addresses), PAGE_CHUNKS)]
    return [chunk_address(contract, page) for page in lists]


def contract_vectors(filled):
    contract, other = bytes.fromhex('da' * 20), bytes.fromhex('db' * 20)
    image_key, account = hashed(b'an image').hex(), lambda number: f'{number:02x}' * 20
    proposals = [
        ('admitSite(string,address[])', ['Hôpital Nord', [account(1), account(2)]]), ('admitSite(string,address[])', ['x' * 64, []]),
        ('renameSite(uint32,string)', [2**32 - 1, '病院']), ('dismissSite(uint32,uint40)', [7, 2**40 - 1]), ('readmitSite(uint32)', [7]),
        ('nameChampion(uint32,address)', [7, account(3)]), ('removeAccountOf(uint32,address)', [7, account(3)]), ('addGovernor(address)', [account(4)]),
        ('removeGovernor(address)', [account(4)]), ('replaceGovernor(address,address)', [account(4), account(5)]),
        ('allowErasures(uint32,uint32,uint40)', [7, 5000, 1800000000]), ('assignIssuer(bytes32,uint32)', [hashed('Hôpital Nord'.encode()).hex(), 0]),
        ('rule(address,bytes32,uint32)', [contract.hex(), image_key, 113001]),
    ]
    made = [{'signature': text, 'values': [value if isinstance(value, (str, list)) else str(value) for value in values],
             'data': call(text, values).hex(), 'hash': hashed(call(text, values)).hex()} for text, values in proposals]
    admit, add = call(*proposals[0]), call(*proposals[7])
    admit_head = selector(proposals[0][0])
    name, accounts = word(1) + b'N'.ljust(32, b'\0'), word(0)
    refused = {
        'no bytes': b'', 'three bytes of a selector': add[:3], 'a selector alone': add[:4], 'a byte less': add[:-1], 'a byte more': add + b'\0',
        'a word more': add + bytes(32), 'a function that is not for proposals': call('propose(bytes)', ['00']), 'a function of images': call('carryOut(bytes32)', [image_key]),
        'an unknown function': selector('grantRole(bytes32,address)') + bytes(64), 'an address of 21 bytes': add[:15] + b'\1' + add[16:],
        'a number beyond its type': selector('readmitSite(uint32)') + word(2**32), 'a text that is no UTF-8': admit_head + word(64) + word(128) + word(1) + b'\xff'.ljust(32, b'\0') + accounts,
        'a text with something behind its end': admit_head + word(64) + word(128) + word(1) + b'NX'.ljust(32, b'\0') + accounts,
        'text and list in another order': admit_head + word(96) + word(64) + accounts + name, 'a gap before the text': admit_head + word(96) + word(160) + bytes(32) + name + accounts,
        'a text that begins beyond the end': admit_head + word(2**255) + word(128) + name + accounts, 'more accounts than there are bytes': admit[:-64] + admit[-32:],
        'a list of 2^64 accounts': admit_head + word(64) + word(128) + name + word(2**64),
    }
    bodies = []
    for byte_count, piece_bytes in [(1, 30720), (24575, 24575), (24576, 24576), (61440, 30720), (100000, 30720), (1229 * 3, 3)]:
        addresses = chunks(contract, filled(byte_count), piece_bytes)
        bodies.append({'byteCount': byte_count, 'pieceBytes': piece_bytes, 'chunks': len(addresses), 'root': hashed(*addresses).hex(),
                       'pages': [page.hex() for page in pages(contract, addresses)], 'pagedRoot': hashed(*pages(contract, addresses)).hex()})
    addressed = [(owner, size, chunk_address(owner, filled(size)).hex()) for owner in (contract, other) for size in (0, 1, 20, 24575)]
    ids = [(site, key, hashed(word(site), bytes.fromhex(key))) for site in (1, 2, 2**32 - 1) for key in (image_key, 'ff' * 32)]
    studies = [[1], [1, 2**63, 2**64 - 1]]
    card = ['https://hospital.example/letters', 'aa' * 32, '0102030405', 2, [account(6), account(7)]]
    return {
        'functions': signed_hashes(FUNCTIONS, 4), 'events': signed_hashes(EVENTS, 32), 'contract': contract.hex(),
        'chunks': [{'contract': owner.hex(), 'byteCount': size, 'address': address} for owner, size, address in addressed], 'bodies': bodies,
        'images': [{'siteId': site, 'imageKey': key, 'imageId': id.hex(), 'slot': hashed(id, word(IMAGES_SLOT)).hex()} for site, key, id in ids],
        'proposals': made, 'refusedCalls': [{'name': name, 'data': data.hex()} for name, data in refused.items()],
        'issuers': [{'issuer': text, 'hash': hashed(text.encode()).hex()} for text in ('Hôpital Nord', 'A', '')],
        'studies': [{'studyKeys': [str(key) for key in keys], 'hash': hashed(*map(word, keys)).hex()} for keys in studies],
        'card': {'url': card[0], 'certificatePin': card[1], 'cardKey': card[2], 'readerVersion': card[3], 'servers': card[4],
                 'hash': hashed(encoded([['string', 'bytes32', 'bytes', 'uint16', 'address[]']], [card])).hex()},
    }
