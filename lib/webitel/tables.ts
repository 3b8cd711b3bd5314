/**
 * Every name of Webitel's interface that this pack uses, in tables: types, checks, editor lists, help and the simulator derive
 * from them. Free of node builtins: the editor loads this file too. Sources: "Webitel REST API usage examples" and the public protos.
 */

/** How the text of a cell becomes the value of a member's field. */
export type FieldKind = "text" | "number" | "lookup" | "digits" | "integer" | "time";

/** A field that a column may be mapped to; `variables.<name>` comes on top. */
interface MemberField {
  /** As settings and column headers name it. */
  name: string;
  kind: FieldKind;
  /** True when `name2` … `name20` exist, for members with several numbers. */
  numbered?: true;
}

/** One person's fields (4., dialer members). A `lookup` is the id of a record of Webitel, or its name. */
export const MEMBER_FIELDS = [
  { name: "name", kind: "text" },
  { name: "destination", kind: "number", numbered: true },
  { name: "type", kind: "lookup", numbered: true },
  { name: "description", kind: "text", numbered: true },
  { name: "display", kind: "text", numbered: true },
  { name: "dtmf", kind: "digits", numbered: true },
  { name: "resource", kind: "lookup", numbered: true },
  { name: "priority", kind: "integer" },
  { name: "bucket", kind: "lookup" },
  { name: "agent", kind: "lookup" },
  { name: "skill", kind: "lookup" },
  { name: "expire_at", kind: "time" },
  { name: "min_offering_at", kind: "time" },
  { name: "timezone", kind: "lookup" },
] as const satisfies readonly MemberField[];

/** A field that refers to a record of Webitel. */
export type LookupField = "type" | "resource" | "bucket" | "agent" | "skill" | "timezone";

/** Where the records are listed that a reference may name, by field: the vendor's operation and path (public protos). */
export const LOOKUPS: Readonly<Record<LookupField, { operation: string; path: string }>> = {
  type: { operation: "SearchCommunicationType", path: "call_center/communication_type" },
  resource: { operation: "SearchOutboundResource", path: "call_center/resources" },
  bucket: { operation: "SearchBucket", path: "call_center/buckets" },
  agent: { operation: "SearchAgent", path: "call_center/agents" },
  skill: { operation: "SearchSkill", path: "call_center/skills" },
  timezone: { operation: "SearchTimezones", path: "calendars/timezones" },
};

/** Prefix of a field that becomes one of the member's variables. */
export const VARIABLE_PREFIX = "variables.";
/** A member's field for all of them. */
export const VARIABLES = "variables";
/** A member's field for all of its numbers; a row that has it is a finished member. */
export const COMMUNICATIONS = "communications";
/** The variable that marks the members of one batch, so that the queue can be asked whether a batch arrived. */
export const MARKER = "cc_batch";
/** A member's numbers: the platform's default cap. */
export const MAX_COMMUNICATIONS = 20;
/** A member's time before this is a mistake (a date read as seconds, say): 1 January 2001, Unix milliseconds. */
export const EARLIEST_MS = Date.UTC(2001, 0, 1);
/** And so is one from here on: 1 January 2200, Unix milliseconds. */
export const LATEST_MS = Date.UTC(2200, 0, 1);
/** Characters of the name that Webitel shows for an import. */
export const MAX_FILE_NAME = 120;
/** Below this a time is taken as seconds: 10^11 ms is March 1973. */
export const SECONDS_BELOW = 1e11;

/** Settings of an upload that are one of a few words, and the words. The first is the default. */
export const UPLOAD_CHOICES = {
  source: ["payload", "csv", "file"],
  separator: ["auto", ",", ";", "tab"],
  expiry: ["none", "end-of-day", "duration", "value"],
  uncertain: ["verify", "report"],
  again: ["resume", "skip", "load"],
  doubles: ["remove", "report"],
} as const;
/** What separates the columns. */
export type Separator = (typeof UPLOAD_CHOICES.separator)[number];
/** What happens with a batch whose answer never came. */
export type Uncertain = (typeof UPLOAD_CHOICES.uncertain)[number];

/** What a message does whose content is being loaded, or was not loaded to its end. */
export type Again = (typeof UPLOAD_CHOICES.again)[number];
/** What happens with copies that a late commit left in the queue. */
export type Doubles = (typeof UPLOAD_CHOICES.doubles)[number];

