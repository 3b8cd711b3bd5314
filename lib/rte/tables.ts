/**
 * The single table of Enreach RTE: every event, its group, its properties and their types, as the vendor's document "RTE"
 * (chapter "Event catalogue") lists them. Types, normaliser, call table, editor list, help, simulator and tests derive
 * from it. What events and properties mean is said in `nodes/rte/locales`.
 */

import type { CallListEvent, EventName, HelperName, QueueEvent, UserEvent } from "./names.js";

export type { EventName, HelperName };

/** Properties of an event or a list item: name to type, such as `Guid` or `int?`. */
type Properties = Readonly<Record<string, string>>;

/** Properties that several events share. */
const CALL = {
  CallerNumber: "string",
  CallId: "Guid",
  LegId: "string",
  OrganizationId: "Guid",
  TargetNumber: "string",
} as const;
const USER = { UserId: "Guid", UserName: "string" } as const;
/** Some events spell it `Username`. */
const USERNAME = { UserId: "Guid", Username: "string" } as const;
const QUEUE = { QueueId: "Guid", QueueName: "string" } as const;
const NUMBERED_QUEUE = { ...QUEUE, QueueNumber: "string" } as const;
const TECH_QUEUE = { TechQueueId: "Guid", TechQueueName: "string" } as const;
const TECH = { ...TECH_QUEUE, TechSource: "string" } as const;
const OVERFLOW = { OverflowApplet: "string", TechEvent: "string", TechNumber: "string", ...TECH } as const;
const CANCELLED = { DetailedReason: "string", Reason: "string" } as const;
const ENDED = { Reason: "string", TechReason: "string" } as const;
const CALLBACK = {
  AssignedUserId: "Guid?",
  CalculatedPriority: "string",
  CallbackAttempts: "List<CallbackAttempt>",
  CallbackExtras: "List<CallbackExtra>",
  CallBackId: "Guid",
  CallbackRelatedItems: "List<CallbackRelatedItem>",
  CallId: "Guid?",
  CallListId: "Guid",
  ChannelIn: "string",
  ClassificationId: "Guid?",
  ContactMessage: "string",
  ContactName: "string",
  ContactNumber: "string",
  CreationTime: "DateTime",
  DueDate: "DateTime?",
  ExpiryDate: "DateTime?",
  LastAttemptNote: "string",
  LastAttemptTimestamp: "DateTime?",
  LastAttemptTypeId: "int?",
  LastAttemptUserId: "Guid?",
  LastModifiedUserId: "Guid?",
  Modified: "DateTime",
  NotBefore: "DateTime?",
  Note: "string",
  OrganizationId: "Guid",
  RecordingId: "Guid?",
  TranscriptId: "Guid?",
  TypeId: "short",
} as const;

/** Types of list items. */
export const HELPERS: Readonly<Record<HelperName, Properties>> = {
  QueueAttachedUser: { Active: "bool", Priority: "int", UserId: "Guid" },
  CallbackAttempt: {
    CallbackAttemptTypeId: "int?",
    Id: "Guid",
    Note: "string",
    Timestamp: "DateTime?",
    UserId: "Guid?",
  },
  CallbackExtra: { Id: "int", Name: "string", Value: "string" },
  CallbackRelatedItem: { Id: "Guid", IsClosed: "bool", ListId: "Guid?", StatusId: "int?" },
};

