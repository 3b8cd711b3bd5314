/** A client for Webitel, the upload of dialer members, and readers of what Webitel posts. */
export { createWebitelClient, type Query, type WebitelClient, type WebitelOptions } from "./client.js";
export { ContactCenterError, type ErrorCause } from "./errors.js";
export { type CallerLookup, lookupAnswer, type ReadEvent, readEvent, readLookup } from "./events.js";
export {
  type Default,
  type Mapping,
  type MappingOptions,
  type MappingResult,
  memberMapper,
  type Names,
  type RowError,
} from "./member.js";
export {
  agentQuery,
  type AttemptRequest,
  attemptRequest,
  type AttemptValues,
  callBody,
  type CallValues,
} from "./requests.js";
export { AGENT_FILTERS, MEMBER_FIELDS, type Separator, type Uncertain } from "./tables.js";
export type { Agent, Communication, FoundMember, Lookup, Member } from "./types.js";
export { type CsvOptions, fileSource, textSource } from "./upload/csv-source.js";
export { JournalFolder } from "./upload/journal.js";
export { type OpenedRun, openRun, resumeRun } from "./upload/open.js";
export type { BatchResult, Counts, Reject, Report } from "./upload/report.js";
export { listSource, type RowSource } from "./upload/source.js";
export { Upload, type UploadOptions } from "./upload/upload.js";