/** A field of a request: the node's setting, the vendor's name, and how the value is checked. */
export interface RequestField {
  setting: string;
  vendorName: string;
  kind: "text" | "id" | "integer" | "natural" | "bool" | "texts";
}

/** POST /calls (3.): what a user would compute. `variables` values are sent as text. */
export const CALL_FIELDS = [
  { setting: "destination", vendorName: "destination", kind: "text" },
  { setting: "extension", vendorName: "extension", kind: "text" },
  { setting: "userId", vendorName: "user_id", kind: "id" },
  { setting: "timeout", vendorName: "timeout", kind: "natural" },
  { setting: "display", vendorName: "display", kind: "text" },
  { setting: "variables", vendorName: "variables", kind: "texts" },
] as const satisfies readonly RequestField[];

/** POST /calls: yes, no, or not sent. The first three are of the vendor's page and gone from newer servers. */
export const CALL_CHOICES = [
  { setting: "audio", vendorName: "audio", kind: "bool" },
  { setting: "autoAnswer", vendorName: "auto_answer", kind: "bool" },
  { setting: "record", vendorName: "record", kind: "bool" },
  { setting: "disableAutoAnswer", vendorName: "disable_auto_answer", kind: "bool" },
  { setting: "cancelDistribute", vendorName: "cancel_distribute", kind: "bool" },
  { setting: "isOnline", vendorName: "is_online", kind: "bool" },
  { setting: "hideNumber", vendorName: "hide_number", kind: "bool" },
] as const satisfies readonly RequestField[];

/** POST /calls: what the node has no setting for, and passes on from the message. `app_id` names the call node, in `from`. */
export const CALL_PASSED_ON = [
  { setting: "disableStun", vendorName: "disable_stun", kind: "bool" },
  { setting: "video", vendorName: "video", kind: "bool" },
  { setting: "screen", vendorName: "screen", kind: "bool" },
  { setting: "contactId", vendorName: "contact_id", kind: "id" },
  { setting: "appId", vendorName: "app_id", kind: "text" },
] as const satisfies readonly RequestField[];

/** What a connection may be asked to read, to see which rights its token has. */
export const TESTED_READS = [
  { operation: "SearchAgent", path: "call_center/agents" },
  { operation: "SearchQueue", path: "call_center/queues" },
  { operation: "SearchCommunicationType", path: "call_center/communication_type" },
] as const;

/** Filters of SearchAgent that may be blank: no search text, and the server's own order, page size and fields. */
export const BLANK_AGENT_FILTERS = ["q", "sort", "size", "fields"] as const;

/** What narrows the list of agents (SearchAgent). `page` is ours: all pages are read. */
export const AGENT_FILTERS = [
  ...BLANK_AGENT_FILTERS,
  "id",
  "allow_channels",
  "extension",
  "supervisor_id",
  "team_id",
  "region_id",
  "auditor_id",
  "skill_id",
  "queue_id",
  "user_id",
  "not_team_id",
  "not_skill_id",
  "not_user_id",
  "is_supervisor",
  "not_supervisor",
] as const;

/** What names the attempt that is reported (AttemptResult, AttemptCallback). */
export const ATTEMPT_FIELDS = [
  { setting: "queue", vendorName: "queue_id", kind: "id" },
  { setting: "member", vendorName: "member_id", kind: "id" },
  { setting: "attempt", vendorName: "attempt_id", kind: "id" },
  { setting: "status", vendorName: "status", kind: "text" },
] as const satisfies readonly RequestField[];

/** What an attempt's result may hold; times in Unix milliseconds. */
export const RESULT_FIELDS = {
  status: "text",
  min_offering_at: "time",
  expire_at: "time",
  variables: "texts",
  display: "bool",
  description: "text",
  transfer_queue_id: "id",
  next_member_id: "id",
  agent_id: "integer",
  exclude_current_communication: "bool",
  only_current_communication: "bool",
  wait_between_retries: "natural",
} as const;

/** Events and what they say of the call. */
export const EVENT_STATES = { offering: "offered", bridged: "connected" } as const;

/** Platform errors that concern the whole upload, not a row; a trailing dot stands for every id that begins so. */
export const WHOLE_UPLOAD_IDS = ["app.member.valid.queue", "api.context.", "session.valid"] as const;
/** Codes that concern the whole upload. */
export const WHOLE_UPLOAD_CODES = [401, 403, 404] as const;
