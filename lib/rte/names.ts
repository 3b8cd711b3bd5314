/**
 * The names of the catalogue, by what an event is about. They are written out, and the tables checked against them, because
 * types that derive from the tables would repeat each property of each event in the declarations.
 */

/** Events whose entity is a user. */
export type UserEvent =
  | "UserActionMobileCall"
  | "UserAlert"
  | "UserAssistedCallbackRequest"
  | "UserAvailability"
  | "UserCallbackChanged"
  | "UserCallInArrived"
  | "UserCallInComing"
  | "UserCallInDisconnected"
  | "UserCallInOverflow"
  | "UserCallInTransferCancelled"
  | "UserCallInTransferConnected"
  | "UserCallInTransferStarted"
  | "UserCallInUserAllocated"
  | "UserCallInUserCancelled"
  | "UserCallInUserConnected"
  | "UserCallInUserOverflow"
  | "UserCallOutConnected"
  | "UserCallOutDisconnected"
  | "UserCallOutGoing"
  | "UserConfigurationSetNextCLI"
  | "UserMissedCallNotification"
  | "UserQueueAlert"
  | "UserStatus"
  | "UserVoiceMailNotification";
/** Events whose entity is a queue. */
export type QueueEvent =
  | "QueueAttachedUsers"
  | "QueueCallInArrived"
  | "QueueCallInComing"
  | "QueueCallInDisconnected"
  | "QueueCallInOverflow"
  | "QueueCallInTransferCancelled"
  | "QueueCallInTransferConnected"
  | "QueueCallInTransferStarted"
  | "QueueCallInUserAllocated"
  | "QueueCallInUserCancelled"
  | "QueueCallInUserConnected"
  | "QueueStatus";
/** Events whose entity is a call list. */
export type CallListEvent =
  | "CallbackChanged"
  | "CallbackListStatus"
  | "CallbackRequestNotification"
  | "CallbackRequestReceivedNotification"
  | "CallListNotification";
/** A name of the catalogue. */
export type EventName = UserEvent | QueueEvent | CallListEvent;
/** A type of list items. */
export type HelperName = "QueueAttachedUser" | "CallbackAttempt" | "CallbackExtra" | "CallbackRelatedItem";
