/** The errors of Enreach SmartRouting, with their English sentences. */
import { addSentences } from "../core/errors.js";
import sentences from "./locales/en-US.json";

addSentences(sentences);

export { ContactCenterError, type ErrorCause, type ErrorParams, refused } from "../core/errors.js";
