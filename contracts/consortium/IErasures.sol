// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Erasures: the orders by which sites destroy the keys of studies, and who has done so.
///
/// A writer orders, a champion of the same site approves, and after `waitSeconds` an account of the site executes; until
/// then a champion of the site or any governor can cancel. Only the event `ErasureExecuted`, once it is final, destroys
/// keys. A site orders at most STUDIES_PER_DAY studies on one day (UTC), unless the governors have allowed more until a
/// certain time. An order lives for ORDER_SECONDS, its execution included.
interface IErasures {
    enum ErasureState {
        None,
        Ordered,
        Waiting,
        Executable,
        Executed,
        Cancelled,
        Expired
    }

    /// @param studyKeys Whole studies of the site, ascending.
    event ErasureOrdered(uint256 indexed orderId, uint32 indexed siteId, address indexed by, uint64[] studyKeys);
    event ErasureApproved(uint256 indexed orderId, uint32 indexed siteId, address indexed by, uint40 executableFrom);
    event ErasureCancelled(uint256 indexed orderId, uint32 indexed siteId, address indexed by);
    /// @notice From now on no site may read or hand on what was ordered.
    event ErasureExecuted(uint256 indexed orderId, uint32 indexed siteId, address indexed by);
    /// @param siteId Of the server that confirms.
    event ErasureConfirmed(uint256 indexed orderId, uint32 indexed siteId, address indexed server, uint8 method);
    event ErasuresAllowed(uint32 indexed siteId, uint32 studiesPerDay, uint40 until);

    error StudyCountOutOfRange(uint256 count, uint256 maxCount);
    /// @notice A study key is 0, or not greater than the one before.
    error StudyKeysNotAscending(uint256 index, uint64 studyKey);
    error TooManyStudiesToday(uint32 siteId, uint256 asked, uint256 left);
    /// @notice The order is not in a state in which that can be done.
    error WrongErasureState(uint256 orderId, ErasureState state);
    /// @notice The studies are not those of the order.
    error WrongStudies(uint256 orderId, bytes32 ordered, bytes32 given);
    error NotTheOrdersSite(uint256 orderId, uint32 orderSiteId, uint32 senderSiteId);
    /// @notice Neither a champion of the order's site nor a governor.
    error MayNotCancel(uint256 orderId, address account);
    /// @notice Not METHOD_FILES or METHOD_HARDWARE.
    error UnknownMethod(uint8 method);
    error AlreadyConfirmed(uint256 orderId, address server);

    /// @notice Orders that studies of the sender's site be erased. Writer only. At most MAX_STUDIES_PER_ORDER, ascending.
    function orderErasure(uint64[] calldata studyKeys) external returns (uint256 orderId);

    /// @notice Approves an order of the sender's site. Champion only.
    /// @param studiesHash keccak256 of the study keys that the champion has read, 32 bytes each.
    function approveErasure(uint256 orderId, bytes32 studiesHash) external;

    /// @notice Makes an approved order take effect once it has waited. Writer or champion of its site.
    function executeErasure(uint256 orderId) external;

    /// @notice Ends an order before it is executed. Champion of its site, or any governor.
    function cancelErasure(uint256 orderId) external;

    /// @notice Says that this server cannot read the studies any more. A writer of any site, also of a dismissed one; once.
    /// @param method METHOD_FILES: files that held keys were overwritten; METHOD_HARDWARE: the key over them was destroyed in
    /// hardware, or by a service that says so.
    function confirmErasure(uint256 orderId, uint8 method) external;

    /// @notice Lets a site order more studies a day until that block time, or fewer. By proposal only; waits.
    function allowErasures(uint32 siteId, uint32 studiesPerDay, uint40 until) external;

    function erasureCount() external view returns (uint256);

    /// @param executableFrom Block time in seconds, 0 as long as it was not approved.
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
        );

    /// @notice By which method the server has confirmed, 0 when it has not.
    function confirmationOf(uint256 orderId, address server) external view returns (uint8 method);

    /// @notice How many studies the site can still order today (UTC).
    function studiesLeftToday(uint32 siteId) external view returns (uint256);
}