const USER_EVENTS: Readonly<Record<UserEvent, Properties>> = {
  UserActionMobileCall: { OrganizationId: "Guid", PhoneNumber: "string", UserId: "Guid" },
  UserAlert: {
    AlertId: "Guid",
    ConditionExpression: "string",
    ConditionName: "string",
    ConditionValue: "string",
    OrganizationId: "Guid",
    UserId: "Guid",
    Value: "string",
  },
  UserAssistedCallbackRequest: {
    CallBackId: "Guid",
    CallbackRelatedItems: "List<CallbackRelatedItem>",
    CallEvent: "string",
    CallId: "Guid",
    CallListId: "Guid",
    CallType: "string",
    ContactNumber: "string",
    OrganizationId: "Guid",
    TargetUser: "Guid",
  },
  UserAvailability: {
    Availability: "string",
    EndTime: "DateTime",
    EventSource: "string",
    Note: "string",
    OrganizationId: "Guid",
    ProfileId: "Guid",
    StartTime: "DateTime",
    ...USER,
  },
  UserCallbackChanged: { ...CALLBACK, TargetUser: "Guid" },
  UserCallInArrived: { ...CALL, ...USER },
  UserCallInComing: { ...CALL, ...USERNAME },
  UserCallInDisconnected: { ...CALL, ...USERNAME, ...ENDED },
  UserCallInOverflow: { ...CALL, ...USERNAME, ...OVERFLOW, ConnectedTarget: "string" },
  UserCallInTransferCancelled: { ...CALL, ...USERNAME, ...CANCELLED, ...TECH, TransferApplet: "string" },
  UserCallInTransferConnected: {
    ...CALL,
    ...USERNAME,
    ...TECH,
    ConnectedTarget: "string",
    TransferApplet: "string",
    TransferSource: "string",
  },
  UserCallInTransferStarted: {
    ...CALL,
    ...USERNAME,
    ...TECH,
    TransferApplet: "string",
    TransferSource: "string",
    TransferTarget: "string",
  },
  UserCallInUserAllocated: { ...CALL, ...USER, DetailedReason: "string", UserNumber: "string" },
  UserCallInUserCancelled: { ...CALL, ...USER, ...CANCELLED },
  UserCallInUserConnected: { ...CALL, ...USER, UserNumber: "string" },
  UserCallInUserOverflow: { ...CALL, ...USERNAME, Reason: "string", Target: "string" },
  UserCallOutConnected: { ...CALL, ...USER },
  UserCallOutDisconnected: { ...CALL, ...USER, ...ENDED },
  UserCallOutGoing: { ...CALL, ...USER },
  UserConfigurationSetNextCLI: {
    Number: "string",
    OrganizationId: "Guid",
    Permanent: "bool",
    TimeToLive: "int",
    UserId: "Guid",
  },
  UserMissedCallNotification: { CallerName: "string", CallerNumber: "string", CallId: "Guid?" },
  UserQueueAlert: QUEUE,
  UserStatus: {
    ActiveQueues: "int",
    Available: "bool",
    CanBeAllocatedTo: "bool",
    OrganizationId: "Guid",
    ParkedCalls: "int",
    Schedule: "bool",
    ServiceTerminals: "int",
    Serving: "bool",
    ServingCallback: "bool",
    Talking: "bool",
    UserId: "Guid",
    WrapUpEnd: "DateTime?",
  },
  UserVoiceMailNotification: { CalledNumber: "string", CallId: "Guid?", EmailTranscript: "bool" },
};

const QUEUE_EVENTS: Readonly<Record<QueueEvent, Properties>> = {
  QueueAttachedUsers: { AttachedUsers: "List<QueueAttachedUser>", OrganizationId: "Guid", QueueId: "Guid" },
  QueueCallInArrived: { ...CALL, ...NUMBERED_QUEUE },
  QueueCallInComing: { ...CALL, ...NUMBERED_QUEUE },
  QueueCallInDisconnected: { ...CALL, ...QUEUE, ...ENDED },
  QueueCallInOverflow: { ...CALL, ...QUEUE, ...OVERFLOW },
  QueueCallInTransferCancelled: { ...CALL, ...QUEUE, ...CANCELLED, ...TECH, TransferApplet: "string" },
  QueueCallInTransferConnected: { ...CALL, ...QUEUE, ...TECH, ConnectedTarget: "string", TransferApplet: "string" },
  /** `TechType` where its siblings have `TechSource`. */
  QueueCallInTransferStarted: {
    ...CALL,
    ...QUEUE,
    ...TECH_QUEUE,
    TechType: "string",
    TransferApplet: "string",
    TransferSource: "string",
    TransferTarget: "string",
  },
  QueueCallInUserAllocated: { ...CALL, ...NUMBERED_QUEUE, ...USER, DetailedReason: "string" },
  QueueCallInUserCancelled: { ...CALL, ...NUMBERED_QUEUE, ...USER, ...CANCELLED },
  QueueCallInUserConnected: { ...CALL, ...NUMBERED_QUEUE, ...USER, UserNumber: "string" },
  QueueStatus: {
    MaxWaitTime: "long",
    NbrOfAgentsCheckedInQueue: "int",
    NbrOfAgentsImmediatelyFree: "int",
    NbrOfAgentsLongTermAway: "int",
    NbrOfAgentsOnWrapUp: "int",
    NbrOfAgentsShortTermAway: "int",
    NbrOfAllocated: "int",
    NbrOfConnected: "int",
    NbrOfNotServedRequesters: "int",
    NbrOfProviders: "int",
    NbrOfQueuingRequesters: "int",
    NbrOfRequesters: "int",
    NbrOfServingAgentsEstimate: "int",
    OpenStatus: "int",
    OrganizationId: "Guid",
    ...QUEUE,
  },
};

