/** The errors of the Anywhere365 CTI Broker, with their English sentences. */
import { addSentences } from "../core/errors.js";
import sentences from "./locales/en-US.json";

addSentences(sentences);

export { CLOSED, ContactCenterError, type ErrorCause, refused } from "../core/errors.js";
