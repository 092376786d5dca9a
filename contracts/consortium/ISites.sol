// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Sites: the members of the consortium, and the accounts that act for them.
///
/// An account has one role at one site, and a governor has none. *Writers* store, retire and order erasures; servers
/// have them. *Champions* name writers and further champions, publish the card, and approve or cancel erasures; people
/// have them. An account that was named acts once it has *joined* by a call of its own: so nobody can bind an address
/// that is another's. It may leave at any time. Champions remove writers; a champion is removed by proposal only, so
/// that a stolen champion's key cannot turn the others out.
interface ISites {
    enum Role {
        None,
        Writer,
        Champion
    }

    /// @param name As the governors have admitted it. No member can give itself another's.
    event SiteAdmitted(uint32 indexed siteId, string name);
    event SiteRenamed(uint32 indexed siteId, string name);
    /// @param hiddenSince Images that were announced in blocks of this time or later are hidden at the other sites; 0: none.
    event SiteDismissed(uint32 indexed siteId, uint40 hiddenSince);
    /// @notice The site may act again, and nothing of it is hidden.
    event SiteReadmitted(uint32 indexed siteId);
    /// @param by The champion, or the consortium itself for a proposal.
    event AccountNamed(uint32 indexed siteId, address indexed account, Role role, address indexed by);
    event AccountJoined(uint32 indexed siteId, address indexed account, Role role);
    /// @notice The account acts for the site no more, or cannot join any more.
    event AccountRemoved(uint32 indexed siteId, address indexed account, address indexed by);

    error NotAWriter(address account);
    error NotAChampion(address account);
    /// @notice Neither a writer nor a champion of an admitted site.
    error NotOfASite(address account);
    error UnknownSite(uint32 siteId);
    error SiteNotDismissed(uint32 siteId);
    error HiddenTooFarBack(uint256 hiddenSince, uint256 earliest);
    /// @notice The account acts for that site already.
    error AccountInUse(address account, uint32 siteId);
    error NotNamed(address account, uint32 siteId);
    error NotTheSitesAccount(address account, uint32 siteId);
    error OnlyAProposalRemovesAChampion(address account, uint32 siteId);
    error RoleOfNone(address account);

    /// @notice Lets an account join the sender's site. Champion only. The last role named counts.
    function nameAccount(address account, Role role) external;

    /// @notice Removes a writer of the sender's site, or takes a naming back. Champion only.
    function removeAccount(address account) external;

    /// @notice Takes up the role that the sender was named for.
    function join(uint32 siteId) external;

    /// @notice Gives the sender's role up; also at a dismissed site.
    function leaveSite() external;

    // --- By proposal only ---

    /// @notice Admits a site under the next number, from 1, and names its first champions.
    function admitSite(string calldata name, address[] calldata champions) external returns (uint32 siteId);

    function renameSite(uint32 siteId, string calldata name) external;

    /// @notice Ends what a site may do, but for leaving and for confirming erasures. Waits. Its images stay on the chain.
    /// @param hiddenSince Block time in seconds, at most MAX_HIDDEN_SECONDS before the execution; 0 hides nothing. Hidden
    /// are images announced in blocks of that time or later, never at the site itself.
    function dismissSite(uint32 siteId, uint40 hiddenSince) external;

    /// @notice Undoes a dismissal and what it hides.
    function readmitSite(uint32 siteId) external;

    function nameChampion(uint32 siteId, address account) external;

    /// @notice Removes any account of a site, champions too.
    function removeAccountOf(uint32 siteId, address account) external;

    // --- Getters; what is unknown gives zeros ---

    /// @notice The admitted site that the account writes for, 0 for none.
    function siteOf(address account) external view returns (uint32 siteId);

    /// @notice Where the account has which role, also at a dismissed site.
    function getAccount(address account) external view returns (uint32 siteId, Role role);

    /// @notice The role that the account may join for.
    function namedRole(uint32 siteId, address account) external view returns (Role);

    /// @notice How many sites were ever admitted.
    function siteCount() external view returns (uint32);

    function getSite(
        uint32 siteId
    )
        external
        view
        returns (string memory name, bool admitted, uint40 hiddenSince, uint32 writerCount, uint32 championCount);
}