const CALL_LIST_EVENTS: Readonly<Record<CallListEvent, Properties>> = {
  CallbackChanged: CALLBACK,
  CallbackListStatus: {
    CallListId: "Guid",
    ExpiresIn24h: "int",
    IsAutoAllocate: "bool",
    NextHourOverDueDate: "int",
    NextHourRevealedNotBefore: "int",
    OrganizationId: "Guid",
    TotalActiveAgents: "int",
    TotalAssigned: "int",
    TotalAutoAllocateAgents: "int",
    TotalFreeForAllocation: "int",
    TotalHidingNotBefore: "int",
    TotalOpenRequests: "int",
    TotalOverDueDate: "int",
    TotalServingAgents: "int",
    TotalServingAutoAllocateAgents: "int",
  },
  CallbackRequestNotification: {
    CalledNumber: "string",
    CallerNumber: "string",
    CallId: "Guid?",
    CBRId: "Guid",
    ContactMessage: "string",
    EmailAttach: "bool?",
    EmailTo: "string",
    EmailTranscript: "bool",
    ListId: "Guid?",
    RecordingId: "Guid?",
    RUser: "Guid?",
    SMSTo: "string",
  },
  CallbackRequestReceivedNotification: {
    CalledNumber: "string",
    CallerNumber: "string",
    CallId: "Guid?",
    CBRId: "Guid",
    ListId: "Guid?",
    RUser: "Guid?",
  },
  CallListNotification: {
    AssignedUserId: "Guid?",
    CBRId: "Guid",
    ContactMessage: "string",
    ContactName: "string",
    ContactNumber: "string",
    ListId: "Guid",
  },
};

/** Events by group, in the vendor's order. A group says what the entity id of a subscription is: a user, a queue or a call list. */
export const GROUPS = { User: USER_EVENTS, Queue: QUEUE_EVENTS, CallList: CALL_LIST_EVENTS } as const;
/** Every event: name to properties. */
export const EVENTS: Readonly<Record<EventName, Properties>> = {
  ...USER_EVENTS,
  ...QUEUE_EVENTS,
  ...CALL_LIST_EVENTS,
};

/** Enumerations: text values as they are, numbers with their names. `Event.Property` to values. */
export const VALUES = {
  "UserAssistedCallbackRequest.CallEvent": ["init", "connected", "terminate"],
  "UserAssistedCallbackRequest.CallType": ["userout", "userin", "servicein"],
  "UserAvailability.Availability": ["Available", "Busy", "DoNotDisturb", "OffWork"],
  "UserCallInDisconnected.Reason": ["local", "remote"],
  "UserCallInUserOverflow.Reason": [
    "AVAActiveProfile",
    "BusyForTechnicalError",
    "DND",
    "OffWork",
    "NoAnswer",
    "InterruptOverflow",
    "BusyOnBusy",
    "TransferAll",
    "BlindTransfer",
  ],
  "UserCallOutDisconnected.Reason": ["local", "remote"],
  "QueueCallInDisconnected.Reason": ["local", "remote"],
  "QueueCallInUserCancelled.Reason": ["local", "remote"],
  "QueueStatus.OpenStatus": {
    0: "NA",
    1: "NoActiveHandler",
    2: "NoActiveHandlerUncertain",
    3: "Closed",
    4: "ClosedUncertain",
    5: "Open",
    6: "OpenUncertain",
  },
  "UserCallbackChanged.TypeId": {
    1: "explicit callback request",
    2: "overflown call",
    3: "call-list item created by hand",
  },
  "CallbackChanged.TypeId": {
    1: "explicit callback request",
    2: "overflown call",
    3: "call-list item created by hand",
  },
} as const;

/** Names of a table without regard to case. */
export function byFoldedName<T extends string>(names: Iterable<T>): ReadonlyMap<string, T> {
  return new Map(Array.from(names, (name) => [name.toLowerCase(), name]));
}

/** The names of the catalogue, in the vendor's order. */
export const EVENT_NAMES = Object.keys(EVENTS) as EventName[];
const FOLDED = byFoldedName(EVENT_NAMES);

/**
 * The catalogue's spelling of an event name. The hub answers in lower case, and the vendor's samples spell some names differently.
 * @param name any case
 * @returns the catalogue's name, or undefined for one that it does not know
 */
export function catalogueName(name: string): EventName | undefined {
  return FOLDED.get(name.toLowerCase());
}
