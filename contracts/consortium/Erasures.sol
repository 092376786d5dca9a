// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IErasures} from './IErasures.sol';
import {Sites} from './Sites.sol';

abstract contract Erasures is Sites, IErasures {
    struct Order {
        bytes32 studiesHash;
        uint32 siteId;
        uint32 studyCount;
        uint40 orderedAt;
        uint40 approvedAt;
        uint40 executedAt;
        bool cancelled;
    }

    struct Budget {
        uint32 day;
        uint32 ordered;
        uint32 studiesPerDay;
        uint40 until;
    }

    uint256 public constant STUDIES_PER_DAY = 100;
    uint256 public constant MAX_STUDIES_PER_ORDER = 1_000;
    uint40 public constant ORDER_SECONDS = 30 days;
    uint8 public constant METHOD_FILES = 1;
    uint8 public constant METHOD_HARDWARE = 2;

    mapping(uint256 orderId => Order) private _orders;
    mapping(uint256 orderId => mapping(address server => uint8)) private _confirmations;
    mapping(uint32 siteId => Budget) private _budgets;
    uint256 private _orderCount;

    function orderErasure(uint64[] calldata studyKeys) external returns (uint256 orderId) {
        uint32 siteId = _requireWriter();
        _requireAscending(studyKeys);
        _spend(siteId, studyKeys.length);
        orderId = ++_orderCount;
        Order storage order = _orders[orderId];
        order.studiesHash = keccak256(abi.encodePacked(studyKeys));
        order.siteId = siteId;
        order.studyCount = uint32(studyKeys.length);
        order.orderedAt = uint40(block.timestamp);
        emit ErasureOrdered(orderId, siteId, msg.sender, studyKeys);
    }

    function approveErasure(uint256 orderId, bytes32 studiesHash) external {
        uint32 siteId = _requireChampion();
        Order storage order = _orderIn(orderId, ErasureState.Ordered);
        _requireOrdersSite(orderId, order, siteId);
        if (studiesHash != order.studiesHash) revert WrongStudies(orderId, order.studiesHash, studiesHash);
        order.approvedAt = uint40(block.timestamp);
        emit ErasureApproved(orderId, siteId, msg.sender, _executableFrom(order));
    }

    function executeErasure(uint256 orderId) external {
        uint32 siteId = _requireWriterOrChampion();
        Order storage order = _orderIn(orderId, ErasureState.Executable);
        _requireOrdersSite(orderId, order, siteId);
        order.executedAt = uint40(block.timestamp);
        emit ErasureExecuted(orderId, siteId, msg.sender);
    }

    function cancelErasure(uint256 orderId) external {
        Order storage order = _orders[orderId];
        ErasureState state = _stateOf(order);
        bool open = state == ErasureState.Ordered || state == ErasureState.Waiting || state == ErasureState.Executable;
        if (!open) revert WrongErasureState(orderId, state);
        bool mayCancel = isGovernor(msg.sender) || _siteAs(msg.sender, Role.Champion) == order.siteId;
        if (!mayCancel) revert MayNotCancel(orderId, msg.sender);
        order.cancelled = true;
        emit ErasureCancelled(orderId, order.siteId, msg.sender);
    }

    function confirmErasure(uint256 orderId, uint8 method) external {
        uint32 siteId = _writersSite(msg.sender);
        if (siteId == 0) revert NotAWriter(msg.sender);
        _orderIn(orderId, ErasureState.Executed);
        if (method != METHOD_FILES && method != METHOD_HARDWARE) revert UnknownMethod(method);
        if (_confirmations[orderId][msg.sender] != 0) revert AlreadyConfirmed(orderId, msg.sender);
        _confirmations[orderId][msg.sender] = method;
        emit ErasureConfirmed(orderId, siteId, msg.sender, method);
    }

    function allowErasures(uint32 siteId, uint32 studiesPerDay, uint40 until) external onlySelf {
        _requireKnown(siteId);
        _budgets[siteId].studiesPerDay = studiesPerDay;
        _budgets[siteId].until = until;
        emit ErasuresAllowed(siteId, studiesPerDay, until);
    }

    function erasureCount() external view returns (uint256) {
        return _orderCount;
    }

    function getErasure(
        uint256 orderId
    )
        external
        view
        returns (
            ErasureState state,
            uint32 siteId,
            uint32 studyCount,
            bytes32 studiesHash,
            uint40 orderedAt,
            uint40 executableFrom,
            uint40 executedAt
        )
    {
        Order storage order = _orders[orderId];
        executableFrom = order.approvedAt == 0 ? 0 : _executableFrom(order);
        return (
            _stateOf(order),
            order.siteId,
            order.studyCount,
            order.studiesHash,
            order.orderedAt,
            executableFrom,
            order.executedAt
        );
    }

    function confirmationOf(uint256 orderId, address server) external view returns (uint8) {
        return _confirmations[orderId][server];
    }

    function studiesLeftToday(uint32 siteId) public view returns (uint256) {
        Budget memory budget = _budgets[siteId];
        uint256 limit = block.timestamp < budget.until ? budget.studiesPerDay : STUDIES_PER_DAY;
        uint256 ordered = budget.day == _today() ? budget.ordered : 0;
        return ordered < limit ? limit - ordered : 0;
    }

    function _spend(uint32 siteId, uint256 count) private {
        uint256 left = studiesLeftToday(siteId);
        if (count > left) revert TooManyStudiesToday(siteId, count, left);
        Budget storage budget = _budgets[siteId];
        if (budget.day != _today()) (budget.day, budget.ordered) = (_today(), 0);
        budget.ordered += uint32(count);
    }

    function _today() private view returns (uint32) {
        return uint32(block.timestamp / 1 days);
    }

    function _orderIn(uint256 orderId, ErasureState wanted) private view returns (Order storage order) {
        order = _orders[orderId];
        ErasureState state = _stateOf(order);
        if (state != wanted) revert WrongErasureState(orderId, state);
    }

    function _stateOf(Order storage order) private view returns (ErasureState) {
        if (order.siteId == 0) return ErasureState.None;
        if (order.executedAt != 0) return ErasureState.Executed;
        if (order.cancelled) return ErasureState.Cancelled;
        if (block.timestamp >= order.orderedAt + ORDER_SECONDS) return ErasureState.Expired;
        if (order.approvedAt == 0) return ErasureState.Ordered;
        return block.timestamp < _executableFrom(order) ? ErasureState.Waiting : ErasureState.Executable;
    }

    function _executableFrom(Order storage order) private view returns (uint40) {
        return order.approvedAt + waitSeconds();
    }

    function _requireOrdersSite(uint256 orderId, Order storage order, uint32 siteId) private view {
        if (order.siteId != siteId) revert NotTheOrdersSite(orderId, order.siteId, siteId);
    }

    function _requireAscending(uint64[] calldata studyKeys) private pure {
        uint256 count = studyKeys.length;
        if (count == 0 || count > MAX_STUDIES_PER_ORDER) revert StudyCountOutOfRange(count, MAX_STUDIES_PER_ORDER);
        uint64 last = 0;
        for (uint256 i = 0; i < count; i++) {
            if (studyKeys[i] <= last) revert StudyKeysNotAscending(i, studyKeys[i]);
            last = studyKeys[i];
        }
    }
}
